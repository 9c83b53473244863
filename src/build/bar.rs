//! A bar for the pages that are made, where there are so many that one wonders.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::models::{Progress, Task};
use crate::write::{Listed, Sink};

/// How long nobody wonders.
const SOON: Duration = Duration::from_secs(1);

/// A sink that shows how many pages it was given.
pub(super) struct Bar<'a> {
    sink: &'a dyn Sink,
    progress: &'a Progress,
    pages: usize,
    start: Instant,
    made: Mutex<(u64, Option<Task>)>,
}

impl<'a> Bar<'a> {
    /// Hands everything to `sink`, of which about `pages` will be pages.
    pub(super) fn new(sink: &'a dyn Sink, progress: &'a Progress, pages: usize) -> Self {
        Self { sink, progress, pages, start: Instant::now(), made: Mutex::default() }
    }
}

impl Sink for Bar<'_> {
    fn put(&self, file: &Listed, bytes: Vec<u8>) {
        if file.path.ends_with(".html") {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let (count, task) = &mut *made;
            *count += 1;
            if self.start.elapsed() > SOON {
                let bar = task.get_or_insert_with(|| self.progress.steps("rendering", self.pages as u64));
                bar.at(*count);
            }
        }
        self.sink.put(file, bytes);
    }

    fn wanted(&self) -> BTreeSet<String> {
        self.sink.wanted()
    }

    fn is_urgent(&self) -> bool {
        self.sink.is_urgent()
    }

    fn sound(&self, files: &[Listed]) {
        self.sink.sound(files);
    }
}
