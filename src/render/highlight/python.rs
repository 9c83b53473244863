//! Python, which most of the code of a site is in: read by the parser that reads the cells.
//!
//! It is a hundred times as fast as a grammar of regular expressions, and knows where `match` is a keyword.
//! What does not parse (sessions with `>>>`, fragments) is left to the grammar.

use std::ops::Range;

use rustpython_ruff_python_ast::token::{Token, TokenKind};
use rustpython_ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use rustpython_ruff_text_size::Ranged;

use crate::snippet::python::is_deep;

/// A stretch of the code and its class.
pub(super) type Region = (Range<usize>, Option<&'static str>);

/// What a bracket stands around.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Arguments, or just an expression.
    Round,
    /// The parameters of a function.
    Parameters,
    /// The classes that a class is made from.
    Bases,
    /// Anything in square or curly brackets.
    Other,
    /// The text of an f-string, in which `\\` may be just that.
    Text { raw: bool },
    /// An expression in an f-string.
    Field,
    /// How an expression in an f-string is written.
    Format,
}

const FUNCTIONS: &str = " __import__ abs aiter all anext any ascii bin breakpoint callable chr compile delattr \
    dir divmod enumerate eval exec filter format getattr globals hasattr hash help hex id input isinstance \
    issubclass iter len locals map max min next oct open ord pow print range repr reversed round setattr \
    sorted sum super vars zip ";
const TYPES: &str = " bool bytearray bytes classmethod complex dict float frozenset int list memoryview object \
    property set slice staticmethod str tuple type ";

/// The names of Python, the languages that are highlighted here.
pub(super) fn is_python(lang: &str) -> bool {
    ["python", "py", "python3", "py3"].iter().any(|name| name.eq_ignore_ascii_case(lang))
}

/// The regions of `code` that have a class, in order; `None` where it does not parse.
pub(super) fn regions(code: &str) -> Option<Vec<Region>> {
    if is_deep(code) {
        return None;
    }
    let parsed = parse_unchecked(code, ParseOptions::from(Mode::Module));
    if !parsed.has_valid_syntax() {
        return None;
    }
    let tokens: &[Token] = parsed.tokens();
    let (inside, regions) = (Vec::new(), Vec::new());
    let mut reader = Reader { code, tokens, inside, next: Inside::Round, regions };
    (0..tokens.len()).for_each(|at| reader.take(at));
    Some(reader.regions)
}

struct Reader<'a> {
    code: &'a str,
    tokens: &'a [Token],
    /// The brackets that are open.
    inside: Vec<Inside>,
    /// What the next round bracket stands around.
    next: Inside,
    regions: Vec<Region>,
}

