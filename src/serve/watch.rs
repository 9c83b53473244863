//! Watches a project: a save, however the editor makes it, is one word to build again.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};

use crate::{Error, Result};

/// How long events are gathered: long enough for an editor's write-and-rename.
const GATHER: Duration = Duration::from_millis(20);

/// What a site is made of, below the project's folder.
const INPUTS: [&str; 5] = ["content", "templates", "models", "kiln.toml", "models.toml"];

/// A watched project.
pub(super) struct Watch {
    events: Receiver<DebounceEventResult>,
    out: PathBuf,
    /// Watches as long as it lives.
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

impl Watch {
    /// Starts to watch the project in `root`; what happens in `out` does not count.
    pub(super) fn start(root: &Path, out: &Path) -> Result<Self> {
        let cannot = |cause| {
            Error::new(format!("cannot watch {}: {cause}", root.display()))
                .hint("on Linux the limit is fs.inotify.max_user_watches: raise it")
        };
        let (send, events) = channel();
        let mut debouncer = new_debouncer(GATHER, None, move |result: DebounceEventResult| {
            // Nobody listens only when the program ends.
            let _ = send.send(result);
        })
        .map_err(cannot)?;
        // The folder itself: files that are replaced by a rename, and folders that appear later.
        debouncer.watch(root, RecursiveMode::NonRecursive).map_err(cannot)?;
        for input in INPUTS.iter().map(|name| root.join(name)).filter(|path| path.is_dir()) {
            debouncer.watch(&input, RecursiveMode::Recursive).map_err(cannot)?;
        }
        Ok(Self { events, out: out.to_owned(), _debouncer: debouncer })
    }

    /// Waits for a change; `false` when there will be no more.
    pub(super) fn next(&self) -> bool {
        loop {
            let Ok(first) = self.events.recv() else { return false };
            // What came meanwhile belongs to the same build.
            let batch: Vec<_> = std::iter::once(first).chain(self.events.try_iter()).collect();
            if batch.iter().any(|result| self.counts(result)) {
                return true;
            }
        }
    }

    fn counts(&self, result: &DebounceEventResult) -> bool {
        match result {
            Ok(events) => events
                .iter()
                .filter(|event| !event.kind.is_access())
                .any(|event| event.paths.iter().any(|path| !path.starts_with(&self.out) && !is_ours(path))),
            // Lost events: build again to be sure.
            Err(_) => true,
        }
    }
}

/// Whether Kiln itself makes the file while it writes a site.
fn is_ours(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().to_string_lossy().contains(".kiln-"))
}
