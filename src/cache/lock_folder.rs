//! The files of a chapter's lock: `bake.lock`, and the bakes in `.bakes/` beside it.
//!
//! Invariant: a lock never names a file that is not there. Files are written before the lock that names
//! them, and files that no lock names any more are removed after it.

#![expect(clippy::disallowed_methods, reason = "this room is where bakes are read and written")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// The name of a lock.
pub const LOCK: &str = "bake.lock";

/// A chapter's folder.
#[derive(Clone, Debug)]
pub struct LockFolder(PathBuf);

impl LockFolder {
    /// The lock of the chapter in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The text of the lock, if there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn text(&self) -> Result<Option<String>> {
        let path = self.0.join(LOCK);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::new(format!("cannot read {}: {error}", path.display()))),
        }
    }

    /// The bytes of the bake called `name`, if it can be read.
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.path(name)).ok()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(".bakes").join(format!("{name}.json"))
    }

    /// Puts `text` in the place of the lock, with its `files` by name.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn replace(&self, text: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
        let folder = self.0.join(".bakes");
        fs::create_dir_all(&folder).map_err(cannot(&folder))?;
        for (name, bytes) in files {
            let path = self.path(name);
            // Named by its content: what is there is right, or is found damaged when it is read.
            if fs::read(&path).ok().as_deref() != Some(bytes) {
                put(&path, bytes)?;
            }
        }
        put(&self.0.join(LOCK), text.as_bytes())?;
        for entry in fs::read_dir(&folder).map_err(cannot(&folder))?.flatten() {
            let path = entry.path();
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
            if name.is_none_or(|name| !files.contains_key(&name)) {
                fs::remove_file(&path).map_err(cannot(&path))?;
            }
        }
        Ok(())
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(cannot(path))?;
    file.write_all(bytes).map_err(cannot(path))?;
    // What is committed is readable by everybody, as any file of the project.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(cannot(path))?;
    }
    file.persist(path).map_err(|error| cannot(path)(error.error))?;
    Ok(())
}

fn cannot(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    Error::because(format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_follow_their_lock() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lock = LockFolder::new(folder.path().join("chapter"));
        assert_eq!(lock.text().expect("readable"), None);
        let files = |names: &[&str]| names.iter().map(|n| ((*n).to_owned(), n.as_bytes().to_vec())).collect();
        lock.replace("one", &files(&["a", "b"])).expect("written");
        assert_eq!(lock.text().expect("readable").as_deref(), Some("one"));
        assert_eq!(lock.file("a").as_deref(), Some(&b"a"[..]));
        lock.replace("two", &files(&["b", "c"])).expect("written");
        assert_eq!((lock.file("a"), lock.file("c").as_deref()), (None, Some(&b"c"[..])));
    }
}
