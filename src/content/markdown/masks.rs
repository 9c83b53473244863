//! What CommonMark has no syntax for, found before it reads the text: containers `:::`, abbreviations
//! `*[CNN]: …`, shortcodes `{{< name >}}` and `{{ name(key="value") }}`.
//!
//! Each is replaced by something as long that the parser understands (a rule, blanks, letters that
//! no text has), so every place in the parser's report is a place in what the author wrote.

use std::borrow::Cow;
use std::collections::BTreeMap;

use pulldown_cmark::{Event, Parser, Tag};

use super::{Dialect, Range};

/// Stands for three bytes of a shortcode: a letter of the private use area.
const THREE: char = '\u{e000}';
/// Stands for two bytes of a shortcode: a code point that means nothing.
const TWO: char = '\u{378}';

/// A text without what was masked, and what that was.
#[derive(Debug, Default)]
pub(super) struct Masks {
    /// The line of each fence of a container, by where it starts: the text after the colons.
    pub(super) fences: BTreeMap<usize, Range>,
    /// Abbreviations in order: the short form and what it stands for.
    pub(super) abbreviations: Vec<(String, String)>,
    /// What stands between the marks of each shortcode, by where the shortcode starts.
    pub(super) shortcodes: BTreeMap<usize, Shortcode>,
}

/// A shortcode: its place, and that of its inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shortcode {
    /// The whole, with its marks.
    pub(super) whole: Range,
    /// Between the marks.
    pub(super) inner: Range,
}

/// `text` as the parser is to read it; nothing before `from` is looked at.
pub(super) fn mask(text: &str, from: usize, dialect: Dialect) -> (Cow<'_, str>, Masks) {
    let mut masks = Masks::default();
    let body = &text[from..];
    if !dialect.extensions || !["{{", ":::", "*["].iter().any(|mark| body.contains(mark)) {
        return (Cow::Borrowed(text), masks);
    }
    let code = code(text, from, dialect);
    let inside_code = |at: usize| code.iter().any(|range| range.contains(&at));
    let mut masked = text.to_owned();
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let begin = start + line.len() - line.trim_start_matches([' ', '>']).len();
        let end = start + line.len();
        if inside_code(begin) {
            continue;
        }
        let rest = &text[begin..end];
        if rest.starts_with(":::") {
            let colons = rest.len() - rest.trim_start_matches(':').len();
            masks.fences.insert(begin, begin + colons..end);
            masked.replace_range(begin..end, &"_".repeat(end - begin));
        } else if let Some((short, long)) = abbreviation(rest) {
            masks.abbreviations.push((short.to_owned(), long.to_owned()));
            masked.replace_range(begin..end, &" ".repeat(end - begin));
        }
    }
    for found in shortcodes(text, from).filter(|found| !inside_code(found.whole.start)) {
        let length = found.whole.len();
        // Every length from 2 is a sum of threes and at most two twos.
        let twos = (3 - length % 3) % 3;
        let filler = TWO.to_string().repeat(twos) + &THREE.to_string().repeat((length - 2 * twos) / 3);
        masked.replace_range(found.whole.clone(), &filler);
        masks.shortcodes.insert(found.whole.start, found);
    }
    (Cow::Owned(masked), masks)
}

/// Whether `c` stands for a part of a shortcode.
pub(super) fn is_mask(c: char) -> bool {
    c == THREE || c == TWO
}

/// Where code and formulas stand: nothing in them is a sign.
fn code(text: &str, from: usize, dialect: Dialect) -> Vec<Range> {
    let parser = Parser::new_ext(&text[from..], dialect.options()).into_offset_iter();
    parser
        .filter(|(event, _)| {
            matches!(
                event,
                Event::Start(Tag::CodeBlock(_))
                    | Event::Code(_)
                    | Event::InlineMath(_)
                    | Event::DisplayMath(_)
            )
        })
        .map(|(_, range)| range.start + from..range.end + from)
        .collect()
}

