//! Files in files: `{{< include part.md >}}`, `{{< include main.rs lines="3-10" >}}`, and mdBook's
//! `{{#include main.rs:3:10}}`. In a block of code a line of that kind becomes lines of the file; in
//! the text a Markdown file becomes a part of the page.

use crate::content::page::{Insert, Inserted};
use crate::diag::{Diagnostic, Span};

use super::attributes::{self, Kind};
use super::{Range, Writer, code, listing, masks};

/// How deep files may stand in files.
pub const INCLUDES: usize = 16;

/// A wish for a file, or some of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    path: String,
    /// The lines, both ends counted, or the name of mdBook's anchors around them.
    part: Part,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Lines(usize, usize),
    Anchor(String),
}

/// The paths that `text` includes, as they are written.
pub(in super::super) fn wanted(text: &str) -> Vec<String> {
    let lines = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    lines.filter_map(|(inner, _)| Some(directive(inner)?.path)).collect()
}

/// What stands between `{{` and `}}`, as a wish for a file.
fn directive(inner: &str) -> Option<Wanted> {
    let inner = inner.trim();
    if let Some(rest) = inner.strip_prefix('#') {
        let rest =
            ["include", "rustdoc_include", "playground"].iter().find_map(|word| rest.strip_prefix(word))?;
        let path = rest.strip_prefix(' ')?.split_whitespace().next()?;
        let mut parts = path.split(':');
        let name = parts.next()?.to_owned();
        let part = match (parts.next(), parts.next()) {
            (None, _) => Part::Whole,
            (Some(first), last) => match (first.parse(), last.map(str::parse)) {
                (Ok(first), None) => Part::Lines(first, first),
                (Ok(first), Some(Ok(last))) => Part::Lines(first, last),
                (Ok(first), Some(Err(_))) => Part::Lines(first, usize::MAX),
                (Err(_), Some(Ok(last))) => Part::Lines(1, last),
                (Err(_), _) => Part::Anchor(first.to_owned()),
            },
        };
        return Some(Wanted { path: name, part });
    }
    let inner = inner.strip_prefix('<')?.strip_suffix('>')?;
    let read = attributes::parse(inner).ok()?;
    let mut words = read.iter().filter_map(|attribute| match &attribute.kind {
        Kind::Word(word) => Some(word.as_str()),
        _ => None,
    });
    if words.next() != Some("include") {
        return None;
    }
    let path = words.next()?.to_owned();
    let lines = read.iter().find_map(|attribute| match &attribute.kind {
        Kind::Pair(key, value) if key == "lines" => listing::lines(value)?.first().cloned(),
        _ => None,
    });
    Some(Wanted { path, part: lines.map_or(Part::Whole, |lines| Part::Lines(*lines.start(), *lines.end())) })
}

impl<'a> Writer<'a> {
    /// The text of a block of code, with the files that it includes.
    pub(super) fn with_includes(&mut self, open: &code::Open) -> String {
        if !open.text().contains("{{") {
            return open.text().to_owned();
        }
        let mut out = String::new();
        for line in open.lines() {
            let inner = line.text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
            match inner.and_then(directive) {
                Some(wanted) => {
                    let span = self.span(line.start..line.start + line.text.len());
                    if let Some((text, range)) = self.file_part(&wanted, span) {
                        let shown: Vec<&str> = text[range].lines().filter(|line| !is_anchor(line)).collect();
                        shown.iter().for_each(|line| out.extend([line, "\n"]));
                        self.body.inserts.push(Insert { span, what: Inserted::Text(shown.join("\n")) });
                    }
                }
                None => out.extend([line.text, "\n"]),
            }
        }
        out
    }

    /// Writes what the shortcode `found` includes; `false` where it includes nothing.
    pub(super) fn include(&mut self, found: &masks::Shortcode) -> bool {
        let whole = &self.text[found.whole.clone()];
        let inner = whole.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        let Some(wanted) = inner.and_then(directive) else { return false };
        let span = self.span(found.whole.clone());
        if self.including.len() >= INCLUDES {
            self.diagnostics.push(Diagnostic::error(span, "files include each other without end"));
            return true;
        }
        let Some((text, range)) = self.file_part(&wanted, span) else { return true };
        let Some(file) = self.file_of(&wanted.path) else { return true };
        if !wanted.path.ends_with(".md") {
            let code = text[range]
                .lines()
                .filter(|line| !is_anchor(line))
                .fold(String::new(), |code, line| code + line + "\n");
            let lang = wanted.path.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned();
            let listing = crate::content::page::Listing::default();
            self.leave_paragraph();
            let block = Inserted::Text(format!("```{lang}\n{code}```"));
            self.body.inserts.push(Insert { span, what: block });
            self.piece(crate::content::page::Piece::Code { lang, text: code, listing });
            self.push("<p>");
            return true;
        }
        let part = Span::new(file, range.clone());
        self.body.inserts.push(Insert { span, what: Inserted::File(part) });
        self.leave_paragraph();
        let outer = (self.text, self.file, std::mem::take(&mut self.masks));
        self.including.push(outer.1);
        (self.text, self.file) = (&text[..range.end], file);
        self.read(range.start);
        (self.text, self.file, self.masks) = outer;
        self.including.pop();
        self.push("<p>");
        true
    }

