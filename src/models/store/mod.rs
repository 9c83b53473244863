//! The per-user cache: where fetched files live and how Kiln knows that they are verified.
//!
//! ```text
//! CACHE/                                  KILN_CACHE_DIR, else the user's cache folder
//!   models/ID/DIGEST16/NAME               all files of a model in one folder (external data)
//!   models/ID/DIGEST16/.NAME.stamp        size, time and sha256 at the last verification
//!   runtime/onnxruntime-VERSION-PLATFORM/ the library and its licences
//!   stamps/KEY.stamp                      stamps of files that lie elsewhere
//!   locks/NAME.lock                       one lock a file that is being fetched
//!   tmp/                                  work in progress; swept when its owner has gone
//! ```

mod disk;
mod scratch;
mod stamp;

use std::path::{Path, PathBuf};

use crate::{Error, Result};

use super::manifest::{Entry, FileOrigin, ModelFile, Role, Source};
use super::progress::Progress;

pub(crate) use disk::{create_dir, explain, failed};
pub use scratch::Scratch;
pub use stamp::Stamp;

/// Kiln's folder in the user's cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// Whether missing files may be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Fetch what is missing.
    Allowed,
    /// A missing file is an error.
    Forbidden,
}

impl Cache {
    /// A cache at `root`; nothing is created yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The cache of this user: `KILN_CACHE_DIR`, else `kiln` in the system's cache folder.
    ///
    /// # Errors
    /// Neither the variable nor a home folder is there.
    pub fn of_user() -> Result<Self> {
        if let Some(dir) = std::env::var_os("KILN_CACHE_DIR").filter(|dir| !dir.is_empty()) {
            let root = std::path::absolute(&dir)
                .map_err(Error::because(format!("bad KILN_CACHE_DIR `{}`", dir.display())))?;
            return Ok(Self { root });
        }
        match directories::BaseDirs::new() {
            Some(dirs) => Ok(Self { root: dirs.cache_dir().join("kiln") }),
            None => Err(Error::new("no home folder is known, so there is no place for the cache")
                .hint("set KILN_CACHE_DIR to a folder that Kiln may write to")),
        }
    }

    /// The cache's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where libraries that Kiln fetched are.
    pub fn runtime(&self) -> PathBuf {
        self.root.join("runtime")
    }

    /// The stamp of `path`: beside it where it lies in the cache, else in `stamps/`.
    fn stamp_path(&self, path: &Path) -> PathBuf {
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) if path.starts_with(&self.root) => {
                folder.join(format!(".{}.stamp", name.to_string_lossy()))
            }
            _ => {
                let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
                let key = blake3::hash(whole.as_os_str().as_encoded_bytes()).to_hex();
                self.root.join("stamps").join(format!("{}.stamp", &key[..32]))
            }
        }
    }

    /// Waits for the lock called `name` and holds it until the value is dropped. File systems that
    /// know no locks give none: the rename into place is still atomic, only work may be done twice.
    ///
    /// # Errors
    /// The lock's file cannot be created.
    pub fn lock(&self, name: &str, progress: &Progress) -> Result<Option<std::fs::File>> {
        let folder = self.root.join("locks");
        create_dir(&folder)?;
        let path = folder.join(format!("{name}.lock"));
        let file = std::fs::File::create(&path).map_err(failed("cannot write", &path))?;
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => {
                progress.note(&format!("waiting for another Kiln that fetches {name}"));
            }
            Err(std::fs::TryLockError::Error(_)) => return Ok(None),
        }
        Ok(file.lock().ok().map(|()| file))
    }
}

/// Where the models of a project are: its own files and the user's cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelStore {
    /// The user's cache.
    pub cache: Cache,
    /// The project's root, which `path` sources start from.
    pub project: PathBuf,
    /// Whether missing files may be fetched.
    pub network: Network,
}

impl ModelStore {
    /// The store of the project at `project` with the cache `cache`; it may fetch.
    pub fn new(cache: Cache, project: impl Into<PathBuf>) -> Self {
        Self { cache, project: project.into(), network: Network::Allowed }
    }

    /// The folder of `entry` in the cache.
    pub fn folder(&self, entry: &Entry) -> PathBuf {
        self.cache.root.join("models").join(&entry.id).join(entry.digest().short())
    }

    /// Where `file` is, or will be once it is fetched.
    ///
    /// A `path` source that exists is used in place, unless the model has `data` files: ONNX
    /// Runtime looks for external data beside the graph, so such a model is gathered in one folder.
    pub fn place(&self, entry: &Entry, file: &ModelFile) -> PathBuf {
        match (entry.file(Role::Data), &file.origin) {
            (None, FileOrigin::Sources(sources)) => match sources.first() {
                Some(Source::Path(path)) if self.project.join(path).is_file() => self.project.join(path),
                _ => self.folder(entry).join(&file.name),
            },
            _ => self.folder(entry).join(&file.name),
        }
    }
}