/// `*[short]: long`.
fn abbreviation(line: &str) -> Option<(&str, &str)> {
    let (short, long) = line.strip_prefix("*[")?.split_once("]:")?;
    let (short, long) = (short.trim(), long.trim());
    (!short.is_empty() && !long.is_empty()).then_some((short, long))
}

/// `{{< … >}}`, Tera's `{{ name(…) }}` and mdBook's `{{#include …}}`, each in one line.
fn shortcodes(text: &str, from: usize) -> impl Iterator<Item = Shortcode> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        loop {
            let start = at + text[at..].find("{{")?;
            at = start + 2;
            let line = text[at..].find('\n').map_or(text.len(), |end| at + end);
            let close = match text[at..].chars().next() {
                Some('<') => ">}}",
                Some('#') => "}}",
                _ => match call(&text[at..line]) {
                    Some((inner, end)) => {
                        let found = Shortcode { whole: start..at + end, inner: at..at + inner };
                        at = found.whole.end;
                        return Some(found);
                    }
                    None => continue,
                },
            };
            if let Some(end) = text[at + 1..line].find(close) {
                let inner = at + 1..at + 1 + end;
                at = inner.end + close.len();
                return Some(Shortcode { whole: start..at, inner });
            }
        }
    })
}

/// Where the inside of the call ` name(key="value") }}` at the start of `text` ends, before its bracket, and
/// where the call does. What names no argument is none: texts speak of templates, too.
fn call(text: &str) -> Option<(usize, usize)> {
    let of_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let name = text.trim_start().trim_start_matches(of_name);
    let inside = name.strip_prefix('(').filter(|_| name.len() < text.trim_start().len())?;
    let argument = inside.trim_start().trim_start_matches(of_name).trim_start();
    if !argument.starts_with([')', '=']) {
        return None;
    }
    let mut quote = None;
    for (at, c) in inside.char_indices() {
        match quote {
            Some(mark) if c == mark => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ')' => {
                let rest = inside[at + 1..].trim_start().strip_prefix("}}")?;
                return Some((text.len() - inside.len() + at, text.len() - rest.len()));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_masked_keeps_its_length() {
        let text = "::: {.a}\nx {{< b c=\"d\" >}} 文 {{#include e.rs}}\n> :::\n\n*[CNN]: a network\n\n`{{< no >}}`\n\n```\n:::\n```\n";
        let (masked, masks) = mask(text, 0, Dialect::default());
        assert_eq!(masked.len(), text.len());
        assert_eq!(
            masks.fences.values().map(|inner| text[inner.clone()].trim()).collect::<Vec<_>>(),
            ["{.a}", ""]
        );
        let inner: Vec<&str> = masks.shortcodes.values().map(|s| text[s.inner.clone()].trim()).collect();
        assert_eq!(inner, ["b c=\"d\"", "include e.rs"]);
        assert_eq!(masks.abbreviations, [("CNN".to_owned(), "a network".to_owned())]);
        assert!(masked.contains("```\n:::\n```") && masked.contains("`{{< no >}}`"));
        assert!(masked.starts_with("________\nx ") && masked.contains("> ___\n"));
    }

    #[test]
    fn calls_of_tera_are_shortcodes() {
        for (text, expect) in [
            ("a {{ cell(page=\"b\", label='c') }} d", Some("cell(page=\"b\", label='c'")),
            ("{{b()}}", Some("b(")),
            ("{{ b(x=\"a) }}\") }}", Some("b(x=\"a) }}\"")),
            ("{{ raise('x') }}", None),
            ("{{ ui.contents }} {{ (a=1) }} {{ f(a=1 }}", None),
        ] {
            let found = shortcodes(text, 0).next();
            assert_eq!(found.map(|found| text[found.inner].trim()), expect, "{text}");
        }
    }

    #[test]
    fn a_text_without_signs_is_not_copied() {
        assert!(matches!(mask("a\n", 0, Dialect::default()).0, Cow::Borrowed(_)));
        assert!(matches!(mask(":::\n", 0, Dialect::COMMONMARK).0, Cow::Borrowed(_)));
    }
}
