//! Blocks of code: listings, and fences that are cells.

use crate::content::page::{Listing, Piece};
use crate::diag::{Diagnostic, Span};
use crate::snippet::fence::{self, Line};

use super::{Range, Writer, diagram, listing};

/// The code block that is open.
#[derive(Default)]
pub(super) struct Open {
    info: String,
    fenced: bool,
    text: String,
    /// One a line of `text`.
    places: Vec<Place>,
}

/// Where a line of code is in the page.
struct Place {
    /// Its first byte, were all of it there.
    start: usize,
    /// Where the page has the first of it: further on where the line begins with spaces that stand for a tab.
    from: usize,
}

impl Open {
    /// A fence with the info string `info`.
    pub(super) fn fenced(info: &str) -> Self {
        Self { info: info.to_owned(), fenced: true, ..Self::default() }
    }

    /// A block of indented lines.
    pub(super) fn indented() -> Self {
        Self::default()
    }

    /// Takes in a part of the code. The parser cuts where the source has something between (a quote's
    /// `>`, a list's indentation, the `\r` of `\r\n`): a part may start in the middle of a line.
    pub(super) fn take(&mut self, text: &str, range: &Range) {
        let mut at = range.start;
        for part in text.split_inclusive('\n') {
            let line = self.text.rfind('\n').map_or(0, |end| end + 1);
            let begun = &self.text[line..];
            if begun.is_empty() {
                let start = at.min(range.end);
                self.places.push(Place { start, from: start });
            } else if let Some(place) = self.places.last_mut()
                && part != "\n"
                && begun.bytes().all(|byte| byte == b' ')
            {
                // Spaces that a tab stands for: the page holds what comes now, and not them.
                place.start = at.saturating_sub(begun.len());
            }
            self.text.push_str(part);
            at += part.len();
        }
    }

    /// The text of the code.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Its lines, each with its place.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let line =
            |(text, place): (_, &Place)| Line { text, start: place.start, from: place.from.max(place.start) };
        self.text.lines().zip(&self.places).map(line).collect()
    }
}

impl Writer<'_> {
    pub(super) fn end_code(&mut self, range: Range) {
        let before = self.diagnostics.len();
        self.close_code(range);
        for span in self.diagnostics[before..].iter_mut().filter_map(|found| found.span.as_mut()) {
            *span = fitted(*span, self.text);
        }
    }

    fn close_code(&mut self, range: Range) {
        let Some(open) = self.code.take() else { return };
        let source = &self.text[range.clone()];
        let opening = source.lines().next().unwrap_or("");
        if open.fenced && !is_closed(source) {
            let span = self.span(range.start..range.start + opening.trim_end().len());
            self.diagnostics.push(
                Diagnostic::error(span, "this fence is never closed")
                    .hint("end it with a line of as many backticks as it starts with"),
            );
        } else if open.fenced && self.reading.dialect.extensions {
            // The info string as it stands in the page: what the parser gives has no place.
            let info = opening.trim_start_matches(['`', '~']);
            let start = range.start + opening.len() - info.len();
            let info = Line { text: info, start, from: start };
            if fence::is_cell(info.text) {
                self.cell(info, &open, range);
                return;
            }
            if let Some(kind) = diagram::Kind::of(info.text) {
                let span = self.span(range.start..range.start + opening.trim_end().len());
                let read = diagram::read(kind, self.file, span, &open.lines());
                if let Some(drawn) = read.take(&mut self.diagnostics) {
                    if let Some(label) = drawn.label.clone() {
                        self.claim("label", &label, drawn.span);
                    }
                    self.piece(Piece::Diagram(Box::new(drawn)));
                }
                return;
            }
            let text = self.with_includes(&open);
            let read = listing::read(self.file, info, text.lines().count());
            let (lang, listing) = read.take(&mut self.diagnostics);
            return self.piece(Piece::Code { lang, text: ended(text), listing });
        }
        let lang = open.info.split([' ', '\t']).next().unwrap_or("").to_owned();
        self.piece(Piece::Code { lang, text: ended(open.text), listing: Listing::default() });
    }

    fn cell(&mut self, info: Line<'_>, open: &Open, range: Range) {
        let span = self.span(range);
        let parsed = fence::parse(self.file, span, info, &open.lines(), self.body.cells.len());
        let mut cell = parsed.take(&mut self.diagnostics);
        cell.code.lines.iter_mut().for_each(|span| *span = fitted(*span, self.text));
        if !self.slugs.claim(&cell.options.label) {
            let fault = self.taken("label", &cell.options.label, cell.options.label_span);
            self.diagnostics.push(fault);
        }
        self.piece(Piece::Cell(self.body.cells.len()));
        self.body.cells.push(cell);
    }
}

/// `span` within the `page`: where a tab stands partly for a list's indentation, code has more spaces than
/// the page has bytes.
fn fitted(span: Span, page: &str) -> Span {
    let place = |at: usize| page.floor_char_boundary(at);
    Span::new(span.file, place(span.range().start)..place(span.range().end))
}

/// `text` with a line break at its end, where there is anything.
fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Whether the last line of a fence closes it.
fn is_closed(fence: &str) -> bool {
    let bare = |line: &str| line.trim_matches([' ', '\t', '>']).to_owned();
    let mut lines = fence.trim_end().lines();
    let (Some(open), Some(close)) = (lines.next().map(bare), lines.next_back().map(bare)) else {
        return false;
    };
    let Some(mark) = open.chars().next().filter(|c| matches!(c, '`' | '~')) else { return false };
    let opened = open.chars().take_while(|c| *c == mark).count();
    close.chars().all(|c| c == mark) && close.chars().count() >= opened
}