impl Reader<'_> {
    fn take(&mut self, at: usize) {
        use TokenKind as K;
        let kind = self.tokens[at].kind();
        let range = self.tokens[at].range();
        let range = usize::from(range.start())..usize::from(range.end());
        let top = self.inside.last().copied();
        let class = match kind {
            K::Comment => "c",
            K::Int | K::Float | K::Complex => "n",
            K::True | K::False | K::None | K::Ellipsis => "b",
            K::String => return self.string(at, range),
            K::FStringStart | K::TStringStart => {
                let (letters, raw) = self.letters(&range);
                self.inside.push(Inside::Text { raw });
                self.regions.push((range.start + letters..range.end, Some("s")));
                return;
            }
            K::FStringMiddle | K::TStringMiddle => match top {
                Some(Inside::Text { raw }) => return self.text(range, raw, special_in_f_string),
                _ => "b",
            },
            K::FStringEnd | K::TStringEnd => {
                self.inside.pop();
                "s"
            }
            K::Lpar => {
                self.inside.push(std::mem::replace(&mut self.next, Inside::Round));
                "p"
            }
            K::Lbrace if matches!(top, Some(Inside::Text { .. } | Inside::Format)) => {
                self.inside.push(Inside::Field);
                "p"
            }
            K::Lsqb | K::Lbrace => {
                self.inside.push(Inside::Other);
                "p"
            }
            K::Rpar | K::Rsqb | K::Rbrace => {
                self.inside.pop();
                "p"
            }
            K::Colon if top == Some(Inside::Field) => {
                self.inside.pop();
                self.inside.push(Inside::Format);
                "b"
            }
            K::Exclamation => "k",
            K::Comma | K::Colon | K::Semi | K::Dot | K::Rarrow => "p",
            K::At if self.starts_line(at) => "p",
            K::Name => match self.name(at, range.clone(), top) {
                Some(class) => class,
                None => return,
            },
            K::Newline | K::NonLogicalNewline | K::Indent | K::Dedent | K::EndOfFile => return,
            K::Def => {
                self.next = Inside::Parameters;
                "k"
            }
            K::Class => {
                self.next = Inside::Bases;
                "k"
            }
            kind if kind.is_keyword() => "k",
            _ => "o",
        };
        self.regions.push((range, Some(class)));
    }

    /// The class of the name at `at`, inside of `top`.
    fn name(&self, at: usize, range: Range<usize>, top: Option<Inside>) -> Option<&'static str> {
        use TokenKind as K;
        let name = self.code.get(range)?;
        let (before, after) = (self.before(at), self.kind(at + 1));
        let called = after == Some(K::Lpar);
        let listed = matches!(before, Some(K::Lpar | K::Comma | K::Star | K::DoubleStar | K::Slash));
        match (before, top) {
            (Some(K::Exclamation), _) => return Some("k"),
            (Some(K::Def), _) => return Some("f"),
            (Some(K::Class), _) => return Some("t"),
            (_, Some(Inside::Parameters)) if listed => return Some("v"),
            (_, Some(Inside::Round | Inside::Bases)) if after == Some(K::Equal) => return Some("v"),
            (_, Some(Inside::Bases)) => return Some("t"),
            _ => {}
        }
        if self.is_decorator(at) {
            return Some("a");
        }
        if self.is_of_lambda(at) {
            return Some("v");
        }
        if before == Some(K::Dot) {
            return called.then_some("f");
        }
        if matches!(name, "self" | "cls") {
            return Some("b");
        }
        let known = |names: &str| names.contains(&format!(" {name} "));
        let fault = name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning");
        if known(TYPES) || (fault && name.starts_with(char::is_uppercase)) {
            Some("t")
        } else {
            (called || known(FUNCTIONS)).then_some("f")
        }
    }

    /// Whether the token at `at` is a part of a decorator's name: only names and dots stand between it and
    /// the `@` at the start of the line.
    fn is_decorator(&self, at: usize) -> bool {
        let mut start = at;
        while start > 0 && matches!(self.kind(start - 1), Some(TokenKind::Dot | TokenKind::Name)) {
            start -= 1;
        }
        start > 0 && self.kind(start - 1) == Some(TokenKind::At) && self.starts_line(start - 1)
    }

    /// Whether the name at `at` is a parameter of a lambda.
    fn is_of_lambda(&self, at: usize) -> bool {
        use TokenKind as K;
        if !matches!(self.before(at), Some(K::Lambda | K::Comma | K::Star | K::DoubleStar)) {
            return false;
        }
        // Back to the `lambda`, over defaults but out of no bracket, and past no other colon.
        let mut depth = 0;
        for kind in self.tokens[..at].iter().rev().map(|token| token.kind()) {
            match kind {
                K::Rpar | K::Rsqb | K::Rbrace => depth += 1,
                K::Lpar | K::Lsqb | K::Lbrace if depth == 0 => return false,
                K::Lpar | K::Lsqb | K::Lbrace => depth -= 1,
                K::Lambda if depth == 0 => return true,
                K::Colon | K::Newline if depth == 0 => return false,
                _ => {}
            }
        }
        false
    }

    /// A string: one that is a statement of its own documents something.
    fn string(&mut self, at: usize, range: Range<usize>) {
        use TokenKind as K;
        if self.starts_line(at) && matches!(self.kind(at + 1), Some(K::Newline | K::EndOfFile) | None) {
            return self.regions.push((range, Some("c")));
        }
        let (letters, raw) = self.letters(&range);
        self.text(range.start + letters..range.end, raw, special);
    }

    /// The letters before a string: how many, and whether they make it a raw one.
    fn letters(&mut self, range: &Range<usize>) -> (usize, bool) {
        let text = self.code.get(range.clone()).unwrap_or_default();
        let letters = text.find(['"', '\'']).unwrap_or(0);
        if letters > 0 {
            self.regions.push((range.start..range.start + letters, Some("k")));
        }
        (letters, text[..letters].contains(['r', 'R']))
    }

    /// The text of a string, in which `special` finds what does not stand for itself.
    fn text(
        &mut self,
        range: Range<usize>,
        raw: bool,
        special: fn(&str, bool) -> Option<(usize, &'static str)>,
    ) {
        let (mut from, mut at) = (range.start, range.start);
        while let Some(rest) = self.code.get(at..range.end).filter(|rest| !rest.is_empty()) {
            let Some((length, class)) = special(rest, raw) else {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            };
            if from < at {
                self.regions.push((from..at, Some("s")));
            }
            self.regions.push((at..at + length, Some(class)));
            at += length;
            from = at;
        }
        if from < range.end {
            self.regions.push((from..range.end, Some("s")));
        }
    }

    /// What stands before `at`, comments aside.
    fn before(&self, at: usize) -> Option<TokenKind> {
        let before = self.tokens[..at].iter().rev().map(|token| token.kind());
        before.into_iter().find(|kind| !kind.is_trivia())
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind())
    }

    /// Whether a statement starts at `at`.
    fn starts_line(&self, at: usize) -> bool {
        use TokenKind as K;
        matches!(self.before(at), None | Some(K::Newline | K::Indent | K::Dedent))
    }
}

