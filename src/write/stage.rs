//! The folder in which a site is laid out before it takes the place of the old one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde::Deserialize;

use super::{IGNORE, Listed, MANIFEST, Sink, fault, remove, replace};
use crate::{Error, Result, interrupt};

/// A site on its way to the output folder. Dropping it leaves the old site as it was.
#[derive(Debug)]
pub struct Stage {
    out: PathBuf,
    /// Made for the first file, so that nobody waits for a build whose cells still run.
    laid: OnceLock<Result<Laid>>,
    taken: Mutex<Taken>,
}

/// What a stage was given.
#[derive(Debug, Default)]
struct Taken {
    /// The paths of the files, each of which is written once.
    paths: BTreeSet<String>,
    /// Folders of the stage that are there.
    folders: BTreeSet<PathBuf>,
    /// The first file that could not be written.
    fault: Option<Error>,
    /// Whether a file differs from that of the old site.
    changed: bool,
}

impl Stage {
    /// A stage for the output folder `out`.
    pub fn new(out: &Path) -> Self {
        Self { out: out.to_owned(), laid: OnceLock::new(), taken: Mutex::default() }
    }

    /// Makes the output folder the site that consists of the files `listed`, all of which were put here.
    /// Files in it that no build of Kiln made stay.
    ///
    /// # Errors
    /// The folder, or the one it lies in, cannot be written to; the old site is then left as it was.
    pub fn finish(self, listed: &[Listed], manifest: &[u8]) -> Result<()> {
        self.laid.get_or_init(|| Laid::new(&self.out));
        let (laid, taken) = (self.laid, self.taken.into_inner().unwrap_or_else(PoisonError::into_inner));
        let Some(laid) = laid.into_inner().transpose()? else { return Ok(()) };
        if let Some(fault) = taken.fault {
            return Err(fault);
        }
        if !taken.changed && laid.old.is(listed) {
            // Durations differ from build to build: the manifest alone is replaced, in one step.
            return replace(&self.out.join(MANIFEST), manifest);
        }
        let mut folders = taken.folders;
        for file in listed.iter().filter(|file| laid.old.has(file)) {
            laid.keep(&file.path, &self.out, &mut folders)?;
        }
        let made: BTreeSet<&str> = listed.iter().map(|file| file.path.as_str()).collect();
        let ours = |path: &str| made.contains(path) || path == IGNORE.0 || path == MANIFEST;
        for foreign in laid.old.foreign.iter().filter(|path| !ours(path)) {
            laid.keep(foreign, &self.out, &mut folders)?;
        }
        laid.write(IGNORE.0, IGNORE.1, &mut folders)?;
        laid.write(MANIFEST, manifest, &mut folders)?;
        interrupt::check()?;
        exchange(&laid.folder, &self.out).map_err(|e| fault(&self.out, e))
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Stage {
    fn put(&self, file: &Listed, bytes: Vec<u8>) {
        // A stage that cannot be made is told of when it is finished.
        let Ok(laid) = self.laid.get_or_init(|| Laid::new(&self.out)) else { return };
        if laid.old.has(file) {
            return;
        }
        let place = {
            let mut taken = self.taken();
            taken.changed = true;
            if !taken.paths.insert(file.path.clone()) {
                return;
            }
            laid.place(&file.path, &mut taken.folders)
        };
        let written = place.and_then(|path| fs::write(&path, bytes).map_err(|e| fault(&path, e)));
        if let Err(error) = written {
            self.taken().fault.get_or_insert(error);
        }
    }
}

/// A folder beside the output folder, and what stands in that one.
#[derive(Debug)]
struct Laid {
    folder: PathBuf,
    old: Old,
    /// Held while the folder is in use, so that two builds of one site take turns.
    _lock: fs::File,
}

impl Laid {
    fn new(out: &Path) -> Result<Self> {
        let name = out.file_name().map_or("site".into(), |name| name.to_string_lossy().into_owned());
        let parent = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(|e| fault(parent, e))?;
        let lock_path = parent.join(format!(".{name}.kiln-lock"));
        let lock = fs::File::create(&lock_path).map_err(|e| fault(&lock_path, e))?;
        lock.lock().map_err(|e| fault(&lock_path, e))?;
        let folder = parent.join(format!(".{name}.kiln-new"));
        // What a build that was killed has left behind.
        remove(&folder)?;
        fs::create_dir(&folder).map_err(|e| fault(&folder, e))?;
        Ok(Self { folder, old: Old::read(out), _lock: lock })
    }

    /// Takes a file over from the old site.
    fn keep(&self, path: &str, out: &Path, folders: &mut BTreeSet<PathBuf>) -> Result<()> {
        let (old, target) = (out.join(path), self.place(path, folders)?);
        // Where links are not to be had the file is copied.
        fs::hard_link(&old, &target)
            .or_else(|_| fs::copy(&old, &target).map(drop))
            .map_err(|e| fault(&target, e))
    }

    fn write(&self, path: &str, bytes: &[u8], folders: &mut BTreeSet<PathBuf>) -> Result<()> {
        let target = self.place(path, folders)?;
        fs::write(&target, bytes).map_err(|e| fault(&target, e))
    }

    /// Where `path` goes; its folder is there afterwards.
    fn place(&self, path: &str, folders: &mut BTreeSet<PathBuf>) -> Result<PathBuf> {
        let target = self.folder.join(path);
        if let Some(folder) = target.parent().filter(|folder| !folders.contains(*folder)) {
            fs::create_dir_all(folder).map_err(|e| fault(folder, e))?;
            folders.insert(folder.to_owned());
        }
        Ok(target)
    }
}

impl Drop for Laid {
    fn drop(&mut self) {
        // The site that is not wanted, or the old one after the exchange. What stays behind is cleared
        // away by the next build.
        let _ = remove(&self.folder);
    }
}

/// What stands in the output folder.
#[derive(Debug, Default)]
struct Old {
    /// Digest of each file that the last build made and that is still there with its size.
    files: BTreeMap<String, String>,
    /// How many files the last build made.
    count: usize,
    /// Files that no build made.
    foreign: Vec<String>,
}

impl Old {
    fn read(out: &Path) -> Self {
        #[derive(Deserialize)]
        struct Files {
            files: Vec<Listed>,
        }
        let text = fs::read(out.join(MANIFEST)).unwrap_or_default();
        let made = serde_json::from_slice::<Files>(&text).map(|m| m.files).unwrap_or_default();
        let mut old = Self { count: made.len(), ..Self::default() };
        let made: BTreeMap<String, Listed> = made.into_iter().map(|l| (l.path.clone(), l)).collect();
        for entry in walkdir::WalkDir::new(out).min_depth(1).sort_by_file_name().into_iter().flatten() {
            if entry.file_type().is_dir() {
                continue;
            }
            let Ok(relative) = entry.path().strip_prefix(out) else { continue };
            let path = relative.to_string_lossy().replace('\\', "/");
            match made.get(&path) {
                Some(listed) if entry.metadata().is_ok_and(|meta| meta.len() == listed.bytes) => {
                    old.files.insert(path, listed.digest.clone());
                }
                Some(_) => {}
                None => old.foreign.push(path),
            }
        }
        old
    }

    /// Whether the folder already holds `file`.
    fn has(&self, file: &Listed) -> bool {
        self.files.get(&file.path) == Some(&file.digest)
    }

    /// Whether the folder already holds exactly the files `listed`.
    fn is(&self, listed: &[Listed]) -> bool {
        self.count == listed.len()
            && listed.iter().all(|new| self.has(new))
            && self.foreign.iter().any(|path| path == IGNORE.0)
    }
}

/// Exchanges two folders in one step, or moves `new` to `old` where there is no `old`.
fn exchange(new: &Path, old: &Path) -> std::io::Result<()> {
    if !old.exists() {
        return fs::rename(new, old);
    }
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
            Ok(()) => return Ok(()),
            // File systems without an exchange take the two steps below.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let aside = new.with_extension("kiln-old");
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    fs::rename(old, &aside)?;
    fs::rename(new, old)?;
    fs::rename(&aside, new)
}
