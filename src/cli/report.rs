//! How lines and faults look on the terminal, the same for every command.

#![expect(clippy::disallowed_methods, reason = "the terminal's conventions are read from the environment")]

use std::ffi::OsString;
use std::io::Write as _;
use std::sync::OnceLock;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Group, Level, Renderer};
use serde_json::{Value, json};

use crate::Error;
use crate::diag::{self, Diagnostic, Severity, Sources, Style};

/// The output. Whoever reads it may have left, which is no fault of the command.
pub(super) struct Output;

impl std::io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match std::io::stdout().write(bytes) {
            Err(left) if left.kind() == std::io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match std::io::stdout().flush() {
            Err(left) if left.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// Why a line could not be printed.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a line to the output.
pub(super) fn line(text: &str) {
    if let Err(cause) = writeln!(Output, "{text}") {
        LOST.get_or_init(|| cause.to_string());
    }
}

/// What kept a line from being printed: the disk is full, say, that the output goes to.
pub(super) fn lost() -> Option<Error> {
    LOST.get().map(Error::because("cannot print"))
}

/// Prints a fault of the machine to the error stream.
pub(super) fn error(error: &Error, style: Style) {
    let message = error.to_string();
    let mut group = Group::with_title(Level::ERROR.primary_title(message.as_str()));
    for hint in error.hints() {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    eprintln!("{}", renderer.decor_style(DecorStyle::Ascii).render(&[group]));
}

/// `error` for programs: among the diagnostics, as everything that is wrong.
pub(super) fn error_json(error: &Error) -> Value {
    let one =
        json!({ "severity": "error", "message": error.to_string(), "place": null, "hints": error.hints() });
    json!({ "diagnostics": [one] })
}

/// Prints `diagnostics` to the error stream, and how many there are. With an error among them a command does not
/// do what it is for: `undone` says so, where it is to change something.
pub(super) fn diagnostics(
    diagnostics: &[Diagnostic],
    sources: &Sources,
    style: Style,
    undone: Option<&'static str>,
) {
    for diagnostic in diagnostics {
        eprintln!("{}\n", diag::render(diagnostic, sources, style));
    }
    if let Some(counted) = counted(diagnostics, undone) {
        eprintln!("{counted}");
    }
}

fn counted(diagnostics: &[Diagnostic], undone: Option<&'static str>) -> Option<String> {
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let told = |count, noun| (count > 0).then(|| plural(count, noun));
    let all: Vec<String> = [told(errors, "error"), told(warnings, "warning")].into_iter().flatten().collect();
    let undone = undone.filter(|_| errors > 0).map(|undone| format!("; {undone}"));
    (!all.is_empty()).then(|| all.join(", ") + &undone.unwrap_or_default())
}

/// `diagnostics` for programs.
pub(super) fn json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let one = |diagnostic: &Diagnostic| {
        let place = diagnostic.span.map(|span| {
            let (line, column) = sources.line_column(span.file, span.start as usize);
            let (end_line, end_column) = sources.line_column(span.file, span.end as usize);
            json!({
                "file": sources.path(span.file).to_string_lossy(),
                "line": line, "column": column, "end_line": end_line, "end_column": end_column,
            })
        });
        json!({
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            "place": place,
            "hints": diagnostic.hints,
        })
    };
    Value::Array(diagnostics.iter().map(one).collect())
}

/// `3 pages`, `1 page`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Whether the environment asks for no colours (the NO_COLOR convention), or the terminal has none.
pub(super) fn no_color() -> bool {
    asks_for_none(&|name| std::env::var_os(name))
}

fn asks_for_none(variable: &dyn Fn(&str) -> Option<OsString>) -> bool {
    variable("NO_COLOR").is_some_and(|value| !value.is_empty())
        || variable("TERM").is_some_and(|value| value == "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_no_colours_says_so() {
        let ask = |name: &'static str, value: &'static str| {
            asks_for_none(&move |asked| (asked == name).then(|| value.into()))
        };
        assert!(ask("NO_COLOR", "1") && ask("TERM", "dumb"));
        assert!(!ask("NO_COLOR", "") && !ask("TERM", "xterm-256color"));
    }

    #[test]
    fn what_was_not_done_is_told_where_there_are_errors() {
        let error = || Diagnostic::error(None, "an error");
        let warning = || Diagnostic::warning(None, "a warning");
        let undone = Some("no lock was changed");
        for (found, expect) in [
            (vec![], None),
            (vec![warning()], Some("1 warning")),
            (vec![error()], Some("1 error; no lock was changed")),
            (vec![error(), warning(), error()], Some("2 errors, 1 warning; no lock was changed")),
        ] {
            assert_eq!(counted(&found, undone).as_deref(), expect);
        }
        assert_eq!(counted(&[error()], None).as_deref(), Some("1 error"));
    }
}
