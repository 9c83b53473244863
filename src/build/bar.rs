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
    soon: Duration,
    made: Mutex<(u64, Option<Task>)>,
}

impl<'a> Bar<'a> {
    /// Hands everything to `sink`, of which about `pages` will be pages.
    pub(super) fn new(sink: &'a dyn Sink, progress: &'a Progress, pages: usize) -> Self {
        Self { sink, progress, pages, start: Instant::now(), soon: SOON, made: Mutex::default() }
    }
}

impl Sink for Bar<'_> {
    fn put(&self, file: &Listed, bytes: Vec<u8>) {
        if file.path.ends_with(".html") {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let (count, task) = &mut *made;
            *count += 1;
            if self.start.elapsed() > self.soon {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::*;
    use crate::write::{Nowhere, OutFile};

    /// A terminal that remembers all that was written to it.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn text(&self) -> String {
            self.0.lock().expect("no writer has panicked").clone()
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            100
        }

        fn move_cursor_up(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> std::io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> std::io::Result<()> {
            self.0.lock().expect("no writer has panicked").push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> std::io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is on a screen after `soon` has passed or not, where `progress` is shown on it.
    fn shown(soon: Duration, progress: impl FnOnce(Screen) -> Progress) -> String {
        let screen = Screen::default();
        let progress = progress(screen.clone());
        let bar = Bar { soon, ..Bar::new(&Nowhere, &progress, 7) };
        for path in ["a/index.html", "a/index.md", "b/index.html"] {
            let file = OutFile { path: path.into(), bytes: Vec::new() };
            bar.put(&Listed::new(&file), file.bytes);
        }
        drop(bar);
        screen.text()
    }

    #[test]
    fn pages_that_take_their_time_have_a_bar_where_somebody_looks() {
        let on = |screen| Progress::on(ProgressDrawTarget::term_like(Box::new(screen)));
        let text = shown(Duration::ZERO, on);
        assert!(text.contains("rendering") && text.contains("/7"), "{text:?}");
        assert!(!text.contains("/0") && !text.contains(" B"), "from its first moment on: {text:?}");
        assert_eq!(shown(Duration::from_secs(3600), on), "");
        assert_eq!(shown(Duration::ZERO, |_| Progress::quiet()), "");
    }
}
