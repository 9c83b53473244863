//! Running text: words, line breaks, code spans, inline values, formulas.

use crate::content::html::escape;
use crate::content::page::Piece;
use crate::diag::Diagnostic;
use crate::snippet::cell::Inline;

use super::{Range, Writer, cjk, masks, numbers, references};

const INLINE: &str = "{python}";

impl Writer<'_> {
    pub(super) fn words(&mut self, text: &str, range: Range) {
        if let Some(code) = &mut self.code {
            code.take(text, &range);
        } else if !self.citing {
            // Of an alert's title the marker is not shown.
            let skip = self.after_marker(&range).unwrap_or(0).min(text.len());
            let Some(shown) = text.get(skip..) else { return };
            self.here = range.clone();
            self.check_note(shown, &range);
            self.check_stars(shown, &range);
            let shown = self.labelled(shown);
            if shown.contains(masks::is_mask) {
                self.with_shortcodes(shown, &range);
            } else {
                self.referring(shown);
            }
        }
    }

    /// Text that may refer to labels.
    pub(super) fn referring(&mut self, text: &str) {
        let mut rest = text;
        while let Some(found) =
            references::find(rest).filter(|_| self.reading.dialect.extensions && self.links == 0)
        {
            let references::Found { place, page, label } = found;
            self.visible(&rest[..place.start]);
            let from = self.text[self.here.clone()].find(&rest[place.clone()]).unwrap_or(0);
            let start = self.here.start + from;
            let span = self.span(start..start + place.len());
            let page = page.map(str::to_owned);
            self.piece(Piece::Reference { page, label: label.to_owned(), span });
            rest = &rest[place.end..];
        }
        self.visible(rest);
    }

    /// Text that a reader sees.
    pub(super) fn visible(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(text);
        }
        self.last = text.chars().next_back().or(self.last);
        self.note_numbers(text);
        self.check_spelling(text);
        self.explained(text);
    }

    /// Remembers where measured numbers stand in running text.
    fn note_numbers(&mut self, text: &str) {
        if self.heading.is_some() || self.links > 0 || !text.contains(|c: char| c.is_ascii_digit()) {
            return;
        }
        let Some(from) = self.text[self.here.clone()].find(text) else { return };
        let start = self.here.start + from;
        for range in numbers::find(text) {
            let span = self.span(start + range.start..start + range.end);
            self.body.numbers.push(span);
        }
    }

    /// Tells of terms that the glossary writes in another way.
    fn check_spelling(&mut self, text: &str) {
        let Some(spelling) = self.reading.spelling else { return };
        let Some(from) = self.text[self.here.clone()].find(text) else { return };
        let start = self.here.start + from;
        for found in spelling.find(text) {
            let span = self.span(start + found.range.start..start + found.range.end);
            let fault = format!("`{}` is written `{}` in the glossary", &text[found.range], found.instead);
            self.diagnostics.push(Diagnostic::warning(span, fault));
        }
    }

    /// A line break in the source: nothing between two Chinese characters, else a space.
    pub(super) fn soft_break(&mut self, range: Range) {
        if self.citing || self.end_title(true) {
            return;
        }
        // What the next line shows comes after marks of quotes, emphasis and links.
        let next =
            self.text[range.end..].trim_start_matches([' ', '\t', '\r', '\n', '>', '*', '_', '~', '[']);
        let joined = self.reading.dialect.extensions
            && self.last.zip(next.chars().next()).is_some_and(|(a, b)| cjk::joins(a, b));
        if !joined {
            self.visible("\n");
        }
    }

    /// `**` that marks nothing: between punctuation and a letter it neither opens nor closes, and a
    /// Chinese text has no spaces that would tell the author so.
    fn check_stars(&mut self, text: &str, range: &Range) {
        let first = text == "*" && self.text[range.start..].starts_with("**");
        let (before, after) = (&self.text[..range.start], self.text[range.start..].trim_start_matches('*'));
        let beside = |c: Option<char>| c.is_some_and(cjk::is_wide);
        if first
            && !before.ends_with(['*', '\\'])
            && (beside(before.chars().next_back()) || beside(after.chars().next()))
        {
            let span = self.span(range.start..range.start + 2);
            self.diagnostics.push(
                Diagnostic::warning(span, "these asterisks are shown as they stand").hint(
                    "put the punctuation beside them outside of the bold text; `\\*\\*` shows asterisks",
                ),
            );
        }
    }

    pub(super) fn inline_code(&mut self, code: &str, range: Range) {
        if let Some(expression) = code.strip_prefix(INLINE).filter(|_| self.reading.dialect.extensions) {
            return self.inline_value(expression.trim(), range);
        }
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(code);
        }
        self.last = code.chars().next_back();
        self.push(&format!("<code>{}</code>", escape(code)));
    }

    fn inline_value(&mut self, expression: &str, range: Range) {
        let span = self.span(range.clone());
        if expression.is_empty() {
            self.diagnostics.push(
                Diagnostic::error(span, "this inline value has no expression")
                    .hint("write it as `{python} expression` between backticks"),
            );
            return;
        }
        let source = &self.text[range.clone()];
        let skipped = source.find(INLINE).map_or(0, |at| at + INLINE.len());
        let blank = source[skipped..].len() - source[skipped..].trim_start().len();
        let start = range.start + skipped + blank;
        // In a quote, marks stand between the lines of a value: then it is all that stands between the backticks.
        let written = self.text[start..range.end].trim_end_matches('`').trim_end();
        let code_span = self.span(start..start + written.len());
        let (index, after) = (self.body.inlines.len(), self.body.cells.len());
        self.body.inlines.push(Inline { span, code: expression.to_owned(), code_span, after });
        self.piece(Piece::Inline(index));
    }

    pub(super) fn math(&mut self, tex: &str, display: bool, range: Range) {
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(tex);
        }
        let span = self.span(range);
        self.piece(Piece::Math { tex: tex.to_owned(), display, span, label: None, alone: false });
    }
}
