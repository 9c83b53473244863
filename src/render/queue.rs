//! The order in which pages are made: those that somebody waits for come first, also when they are asked for
//! while others are made.

use std::collections::BTreeSet;

use super::frame::{Job, Scope};
use super::memo::Memo;

/// So many pages a processor are made before it is asked again who waits.
const AT_ONCE: usize = 32;

/// A page to be made, and its file.
pub(super) type Open<'a> = (&'a Job<'a>, &'a String);

/// Pages to make at once.
pub(super) struct Batch<'a> {
    pub(super) pages: Vec<Open<'a>>,
    /// Whether nobody waits for any of them.
    pub(super) is_late: bool,
}

/// Pages that are to be made.
pub(super) struct Queue<'a> {
    open: Vec<Open<'a>>,
    /// What was asked for when `open` was last put in order.
    wanted: BTreeSet<String>,
}

impl<'a> Queue<'a> {
    /// Those of `jobs` that `memo` does not hold, or that look at something that it does not hold.
    pub(super) fn new(jobs: impl Iterator<Item = Open<'a>> + Clone, memo: &Memo) -> Self {
        let parts: BTreeSet<(&str, &str)> = jobs
            .clone()
            .filter(|(job, path)| matches!(job.scope(), Scope::Page) && !memo.holds(path))
            .filter_map(|(job, _)| job.part())
            .collect();
        let is_open = |(job, path): &Open<'a>| match job.scope() {
            Scope::Page => !memo.holds(path),
            Scope::Part => !memo.holds(path) || job.part().is_some_and(|part| parts.contains(&part)),
            Scope::Site => true,
        };
        Self { open: jobs.filter(is_open).collect(), wanted: BTreeSet::new() }
    }

    /// Whether so many pages are left that making them would keep a browser waiting.
    pub(super) fn is_long(&self) -> bool {
        self.open.len() > AT_ONCE
    }

    /// The pages to make next, `wanted` before all others; `None` where all are made.
    pub(super) fn next(&mut self, wanted: &BTreeSet<String>) -> Option<Batch<'a>> {
        if self.open.is_empty() {
            return None;
        }
        if self.wanted != *wanted {
            self.wanted.clone_from(wanted);
            let (first, rest): (Vec<_>, Vec<_>) =
                self.open.drain(..).partition(|(_, path)| wanted.contains(*path));
            if !first.is_empty() {
                self.open = rest;
                return Some(Batch { pages: first, is_late: false });
            }
            self.open = rest;
        }
        let count = self.open.len().min(AT_ONCE * rayon::current_num_threads());
        Some(Batch { pages: self.open.drain(..count).collect(), is_late: true })
    }
}
