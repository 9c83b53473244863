//! In the place of the shared store where Kiln was built without its feature `shared-store`.

use super::CellKey;
use super::action::Action;
use crate::{Error, Result};

/// What may be done with a shared store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Look things up: for builds of untrusted changes.
    Read,
    /// Look things up, and put what was made.
    Write,
}

/// A shared store, of which there can be none.
#[derive(Debug)]
pub enum Remote {}

/// What came back for a key.
#[derive(Debug)]
pub(super) enum Fetched {
    /// The action and its blob.
    #[expect(dead_code, reason = "nothing comes back where there is no store")]
    Whole(Action, Vec<u8>),
    /// Nothing, or no answer.
    #[expect(dead_code, reason = "nothing comes back where there is no store")]
    Nothing,
    /// Something that does not match its hash.
    #[expect(dead_code, reason = "nothing comes back where there is no store")]
    Damaged,
}

impl Remote {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn new(url: &str, _: Access) -> Result<Self> {
        Err(Error::new(format!("this Kiln was built without shared stores, so it cannot use {url}"))
            .hint("build it with its default features"))
    }

    pub(super) fn get(&self, _: CellKey) -> Fetched {
        match *self {}
    }

    pub(super) fn put(&self, _: CellKey, _: &Action, _: &[u8]) {
        match *self {}
    }

    pub(super) fn share(&self, _: CellKey, _: &Action, _: &[u8]) {
        match *self {}
    }

    pub(super) fn fault(&self) -> Option<String> {
        match *self {}
    }

    pub(super) fn unsent(&self) -> usize {
        match *self {}
    }
}