/// How far `rest` starts with an escape or a place for a value, as `%d`, and its class.
fn special(rest: &str, raw: bool) -> Option<(usize, &'static str)> {
    if let Some(length) = escape(rest).filter(|_| !raw) {
        return Some((length, "n"));
    }
    let after = rest.strip_prefix('%')?;
    let word = after.trim_start_matches(|c: char| c.is_ascii_digit() || "-+#.".contains(c));
    word.starts_with(|c: char| "diouxXeEfFgGcrsa".contains(c)).then(|| (rest.len() - word.len() + 1, "b"))
}

/// The same in an f-string, in which two brackets stand for one.
fn special_in_f_string(rest: &str, raw: bool) -> Option<(usize, &'static str)> {
    if rest.starts_with("{{") || rest.starts_with("}}") {
        return Some((2, "n"));
    }
    escape(rest).filter(|_| !raw).map(|length| (length, "n"))
}

/// The length of the escape at the start of `rest`.
fn escape(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('\\')?;
    let digits = |most: usize, is: fn(&char) -> bool| after.chars().skip(1).take(most).take_while(is).count();
    let hex: fn(&char) -> bool = char::is_ascii_hexdigit;
    let octal: fn(&char) -> bool = |c| ('0'..='7').contains(c);
    let first = after.chars().next()?;
    Some(match first {
        'x' => 2 + digits(2, hex),
        'u' => 2 + digits(4, hex),
        'U' => 2 + digits(8, hex),
        'N' if after.starts_with("N{") => 1 + after.find('}').map_or(1, |end| end + 1),
        '0'..='7' => 2 + digits(2, octal),
        other => 1 + other.len_utf8(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `code` with the class of every region before it, in brackets.
    fn drawn(code: &str) -> String {
        let regions = regions(code).expect("it parses");
        let one = |(range, class): Region| format!("{}[{}]", class.unwrap_or(""), &code[range]);
        regions.into_iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_what_they_are_used_as() {
        for (code, expect) in [
            ("import numpy as np\n", "k[import] k[as]"),
            (
                "def f(self, n: int = 2, *rest): ...\n",
                "k[def] f[f] p[(] v[self] p[,] v[n] p[:] t[int] o[=] n[2] p[,] o[*] v[rest] p[)] p[:] b[...]",
            ),
            (
                "class A(B, k.C, meta=M): pass\n",
                "k[class] t[A] p[(] t[B] p[,] t[k] p[.] t[C] p[,] v[meta] o[=] t[M] p[)] p[:] k[pass]",
            ),
            (
                "@a.b(c=1)\ndef f(): pass\n",
                "p[@] a[a] p[.] a[b] p[(] v[c] o[=] n[1] p[)] k[def] f[f] p[(] p[)] p[:] k[pass]",
            ),
            ("self.x = self.g(len)\n", "b[self] p[.] o[=] b[self] p[.] f[g] p[(] f[len] p[)]"),
            ("m = lambda p, q=1: p @ q\n", "o[=] k[lambda] v[p] p[,] v[q] o[=] n[1] p[:] o[@]"),
            ("x = [f(a, b=c)]\n", "o[=] p[[] f[f] p[(] p[,] v[b] o[=] p[)] p[]]"),
            ("raise ValueError(None)\n", "k[raise] t[ValueError] p[(] b[None] p[)]"),
            (
                "match v:\n    case 1:\n        match = 2  # m\n",
                "k[match] p[:] k[case] n[1] p[:] o[=] n[2] c[# m]",
            ),
            ("x = not a and b is c\n", "o[=] k[not] k[and] k[is]"),
        ] {
            assert_eq!(drawn(code), expect, "{code}");
        }
    }

    #[test]
    fn strings_show_what_does_not_stand_for_itself() {
        for (code, expect) in [
            ("\"\"\"Doc.\"\"\"\nx = 'a\\n'\n", "c[\"\"\"Doc.\"\"\"] o[=] s['a] n[\\n] s[']"),
            ("x = rb'\\d' % 1\n", "o[=] k[rb] s['\\d'] o[%] n[1]"),
            ("x = 'at %5.1f' % y\n", "o[=] s['at ] b[%5.1f] s['] o[%]"),
            (
                "f'{{a}} {x!r:>{w}}\\t'\n",
                "k[f] s['] n[{{] s[a] n[}}] s[ ] p[{] k[!] k[r] b[:] b[>] p[{] p[}] p[}] n[\\t] s[']",
            ),
            ("x = '\\N{EM DASH}\\x41\\101é'\n", "o[=] s['] n[\\N{EM DASH}] n[\\x41] n[\\101] s[é']"),
        ] {
            assert_eq!(drawn(code), expect, "{code}");
        }
    }

    #[test]
    fn what_is_no_python_is_left_to_the_grammar() {
        for code in [">>> 1 + 1\n2\n", "def f(:\n", &"(".repeat(5000)] {
            assert!(regions(code).is_none(), "{code}");
        }
        assert_eq!(regions(""), Some(Vec::new()));
    }
}
