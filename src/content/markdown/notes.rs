//! Footnotes: numbered in the order of their first mention, collected at the page's end.
//!
//! Their ids hold a colon, which no heading's id made from text and no cell's label can hold.

use std::collections::BTreeMap;

use crate::content::page::Piece;
use crate::diag::{Diagnostic, Span};

use super::{Range, Writer};

/// The footnotes of a page.
#[derive(Default)]
pub(super) struct Notes {
    /// Text and place of each footnote, by label.
    written: BTreeMap<String, (Vec<Piece>, Span)>,
    /// Labels in order of their first mention.
    mentioned: Vec<(String, Span)>,
    /// The footnotes that are open, the innermost last.
    open: Vec<(String, Span)>,
}

impl Writer<'_> {
    pub(super) fn start_note(&mut self, label: &str, range: Range) {
        // The label stands between `[^` and `]:`.
        let mark = self.text[range.clone()].find("]:").map_or(range.end, |at| range.start + at + 1);
        let span = self.span(range.start..mark);
        self.notes.open.push((label.to_owned(), span));
        self.layers.push(Vec::new());
    }

    pub(super) fn end_note(&mut self) {
        let (Some((label, span)), Some(pieces)) = (self.notes.open.pop(), self.layers.pop()) else { return };
        if let Some((_, earlier)) = self.notes.written.get(&label) {
            let fault = Diagnostic::error(span, format!("the footnote `{label}` is written twice"));
            self.diagnostics.push(fault.related(*earlier, "here is the other one"));
            return;
        }
        self.notes.written.insert(label, (pieces, span));
    }

    pub(super) fn note_reference(&mut self, label: &str, range: Range) {
        let known = self.notes.mentioned.iter().position(|(seen, _)| seen == label);
        let number = known.unwrap_or_else(|| {
            let span = self.span(range);
            self.notes.mentioned.push((label.to_owned(), span));
            self.notes.mentioned.len() - 1
        }) + 1;
        let id = if known.is_none() { format!(" id=\"fnref:{number}\"") } else { String::new() };
        self.push(&format!("<sup class=\"footnote-ref\"{id}><a href=\"#fn:{number}\">{number}</a></sup>"));
        self.last = None;
    }

    /// `[^label]` without a footnote of that label arrives as text: finds it.
    pub(super) fn check_note(&mut self, text: &str, range: &Range) {
        let Some(label) = text.strip_prefix('^').filter(|label| !label.is_empty()) else { return };
        let before = &self.text[..range.start];
        let bracketed = before.ends_with('[') && self.text[range.end..].starts_with(']');
        if bracketed && !before.ends_with("\\[") && !label.contains(char::is_whitespace) {
            let span = self.span(range.start - 1..range.end + 1);
            self.diagnostics.push(
                Diagnostic::error(span, format!("there is no footnote `{label}`"))
                    .hint(format!("write it in a paragraph of its own: `[^{label}]: …`")),
            );
        }
    }

    pub(super) fn write_notes(&mut self) {
        let mut notes = std::mem::take(&mut self.notes);
        if !notes.mentioned.is_empty() {
            self.push("<section class=\"footnotes\" aria-label=\"");
            self.piece(Piece::Word("footnotes"));
            self.push("\"><ol>\n");
            for (number, (label, span)) in notes.mentioned.into_iter().enumerate() {
                let number = number + 1;
                self.push(&format!("<li id=\"fn:{number}\">"));
                match notes.written.remove(&label) {
                    Some((pieces, _)) => pieces.into_iter().for_each(|piece| self.piece(piece)),
                    // A mention counts as one only where the parser knows the footnote.
                    None => self
                        .diagnostics
                        .push(Diagnostic::error(span, format!("there is no footnote `{label}`"))),
                }
                self.way_back(number);
            }
            self.push("</ol></section>\n");
        }
        for (label, (_, span)) in notes.written {
            self.diagnostics.push(
                Diagnostic::error(span, format!("nothing mentions the footnote `{label}`"))
                    .hint(format!("put `[^{label}]` where it belongs, or remove it")),
            );
        }
    }

    /// The footnote ends with the way back to where it is mentioned: in its last paragraph, where it ends with one.
    fn way_back(&mut self, number: usize) {
        let last = self.layers.last_mut().and_then(|layer| layer.last_mut());
        let paragraph = match last {
            Some(Piece::Html(html)) if html.ends_with("</p>\n") => {
                html.truncate(html.len() - "</p>\n".len());
                true
            }
            _ => false,
        };
        let (space, end) = if paragraph { (" ", "</p>\n") } else { ("", "") };
        self.push(&format!("{space}<a class=\"footnote-back\" href=\"#fnref:{number}\">↩</a>{end}</li>\n"));
    }
}
