//! Words that a page explains: terms of the glossary, where they are used first or stand in braces,
//! and abbreviations.

use crate::content::html::escape;
use crate::content::page::{Insert, Inserted, Piece};
use crate::diag::{Diagnostic, closest};

use super::Writer;

/// A part of a text that is explained.
enum Mark {
    /// The term with this id, shown by what stands in the inner range.
    Term(String, std::ops::Range<usize>),
    /// An abbreviation, and what it stands for.
    Abbreviation(String),
}

/// No term is longer, in bytes: what stands in braces beyond that is something else.
const LONGEST: usize = 90;

impl Writer<'_> {
    /// Writes `text`, with its terms and abbreviations explained.
    pub(super) fn explained(&mut self, text: &str) {
        let quiet = !self.reading.dialect.extensions
            || self.heading.is_some()
            || self.title.is_some()
            || self.links > 0
            || self.table.in_head;
        if quiet {
            return self.push(&escape(text));
        }
        let mut marks = self.in_braces(text);
        marks.extend(self.first_uses(text));
        marks.extend(self.abbreviations(text));
        // Where two overlap, what the author marked comes first, then the longer one.
        let weight = |mark: &(std::ops::Range<usize>, Mark)| (mark.0.start, usize::MAX - mark.0.end);
        marks.sort_by_key(weight);
        let mut at = 0;
        for (range, mark) in marks {
            if range.start < at {
                continue;
            }
            match mark {
                Mark::Term(id, shown) => {
                    if !self.used.insert(id.clone()) && range == shown {
                        continue;
                    }
                    if range != shown {
                        self.unbraced(&text[range.clone()], &text[shown.clone()]);
                    }
                    self.push(&escape(&text[at..range.start]));
                    self.piece(Piece::Term(self.body.terms.len()));
                    self.body.terms.push((id, text[shown].to_owned()));
                }
                Mark::Abbreviation(long) => {
                    let short = escape(&text[range.clone()]);
                    self.push(&escape(&text[at..range.start]));
                    self.push(&format!("<abbr title=\"{}\">{short}</abbr>", escape(&long)));
                }
            }
            at = range.end;
        }
        self.push(&escape(&text[at..]));
    }

    /// Remembers that `written`, in braces, shows `shown`.
    fn unbraced(&mut self, written: &str, shown: &str) {
        let last = self.body.inserts.last().map_or(0, |insert| insert.span.range().end);
        let from = if self.here.contains(&last) { last } else { self.here.start };
        if let Some(at) = self.text[from..self.here.end].find(written) {
            let span = self.span(from + at..from + at + written.len());
            self.body.inserts.push(Insert { span, what: Inserted::Text(shown.to_owned()) });
        }
    }

    /// `{term}`, by name or id.
    fn in_braces(&mut self, text: &str) -> Vec<(std::ops::Range<usize>, Mark)> {
        let Some(terms) = self.reading.terms else { return Vec::new() };
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(open) = text[at..].find('{').map(|open| at + open) {
            at = open + 1;
            let Some(close) = text[at..].find('}').map(|close| at + close) else { break };
            let inner = &text[at..close];
            let plain = inner.chars().next().is_some_and(char::is_alphanumeric);
            if !plain || inner.len() > LONGEST || inner.contains('{') {
                continue;
            }
            match terms.named(inner) {
                Some(id) => found.push((open..close + 1, Mark::Term(id.to_owned(), at..close))),
                None => {
                    if let Some(near) = closest(inner, terms.names()) {
                        let from = self.text[self.here.clone()].find(&text[open..close + 1]);
                        let start = self.here.start + from.unwrap_or(0);
                        let span = self.span(start..start + close + 1 - open);
                        let fault = Diagnostic::warning(span, format!("the glossary has no term `{inner}`"));
                        self.diagnostics.push(fault.hint(format!("did you mean `{{{near}}}`?")));
                    }
                }
            }
            at = close + 1;
        }
        found
    }

    fn first_uses(&self, text: &str) -> Vec<(std::ops::Range<usize>, Mark)> {
        let Some(terms) = self.reading.terms else { return Vec::new() };
        let new = terms.find(text).filter(|found| !self.used.contains(found.id));
        new.map(|found| (found.range.clone(), Mark::Term(found.id.to_owned(), found.range))).collect()
    }

    fn abbreviations(&self, text: &str) -> Vec<(std::ops::Range<usize>, Mark)> {
        let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let known = &self.masks.abbreviations;
        let places = known.iter().flat_map(|(short, long)| {
            text.match_indices(short.as_str()).map(move |(at, _)| (at..at + short.len(), long))
        });
        places
            .filter(|(range, _)| {
                !is_letter(text[..range.start].chars().next_back())
                    && !is_letter(text[range.end..].chars().next())
            })
            .map(|(range, long)| (range, Mark::Abbreviation(long.clone())))
            .collect()
    }
}
