//! The info string of a listing: its language, and how it is shown.

use std::ops::RangeInclusive;

use crate::content::page::Listing;
use crate::diag::{Diagnostic, FileId, Parsed, Span};
use crate::snippet::fence::{self, Line};

use super::attributes::{self, Kind};

/// The names of the options, for did-you-mean.
const OPTIONS: [&str; 4] = ["filename", "code-line-numbers", "start-from", "highlight"];

/// The language and the options in the info string `info` of a listing with `lines` lines: ``` ```python
/// {filename="a.py"} ```, Pandoc's ``` ```{.python filename="a.py"} ```, Zola's ``` ```python,linenos ```, or Hugo's
/// ``` ```go {linenos=true} ```.
pub(super) fn read(file: FileId, info: Line<'_>, lines: usize) -> Parsed<(String, Listing)> {
    let mut reader = Reader { file, lines, listing: Listing::default(), diagnostics: Vec::new() };
    let text = info.text.trim_end();
    let braces = text.find('{').filter(|_| text.ends_with('}'));
    let (before, inner) = match braces {
        // `{python}` is told below, as what looks like a cell.
        Some(at) if text[at..].starts_with("{python") && text[..at].trim().is_empty() => (text, None),
        Some(at) => (&text[..at], Some((at + 1, &text[at + 1..text.len() - 1]))),
        None => (text, None),
    };
    let (lang, flags) = before.trim_start().split_once(',').unwrap_or((before, ""));
    let mut lang = lang.split_whitespace().next().unwrap_or("").to_owned();
    flags.split(',').for_each(|flag| reader.flag(flag.trim()));
    if flags.is_empty() {
        reader.diagnostics.extend(fence::check_info(file, Line { text: before, ..info }));
    }
    if let Some((shift, inner)) = inner {
        let place = |range: &std::ops::Range<usize>| {
            Span::new(file, info.start + shift + range.start..info.start + shift + range.end)
        };
        match attributes::parse(inner) {
            Ok(_) if hugo(inner) => parts(inner).for_each(|flag| reader.flag(&flag.replace('"', ""))),
            Ok(found) => {
                for attribute in found {
                    let span = place(&attribute.place);
                    match attribute.kind {
                        Kind::Class(name) if name == "numberLines" || name == "number-lines" => {
                            reader.listing.numbers = reader.listing.numbers.or(Some(1));
                        }
                        Kind::Class(name) if lang.is_empty() => lang = name,
                        Kind::Pair(key, value) => reader.option(&key, &value, span),
                        Kind::Class(word) | Kind::Id(word) | Kind::Word(word) => reader.unknown(&word, span),
                    }
                }
            }
            Err(range) => reader
                .diagnostics
                .push(Diagnostic::error(place(&range), "this text is not closed as it was opened")),
        }
    }
    Parsed { value: (lang, reader.listing), diagnostics: reader.diagnostics }
}

struct Reader {
    file: FileId,
    lines: usize,
    listing: Listing,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    /// One of Zola's options after a comma; mdBook's, which say how a listing is tested, are passed over.
    fn flag(&mut self, flag: &str) {
        match flag.split_once('=').unwrap_or((flag, "")) {
            ("linenos", "false") => {}
            ("linenos", _) => self.listing.numbers = self.listing.numbers.or(Some(1)),
            ("linenostart", value) => self.listing.numbers = value.parse().ok().or(self.listing.numbers),
            ("hl_lines", value) => {
                self.listing.highlight = lines(value.trim_matches(['[', ']'])).unwrap_or_default();
            }
            ("name", value) => self.listing.filename = Some(value.trim_matches('"').to_owned()),
            _ => {}
        }
    }

    fn option(&mut self, key: &str, value: &str, span: Span) {
        match key {
            "filename" => self.listing.filename = Some(value.to_owned()),
            "code-line-numbers" => match value {
                "true" => self.listing.numbers = self.listing.numbers.or(Some(1)),
                "false" => self.listing.numbers = None,
                _ => self.fault(span, format!("`{value}` is neither `true` nor `false`")),
            },
            "start-from" | "startFrom" => match value.parse() {
                Ok(first) => self.listing.numbers = Some(first),
                Err(_) => self.fault(span, format!("`{value}` is no line number")),
            },
            "highlight" => match lines(value) {
                Some(lines) => {
                    if let Some(beyond) = lines.iter().map(|part| *part.end()).find(|last| *last > self.lines)
                    {
                        let has = self.lines;
                        self.diagnostics.push(
                            Diagnostic::error(
                                span,
                                format!("line {beyond} is not there: the listing has {has}"),
                            )
                            .hint("lines count from 1 here, whatever number the first one shows"),
                        );
                    }
                    self.listing.highlight = lines;
                }
                None => self.fault(span, format!("`{value}` names no lines, as `2-3,5` would")),
            },
            _ => self.unknown(key, span),
        }
    }

    fn unknown(&mut self, word: &str, span: Span) {
        debug_assert_eq!(span.file, self.file);
        self.diagnostics.push(
            Diagnostic::error(span, format!("a listing has no option `{word}`"))
                .did_you_mean(word, OPTIONS)
                .hint(format!("the options are {}", OPTIONS.join(", "))),
        );
    }

    fn fault(&mut self, span: Span, message: String) {
        self.diagnostics.push(Diagnostic::error(span, message));
    }
}

/// Whether `inner` has options as Hugo names them.
fn hugo(inner: &str) -> bool {
    let named = |part: &str| matches!(part.split('=').next(), Some("linenos" | "linenostart" | "hl_lines"));
    parts(inner).any(named)
}

/// The options in `inner`: between commas and blanks, but those inside of brackets and quotation marks.
fn parts(inner: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut depth) = (false, 0_usize);
    let between = move |c: char| {
        match c {
            '"' => quoted = !quoted,
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        !quoted && depth == 0 && (c == ',' || c.is_whitespace())
    };
    inner.split(between).filter(|part| !part.is_empty())
}

/// `2-3,5` as lines.
pub(super) fn lines(text: &str) -> Option<Vec<RangeInclusive<usize>>> {
    let parts = text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
    let read = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (1 <= first && first <= last).then_some(first..=last)
    };
    let lines: Option<Vec<_>> = parts.map(read).collect();
    lines.filter(|lines| !lines.is_empty())
}
