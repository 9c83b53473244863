//! Where the bakes of earlier builds stand: the lock that the author committed, then the local store.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::Result;
use crate::cache::{CellKey, Found, Store};

use super::bake::{Bake, InlineBake, Status};
use super::key::Key;
use super::lock::{Lock, digest};
use super::plan::Planned;

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

/// The bakes of earlier builds.
#[derive(Clone, Copy)]
pub struct Shelf<'a> {
    /// The lock of each chapter that has one.
    pub locks: &'a BTreeMap<String, Lock>,
    /// The bytes of the file with this digest beside the lock of a chapter.
    pub file: &'a dyn Fn(&str, &str) -> Option<Vec<u8>>,
    /// The local store.
    pub store: &'a Store,
    /// What may be used.
    pub reuse: Reuse,
}

impl fmt::Debug for Shelf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shelf({:?}, {:?}, {:?})", self.locks.len(), self.store, self.reuse)
    }
}

/// A bake that was found.
#[derive(Debug)]
pub struct Held {
    /// Its key.
    pub key: Key,
    /// The bake.
    pub bake: Bake,
    /// Where it was.
    pub status: Status,
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
    /// The bake of `cell` under `key`, and where it was found. A frozen cell has the one in its lock,
    /// under whatever key that stands, which is returned along.
    ///
    /// # Errors
    /// It was damaged.
    pub fn cell(&self, key: &Key, cell: &Planned) -> std::result::Result<Option<Held>, Damaged> {
        if self.reuse == Reuse::Nothing {
            return Ok(None);
        }
        let locked = self.locked(cell).filter(|(under, _)| cell.freeze || under.cell == key.cell);
        if let Some((key, bake)) = locked {
            return Ok(Some(Held { key, bake, status: Status::Locked }));
        }
        match self.store.get(key.cell) {
            Found::Entry(bake) => Ok(Some(Held { key: key.clone(), bake, status: Status::Cached })),
            Found::Nothing => Ok(None),
            Found::Damaged => Err(Damaged),
        }
    }

    /// The bake of `cell` in the lock and its key there, if the file beside the lock is whole.
    fn locked(&self, cell: &Planned) -> Option<(Key, Bake)> {
        let locked = self.locks.get(&cell.chapter)?.cells.get(&cell.label)?;
        let bytes = (self.file)(&cell.chapter, &locked.bake).filter(|bytes| digest(bytes) == locked.bake)?;
        let bake = serde_json::from_slice(&bytes).ok()?;
        Some((Key::locked(&locked.key, &locked.parts)?, bake))
    }

    /// The inline value of `chapter` under `key`. A damaged one is as good as none: it costs next to
    /// nothing.
    pub fn inline(&self, key: CellKey, chapter: &str) -> Option<InlineBake> {
        if self.reuse == Reuse::Nothing {
            return None;
        }
        let locked = self.locks.get(chapter).and_then(|lock| lock.inlines.get(&key.to_string()));
        if let Some(inline) = locked {
            return Some(InlineBake { text: inline.text.clone(), values: inline.values.clone() });
        }
        match self.store.get(key) {
            Found::Entry(entry) => Some(entry),
            Found::Nothing | Found::Damaged => None,
        }
    }

    /// Why the lock has no bake of `cell` under `key`, in words.
    pub fn why(&self, key: &Key, cell: &Planned) -> Vec<String> {
        match self.locks.get(&cell.chapter).map(|lock| lock.cells.get(&cell.label)) {
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
