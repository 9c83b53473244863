//! The site in memory, and word to the browsers that it has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::watch;

use crate::build::Running;
use crate::diag::{self, Diagnostic, Sources, Style};
use crate::write::{Listed, Sink};

/// The last good site, and what the browsers are told.
#[derive(Debug)]
pub struct Site {
    files: RwLock<BTreeMap<String, Arc<[u8]>>>,
    /// Files that were made and are not shown yet: a site with a fault among its files is not.
    fresh: Mutex<BTreeMap<String, Arc<[u8]>>>,
    /// The files of pages that a browser has asked for last, latest first.
    asked: Mutex<Vec<String>>,
    /// Whether there ever was a whole site: before, single pages are shown as they come.
    whole: AtomicBool,
    /// Whether files have changed since the last build began.
    stirred: AtomicBool,
    news: watch::Sender<News>,
}

/// What the browsers are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Counts the changes of the site.
    pub version: u64,
    /// The faults of the last build as text; empty when it was good.
    pub faults: String,
    /// The chapters whose cells run.
    pub running: Vec<Running>,
}

/// How many pages are held to be looked at.
const WATCHED: usize = 16;

impl Default for Site {
    fn default() -> Self {
        let (files, fresh, asked, whole, stirred) = Default::default();
        Self { files, fresh, asked, whole, stirred, news: watch::Sender::new(News::default()) }
    }
}

impl Site {
    /// Shows the site that consists of the files `listed`, all of which were put here by now.
    pub fn show(&self, listed: &[Listed], running: Vec<Running>) {
        self.whole.store(true, Ordering::Relaxed);
        let changed = self.exchange(listed);
        self.news.send_if_modified(|news| {
            let before = (std::mem::take(&mut news.faults), std::mem::replace(&mut news.running, running));
            news.version += u64::from(changed);
            changed || !before.0.is_empty() || before.1 != news.running
        });
    }

    /// Keeps the last good site and shows the faults over it; where there never was one, the site that
    /// consists of `listed` is better than nothing.
    pub fn show_faults(&self, listed: &[Listed], diagnostics: &[Diagnostic], sources: &Sources) {
        let drawn: Vec<String> = diagnostics.iter().map(|d| diag::render(d, sources, Style::Plain)).collect();
        let first = !self.whole.load(Ordering::Relaxed);
        let changed = first && self.exchange(listed);
        self.news.send_modify(|news| {
            news.faults = drawn.join("\n\n");
            news.version += u64::from(changed);
        });
    }

    /// Shows a fault that has no place in the project.
    pub fn show_error(&self, text: String) {
        self.news.send_modify(|news| news.faults = text);
    }

    /// Puts the files `listed` in the place of the old ones; says whether any differs.
    fn exchange(&self, listed: &[Listed]) -> bool {
        let mut fresh = std::mem::take(&mut *self.fresh());
        let mut current = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = current.len() != listed.len();
        let mut files = BTreeMap::new();
        for file in listed {
            let old = current.get(&file.path);
            let new = fresh.remove(&file.path);
            changed |= new.as_ref().is_some_and(|new| Some(new) != old);
            if let Some(bytes) = new.or_else(|| old.cloned()) {
                files.insert(file.path.clone(), bytes);
            }
        }
        *current = files;
        changed
    }

    /// The file at `path`, where a path that ends in `/` (or is empty) means its `index.html`.
    pub fn file(&self, path: &str) -> Option<(String, Arc<[u8]>)> {
        let path = index(path);
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.get(&path).map(|bytes| (path, Arc::clone(bytes)))
    }

    /// Notes that somebody looks at the page at `path`.
    pub fn ask(&self, path: &str) {
        let path = index(path);
        if path.ends_with(".html") {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.retain(|known| *known != path);
            asked.insert(0, path);
            asked.truncate(WATCHED);
        }
    }

    /// The files of the pages that somebody looks at.
    pub fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Notes whether files have changed since the last build began.
    pub fn stir(&self, stirred: bool) {
        self.stirred.store(stirred, Ordering::Relaxed);
    }

    /// Whether there is nothing to show yet.
    pub fn is_new(&self) -> bool {
        let news = self.news.borrow();
        news.version == 0 && news.faults.is_empty()
    }

    /// Hears of every change from now on.
    pub fn subscribe(&self) -> watch::Receiver<News> {
        self.news.subscribe()
    }

    fn fresh(&self) -> MutexGuard<'_, BTreeMap<String, Arc<[u8]>>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Site {
    fn put(&self, file: &Listed, bytes: Vec<u8>) {
        self.fresh().insert(file.path.clone(), bytes.into());
    }

    fn wanted(&self) -> BTreeSet<String> {
        self.asked()
    }

    fn is_urgent(&self) -> bool {
        self.stirred.load(Ordering::Relaxed)
    }

    fn sound(&self, files: &[Listed]) {
        let asked = self.asked();
        if !files.iter().any(|file| asked.contains(&file.path)) {
            return;
        }
        let fresh = self.fresh();
        let own = |path: &String| path.starts_with("assets/") || files.iter().any(|file| file.path == *path);
        let made: Vec<(String, Arc<[u8]>)> = fresh
            .iter()
            .filter(|(path, _)| own(path))
            .map(|(path, bytes)| (path.clone(), Arc::clone(bytes)))
            .collect();
        drop(fresh);
        self.files.write().unwrap_or_else(PoisonError::into_inner).extend(made);
        self.news.send_modify(|news| news.version += 1);
    }
}

fn index(path: &str) -> String {
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
}
