//! What a person sees while files are fetched: bars on a terminal, a line each in a pipe, or nothing.

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{DecimalBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where progress is shown; always on stderr.
#[derive(Clone, Debug)]
pub struct Progress(Mode);

#[derive(Clone, Debug)]
enum Mode {
    Bars(MultiProgress),
    Lines,
    Quiet,
}

impl Progress {
    /// Bars where stderr is a terminal, else one line a file.
    pub fn stderr() -> Self {
        match std::io::stderr().is_terminal() {
            true => Self(Mode::Bars(MultiProgress::new())),
            false => Self(Mode::Lines),
        }
    }

    /// Bars on `target`.
    #[cfg(test)]
    pub(crate) fn on(target: ProgressDrawTarget) -> Self {
        Self(Mode::Bars(MultiProgress::with_draw_target(target)))
    }

    /// Nothing at all.
    pub fn quiet() -> Self {
        Self(Mode::Quiet)
    }

    /// Begins showing `label`, of `total` bytes where that is known.
    pub fn task(&self, label: impl Into<Cow<'static, str>>, total: Option<u64>) -> Task {
        self.begin(label.into(), total, of_bytes(total))
    }

    /// Begins showing `label`, of `total` steps.
    pub fn steps(&self, label: impl Into<Cow<'static, str>>, total: u64) -> Task {
        let style = ProgressStyle::with_template("{prefix:32!} {wide_bar} {pos:>4}/{len:<4}");
        self.begin(label.into(), Some(total), style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    fn begin(&self, label: Cow<'static, str>, total: Option<u64>, style: ProgressStyle) -> Task {
        // It looks as it should before it is put where it can be seen.
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let bar = bar.with_style(style).with_prefix(label);
        let bar = match &self.0 {
            Mode::Bars(all) => all.add(bar),
            Mode::Lines | Mode::Quiet => bar,
        };
        if !bar.is_hidden() {
            bar.tick();
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Task { bar, progress: self.clone(), start: Instant::now() }
    }

    /// Says `text` on a line of its own.
    pub fn note(&self, text: &str) {
        match &self.0 {
            Mode::Bars(all) => drop(all.println(text)),
            // Nobody to tell when stderr is closed.
            Mode::Lines => drop(writeln!(std::io::stderr(), "{text}")),
            Mode::Quiet => {}
        }
    }
}

/// One thing under way; it disappears when dropped, whatever came of it.
#[derive(Debug)]
pub struct Task {
    bar: ProgressBar,
    progress: Progress,
    start: Instant,
}

impl Task {
    /// Sets the number of bytes to come.
    pub fn total(&self, total: Option<u64>) {
        self.bar.set_style(of_bytes(total));
        match total {
            Some(total) => self.bar.set_length(total),
            None => self.bar.unset_length(),
        }
    }

    /// `bytes` more have come.
    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// `bytes` have come in all.
    pub fn at(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    /// It is done: `what` of `bytes` bytes is there.
    pub fn done(self, what: &str, bytes: u64) {
        let seconds = self.start.elapsed().as_secs_f64();
        self.progress.note(&format!("{what}: {}, {seconds:.1} s", DecimalBytes(bytes)));
    }
}

/// How a bar of `total` bytes looks.
fn of_bytes(total: Option<u64>) -> ProgressStyle {
    let (template, plain): (_, fn() -> ProgressStyle) = match total {
        Some(_) => (
            "{prefix:32!} {wide_bar} {bytes:>10}/{total_bytes:<10} {bytes_per_sec:>12}",
            ProgressStyle::default_bar,
        ),
        None => ("{prefix:32!} {spinner} {bytes} {msg}", ProgressStyle::default_spinner),
    };
    // The templates are constants; were one bad, the plain bar would do.
    ProgressStyle::with_template(template).unwrap_or_else(|_| plain())
}

impl Drop for Task {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
