//! The local store: one file an entry, named by its key, checked whenever it is read.
//!
//! Invariants: a file under its final name is whole (it is written beside and renamed), so neither a
//! kill at any instant nor another build on the same store can be seen half-way; an entry that does
//! not match the hash in its first line is dropped and made again.

#![expect(clippy::disallowed_methods, reason = "this room is where bakes are read and written")]

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::CellKey;
use crate::{Error, Result};

/// A folder of entries.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// What a look-up found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<T> {
    /// The entry.
    Entry(T),
    /// No entry under this key.
    Nothing,
    /// A damaged entry, now removed.
    Damaged,
}

impl Store {
    /// The store in `folder`, which is made when the first entry is put.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The entry under `key`.
    pub fn get<T: DeserializeOwned>(&self, key: CellKey) -> Found<T> {
        let path = self.path(key);
        let Ok(bytes) = fs::read(&path) else { return Found::Nothing };
        match open(&bytes) {
            Some(entry) => Found::Entry(entry),
            None => {
                // Another build may have removed it first: either way it is gone.
                let _ = fs::remove_file(&path);
                Found::Damaged
            }
        }
    }

    /// Puts `entry` under `key`, over whatever is there.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub fn put<T: Serialize>(&self, key: CellKey, entry: &T) -> Result<()> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.folder);
        let cannot = |error: std::io::Error| {
            let fault =
                Error::new(format!("cannot write to the store of bakes {}: {error}", folder.display()));
            match error.kind() {
                ErrorKind::StorageFull => fault.hint("free some space on that disk"),
                _ => fault.hint("set KILN_CACHE_DIR to a folder that can be written to"),
            }
        };
        let body = serde_json::to_vec(entry).map_err(Error::because("a bake cannot be written as JSON"))?;
        fs::create_dir_all(folder).map_err(cannot)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
        let head = blake3::hash(&body).to_hex();
        file.write_all(head.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.write_all(&body))
            .map_err(cannot)?;
        file.persist(&path).map_err(|error| cannot(error.error))?;
        Ok(())
    }

    fn path(&self, key: CellKey) -> PathBuf {
        let hex = key.hex();
        Path::new(&self.folder).join(&hex[..2]).join(&hex[2..])
    }
}

fn open<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (head, body) = bytes.split_at_checked(64)?;
    let body = body.strip_prefix(b"\n")?;
    if blake3::hash(body).to_hex().as_bytes() != head {
        return None;
    }
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::KeyBuilder;

    fn store() -> (tempfile::TempDir, Store, CellKey) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::new(folder.path().join("bakes"));
        (folder, store, KeyBuilder::new("test").finish())
    }

    #[test]
    fn what_was_put_is_found() {
        let (_folder, store, key) = store();
        assert_eq!(store.get::<Vec<u32>>(key), Found::Nothing);
        store.put(key, &vec![1, 2]).expect("it can be written");
        assert_eq!(store.get(key), Found::Entry(vec![1, 2]));
        store.put(key, &vec![3]).expect("it can be written over");
        assert_eq!(store.get(key), Found::Entry(vec![3]));
    }

    #[test]
    fn a_damaged_entry_is_dropped() {
        let (_folder, store, key) = store();
        for damage in
            [|b: &mut Vec<u8>| b.truncate(68), |b: &mut Vec<u8>| b[66] ^= 1, |b: &mut Vec<u8>| b.clear()]
        {
            store.put(key, &vec![1, 2]).expect("it can be written");
            let mut bytes = fs::read(store.path(key)).expect("it is there");
            damage(&mut bytes);
            fs::write(store.path(key), bytes).expect("it can be damaged");
            assert_eq!(store.get::<Vec<u32>>(key), Found::Damaged);
            assert_eq!(store.get::<Vec<u32>>(key), Found::Nothing);
        }
    }
}
