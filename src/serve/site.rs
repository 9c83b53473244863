//! The site in memory, and word to the browsers that it has changed.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::diag::{self, Diagnostic, Sources, Style};

/// The last good site, and the faults of the last build.
#[derive(Debug)]
pub struct Site {
    files: RwLock<BTreeMap<String, Arc<[u8]>>>,
    news: watch::Sender<News>,
}

/// What the browsers are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Counts the good builds.
    pub version: u64,
    /// The faults of the last build as text; empty when it was good.
    pub faults: String,
}

impl Default for Site {
    fn default() -> Self {
        Self { files: RwLock::default(), news: watch::Sender::new(News::default()) }
    }
}

impl Site {
    /// Puts a new site in the place of the old one.
    pub fn replace(&self, files: BTreeMap<String, Arc<[u8]>>) {
        let same = {
            let mut current = self.files.write().unwrap_or_else(PoisonError::into_inner);
            let same = *current == files;
            *current = files;
            same
        };
        self.news.send_if_modified(|news| {
            let mended = !std::mem::take(&mut news.faults).is_empty();
            news.version += u64::from(!same);
            mended || !same
        });
    }

    /// Keeps the site and shows the faults over it.
    pub fn show_faults(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        let drawn: Vec<String> = diagnostics.iter().map(|d| diag::render(d, sources, Style::Plain)).collect();
        self.news.send_modify(|news| news.faults = drawn.join("\n\n"));
    }

    /// The file at `path`, where a path that ends in `/` (or is empty) means its `index.html`.
    pub fn file(&self, path: &str) -> Option<(String, Arc<[u8]>)> {
        let path = if path.is_empty() || path.ends_with('/') {
            format!("{path}index.html")
        } else {
            path.to_owned()
        };
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.get(&path).map(|bytes| (path, Arc::clone(bytes)))
    }

    /// Hears of every change from now on.
    pub fn subscribe(&self) -> watch::Receiver<News> {
        self.news.subscribe()
    }
}
