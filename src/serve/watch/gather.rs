//! Events of one save, or of one storm, put together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{Event, Result};

use crate::build::{Changes, Inputs};

/// How long files have to be at rest after the last event.
const REST: Duration = Duration::from_millis(4);
/// How long a file is waited for that was written and not closed.
const OPEN: Duration = Duration::from_millis(40);
/// How long a storm has to be over.
const LULL: Duration = Duration::from_millis(80);
/// So many files are a storm: their names are not kept.
const STORM: usize = 64;
/// A project that never comes to rest is built all the same.
const END: Duration = Duration::from_secs(2);

/// Whether something may have changed: files that are only read do not.
pub(super) fn tells(event: &Result<Event>) -> bool {
    let closed = |kind: &EventKind| matches!(kind, EventKind::Access(AccessKind::Close(AccessMode::Write)));
    event.as_ref().is_ok_and(|event| closed(&event.kind) || !event.kind.is_access()) || event.is_err()
}

/// What has come so far.
#[derive(Debug)]
pub(super) struct Gather<'a> {
    root: &'a Path,
    out: &'a Path,
    inputs: &'a Inputs,
    files: BTreeSet<PathBuf>,
    /// Files that were written and not closed yet, as far as the system tells.
    open: BTreeSet<PathBuf>,
    /// Folders of inputs that have appeared.
    folders: BTreeSet<PathBuf>,
    storm: bool,
    all: bool,
}

impl<'a> Gather<'a> {
    /// Nothing of the project in `root`, which is made of `inputs` and in which `out` does not count.
    pub(super) fn new(root: &'a Path, out: &'a Path, inputs: &'a Inputs) -> Self {
        let (files, open, folders) = Default::default();
        Self { root, out, inputs, files, open, folders, storm: false, all: false }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && !self.all
    }

    /// Takes an event in, if it tells of an input.
    pub(super) fn take(&mut self, event: Result<Event>) {
        if !tells(&event) {
            return;
        }
        let Ok(event) = event else {
            self.all = true;
            return;
        };
        // The system has lost count.
        self.all |= event.need_rescan();
        for path in &event.paths {
            let Ok(below) = path.strip_prefix(self.root) else { continue };
            let input = self.inputs.iter().any(|input| below.starts_with(input));
            if !input || path.starts_with(self.out) {
                continue;
            }
            match event.kind {
                EventKind::Modify(ModifyKind::Data(_)) => drop(self.open.insert(path.clone())),
                _ => drop(self.open.remove(path)),
            }
            // A file that was only closed was written before.
            if matches!(event.kind, EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)))
                && path.is_dir()
            {
                self.all = true;
                if below.components().count() == 1 {
                    self.folders.insert(path.clone());
                }
            }
            self.note(below);
        }
    }

    fn note(&mut self, path: &Path) {
        if self.files.len() < STORM {
            self.files.insert(path.to_owned());
        } else if !self.files.contains(path) {
            self.storm = true;
        }
    }

    /// How long to wait for the next event, `elapsed` after the first one; `None` to wait no longer.
    pub(super) fn rest(&self, elapsed: Duration) -> Option<Duration> {
        let told = cfg!(target_os = "linux");
        let wait = match (self.storm, told && !self.open.is_empty()) {
            (true, _) => LULL,
            (_, true) => OPEN,
            _ => REST,
        };
        (elapsed < END).then_some(wait)
    }

    /// Folders that have to be watched from now on.
    pub(super) fn folders(&self) -> BTreeSet<PathBuf> {
        self.folders.clone()
    }

    /// All of it as one change.
    pub(super) fn changes(self) -> Changes {
        if self.all || self.storm { Changes::All } else { Changes::Files(self.files) }
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, RenameMode};

    use super::*;

    const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));
    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));

    fn gathered<'a>(events: &[(EventKind, &str)], inputs: &'a Inputs) -> Gather<'a> {
        let mut gather = Gather::new(Path::new("/p"), Path::new("/p/content/site"), inputs);
        for (kind, path) in events {
            gather.take(Ok(Event::new(*kind).add_path(path.into())));
        }
        gather
    }

    fn files(paths: &[&str]) -> Changes {
        Changes::Files(paths.iter().map(PathBuf::from).collect())
    }

    fn inputs() -> Inputs {
        ["content", "kiln.toml"].iter().map(PathBuf::from).collect()
    }

    #[test]
    fn a_save_is_the_files_it_touches() {
        let inputs = inputs();
        let written = gathered(&[(WRITTEN, "/p/content/a.en.md")], &inputs);
        assert_eq!(written.rest(Duration::ZERO), Some(if cfg!(target_os = "linux") { OPEN } else { REST }));
        let saved = gathered(&[(WRITTEN, "/p/content/a.en.md"), (CLOSED, "/p/content/a.en.md")], &inputs);
        assert_eq!(saved.rest(Duration::ZERO), Some(REST));
        assert_eq!(saved.changes(), files(&["content/a.en.md"]));
        let renamed = EventKind::Modify(ModifyKind::Name(RenameMode::To));
        let vim = gathered(
            &[
                (EventKind::Create(CreateKind::File), "/p/content/4913"),
                (renamed, "/p/content/a.en.md~"),
                (CLOSED, "/p/content/a.en.md"),
            ],
            &inputs,
        );
        assert_eq!(vim.changes(), files(&["content/4913", "content/a.en.md", "content/a.en.md~"]));
    }

    #[test]
    fn what_is_no_input_is_no_change() {
        let inputs = inputs();
        let read = EventKind::Access(AccessKind::Open(AccessMode::Any));
        for (kind, path) in [
            (WRITTEN, "/p/content/site/index.html"),
            (WRITTEN, "/p/notes.txt"),
            (WRITTEN, "/elsewhere/content/a.en.md"),
            (read, "/p/content/a.en.md"),
        ] {
            assert!(gathered(&[(kind, path)], &inputs).is_empty(), "{path}");
        }
        assert!(!gathered(&[(WRITTEN, "/p/kiln.toml")], &inputs).is_empty());
    }

    #[test]
    fn a_storm_is_one_change_and_takes_no_room() {
        let inputs = inputs();
        let paths: Vec<String> = (0..10_000).map(|n| format!("/p/content/{n}.md")).collect();
        let events: Vec<(EventKind, &str)> = paths.iter().map(|path| (CLOSED, path.as_str())).collect();
        let storm = gathered(&events, &inputs);
        assert!(storm.files.len() <= STORM);
        assert_eq!(storm.rest(Duration::ZERO), Some(LULL));
        assert_eq!(storm.rest(END), None);
        assert_eq!(storm.changes(), Changes::All);
    }
}
