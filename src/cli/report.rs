//! How lines and faults look on the terminal, the same for every command.

#![expect(clippy::disallowed_methods, reason = "the terminal's conventions are read from the environment")]

use std::io::Write as _;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Group, Level, Renderer};
use serde_json::{Value, json};

use crate::Error;
use crate::diag::{self, Diagnostic, Severity, Sources, Style};

/// Prints a line to the output; whoever reads it may have left, which is no fault of the command.
pub(super) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
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

/// Prints `diagnostics` to the error stream, and how many there are.
pub(super) fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources, style: Style) {
    for diagnostic in diagnostics {
        eprintln!("{}\n", diag::render(diagnostic, sources, style));
    }
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match (errors, warnings) {
        (0, 0) => {}
        (0, warnings) => eprintln!("{}", plural(warnings, "warning")),
        (errors, 0) => eprintln!("{}; the site was not changed", plural(errors, "error")),
        (errors, warnings) => {
            eprintln!(
                "{}, {}; the site was not changed",
                plural(errors, "error"),
                plural(warnings, "warning")
            );
        }
    }
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

/// Whether the environment asks for no colours (the NO_COLOR convention).
pub(super) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
