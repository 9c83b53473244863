//! The local store: one file an entry, named by its key, checked whenever it is read.
//!
//! Invariants: a file under its final name is whole (it is written beside and renamed), so neither a
//! kill at any instant nor another build on the same store can be seen half-way; an entry that does
//! not match the hash in its first line is dropped and made again.

#![expect(clippy::disallowed_methods, reason = "this room is where bakes are read and written")]

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

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

/// How much is, or was, in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The number of entries.
    pub entries: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Contents {
    fn add(&mut self, bytes: u64) {
        self.entries += 1;
        self.bytes += bytes;
    }
}

/// How long an entry may go unused before its use is noted again.
const FRESH: Duration = Duration::from_secs(3600);

/// A file of a store.
struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
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
            Some(entry) => {
                touch(&path);
                Found::Entry(entry)
            }
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

    /// How much is in the store.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn contents(&self) -> Result<Contents> {
        let mut all = Contents::default();
        self.entries()?.iter().for_each(|entry| all.add(entry.bytes));
        Ok(all)
    }

    /// Removes the entries that were not used for longest, until at most `keep` bytes stay; returns what
    /// was removed. A build that runs meanwhile makes again what it misses.
    ///
    /// # Errors
    /// The store cannot be read, or an entry cannot be removed.
    pub fn collect(&self, keep: u64) -> Result<Contents> {
        let mut entries = self.entries()?;
        entries.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.path.cmp(&b.path)));
        let (mut kept, mut removed) = (0, Contents::default());
        for entry in entries {
            kept += entry.bytes;
            if kept > keep {
                remove(&entry.path)?;
                removed.add(entry.bytes);
            }
        }
        Ok(removed)
    }

    /// Reads every entry and removes those that do not match their hash; returns what was removed.
    ///
    /// # Errors
    /// The store cannot be read, or an entry cannot be removed.
    pub fn verify(&self) -> Result<Contents> {
        let mut removed = Contents::default();
        for entry in self.entries()? {
            // One that has just gone is not damaged.
            let Ok(bytes) = fs::read(&entry.path) else { continue };
            if open::<serde::de::IgnoredAny>(&bytes).is_none() {
                remove(&entry.path)?;
                removed.add(entry.bytes);
            }
        }
        Ok(removed)
    }

    fn entries(&self) -> Result<Vec<Entry>> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        for entry in walkdir::WalkDir::new(&self.folder).sort_by_file_name() {
            let cannot = || format!("cannot read the store of bakes {}", self.folder.display());
            let entry = entry.map_err(Error::because(cannot()))?;
            if !entry.file_type().is_file() {
                continue;
            }
            let Ok(facts) = entry.metadata() else { continue };
            let used = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            entries.push(Entry { path: entry.into_path(), bytes: facts.len(), used });
        }
        Ok(entries)
    }

    fn path(&self, key: CellKey) -> PathBuf {
        let hex = key.hex();
        Path::new(&self.folder).join(&hex[..2]).join(&hex[2..])
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::new(format!("cannot remove {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Notes that the entry at `path` is in use, at most once an hour. A store that cannot be written to
/// still serves.
fn touch(path: &Path) {
    let Ok(file) = fs::File::options().append(true).open(path) else { return };
    let now = SystemTime::now();
    let used = file.metadata().and_then(|facts| facts.modified()).unwrap_or(now);
    if now.duration_since(used).is_ok_and(|age| age > FRESH) {
        let _ = file.set_modified(now);
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
    fn what_was_used_last_stays_longest() {
        let (_folder, store, _) = store();
        assert_eq!(store.contents().expect("readable"), Contents::default());
        let keys = ["a", "b", "c"].map(|name| KeyBuilder::new(name).finish());
        for (age, key) in keys.iter().enumerate() {
            store.put(*key, &"x").expect("it can be written");
            let file = fs::File::options().append(true).open(store.path(*key)).expect("it is there");
            file.set_modified(SystemTime::now() - FRESH * (2 + age as u32)).expect("a time");
        }
        assert_eq!(store.get::<String>(keys[2]), Found::Entry("x".to_owned()), "which makes it the newest");
        let one = store.contents().expect("readable").bytes / 3;
        assert_eq!(store.collect(2 * one).expect("collected").entries, 1);
        assert_eq!(store.get::<String>(keys[1]), Found::Nothing);
        fs::write(store.path(keys[0]), "damaged").expect("it can be damaged");
        assert_eq!(store.verify().expect("verified").entries, 1);
        assert_eq!(store.contents().expect("readable").entries, 1);
        assert_eq!(store.collect(0).expect("collected").entries, 1);
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
