//! Where the bakes of earlier builds stand.

use std::fmt;

use crate::Result;
use crate::cache::{CellKey, Found, Store};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::bake::Status;

/// Whether bakes that exist may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// A cell runs only where no bake of it exists.
    Bakes,
    /// Every cell runs.
    Nothing,
}

/// The bakes of earlier builds.
#[derive(Clone, Copy, Debug)]
pub struct Shelf<'a> {
    /// The local store.
    pub store: &'a Store,
    /// Whether it may be used.
    pub reuse: Reuse,
}

/// A bake that was there and could not be read; it is made again.
#[derive(Clone, Copy, Debug)]
pub struct Damaged;

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("were damaged and are made again")
    }
}

impl Shelf<'_> {
    /// What is kept under `key`, and where it was found.
    ///
    /// # Errors
    /// It was damaged.
    pub fn get<T: DeserializeOwned>(
        &self,
        key: CellKey,
    ) -> std::result::Result<Option<(T, Status)>, Damaged> {
        if self.reuse == Reuse::Nothing {
            return Ok(None);
        }
        match self.store.get(key) {
            Found::Entry(entry) => Ok(Some((entry, Status::Cached))),
            Found::Nothing => Ok(None),
            Found::Damaged => Err(Damaged),
        }
    }

    /// Keeps `entry` under `key`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put<T: Serialize>(&self, key: CellKey, entry: &T) -> Result<()> {
        self.store.put(key, entry)
    }
}