    /// Ends the paragraph that is open: blocks follow.
    fn leave_paragraph(&mut self) {
        if !self.unwrap_paragraph() {
            self.push("</p>\n");
        }
    }

    /// The text of the file that `wanted` names, and which of its bytes are meant.
    fn file_part(&mut self, wanted: &Wanted, span: Span) -> Option<(&'a str, Range)> {
        let Some(file) = self.file_of(&wanted.path) else {
            let message = match self
                .path_of(&wanted.path)
                .and_then(|path| self.reading.files?.refused.get(&path).cloned())
            {
                Some(reason) => format!("`{}` cannot be included: {reason}", wanted.path),
                None => format!("`{}` cannot be included: it leads out of the project", wanted.path),
            };
            let fault = Diagnostic::error(span, message);
            self.diagnostics
                .push(fault.hint("a path counts from the folder of the page, and stays in the project"));
            return None;
        };
        let text = self.reading.sources?.text(file);
        let part = match &wanted.part {
            Part::Whole => Some(0..text.len()),
            Part::Lines(first, last) => lines_of(text, *first, *last),
            Part::Anchor(name) => anchored(text, name),
        };
        if part.is_none() {
            let message = match &wanted.part {
                Part::Anchor(name) => format!("`{}` has no anchor `{name}`", wanted.path),
                _ => format!("`{}` has only {} lines", wanted.path, text.lines().count()),
            };
            self.diagnostics.push(Diagnostic::error(span, message));
        }
        Some((text, part?))
    }

    fn file_of(&self, path: &str) -> Option<crate::diag::FileId> {
        self.reading.files?.texts.get(&self.path_of(path)?).copied()
    }

    /// `path`, as written in this file, as a path in the project.
    fn path_of(&self, path: &str) -> Option<String> {
        let here = self.reading.sources?.path(self.file).to_string_lossy().replace('\\', "/");
        super::super::join(&here, path)
    }
}

/// The bytes of the lines from `first` to `last`, both counted from 1; `None` where `first` is past the end.
fn lines_of(text: &str, first: usize, last: usize) -> Option<Range> {
    let mut at = 0;
    let mut range: Option<Range> = None;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let number = index + 1;
        if number >= first && number <= last {
            range = Some(range.map_or(at, |range| range.start)..at + line.len());
        }
        at += line.len();
    }
    range
}

/// The bytes between mdBook's `ANCHOR: name` and `ANCHOR_END: name`.
fn anchored(text: &str, name: &str) -> Option<Range> {
    let (mut at, mut start) = (0, None);
    for line in text.split_inclusive('\n') {
        let marks = |word: &str| {
            line.split_once(word).is_some_and(|(_, rest)| rest.split_whitespace().next() == Some(name))
        };
        if marks("ANCHOR_END:") {
            return Some(start?..at);
        }
        at += line.len();
        if marks("ANCHOR:") {
            start = Some(at);
        }
    }
    start.map(|start| start..text.len())
}

fn is_anchor(line: &str) -> bool {
    line.contains("ANCHOR:") || line.contains("ANCHOR_END:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read() {
        let text = "{{< include a.md >}} `{{#include b.rs:2:3}}` {{#include c.rs:name}} {{< other x.md >}} {{#title T}}";
        assert_eq!(wanted(text), ["a.md", "b.rs", "c.rs"]);
        let part = |inner: &str| directive(inner).expect("a wish").part;
        assert_eq!(part("< include a.md lines=\"2-3\" >"), Part::Lines(2, 3));
        assert_eq!(part("#include b.rs:2:3"), Part::Lines(2, 3));
        assert_eq!(part("#include b.rs::3"), Part::Lines(1, 3));
        assert_eq!(part("#include b.rs:2:"), Part::Lines(2, usize::MAX));
        assert_eq!(part("#include b.rs:x"), Part::Anchor("x".into()));
    }

    #[test]
    fn parts_of_files_are_found() {
        let text = "one\n// ANCHOR: x\ntwo\n// ANCHOR_END: x\nthree";
        assert_eq!(&text[lines_of(text, 3, 3).expect("a line")], "two\n");
        assert_eq!(&text[lines_of(text, 5, 9).expect("a line")], "three");
        assert_eq!(lines_of(text, 6, 6), None);
        assert_eq!(&text[anchored(text, "x").expect("an anchor")], "two\n");
        assert_eq!(anchored(text, "y"), None);
    }
}
