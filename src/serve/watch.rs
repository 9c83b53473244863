//! Watches a project: a save, however the editor makes it, is one word to build again.
//!
//! Events are gathered until the files have come to rest: a moment after a file is closed or renamed, longer
//! after one that was written and not closed yet, and longer still in a storm (a checkout, a formatter over
//! the whole tree), of which only is kept that anything may have changed.

mod gather;
mod poll;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::build::{Changes, Inputs};
use crate::{Error, Result};

use super::Site;
use gather::Gather;
use poll::Poll;

/// A watched project.
pub(super) enum Watch {
    /// The system tells of events.
    System(System),
    /// Nobody tells.
    Poll(Poll),
}

/// What the system tells of.
pub(super) struct System {
    events: Receiver<notify::Result<Event>>,
    watcher: RecommendedWatcher,
    root: PathBuf,
    inputs: Inputs,
    /// Folders that are watched for a file in them.
    beside: BTreeSet<PathBuf>,
    out: PathBuf,
}

/// Nothing is watched any more.
#[derive(Debug)]
pub(super) struct Ended;

/// How a project is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eye {
    /// The system tells; where it cannot, files are looked at again and again.
    System,
    /// Files are looked at again and again: network and container file systems may tell nothing.
    Poll,
}

impl Watch {
    /// Starts to watch the `inputs` of the project in `root`; what happens in `out` does not count. Says why
    /// files are looked at again and again, where nobody has asked for that.
    ///
    /// # Errors
    /// There is no such folder.
    pub(super) fn start(
        root: &Path,
        out: &Path,
        inputs: Inputs,
        eye: Eye,
        site: &Arc<Site>,
    ) -> Result<(Self, Option<String>)> {
        // Events name files by their full path.
        let root = std::fs::canonicalize(root)
            .map_err(Error::because(format!("cannot find the folder {}", root.display())))?;
        let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
        if eye == Eye::Poll {
            return Ok((Self::Poll(Poll::new(&root, &out, inputs)), None));
        }
        Ok(match System::start(&root, &out, inputs.clone(), Arc::clone(site)) {
            Ok(system) => (Self::System(system), None),
            // The number of folders that may be watched is limited; on Linux it can be raised.
            Err(cause) => {
                let every = poll::EVERY.as_millis();
                let note =
                    format!("cannot watch files ({cause}): they are looked at every {every} ms instead");
                (Self::Poll(Poll::new(&root, &out, inputs)), Some(note))
            }
        })
    }

    /// Watches `inputs`; says whether some of them were not watched before, so that a change of them may have
    /// been missed.
    pub(super) fn cover(&mut self, inputs: &Inputs) -> bool {
        match self {
            Self::System(system) => system.cover(inputs),
            Self::Poll(poll) => poll.cover(inputs),
        }
    }

    /// Waits for a change, at most for `patience`. `Ok(None)` where none came.
    ///
    /// # Errors
    /// There will be no more.
    pub(super) fn next(&mut self, patience: Duration) -> std::result::Result<Option<Changes>, Ended> {
        match self {
            Self::System(system) => system.next(patience),
            Self::Poll(poll) => Ok(poll.next(patience)),
        }
    }
}

impl System {
    fn start(root: &Path, out: &Path, inputs: Inputs, site: Arc<Site>) -> notify::Result<Self> {
        let (send, events) = channel();
        let mut watcher = notify::recommended_watcher(move |event| {
            if gather::tells(&event) {
                site.stir(true);
            }
            // Nobody listens only when the program ends.
            let _ = send.send(event);
        })?;
        // The folder itself: files that are replaced by a rename, and folders that appear later.
        watcher.watch(root, RecursiveMode::NonRecursive)?;
        for input in inputs.iter().map(|name| root.join(name)).filter(|path| path.is_dir()) {
            watcher.watch(&input, RecursiveMode::Recursive)?;
        }
        let (root, out) = (root.to_owned(), out.to_owned());
        Ok(Self { events, watcher, root, inputs, beside: BTreeSet::new(), out })
    }

    fn cover(&mut self, inputs: &Inputs) -> bool {
        let mut new = false;
        for input in inputs.difference(&self.inputs) {
            let path = self.root.join(input);
            // What cannot be watched shows when it is read.
            if path.is_dir() {
                let _ = self.watcher.watch(&path, RecursiveMode::Recursive);
                new = true;
            } else if let Some(folder) = path.parent().filter(|folder| **folder != self.root) {
                if self.beside.insert(folder.to_owned()) {
                    let _ = self.watcher.watch(folder, RecursiveMode::NonRecursive);
                }
                new = true;
            }
        }
        self.inputs.extend(inputs.iter().cloned());
        new
    }

    fn next(&mut self, patience: Duration) -> std::result::Result<Option<Changes>, Ended> {
        let mut gather = Gather::new(&self.root, &self.out, &self.inputs);
        let end = Instant::now() + patience;
        while gather.is_empty() {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(event) => gather.take(event),
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return Err(Ended),
            }
        }
        let begin = Instant::now();
        while let Some(wait) = gather.rest(begin.elapsed()) {
            match self.events.recv_timeout(wait) {
                Ok(event) => gather.take(event),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return Err(Ended),
            }
        }
        for folder in gather.folders() {
            // It was made, or made again, and nobody watches it: what is wrong with it shows when it is read.
            let _ = self.watcher.watch(&folder, RecursiveMode::Recursive);
        }
        Ok(Some(gather.changes()))
    }
}
