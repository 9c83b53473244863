//! Faults of programs, turned into diagnostics on the page.

use crate::diag::{Diagnostic, Span};

use super::super::bake::Bake;
use super::super::cell::{Code, Expect};
use super::super::output::{Check, Output};
use super::super::plan::{Plan, Planned, span_of};
use super::super::program::{Fault, Frame};

/// A claim that came out false, or a control that came out true.
pub(super) fn broken(cell: &Planned, check: &Check) -> Diagnostic {
    let Check { name, measured, op, bound, .. } = check;
    let line = cell.code.text.lines().position(|line| line.contains(name.as_str()));
    let span = line.and_then(|line| cell.code.lines.get(line)).map_or(cell.span, |start| *start);
    if check.control {
        Diagnostic::error(
            span,
            format!("the control \"{name}\" passes, but must fail: {measured} {op} {bound}"),
        )
        .hint("a control shows what the check beside it would say if the claim were false")
    } else {
        Diagnostic::error(span, format!("the check \"{name}\" fails: measured {measured}, not {op} {bound}"))
    }
}

/// What `cell` shows although it should match something else; `None` where it matches.
pub(super) fn unexpected(cell: &Planned, bake: &Bake) -> Option<Diagnostic> {
    let Expect { pattern, span } = cell.expect.as_ref()?;
    // The fence has been read, so the pattern is one.
    let wanted = regex::Regex::new(pattern).ok()?;
    let texts = bake.outputs.iter().filter_map(|output| match output {
        Output::Text { text } => Some(text.as_str()),
        _ => None,
    });
    let text = texts.collect::<String>();
    (!wanted.is_match(&text)).then(|| {
        let shown = match text.trim() {
            "" => "it shows no text".to_owned(),
            text if text.chars().count() > 200 => {
                format!("it shows {}…", text.chars().take(200).collect::<String>())
            }
            text => format!("it shows {text}"),
        };
        Diagnostic::error(*span, format!("the text of `{}` does not match `{pattern}`", cell.label))
            .hint(shown)
    })
}

/// What went wrong in `plan`, at the innermost place that is in a cell, else at `otherwise`.
pub(super) fn place(plan: &Plan, otherwise: Span, fault: &Fault) -> Diagnostic {
    let title = match (fault.kind.as_str(), fault.message.as_str()) {
        ("", message) => message.to_owned(),
        (kind, "") => kind.to_owned(),
        (kind, message) => format!("{kind}: {message}"),
    };
    let mut places = fault.frames.iter().filter_map(|frame| {
        let cell = plan.cells.iter().find(|cell| cell.id() == frame.cell)?;
        Some((frame_span(&cell.code, frame)?, frame.function.clone()))
    });
    let first = places.next();
    let mut diagnostic = Diagnostic::error(first.as_ref().map_or(otherwise, |(span, _)| *span), title);
    for (span, _) in places {
        diagnostic = diagnostic.related(span, "called from here");
    }
    diagnostic.hints.extend(fault.hints.iter().cloned());
    diagnostic
}

fn frame_span(code: &Code, frame: &Frame) -> Option<Span> {
    let index = (frame.line as usize).checked_sub(1)?;
    let text = code.text.lines().nth(index)?;
    let byte = |column: u32| text.char_indices().nth(column as usize - 1).map_or(text.len(), |(at, _)| at);
    let (from, to) = match (frame.column, frame.end_column) {
        (0, _) => (text.len() - text.trim_start().len(), text.trim_end().len()),
        (column, 0) => (byte(column), text.trim_end().len()),
        (column, end) if end > column => (byte(column), byte(end)),
        (column, _) => (byte(column), text.trim_end().len()),
    };
    let base = code.text.split_inclusive('\n').take(index).map(str::len).sum::<usize>();
    Some(span_of(code, base + from..base + to.max(from)))
}
