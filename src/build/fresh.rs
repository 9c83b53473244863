//! Whether anything has changed since the last build: if not, there is nothing to read, let alone to do.
//!
//! A record in the user's cache says what the project and the site looked like (path, size and time of every
//! file) after a build that ran no cell and had nothing to say. Like git's index it trusts the times of
//! files, unless one was changed in the same moment in which the record was made. Folders are looked at
//! whole, as a new file in them may be a new page; files from elsewhere in the project, which pages include,
//! one by one.

#![expect(clippy::disallowed_methods, reason = "this module looks at the times of files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::models::Cache;
use crate::snippet::shelf::Reuse;

use super::{Counts, Report, Request, history};

/// What a project is made of, below its folder.
const INPUTS: [&str; 6] = ["kiln.toml", "models.toml", "content", "data", "templates", "models"];
/// What says that the pages are those of a book of mdBook, and where these are.
const BOOK: (&str, &str) = ("src/SUMMARY.md", "src");

/// How close a file's time may come to the record's before it tells nothing.
const MOMENT: Duration = Duration::from_millis(100);

/// What a build has left behind.
#[derive(Serialize, Deserialize)]
struct Record {
    inputs: String,
    /// What pages include from elsewhere in the project, by path, and what it looked like.
    included: (Vec<PathBuf>, String),
    site: String,
    pages: usize,
    cached: usize,
    locked: usize,
    models: Vec<String>,
}

/// What the project looked like before it was read.
#[derive(Debug)]
pub(super) struct Look {
    /// Where the record is.
    path: PathBuf,
    /// The project's folder.
    root: PathBuf,
    /// Everything that the site is made of, but for what pages include from elsewhere.
    inputs: String,
    /// What the clock of the file system said.
    now: SystemTime,
}

/// Looks at the project. `None` where a record could not tell whether the site is up to date.
pub(super) fn look(request: &Request) -> Option<Look> {
    if request.reuse != Reuse::Bakes {
        return None;
    }
    let out = std::path::absolute(&request.out).ok()?;
    let folder = Cache::of_user().ok()?.root().join("builds");
    fs::create_dir_all(&folder).ok()?;
    let path = folder.join(blake3::hash(out.as_os_str().as_encoded_bytes()).to_hex().as_str());
    // The clock that counts is that of the file system.
    let probe = tempfile::NamedTempFile::new_in(&folder).ok()?;
    let now = probe.as_file().metadata().ok()?.modified().ok()?;
    let mut seen = Seen::default();
    seen.file(&std::env::current_exe().ok()?, "kiln")?;
    seen.hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    // A store that was not named before is to be filled, or to be found impossible.
    seen.hasher.update(format!("{:?}\n", request.sharing).as_bytes());
    if let Some(library) = &request.ort_library {
        seen.file(library, "library")?;
    }
    if let Some(log) = history::log(&request.root) {
        seen.file(&log, "history")?;
    }
    let book = request.root.join(BOOK.0).exists().then_some(BOOK.1);
    INPUTS.into_iter().chain(book).try_for_each(|input| seen.folder(&request.root, input))?;
    seen.settled(now).map(|inputs| Look { path, root: request.root.clone(), inputs, now })
}

impl Look {
    /// What the last build said, where the site is still as it left it.
    pub(super) fn unchanged(&self, out: &Path) -> Option<Report> {
        let record: Record = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        let (paths, digest) = &record.included;
        let included = Seen::files(&self.root, paths)?.digest();
        if record.inputs != self.inputs || *digest != included || record.site != site(out)? {
            return None;
        }
        Some(Report {
            pages: record.pages,
            cells: Counts { run: 0, cached: record.cached, locked: record.locked },
            models: record.models,
            diagnostics: Vec::new(),
            sources: crate::diag::Sources::default(),
            unsent: 0,
            steps: Vec::new(),
            ms: 0.0,
        })
    }

    /// Notes what a build has made of what was seen. One that ran cells says so in its manifest, and one
    /// that warned has to warn again: the next build is to do the same.
    pub(super) fn record(&self, report: &Report, out: &Path) {
        if report.cells.run > 0 || !report.diagnostics.is_empty() {
            return;
        }
        // Kiln's own templates are no files.
        let own = |path: &Path| self.root.join(path).is_file();
        let seen = |path: &Path| INPUTS.iter().chain([&BOOK.1]).any(|input| path.starts_with(input));
        let paths = report.sources.paths().filter(|path| own(path) && !seen(path));
        let paths: Vec<PathBuf> = paths.map(Path::to_owned).collect();
        let Some(included) = Seen::files(&self.root, &paths).and_then(|seen| seen.settled(self.now)) else {
            return;
        };
        let Some(site) = site(out) else { return };
        let record = Record {
            inputs: self.inputs.clone(),
            included: (paths, included),
            site,
            pages: report.pages,
            cached: report.cells.cached,
            locked: report.cells.locked,
            models: report.models.clone(),
        };
        // Without a record the next build goes all the way: nothing is lost.
        let _ = serde_json::to_vec(&record).map(|text| fs::write(&self.path, text));
    }
}

/// What the site looks like.
fn site(out: &Path) -> Option<String> {
    let mut seen = Seen::default();
    seen.folder(out, "")?;
    Some(seen.digest())
}

/// Files as they are seen from outside.
struct Seen {
    hasher: blake3::Hasher,
    /// The latest time of any of them.
    latest: SystemTime,
}

impl Default for Seen {
    fn default() -> Self {
        Self { hasher: blake3::Hasher::new(), latest: SystemTime::UNIX_EPOCH }
    }
}

impl Seen {
    /// The files at `paths` below `root`; `None` where one is gone.
    fn files(root: &Path, paths: &[PathBuf]) -> Option<Self> {
        let mut seen = Self::default();
        paths.iter().try_for_each(|path| seen.file(&root.join(path), &path.to_string_lossy()))?;
        Some(seen)
    }

    /// The digest of what was seen; `None` where some of it changed at `now`, and may have changed since.
    fn settled(self, now: SystemTime) -> Option<String> {
        (self.latest + MOMENT < now).then(|| self.digest())
    }

    /// Takes in all files below `root/name`; `None` where there is a link among them, which may lead anywhere.
    fn folder(&mut self, root: &Path, name: &str) -> Option<()> {
        let top = root.join(name);
        if !top.exists() {
            self.hasher.update(b"nothing\n");
            return Some(());
        }
        for entry in walkdir::WalkDir::new(&top).sort_by_file_name() {
            let entry = entry.ok()?;
            if entry.file_type().is_symlink() {
                return None;
            }
            if entry.file_type().is_file() {
                self.take(&entry.metadata().ok()?, entry.path().as_os_str().as_encoded_bytes())?;
            }
        }
        Some(())
    }

    fn file(&mut self, path: &Path, name: &str) -> Option<()> {
        self.take(&fs::metadata(path).ok()?, name.as_bytes())
    }

    fn take(&mut self, meta: &fs::Metadata, name: &[u8]) -> Option<()> {
        let time = meta.modified().ok()?;
        self.latest = self.latest.max(time);
        let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        self.hasher.update(name);
        self.hasher.update(format!("\n{} {}\n", meta.len(), since.as_nanos()).as_bytes());
        Some(())
    }

    fn digest(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}
