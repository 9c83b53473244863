//! Where the bakes of earlier builds stand: the lock that the author committed, then the local store.

use std::fmt;

use serde::Serialize;

use crate::Result;
use crate::cache::{CellKey, Found, Store};

use super::bake::{Bake, InlineBake, Status};
use super::key::Key;
use super::lock::{Lock, digest};

/// What may be used, and what may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// A cell runs only where no bake of it exists.
    Bakes,
    /// Every cell runs.
    Nothing,
    /// No cell runs: what has no bake is a fault.
    Frozen,
}

/// The bakes of earlier builds, for one chapter.
#[derive(Clone, Copy)]
pub struct Shelf<'a> {
    /// The chapter's lock.
    pub lock: Option<&'a Lock>,
    /// The bytes of the file beside the lock with this digest.
    pub file: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    /// The local store.
    pub store: &'a Store,
    /// What may be used.
    pub reuse: Reuse,
}

impl fmt::Debug for Shelf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shelf({:?}, {:?}, {:?})", self.lock.is_some(), self.store, self.reuse)
    }
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
    /// The bake of the cell `label` under `key`, and where it was found.
    ///
    /// # Errors
    /// It was damaged.
    pub fn cell(&self, key: CellKey, label: &str) -> std::result::Result<Option<(Bake, Status)>, Damaged> {
        if self.reuse == Reuse::Nothing {
            return Ok(None);
        }
        if let Some(bake) = self.locked(label, Some(key)) {
            return Ok(Some((bake, Status::Locked)));
        }
        match self.store.get(key) {
            Found::Entry(entry) => Ok(Some((entry, Status::Cached))),
            Found::Nothing => Ok(None),
            Found::Damaged => Err(Damaged),
        }
    }

    /// The bake of the cell `label` in the lock, if it is under `key` (or whatever it is under) and the
    /// file beside the lock is whole.
    pub fn locked(&self, label: &str, key: Option<CellKey>) -> Option<Bake> {
        let cell = self.lock?.cells.get(label)?;
        if key.is_some_and(|key| key.to_string() != cell.key) {
            return None;
        }
        let bytes = (self.file)(&cell.bake).filter(|bytes| digest(bytes) == cell.bake)?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The inline value under `key`. A damaged one is as good as none: it costs next to nothing.
    pub fn inline(&self, key: CellKey) -> Option<InlineBake> {
        if self.reuse == Reuse::Nothing {
            return None;
        }
        let locked = self.lock.and_then(|lock| lock.inlines.get(&key.to_string()));
        if let Some(inline) = locked {
            return Some(InlineBake { text: inline.text.clone(), values: inline.values.clone() });
        }
        match self.store.get(key) {
            Found::Entry(entry) => Some(entry),
            Found::Nothing | Found::Damaged => None,
        }
    }

    /// Why the lock has no bake of the cell `label` under `key`, in words.
    pub fn why(&self, key: &Key, label: &str) -> Vec<String> {
        match self.lock.map(|lock| lock.cells.get(label)) {
            None => vec!["its chapter has no bake.lock".to_owned()],
            Some(None) => vec!["it is not in the chapter's bake.lock".to_owned()],
            Some(Some(cell)) if cell.key == key.cell.to_string() => {
                vec![format!("the file {}.json beside the lock is missing or damaged", cell.bake)]
            }
            Some(Some(cell)) => cell.differences(key),
        }
    }

    /// Keeps `entry` under `key` in the local store.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put<T: Serialize>(&self, key: CellKey, entry: &T) -> Result<()> {
        self.store.put(key, entry)
    }
}
