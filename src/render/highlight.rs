//! Source code to HTML with about fifteen classes, which the theme colours.
//!
//! The grammars are syntect's; its own HTML would make code thirteen times longer.

mod lines;
mod python;

use std::sync::OnceLock;

use syntect::easy::ScopeRegionIterator;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};
use syntect::util::LinesWithEndings;

use crate::content::html::{escape, escape_into};

/// Scopes and the class of what has them, the more special first.
const CLASSES: [(&str, &str); 31] = [
    ("comment", "c"),
    ("punctuation.definition.comment", "c"),
    ("markup.inserted", "i"),
    ("markup.deleted", "d"),
    ("constant.character.escape", "n"),
    ("string", "s"),
    ("punctuation.definition.string", "s"),
    ("constant.numeric", "n"),
    ("constant.language", "b"),
    ("constant", "b"),
    ("keyword.operator.logical", "k"),
    ("keyword.operator", "o"),
    ("keyword", "k"),
    ("storage.type.function", "k"),
    ("storage", "k"),
    ("entity.name.function", "f"),
    ("variable.function", "f"),
    ("support.function", "f"),
    ("meta.annotation", "a"),
    ("entity.other.attribute-name", "a"),
    ("entity.name.tag", "g"),
    ("entity.name.class", "t"),
    ("entity.name.type", "t"),
    ("entity.other.inherited-class", "t"),
    ("support.type", "t"),
    ("support.class", "t"),
    ("entity.name", "f"),
    ("variable.parameter", "v"),
    ("variable.language", "b"),
    ("variable.other.member", "v"),
    ("punctuation", "p"),
];

struct Grammars {
    set: SyntaxSet,
    classes: Vec<(Scope, &'static str)>,
}

fn grammars() -> &'static Grammars {
    static GRAMMARS: OnceLock<Grammars> = OnceLock::new();
    GRAMMARS.get_or_init(|| Grammars {
        set: SyntaxSet::load_defaults_newlines(),
        classes: CLASSES
            .iter()
            .filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, *class)))
            .collect(),
    })
}

/// `code` as HTML: escaped, in `<span class="…">` where `lang` has a grammar.
pub(super) fn highlight(code: &str, lang: &str) -> String {
    if let Some(regions) = python::is_python(lang).then(|| python::regions(code)).flatten() {
        return painted(code, &regions, Spans::OverLines).concat();
    }
    let grammar = (!lang.is_empty()).then(|| grammars().set.find_syntax_by_token(lang)).flatten();
    grammar.and_then(|grammar| lines::highlight(code, grammar)).unwrap_or_else(|| escape(code))
}

/// `code` as HTML, of which `regions` have a class, cut after every line: each stands on its own, or a span
/// goes on over several.
fn painted(code: &str, regions: &[python::Region], spans: Spans) -> Vec<String> {
    let (mut lines, mut html, mut open) = (Vec::new(), String::with_capacity(code.len() * 2), None);
    let mut at = 0;
    let end = (code.len()..code.len(), None);
    for (range, class) in regions.iter().chain(std::iter::once(&end)) {
        // White space before a name without a class belongs to what stands before it.
        let gap = &code[at..range.start];
        let (space, rest) = gap.split_at(gap.len() - gap.trim_start().len());
        for (text, class) in [(space, None), (rest, None), (&code[range.clone()], *class)] {
            for piece in text.split_inclusive('\n') {
                paint(piece, class, &mut open, &mut html);
                if spans == Spans::InLines && piece.ends_with('\n') {
                    close(&mut open, &mut html);
                    lines.push(std::mem::take(&mut html));
                }
            }
        }
        at = range.end;
    }
    close(&mut open, &mut html);
    if !html.is_empty() {
        lines.push(html);
    }
    lines
}

/// How far a span may go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spans {
    OverLines,
    InLines,
}

/// Writes `text`, which has this class; `open` is the class of the span that is open.
fn paint(text: &str, class: Option<&'static str>, open: &mut Option<&'static str>, html: &mut String) {
    // White space has no colour: it joins whatever stands before it.
    let class = if text.trim().is_empty() { *open } else { class };
    if class != *open {
        close(open, html);
        if let Some(class) = class {
            html.push_str("<span class=\"");
            html.push_str(class);
            html.push_str("\">");
        }
        *open = class;
    }
    escape_into(text, html);
}

/// Ends the span that is open.
fn close(open: &mut Option<&'static str>, html: &mut String) {
    if open.take().is_some() {
        html.push_str("</span>");
    }
}

/// Each line of `code` as HTML that stands on its own, with its line break.
pub(super) fn by_line(code: &str, lang: &str) -> Vec<String> {
    let plain = || LinesWithEndings::from(code).map(escape).collect::<Vec<String>>();
    if let Some(regions) = python::is_python(lang).then(|| python::regions(code)).flatten() {
        return painted(code, &regions, Spans::InLines);
    }
    let grammar = (!lang.is_empty()).then(|| grammars().set.find_syntax_by_token(lang)).flatten();
    let Some(grammar) = grammar else { return plain() };
    let mut state = State::start(grammar);
    let painted: Option<Vec<String>> = LinesWithEndings::from(code)
        .map(|line| {
            let mut html = String::new();
            state.line(line, &mut html)?;
            close(&mut state.open, &mut html);
            Some(html)
        })
        .collect();
    painted.unwrap_or_else(plain)
}

/// The state of a grammar between two lines.
#[derive(Clone, Debug, PartialEq)]
struct State {
    parse: ParseState,
    stack: ScopeStack,
    /// The class of the span that is open.
    open: Option<&'static str>,
}

impl State {
    /// Before the first line.
    fn start(grammar: &SyntaxReference) -> Self {
        Self { parse: ParseState::new(grammar), stack: ScopeStack::new(), open: None }
    }

    /// Writes `line`, with its line break, to `html`; `None` where the grammar itself is broken.
    fn line(&mut self, line: &str, html: &mut String) -> Option<()> {
        let operations = self.parse.parse_line(line, &grammars().set).ok()?;
        for (text, operation) in ScopeRegionIterator::new(&operations, line) {
            self.stack.apply(operation).ok()?;
            if text.is_empty() {
                continue;
            }
            paint(text, class(&self.stack), &mut self.open, html);
        }
        Some(())
    }
}

fn class(stack: &ScopeStack) -> Option<&'static str> {
    let of = |scope: &Scope| {
        grammars().classes.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, class)| *class)
    };
    stack.as_slice().iter().rev().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_escaped_and_coloured() {
        let html = highlight("def f(x):\n    return \"<\" # why\n", "python");
        assert!(
            html.contains("<span class=\"k\">def</span>") || html.contains("<span class=\"k\">def "),
            "{html}"
        );
        assert!(html.contains("<span class=\"s\">&quot;&lt;&quot;"), "{html}");
        assert!(html.contains("<span class=\"c\"># why"), "{html}");
        assert_eq!(html.matches("<span").count(), html.matches("</span>").count());
    }

    #[test]
    fn lines_stand_on_their_own() {
        for (lang, code) in [("python", "s = '''a\nb'''\nx = 1\n"), ("rust", "/* a\nb */\nfn f() {}\n")] {
            let lines = by_line(code, lang);
            assert_eq!(lines.len(), 3, "{lang}: {lines:?}");
            for line in &lines {
                assert_eq!(line.matches("<span").count(), line.matches("</span>").count(), "{line}");
            }
        }
    }

    #[test]
    fn unknown_languages_are_only_escaped() {
        assert_eq!(highlight("a < b", "klingon"), "a &lt; b");
        assert_eq!(highlight("a < b", ""), "a &lt; b");
    }
}
