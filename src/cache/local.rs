//! The local store: a folder of actions and blobs, each file checked whenever it is read.
//!
//! Invariants: a file under its final name is whole (it is written beside and renamed), so neither a
//! kill at any instant nor another build on the same store can be seen half-way; a file that does not
//! match its hash is dropped and made again; a blob is written before the action that names it.

#![expect(clippy::disallowed_methods, reason = "this room is where bakes are read and written")]

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::action::Action;
use super::{CellKey, Digest};
use crate::{Error, Result};

/// A store on this machine.
#[derive(Clone, Debug)]
pub struct Local {
    folder: PathBuf,
}

/// What a look at a file found.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Look<T> {
    /// What it holds.
    There(T),
    /// No such file.
    Nothing,
    /// A damaged file.
    Damaged,
}

/// How much is, or was, in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The number of bakes: keys that the store knows.
    pub entries: usize,
    /// The bytes of all files.
    pub bytes: u64,
}

/// How long a file may go unused before its use is noted again.
const FRESH: Duration = Duration::from_secs(3600);

/// A file of a store.
struct File {
    path: PathBuf,
    is_action: bool,
    bytes: u64,
    used: SystemTime,
}

impl Contents {
    fn add(&mut self, file: &File) {
        self.entries += usize::from(file.is_action);
        self.bytes += file.bytes;
    }
}

impl Local {
    /// The store in `folder`, which is made when the first file is put.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn action(&self, key: CellKey) -> Look<Action> {
        look(&self.action_path(key), |bytes| Action::open(key, &bytes))
    }

    pub(super) fn blob(&self, digest: Digest) -> Look<Vec<u8>> {
        look(&self.blob_path(digest), |bytes| (Digest::of(&bytes) == digest).then_some(bytes))
    }

    /// Puts a blob, and then the action that names it, over whatever is there.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub(super) fn put(&self, key: CellKey, action: &Action, blob: &[u8]) -> Result<()> {
        // What is there under this name is this blob, or is found damaged when it is read.
        let path = self.blob_path(action.blob);
        if !fs::metadata(&path).is_ok_and(|facts| facts.len() == blob.len() as u64) {
            self.write(&path, blob)?;
        }
        self.write(&self.action_path(key), &action.seal())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let folder = path.parent().unwrap_or(&self.folder);
        let scratch = self.scratch();
        let cannot = |error: std::io::Error| {
            let fault =
                Error::new(format!("cannot write to the store of bakes {}: {error}", self.folder.display()));
            match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    fault.hint("free some space on that disk")
                }
                _ => fault.hint("set KILN_CACHE_DIR to a folder that can be written to"),
            }
        };
        for folder in [folder, scratch.as_path()] {
            fs::create_dir_all(folder).map_err(cannot)?;
        }
        let mut file = tempfile::NamedTempFile::new_in(&scratch).map_err(cannot)?;
        file.write_all(bytes).map_err(cannot)?;
        file.persist(path).map_err(|error| cannot(error.error))?;
        Ok(())
    }

    /// How much is in the store.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn contents(&self) -> Result<Contents> {
        let mut all = Contents::default();
        self.files()?.iter().for_each(|file| all.add(file));
        Ok(all)
    }

    /// Removes the files that were not used for longest, until at most `keep` bytes stay, and what killed
    /// builds have left; returns what was removed. A build that runs meanwhile makes again what it misses.
    ///
    /// # Errors
    /// The store cannot be read, or a file cannot be removed.
    pub fn collect(&self, keep: u64) -> Result<Contents> {
        self.sweep();
        let mut files = self.files()?;
        files.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.path.cmp(&b.path)));
        let (mut kept, mut removed) = (0, Contents::default());
        for file in files {
            kept += file.bytes;
            if kept > keep {
                remove(&file.path)?;
                removed.add(&file);
            }
        }
        Ok(removed)
    }

    /// Reads every file and removes those that do not match their hash; returns what was removed.
    ///
    /// # Errors
    /// The store cannot be read, or a file cannot be removed.
    pub fn verify(&self) -> Result<Contents> {
        let mut removed = Contents::default();
        for file in self.files()? {
            // One that has just gone is not damaged.
            let Ok(bytes) = fs::read(&file.path) else { continue };
            let sound = match file.is_action {
                true => Action::read(&bytes).is_some(),
                false => self.blob_path(Digest::of(&bytes)) == file.path,
            };
            if !sound {
                remove(&file.path)?;
                removed.entries += 1;
                removed.bytes += file.bytes;
            }
        }
        Ok(removed)
    }

    /// Removes what builds that were killed have left half-written.
    fn sweep(&self) {
        for entry in fs::read_dir(self.scratch()).into_iter().flatten().flatten() {
            let old = entry.metadata().and_then(|facts| facts.modified()).is_ok_and(is_old);
            if old {
                // Whatever cannot be removed now is found again next time.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn files(&self) -> Result<Vec<File>> {
        let mut files = Vec::new();
        for (kind, is_action) in [("actions", true), ("blobs", false)] {
            let folder = self.folder.join(kind);
            if !folder.is_dir() {
                continue;
            }
            for entry in walkdir::WalkDir::new(&folder).sort_by_file_name() {
                let entry = match entry {
                    Ok(entry) => entry,
                    // Another build has just removed it.
                    Err(error)
                        if error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound) =>
                    {
                        continue;
                    }
                    Err(error) => {
                        let message = format!("cannot read the store of bakes {}", self.folder.display());
                        return Err(Error::because(message)(error));
                    }
                };
                if !entry.file_type().is_file() {
                    continue;
                }
                let Ok(facts) = entry.metadata() else { continue };
                let used = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push(File { path: entry.into_path(), is_action, bytes: facts.len(), used });
            }
        }
        Ok(files)
    }

    fn scratch(&self) -> PathBuf {
        self.folder.join("scratch")
    }

    fn action_path(&self, key: CellKey) -> PathBuf {
        self.path("actions", &key.hex())
    }

    fn blob_path(&self, digest: Digest) -> PathBuf {
        self.path("blobs", &digest.hex())
    }

    fn path(&self, kind: &str, hex: &str) -> PathBuf {
        self.folder.join(kind).join(&hex[..2]).join(&hex[2..])
    }
}

