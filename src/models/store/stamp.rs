//! Stamps: a verified file is not hashed again while its size and time stay the same.

use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::Cache;
use super::disk::{create_dir, failed};
use crate::Result;
use crate::models::sha256::Sha256;

/// What a file was at its last verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its sha256.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub size: u64,
    /// Its time of modification, in nanoseconds since 1970.
    pub mtime_ns: u128,
}

impl Cache {
    /// The sha256 of `path`: from its stamp while that is valid, else computed and stamped.
    /// `None` where there is no such file.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn sha256(&self, path: &Path) -> Result<Option<Sha256>> {
        match self.stamp(path) {
            Some(stamp) => Ok(Some(stamp.sha256)),
            None => self.rehash(path),
        }
    }

    /// The valid stamp of `path`: none where there is no file, no stamp, or the file has changed.
    pub fn stamp(&self, path: &Path) -> Option<Stamp> {
        let text = std::fs::read(self.stamp_path(path)).ok()?;
        let stamp: Stamp = serde_json::from_slice(&text).ok()?;
        (shape(path)? == (stamp.size, stamp.mtime_ns)).then_some(stamp)
    }

    /// Hashes `path` whatever its stamp says, and stamps it.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn rehash(&self, path: &Path) -> Result<Option<Sha256>> {
        let Some(before) = shape(path) else { return Ok(None) };
        let sha256 = Sha256::of_file(path).map_err(failed("cannot read", path))?;
        // A file that changed while it was read gets no stamp.
        if shape(path) == Some(before) {
            self.put_stamp(path, Stamp { sha256, size: before.0, mtime_ns: before.1 });
        }
        Ok(Some(sha256))
    }

    /// Writes the stamp of `path`. A cache that cannot be written only costs a hash each time.
    fn put_stamp(&self, path: &Path, stamp: Stamp) {
        let at = self.stamp_path(path);
        let Some(folder) = at.parent() else { return };
        let Ok(text) = serde_json::to_vec(&stamp) else { return };
        let written = create_dir(folder).ok().and_then(|()| {
            let mut file = tempfile::NamedTempFile::new_in(folder).ok()?;
            std::io::Write::write_all(&mut file, &text).ok()?;
            file.persist(&at).ok()
        });
        if written.is_none() {
            let _ = std::fs::remove_file(&at);
        }
    }

    /// Puts the finished temporary file `from`, whose sha256 is `sha256`, at `to` and stamps it.
    /// The rename is atomic: `to` is never half-written.
    pub(crate) fn put(&self, from: tempfile::NamedTempFile, sha256: Sha256, to: &Path) -> Result<()> {
        if let Some(folder) = to.parent() {
            create_dir(folder)?;
        }
        from.as_file().sync_all().map_err(failed("cannot write", to))?;
        let file = from.persist(to).map_err(|error| failed("cannot write", to)(error.error))?;
        readable(&file);
        drop(file);
        if let Some((size, mtime_ns)) = shape(to) {
            self.put_stamp(to, Stamp { sha256, size, mtime_ns });
        }
        Ok(())
    }
}

/// Temporary files are made for their owner only; a cache may be shared.
#[cfg(unix)]
fn readable(file: &std::fs::File) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = file.set_permissions(std::fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn readable(_file: &std::fs::File) {}

/// Length and time of modification of the file at `path`.
fn shape(path: &Path) -> Option<(u64, u128)> {
    let meta = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let mtime = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((meta.len(), mtime.as_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_holds_until_the_file_changes() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        for path in [root.path().join("models/a/b/c.onnx"), elsewhere.path().join("c.onnx")] {
            assert_eq!(cache.sha256(&path).unwrap(), None);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "one").unwrap();
            assert_eq!(cache.stamp(&path), None);
            assert_eq!(cache.sha256(&path).unwrap(), Some(Sha256::of(b"one")));
            assert_eq!(cache.stamp(&path).unwrap().size, 3);

            std::fs::write(&path, "other").unwrap();
            assert_eq!(cache.stamp(&path), None, "another length");
            assert_eq!(cache.sha256(&path).unwrap(), Some(Sha256::of(b"other")));

            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(UNIX_EPOCH + std::time::Duration::from_secs(5)).unwrap();
            assert_eq!(cache.stamp(&path), None, "another time");
        }
        let beside = elsewhere.path().read_dir().unwrap().count();
        assert_eq!(beside, 1, "no stamp beside a file that is not ours");
    }

    #[test]
    fn a_stamp_that_is_not_json_is_no_stamp() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        let path = root.path().join("f");
        std::fs::write(&path, "one").unwrap();
        cache.rehash(&path).unwrap();
        std::fs::write(root.path().join(".f.stamp"), "{").unwrap();
        assert_eq!(cache.stamp(&path), None);
    }
}
