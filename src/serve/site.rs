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
    /// Whether files have changed, or another page was asked for, since the last build began.
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
    /// The styles, scripts and pictures that have changed under their names, each with the version since which
    /// it is what it is.
    pub renewed: BTreeMap<String, u64>,
}

/// What a page refers to and shows: its own text does not tell whether such a file has changed.
const SHOWN: [&str; 9] = ["css", "js", "svg", "png", "webp", "jpg", "jpeg", "gif", "avif"];

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
        self.announce(changed, running);
    }

    /// What somebody looks at is good; the rest of the site is still to come.
    pub fn show_seen(&self, running: Vec<Running>) {
        self.announce(None, running);
    }

    fn announce(&self, changed: Option<Vec<String>>, running: Vec<Running>) {
        self.news.send_if_modified(|news| {
            let before = (std::mem::take(&mut news.faults), std::mem::replace(&mut news.running, running));
            news.note(&changed) || !before.0.is_empty() || before.1 != news.running
        });
    }

    /// Keeps the last good site and shows the faults over it; where there never was one, the site that
    /// consists of `listed`, if it is made, is better than nothing.
    pub fn show_faults(&self, listed: Option<&[Listed]>, diagnostics: &[Diagnostic], sources: &Sources) {
        let drawn: Vec<String> = diagnostics.iter().map(|d| diag::render(d, sources, Style::Plain)).collect();
        let listed = listed.filter(|_| !self.whole.load(Ordering::Relaxed));
        let changed = listed.and_then(|listed| self.exchange(listed));
        self.news.send_modify(|news| {
            news.faults = drawn.join("\n\n");
            news.note(&changed);
        });
    }

    /// Shows a fault that has no place in the project.
    pub fn show_error(&self, text: String) {
        self.news.send_modify(|news| news.faults = text);
    }

    /// Puts the files `listed` in the place of the old ones; `None` where none differs, else the files that
    /// pages refer to and show, and that have changed under their names.
    fn exchange(&self, listed: &[Listed]) -> Option<Vec<String>> {
        let fresh = std::mem::take(&mut *self.fresh());
        let is_listed = |path: &str| listed.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok();
        let mut changed = self.put_all(fresh.into_iter().filter(|(path, _)| is_listed(path)));
        let mut current = self.files.write().unwrap_or_else(PoisonError::into_inner);
        if current.len() != listed.len() {
            current.retain(|path, _| is_listed(path));
            changed.get_or_insert_default();
        }
        changed
    }

    /// Puts `files` in the place of the old ones of their names; says what [`Self::exchange`] says.
    fn put_all(&self, files: impl Iterator<Item = (String, Arc<[u8]>)>) -> Option<Vec<String>> {
        let mut current = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed: Option<Vec<String>> = None;
        for (path, bytes) in files {
            let old = current.get(&path);
            if old == Some(&bytes) {
                continue;
            }
            let renewed = changed.get_or_insert_default();
            if old.is_some() && path.rsplit_once('.').is_some_and(|(_, ending)| SHOWN.contains(&ending)) {
                renewed.push(path.clone());
            }
            current.insert(path, bytes);
        }
        changed
    }

    /// Counts the changes of the site so far.
    pub fn version(&self) -> u64 {
        self.news.borrow().version
    }

    /// The file at `path`, where a path that ends in `/` (or is empty) means its `index.html`.
    pub fn file(&self, path: &str) -> Option<(String, Arc<[u8]>)> {
        let path = index(path);
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.get(&path).map(|bytes| (path, Arc::clone(bytes)))
    }

    /// Notes that somebody looks at the page at `path`: it is made before others, now that they are under way.
    pub fn ask(&self, path: &str) {
        let path = index(path);
        if path.ends_with(".html") {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let before = asked.len();
            asked.retain(|known| *known != path);
            let new = asked.len() == before;
            asked.insert(0, path);
            asked.truncate(WATCHED);
            drop(asked);
            if new {
                self.stir(true);
            }
        }
    }

    /// The files of the pages that somebody looks at.
    pub fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Notes whether anything has come since the last build began that cannot wait.
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
        let changed = self.put_all(made.into_iter());
        self.news.send_if_modified(|news| news.note(&changed));
    }
}

impl News {
    /// Takes in that the site has changed, and which files have under their names; says whether it has.
    fn note(&mut self, changed: &Option<Vec<String>>) -> bool {
        let Some(renewed) = changed else { return false };
        self.version += 1;
        self.renewed.extend(renewed.iter().map(|path| (path.clone(), self.version)));
        true
    }
}

fn index(path: &str) -> String {
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::OutFile;

    fn put(site: &Site, files: &[(&str, &str)]) -> Vec<Listed> {
        let one = |(path, text): &(&str, &str)| {
            let file = OutFile { path: (*path).into(), bytes: text.as_bytes().to_vec() };
            let listed = Listed::new(&file);
            site.put(&listed, file.bytes);
            listed
        };
        files.iter().map(one).collect()
    }

    #[test]
    fn a_page_hears_which_of_the_files_that_it_shows_have_changed_under_their_names() {
        let site = Site::default();
        let news = || (site.news.borrow().version, site.news.borrow().renewed.clone());
        let renewed = |path: &str, version| BTreeMap::from([(path.to_owned(), version)]);
        let mut listed = put(&site, &[("a.html", "one"), ("assets/style.css", "one")]);
        site.show(&listed, Vec::new());
        assert_eq!(news(), (1, BTreeMap::new()));
        listed[1] = put(&site, &[("assets/style.css", "two")]).remove(0);
        site.show(&listed, Vec::new());
        assert_eq!(news(), (2, renewed("assets/style.css", 2)));
        // The same again is no change, and a page that has changed tells of itself.
        put(&site, &[("assets/style.css", "two")]);
        site.show(&listed, Vec::new());
        put(&site, &[("a.html", "two")]);
        site.show(&listed, Vec::new());
        assert_eq!(news(), (3, renewed("assets/style.css", 2)));
        // What is not listed any more goes.
        listed.remove(0);
        site.show(&listed, Vec::new());
        assert_eq!((news().0, site.file("a.html")), (4, None));
    }

    #[test]
    fn a_page_that_is_asked_for_anew_is_urgent() {
        let site = Site::default();
        site.ask("en/a/");
        assert!(site.is_urgent());
        site.stir(false);
        site.ask("en/a/");
        assert!(!site.is_urgent(), "it is made with those that are looked at");
        site.ask("en/b/");
        assert!(site.is_urgent());
    }
}
