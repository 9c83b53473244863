//! What was made of each page in earlier builds of the same process.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, has_errors};
use crate::write::{Listed, Sink};

use super::Copy;

/// The pages that need not be rendered again, and what was told about them.
#[derive(Debug, Default)]
pub struct Memo {
    /// What can wait.
    pub pace: Pace,
    /// How much the last build has made.
    pub extent: Extent,
    /// Whether nothing is wrong with what pages are made from: of a site with a fault none is shown.
    pub is_sound: bool,
    made: BTreeMap<String, Finished>,
    whole: Option<Whole>,
    /// The files that stand beside the pages.
    beside: Option<Vec<Listed>>,
    /// Whether pages have changed since `whole` was made.
    stale: bool,
}

/// What can wait until later: the search index, the feeds and whatever else is made of all pages together, and
/// pages that nobody looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Nothing.
    #[default]
    Now,
    /// What is made of all pages together: nobody who looks at a page has to wait for it.
    Later,
    /// Most pages, too, as long as somebody looks at others: what that person's browser does with those comes
    /// first.
    Seen,
}

/// How much of a site a build has made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// All pages.
    #[default]
    Whole,
    /// Those that somebody looks at.
    Seen,
    /// Some: something more urgent has come.
    Some,
}

/// What is made of all pages together.
#[derive(Debug, Default)]
pub(super) struct Whole {
    /// Its files.
    pub files: Vec<Listed>,
    /// What was wrong on the way.
    pub diagnostics: Vec<Diagnostic>,
}

/// A finished page.
#[derive(Debug)]
pub(super) struct Finished {
    /// Its files, its own among them.
    pub files: Vec<Listed>,
    /// What was wrong on the way.
    pub diagnostics: Vec<Diagnostic>,
    /// Its copy in Markdown.
    pub copy: Option<Copy>,
}

impl Memo {
    /// Forgets every page.
    pub fn forget_all(&mut self) {
        self.made.clear();
    }

    /// Forgets the files that stand beside the pages.
    pub fn forget_beside(&mut self) {
        self.beside = None;
    }

    /// The files that stand beside the pages: those of `make`, which changes only where they are forgotten.
    pub(super) fn beside(&mut self, make: impl FnOnce() -> Vec<Listed>) -> Vec<Listed> {
        self.beside.get_or_insert_with(make).clone()
    }

    /// Forgets the page in the file `path`.
    pub fn forget(&mut self, path: &str) {
        self.made.remove(path);
    }

    /// Has what is made of all pages together made again when it is time to.
    pub fn outdate(&mut self) {
        self.stale = true;
    }

    pub(super) fn holds(&self, path: &str) -> bool {
        self.made.contains_key(path)
    }

    /// Keeps finished pages. Those of them without an error may be shown at once, unless one has an error:
    /// a site with a fault is not shown.
    pub(super) fn take(&mut self, pages: Vec<(String, Finished)>, sink: &dyn Sink) {
        if self.is_sound && !pages.iter().any(|(_, page)| has_errors(&page.diagnostics)) {
            pages.iter().for_each(|(_, page)| sink.sound(&page.files));
        }
        let differs = |(path, page): &(String, Finished)| {
            self.made.get(path).is_none_or(|known| known.files != page.files)
        };
        self.stale |= pages.iter().any(differs);
        self.made.extend(pages);
    }

    /// Whether something is left to be made.
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// What is made of all pages together: by `make`, from their copies by address, where it is time to. What
    /// there was before stays where `make` was called off.
    pub(super) fn whole(&mut self, make: impl FnOnce(&BTreeMap<&str, &str>) -> Option<Whole>) -> &Whole {
        let due = self.whole.is_none() || (self.stale && self.pace == Pace::Now);
        if due {
            let copies = self.made.values().filter_map(|page| page.copy.as_ref());
            let made = make(&copies.map(|copy| (copy.url.as_str(), &*copy.text)).collect());
            self.stale = made.is_none();
            self.whole = made.or(self.whole.take());
        }
        self.whole.get_or_insert_default()
    }

    /// The pages in `paths`; all others are forgotten.
    pub(super) fn all<'a>(&'a mut self, paths: &'a [String]) -> impl Iterator<Item = &'a Finished> {
        let wanted: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
        let before = self.made.len();
        self.made.retain(|path, _| wanted.contains(path.as_str()));
        self.stale |= self.made.len() < before;
        let made = &self.made;
        paths.iter().filter_map(|path| made.get(path))
    }
}