/// What `open` makes of the file at `path`. A damaged one is removed.
fn look<T>(path: &Path, open: impl FnOnce(Vec<u8>) -> Option<T>) -> Look<T> {
    let Ok(bytes) = fs::read(path) else { return Look::Nothing };
    match open(bytes) {
        Some(found) => {
            touch(path);
            Look::There(found)
        }
        None => {
            // Another build may have removed it first: either way it is gone.
            let _ = fs::remove_file(path);
            Look::Damaged
        }
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

/// Notes that the file at `path` is in use, at most once an hour. A store that cannot be written to
/// still serves.
fn touch(path: &Path) {
    if !fs::metadata(path).and_then(|facts| facts.modified()).is_ok_and(is_old) {
        return;
    }
    if let Ok(file) = fs::File::options().append(true).open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

fn is_old(used: SystemTime) -> bool {
    SystemTime::now().duration_since(used).is_ok_and(|age| age > FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{KeyBuilder, Making};

    fn store() -> (tempfile::TempDir, Local) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Local::new(folder.path().join("bakes"));
        (folder, store)
    }

    fn key(name: &str) -> CellKey {
        KeyBuilder::new(name).finish()
    }

    fn put(store: &Local, name: &str, blob: &[u8]) -> Digest {
        let digest = Digest::of(blob);
        let action = Action::new(key(name), digest, Making::default());
        store.put(key(name), &action, blob).expect("it can be written");
        digest
    }

    #[test]
    fn what_was_put_is_found() {
        let (_folder, store) = store();
        assert_eq!(store.action(key("a")), Look::Nothing);
        let first = put(&store, "a", b"one");
        assert_eq!(store.blob(first), Look::There(b"one".to_vec()));
        let second = put(&store, "a", b"two");
        assert!(matches!(store.action(key("a")), Look::There(action) if action.blob == second));
        assert_eq!(store.contents().expect("readable").entries, 1);
    }

    #[test]
    fn what_was_used_last_stays_longest() {
        let (_folder, store) = store();
        assert_eq!(store.contents().expect("readable"), Contents::default());
        for (age, name) in ["a", "b", "c"].iter().enumerate() {
            let blob = put(&store, name, name.as_bytes());
            for path in [store.action_path(key(name)), store.blob_path(blob)] {
                let file = fs::File::options().append(true).open(path).expect("it is there");
                file.set_modified(SystemTime::now() - FRESH * (2 + age as u32)).expect("a time");
            }
        }
        assert!(matches!(store.action(key("c")), Look::There(_)), "which makes it the newest");
        assert!(matches!(store.blob(Digest::of(b"c")), Look::There(_)));
        let one = store.contents().expect("readable").bytes / 3;
        let removed = store.collect(2 * one).expect("removed");
        assert_eq!(removed, Contents { entries: 1, bytes: one });
        assert_eq!(store.action(key("b")), Look::Nothing, "it was unused for longest");
        assert_eq!(store.collect(0).expect("removed").entries, 2);
    }

    #[test]
    fn a_damaged_file_is_dropped() {
        let (_folder, store) = store();
        for damage in [&b""[..], b"short", &[0; 100]] {
            let blob = put(&store, "a", b"what a cell shows");
            fs::write(store.action_path(key("a")), damage).expect("damaged");
            fs::write(store.blob_path(blob), damage).expect("damaged");
            assert_eq!(store.verify().expect("readable").entries, 2);
            let blob = put(&store, "a", b"what a cell shows");
            assert_eq!(store.verify().expect("readable").entries, 0);
            fs::write(store.action_path(key("a")), damage).expect("damaged");
            fs::write(store.blob_path(blob), damage).expect("damaged");
            assert_eq!((store.action(key("a")), store.blob(blob)), (Look::Damaged, Look::Damaged));
            assert_eq!((store.action(key("a")), store.blob(blob)), (Look::Nothing, Look::Nothing));
        }
    }

    #[test]
    fn what_killed_builds_have_left_is_swept_away() {
        let (_folder, store) = store();
        put(&store, "a", b"one");
        let left = store.scratch().join(".tmp1");
        fs::write(&left, "half").expect("written");
        store.collect(u64::MAX).expect("collected");
        assert!(left.exists(), "its build may still be at work");
        let file = fs::File::options().append(true).open(&left).expect("it is there");
        file.set_modified(SystemTime::now() - 2 * FRESH).expect("a time");
        store.collect(u64::MAX).expect("collected");
        assert!(!left.exists());
    }
}
