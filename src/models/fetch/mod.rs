//! Bringing files: one file a kind of source, one [`Fetcher`] a run.
//!
//! A fetcher keeps the packages it has downloaded until it is dropped, so that two members of one
//! package cost one download; a package that failed is not tried again.

mod archive;
mod client;
mod http;
mod hub;
mod index;
mod npm;
mod pip_config;
mod pypi;
mod sink;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use archive::{Package, Top};
use sink::Sink;

use super::manifest::Source;
use super::progress::Progress;
use super::store::{Cache, Scratch};
use crate::{Error, Result};

pub(crate) use client::find as find_program;
pub use client::{Client, clients};
pub use http::agent;
pub(crate) use http::shown;
pub use npm::registry as npm_registry;
pub use pip_config::{IndexConfig, index_config};
pub use pypi::Target;
pub(crate) use sink::wrong_hash;
pub use sink::{Brought, Pin};

/// A package that one thread fetches while the others wait.
type Slot = Arc<OnceLock<Result<Package>>>;

/// Fetches for one run.
#[derive(Debug)]
pub struct Fetcher<'a> {
    cache: &'a Cache,
    progress: &'a Progress,
    scratch: OnceLock<Result<Scratch>>,
    agent: OnceLock<Result<ureq::Agent>>,
    packages: Mutex<BTreeMap<String, Slot>>,
}

impl<'a> Fetcher<'a> {
    /// A fetcher that works in `cache`. It touches neither disk nor network before it has to.
    pub fn new(cache: &'a Cache, progress: &'a Progress) -> Self {
        Self { cache, progress, scratch: OnceLock::new(), agent: OnceLock::new(), packages: Mutex::default() }
    }

    /// Brings the file that `source` names into a temporary file of the cache; it is what `pin`
    /// says. `target` picks among a Python package's wheels.
    ///
    /// # Errors
    /// The source cannot be had, has no such member, or gives other bytes.
    pub fn bring(&self, source: &Source, pin: Pin, target: Option<&Target>) -> Result<Brought> {
        let scratch = self.scratch()?;
        let (package, member) = match source {
            Source::Path(path) => {
                let shown = format!("`{}`", path.display());
                let mut file =
                    std::fs::File::open(path).map_err(Error::because(format!("cannot read {shown}")))?;
                let mut sink = Sink::create(scratch.path(), pin, None)?;
                sink.fill(&mut file, &shown)?;
                return sink.finish(&shown);
            }
            Source::Hub { repo, revision, file } => {
                let url = hub::address(repo, revision, file);
                return self.download(&url, pin, format!("{repo} {file}"));
            }
            Source::Url { url, member: None } => {
                return self.download(url, pin, http::shown(url));
            }
            Source::Url { url, member: Some(member) } => {
                let package = self.package(url, |folder| {
                    let name = http::shown(url).rsplit('/').next().unwrap_or_default().to_owned();
                    let brought = self.download(url, Pin::default(), name.clone())?;
                    let path = folder.join("archive");
                    brought
                        .file
                        .persist(&path)
                        .map_err(|error| super::store::failed("cannot write", &path)(error.error))?;
                    Ok(Package::Archive { path, name, top: Top::Kept })
                })?;
                (package, member)
            }
            Source::Pypi { package, sdist } => {
                let request =
                    pypi::Request { name: &package.name, version: &package.version, sdist: *sdist, target };
                (self.package(&request.key(), |folder| pypi::fetch(self, &request, folder))?, &package.member)
            }
            Source::Npm(package) => {
                let key = format!("npm {}@{}", package.name, package.version);
                let fetched =
                    self.package(&key, |folder| npm::fetch(self, &package.name, &package.version, folder))?;
                (fetched, &package.member)
            }
        };
        let mut sink = Sink::create(scratch.path(), pin, None)?;
        archive::copy_member(&package, member, scratch.path(), &mut sink)?;
        sink.finish(&format!("`{member}`"))
    }

    /// The package called `key`: fetched by `fetch` into a folder of its own at first use.
    fn package(&self, key: &str, fetch: impl FnOnce(&Path) -> Result<Package>) -> Result<Package> {
        let slot: Slot = {
            let mut packages = self.packages.lock().unwrap_or_else(PoisonError::into_inner);
            packages.entry(key.to_owned()).or_default().clone()
        };
        let fetched = slot.get_or_init(|| fetch(&self.scratch()?.folder("package-")?));
        fetched.as_ref().cloned().map_err(again)
    }

    /// Downloads `url` to a temporary file, showing `label`.
    fn download(&self, url: &str, pin: Pin, label: String) -> Result<Brought> {
        let task = self.progress.task(label.clone(), pin.size);
        let brought = http::download(self.agent()?, url, self.scratch()?.path(), pin, &task)?;
        task.done(&format!("downloaded {label}"), brought.size);
        Ok(brought)
    }

    fn scratch(&self) -> Result<&Scratch> {
        self.scratch.get_or_init(|| self.cache.scratch()).as_ref().map_err(again)
    }

    fn agent(&self) -> Result<&ureq::Agent> {
        self.agent.get_or_init(http::agent).as_ref().map_err(again)
    }
}

/// The same error for another who waited for the same thing.
fn again(error: &Error) -> Error {
    error.hints().iter().fold(Error::new(error.to_string()), Error::hint)
}

/// The one file that a client has put into `folder`.
fn only_file(folder: &Path) -> Result<std::path::PathBuf> {
    let list = std::fs::read_dir(folder).map_err(super::store::failed("cannot read", folder))?;
    let mut files = list.flatten().map(|item| item.path()).filter(|path| path.is_file());
    match (files.next(), files.next()) {
        (Some(path), None) => Ok(path),
        _ => Err(Error::new("the package client ended well but did not leave one archive")),
    }
}

/// One error out of the failures of several ways to the same thing, in the order tried, after the
/// words `what`.
pub(crate) fn all_failed(what: &str, failures: &[Error]) -> Error {
    let mut hints: Vec<&str> = Vec::new();
    for hint in failures.iter().flat_map(Error::hints) {
        if !hints.contains(&hint.as_str()) {
            hints.push(hint);
        }
    }
    let causes: Vec<String> = failures.iter().map(Error::to_string).collect();
    let message = match causes.as_slice() {
        [] => what.to_owned(),
        [one] => format!("{what}: {one}"),
        several => format!("{what}:\n  - {}", several.join("\n  - ")),
    };
    hints.into_iter().fold(Error::new(message), Error::hint)
}

/// The only failure, or all of them as one error.
fn one_or_all(mut failures: Vec<Error>) -> Error {
    match (failures.pop(), failures.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            failures.extend(last);
            all_failed("every way failed", &failures)
        }
    }
}

/// `error` after the words `what`.
pub(crate) fn within(what: &str, error: &Error) -> Error {
    all_failed(what, std::slice::from_ref(error))
}

#[cfg(test)]
mod tests;
