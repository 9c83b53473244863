//! A fence to a cell: the info string, the `#|` option lines, the code below them.

mod options;
#[cfg(test)]
mod tests;

use crate::diag::{Diagnostic, FileId, Parsed, Span, closest};

use super::cell::{Cell, CellOptions, Code};
pub use options::OPTIONS;
use options::Reader;

/// Whether the info string of a fence makes it a cell.
pub fn is_cell(info: &str) -> bool {
    let mut words = info.split_whitespace();
    words.next() == Some("python") && words.next() == Some("run")
}

/// What is wrong with the info string of a fence that is no cell: above all, what looks as if it was
/// meant to be one, because a listing that nobody runs would pass unnoticed.
pub fn check_info(file: FileId, info: Line<'_>) -> Option<Diagnostic> {
    let mut words = words(info);
    let (lang_at, lang) = words.next()?;
    let span = |at: usize, word: &str| Span::new(file, info.start + at..info.start + at + word.len());
    if lang.starts_with("{python") {
        let fault = Diagnostic::error(span(lang_at, lang), format!("`{lang}` is no language"));
        return Some(fault.hint("a cell starts with a line ```python run"));
    }
    let words: Vec<(usize, &str)> = words.collect();
    if let Some((at, word)) = words.iter().find(|(_, word)| *word == "run") {
        let fault = match closest(&lang.to_lowercase(), ["python", "Python"]) {
            None if !lang.eq_ignore_ascii_case("python") => {
                Diagnostic::error(span(*at, word), format!("`{lang}` does not run: cells are in Python"))
            }
            _ => Diagnostic::error(span(lang_at, lang), format!("`{lang}` does not run"))
                .hint("did you mean `python`?"),
        };
        return Some(fault);
    }
    let (at, word) = words.first()?;
    let message = format!("`{word}` means nothing after `{lang}`");
    let near = closest(word, ["run"]).is_some();
    Some(if near || ["python", "py", "python3"].contains(&lang.to_lowercase().as_str()) {
        Diagnostic::error(span(*at, word), message).did_you_mean(word, ["run"])
    } else {
        Diagnostic::warning(span(*at, word), message)
    })
}

/// The words of a line, each with its offset.
fn words(line: Line<'_>) -> impl Iterator<Item = (usize, &str)> {
    let start = line.text.as_ptr() as usize;
    // Words are slices of the line: the distance of their addresses is their offset.
    line.text.split_whitespace().map(move |word| (word.as_ptr() as usize - start, word))
}

/// A line of a fence and where it starts in the page.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The line without its line break and without the fence's indentation.
    pub text: &'a str,
    /// Offset of its first byte in the page, were all of it there.
    pub start: usize,
    /// Where the page has the first of it: `start`, or further on where the line begins with spaces that stand for a
    /// part of a tab.
    pub from: usize,
}

/// The cell in a fence at `span` with the info string `info`; `count` cells stand before it in the page.
pub fn parse(file: FileId, span: Span, info: Line<'_>, lines: &[Line<'_>], count: usize) -> Parsed<Cell> {
    let mut diagnostics = Vec::new();
    let opening = Span::new(file, span.range().start..span.range().start + 3);
    if let Some((at, word)) = words(info).nth(2) {
        let place = Span::new(file, info.start + at..info.start + at + word.len());
        diagnostics.push(
            Diagnostic::error(place, format!("`{word}` means nothing after `python run`"))
                .hint("options stand in lines `#| name: value` at the top of the cell"),
        );
    }
    let mut reader =
        Reader { file, options: CellOptions::named(String::new(), opening), seen: Vec::new(), diagnostics };
    let is_head = |line: &&Line<'_>| line.text.trim().is_empty() || line.text.trim_start().starts_with("#|");
    let head = lines.iter().take_while(is_head).collect::<Vec<_>>();
    // Blank lines may stand before and between options; after the last one they belong to the code.
    let head = head.iter().rposition(|line| !line.text.trim().is_empty()).map_or(0, |last| last + 1);
    for line in lines[..head].iter().filter(|line| !line.text.trim().is_empty()) {
        reader.line(*line);
    }
    let rest = &lines[head..];
    if rest.iter().all(|line| line.text.trim().is_empty()) {
        reader.check_shared();
    }
    let Reader { mut options, mut diagnostics, seen, .. } = reader;
    if options.label.is_empty() {
        // A label that is misspelt, or that cannot be one, has been told.
        if !seen.iter().any(|(key, _)| key == "label" || closest(key, ["label"]).is_some()) {
            diagnostics.push(
                Diagnostic::error(opening, "this cell has no label")
                    .hint("name it with a line `#| label: NAME` at its top"),
            );
        }
        options.label = format!("cell-{}", count + 1);
    }
    let mut code = Code::default();
    for line in rest {
        code.text.push_str(line.text);
        code.text.push('\n');
        code.lines.push(Span::new(file, line.from..(line.start + line.text.len()).max(line.from)));
    }
    Parsed { value: Cell { span, options, code }, diagnostics }
}
