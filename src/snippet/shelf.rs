//! Where the bakes of earlier builds stand: the lock that the author committed, then the stores.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Result;
use crate::cache::{CellKey, Making, Place, Store, Stored};

use super::bake::{Bake, InlineBake, Status};
use super::key::{self, Key};
use super::lock::{Lock, digest};
use super::plain::Plain;
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
    /// The stores.
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
#[derive(Clone, Debug)]
pub struct Held {
    /// Its key.
    pub key: Key,
    /// The bake.
    pub bake: Bake,
    /// How it was made.
    pub making: Making,
    /// Where it was.
    pub status: Status,
}

/// What the shelf has for a cell.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The bake, if there is one.
    pub found: Option<Held>,
    /// Where something damaged was met. It was dropped, and is made again where nothing else was found.
    pub damaged: Option<Place>,
}

impl Shelf<'_> {
    /// The bake of `cell` under `key`. A frozen cell has the one in its lock, under whatever key that
    /// stands, which is returned along.
    pub fn cell(&self, key: &Key, cell: &Planned) -> Look {
        if self.reuse == Reuse::Nothing {
            return Look::default();
        }
        if let Some(held) = self.locked(cell).filter(|held| cell.freeze || held.key.cell == key.cell) {
            return Look { found: Some(held), damaged: None };
        }
        let (stored, damaged) = self.stored(key.cell);
        let held = |(bake, making)| Held { key: key.clone(), bake, making, status: Status::Cached };
        Look { found: stored.map(held), damaged }
    }

    /// What the stores have under `key`, and where something damaged was met.
    fn stored<T: DeserializeOwned>(&self, key: CellKey) -> (Option<(T, Making)>, Option<Place>) {
        let look = self.store.get(key);
        // Whole, but of another Kiln: as good as none.
        let read = |stored: Stored| Some((serde_json::from_slice(&stored.bytes).ok()?, stored.making));
        (look.stored.and_then(read), look.damaged)
    }

    /// The bake of `cell` in the lock under its key there, if the file beside the lock is whole.
    pub fn locked(&self, cell: &Planned) -> Option<Held> {
        let locked = self.locks.get(&cell.chapter)?.cells.get(&cell.label)?;
        let bytes = (self.file)(&cell.chapter, &locked.bake).filter(|bytes| digest(bytes) == locked.bake)?;
        let bake = serde_json::from_slice(&bytes).ok()?;
        let key = Key::locked(&locked.key, &locked.parts)?;
        Some(Held { key, bake, making: locked.making(), status: Status::Locked })
    }

    /// The values of the cell with this key as an earlier run wrote them down.
    pub fn values(&self, key: CellKey) -> Option<BTreeMap<String, Plain>> {
        match self.reuse {
            Reuse::Bakes => self.stored(key::of_values(key)).0.map(|(values, _)| values),
            Reuse::Nothing | Reuse::Frozen => None,
        }
    }

    /// The inline value of `chapter` under `key`. A damaged one is as good as none: it costs next to
    /// nothing.
    pub fn inline(&self, key: CellKey, chapter: &str) -> Option<InlineBake> {
        if self.reuse == Reuse::Nothing {
            return None;
        }
        self.locked_inline(key, chapter).or_else(|| self.stored(key).0.map(|(inline, _)| inline))
    }

    /// The inline value of `chapter` under `key` in the lock.
    pub fn locked_inline(&self, key: CellKey, chapter: &str) -> Option<InlineBake> {
        let inline = self.locks.get(chapter)?.inlines.get(&key.to_string())?;
        Some(InlineBake { text: inline.text.clone(), values: inline.values.clone() })
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

    /// Keeps `made` under `key` in the stores.
    ///
    /// # Errors
    /// The local one cannot be written to.
    pub fn put<T: Serialize>(&self, key: CellKey, made: &T, making: &Making) -> Result<()> {
        // What a cell makes is plain data: it can always be written.
        self.store.put(key, &serde_json::to_vec(made).unwrap_or_default(), making)
    }
}
