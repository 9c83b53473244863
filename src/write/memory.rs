//! A site that is not written anywhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Listed, Sink};

/// The files of a site in memory.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<String, Arc<[u8]>>>);

impl Memory {
    /// The files by path.
    pub fn files(self) -> BTreeMap<String, Arc<[u8]>> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Memory {
    fn put(&self, file: &Listed, bytes: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file.path.clone(), bytes.into());
    }
}
