//! ONNX Runtime's shared library: found on this machine, or brought.
//!
//! The order is fixed: the library that the user names; the one in Kiln's cache; a system library
//! or the one inside an installed Python `onnxruntime`, of exactly [`VERSION`]; else the one inside
//! the `onnxruntime` wheel, fetched into the cache. Its sha256 is pinned for each platform and
//! checked before the library is ever opened. Only [`open`] opens one, for `kiln doctor`.

#![expect(clippy::disallowed_methods, reason = "this room is where the library is found")]

mod bring;
mod elsewhere;
mod open;
mod platform;
mod version;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::models::fetch::wrong_hash;
use crate::models::{Cache, Network, Progress};
use crate::{Error, Result};

pub use open::{Opened, open};
pub use platform::{Platform, VERSION};

/// Where a library was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The user named it.
    Named,
    /// Kiln brought it earlier, or just now.
    Cache,
    /// A folder of system libraries.
    System,
    /// An installed Python package.
    Python,
}

/// A library that can be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Library {
    /// The file.
    pub path: PathBuf,
    /// Its version; `unknown` where a named library does not tell before it is opened.
    pub version: String,
    /// Where it was found.
    pub origin: Origin,
    /// Whether its bytes are those of the pinned release.
    pub pinned: bool,
    /// What the user should be told about it.
    pub warning: Option<String>,
}

/// What to look for.
#[derive(Clone, Debug)]
pub struct LibraryRequest {
    /// The library that the user names (`--ort-lib`, else `ORT_DYLIB_PATH`).
    pub named: Option<PathBuf>,
    /// Kiln's cache.
    pub cache: Cache,
    /// Whether it may be fetched.
    pub network: Network,
}

impl LibraryRequest {
    /// A request for the library that `flag` names, else `ORT_DYLIB_PATH`, else any that fits.
    pub fn new(flag: Option<PathBuf>, cache: Cache) -> Self {
        let variable =
            || std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { named: flag.or_else(variable), cache, network: Network::Allowed }
    }
}

/// The library on this machine, without using the network; `None` where there is none that fits.
///
/// # Errors
/// The named library is not there, or a file cannot be read.
pub fn locate(request: &LibraryRequest) -> Result<Option<Library>> {
    if let Some(path) = &request.named {
        return named(path, &request.cache).map(Some);
    }
    if let Some(library) = cached(&request.cache)? {
        return Ok(Some(library));
    }
    elsewhere::find(&request.cache)
}

/// The library on this machine, fetched if there is none.
///
/// # Errors
/// As [`locate`]; and no wheel exists for this platform, or it cannot be fetched, or its bytes are
/// wrong. Each error says what can be done.
pub fn locate_or_fetch(request: &LibraryRequest, progress: &Progress) -> Result<Library> {
    if let Some(library) = locate(request)? {
        return Ok(library);
    }
    let platform = Platform::host().ok_or_else(no_platform)?;
    if request.network == Network::Forbidden {
        return Err(by_hand(Error::new(format!(
            "ONNX Runtime {VERSION} is not on this machine, and fetching is off"
        ))));
    }
    bring::bring(platform, &request.cache, progress)?;
    cached(&request.cache)?.ok_or_else(|| Error::new("the library that was just fetched has gone"))
}

/// Adds the ways to a library that need no fetching.
fn by_hand(error: Error) -> Error {
    error
        .hint(format!("install it with Python's package client: `pip install onnxruntime=={VERSION}`"))
        .hint("or name a library: `--ort-lib PATH`, or ORT_DYLIB_PATH")
}

fn no_platform() -> Error {
    Error::new(format!(
        "there is no ONNX Runtime {VERSION} for {} {} that Kiln can bring",
        std::env::consts::OS,
        std::env::consts::ARCH
    ))
    .hint("build it yourself and name it: `--ort-lib PATH`, or ORT_DYLIB_PATH")
}

/// The library that the user names: any version, with a warning where it is not the pinned one.
fn named(path: &Path, cache: &Cache) -> Result<Library> {
    if !path.is_file() {
        return Err(Error::new(format!("the ONNX Runtime library `{}` is not there", path.display()))
            .hint("`--ort-lib` and ORT_DYLIB_PATH name the shared library itself, not its folder")
            .hint("without them Kiln finds or fetches one"));
    }
    let (version, pinned) = version::of(path, cache)?;
    let warning = match version.as_deref() {
        Some(VERSION) => None,
        Some(other) => Some(format!(
            "`{}` is ONNX Runtime {other}, not {VERSION}: outputs may differ in their last digits, \
             and nothing cached for {VERSION} is used",
            path.display()
        )),
        None => Some(format!("`{}` does not tell its version before it is opened", path.display())),
    };
    let version = version.unwrap_or_else(|| "unknown".to_owned());
    Ok(Library { path: path.to_owned(), version, origin: Origin::Named, pinned, warning })
}

/// The library in the cache, if its bytes are the pinned ones.
fn cached(cache: &Cache) -> Result<Option<Library>> {
    let Some(platform) = Platform::host() else { return Ok(None) };
    let path = platform.folder(cache).join(platform.library());
    let pinned = cache.sha256(&path)? == Some(platform.sha256());
    Ok(pinned.then(|| Library {
        path,
        version: VERSION.to_owned(),
        origin: Origin::Cache,
        pinned,
        warning: None,
    }))
}

/// Hashes the library in the cache afresh.
///
/// # Errors
/// It is there and is not the pinned one, or cannot be read.
pub fn verify(cache: &Cache) -> Result<()> {
    let Some(platform) = Platform::host() else { return Ok(()) };
    let path = platform.folder(cache).join(platform.library());
    match cache.rehash(&path)? {
        Some(got) if got != platform.sha256() => {
            Err(wrong_hash(&format!("`{}`", path.display()), platform.sha256(), got))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(named: Option<PathBuf>, cache: &Path) -> LibraryRequest {
        LibraryRequest { named, cache: Cache::at(cache), network: Network::Forbidden }
    }

    #[test]
    fn a_named_library_has_to_be_there() {
        let cache = tempfile::tempdir().unwrap();
        let error = locate(&request(Some("/no/such/library.so".into()), cache.path())).unwrap_err();
        assert!(error.to_string().contains("`/no/such/library.so` is not there"), "{error}");
        assert!(!error.hints().is_empty());
    }

    #[test]
    fn a_named_library_of_another_version_is_taken_with_a_warning() {
        let cache = tempfile::tempdir().unwrap();
        let path = cache.path().join("libonnxruntime.so");
        std::fs::write(&path, b"\x7fELF\0libonnxruntime.so.1\0VERS_1.24.4\0GLIBC_2.17\0").unwrap();
        let library = locate(&request(Some(path), cache.path())).unwrap().unwrap();
        assert_eq!((library.version.as_str(), library.origin), ("1.24.4", Origin::Named));
        assert!(!library.pinned);
        assert!(library.warning.unwrap().contains("1.24.4, not 1.32.0"));
    }

    #[test]
    fn a_cached_library_with_other_bytes_is_not_used() {
        let Some(platform) = Platform::host() else { return };
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        let folder = platform.folder(&cache);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(platform.library()), "cut short").unwrap();
        assert_eq!(cached(&cache).unwrap(), None);
        assert!(verify(&cache).unwrap_err().to_string().contains("wrong sha256"));
    }
}
