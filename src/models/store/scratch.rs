//! Work in progress: a folder that goes away with its owner, even when the owner is killed.

use std::fs::File;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Cache;
use super::disk::{create_dir, failed};
use crate::Result;

/// A folder in the cache for one fetch; removed on drop.
///
/// Beside it lies a lock that its process holds. A process that was killed holds it no longer, so
/// the next one that wants a scratch folder removes what is left.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    lock: PathBuf,
    _held: File,
}

impl Cache {
    /// A fresh folder on the cache's own disk, so that files can be renamed from it into place.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn scratch(&self) -> Result<Scratch> {
        let tmp = self.root.join("tmp");
        create_dir(&tmp)?;
        // Under this lock no other process is between creating its folder and locking it.
        let gate_path = tmp.join("gate.lock");
        let gate = File::create(&gate_path).map_err(failed("cannot write", &gate_path))?;
        let gated = gate.lock().is_ok();
        if gated {
            sweep(&tmp);
        }
        let folder = tempfile::Builder::new()
            .prefix("fetch-")
            .tempdir_in(&tmp)
            .map_err(failed("cannot create a folder in", &tmp))?;
        let lock = folder.path().with_extension("lock");
        let held = File::create(&lock).map_err(failed("cannot write", &lock))?;
        // Where locks are not supported nothing is ever swept, so nothing can be swept wrongly.
        let _ = held.try_lock();
        Ok(Scratch { folder, lock, _held: held })
    }
}

impl Scratch {
    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A new folder inside.
    ///
    /// # Errors
    /// The disk is full or read-only.
    pub fn folder(&self, prefix: &str) -> Result<PathBuf> {
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(self.path())
            .map_err(failed("cannot create a folder in", self.path()))?;
        Ok(folder.keep())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.lock);
    }
}

/// Removes the folders in `tmp` whose owners have gone: their lock is free, or it went with an
/// earlier sweep and a package client that outlived its Kiln has made the folder again. What cannot
/// be removed stays: it costs space, not correctness.
fn sweep(tmp: &Path) {
    let Ok(list) = std::fs::read_dir(tmp) else { return };
    let ours = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("fetch-"));
    let folders: std::collections::BTreeSet<PathBuf> =
        list.flatten().map(|item| item.path()).filter(ours).map(|path| path.with_extension("")).collect();
    for folder in folders {
        let lock = folder.with_extension("lock");
        let free = File::open(&lock).map_or(true, |file| file.try_lock().is_ok());
        if free {
            let _ = std::fs::remove_dir_all(&folder);
            let _ = std::fs::remove_file(&lock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_owners_folder_is_swept_and_a_living_ones_is_not() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        let living = cache.scratch().unwrap();
        let dead = root.path().join("tmp/fetch-dead");
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join("half"), "x").unwrap();
        std::fs::write(dead.with_extension("lock"), "").unwrap();
        let orphan = root.path().join("tmp/fetch-orphan");
        std::fs::create_dir(&orphan).unwrap();
        let next = cache.scratch().unwrap();
        assert!(!orphan.exists());
        assert!(!dead.exists() && !dead.with_extension("lock").exists());
        assert!(living.path().exists() && next.path().exists());
        let gone = next.path().to_owned();
        drop(next);
        assert!(!gone.exists() && !gone.with_extension("lock").exists());
    }
}
