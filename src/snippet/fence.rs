//! A fence to a cell: the info string, the `#|` option lines, the code below them.

use crate::diag::{Diagnostic, FileId, Parsed, Span, closest};

use super::cell::{Cell, CellOptions, Code};

/// Every option, for did-you-mean.
const OPTIONS: [&str; 13] = [
    "label",
    "echo",
    "eval",
    "output",
    "code-fold",
    "code-summary",
    "fig-cap",
    "fig-alt",
    "tbl-cap",
    "error",
    "seed",
    "timeout",
    "tolerance",
];

/// Options that say how a cell runs: they stand where its code does.
const RUNNING: [&str; 5] = ["eval", "error", "seed", "timeout", "tolerance"];

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
    /// Offset of its first byte in the page.
    pub start: usize,
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
        code.lines.push(Span::new(file, line.start..line.start + line.text.len()));
    }
    Parsed { value: Cell { span, options, code }, diagnostics }
}

struct Reader {
    file: FileId,
    options: CellOptions,
    seen: Vec<(String, Span)>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn line(&mut self, line: Line<'_>) {
        let body_at = line.text.find("#|").map_or(0, |at| at + 2);
        let body = &line.text[body_at..];
        if body.trim().is_empty() {
            return;
        }
        let key_at = body_at + (body.len() - body.trim_start().len());
        let Some(colon) = body.find(':') else {
            let span = self.span(line, key_at, line.text.trim_end().len());
            self.fault(
                Diagnostic::error(span, "this option has no value").hint("write it as `#| name: value`"),
            );
            return;
        };
        let key = body[..colon].trim();
        let key_span = self.span(line, key_at, key_at + key.len());
        let raw = &body[colon + 1..];
        let value_at = body_at + colon + 1 + (raw.len() - raw.trim_start().len());
        let value_span = self.span(line, value_at, value_at + raw.trim().len());
        if let Some((_, earlier)) = self.seen.iter().find(|(seen, _)| seen == key) {
            let fault = Diagnostic::error(key_span, format!("the option `{key}` is set twice"));
            let fault = fault.related(*earlier, "first here");
            self.fault(fault);
            return;
        }
        self.seen.push((key.to_owned(), key_span));
        if raw.trim().is_empty() && OPTIONS.contains(&key) {
            self.fault(
                Diagnostic::error(key_span, format!("the option `{key}` has no value"))
                    .hint("write it as `#| name: value`"),
            );
            return;
        }
        self.set(key, key_span, raw.trim(), value_span);
    }

    fn set(&mut self, key: &str, key_span: Span, raw: &str, span: Span) {
        match key {
            "label" => {
                let label = self.text(raw, span);
                if is_label(&label) {
                    self.options.label = label;
                    self.options.label_span = span;
                } else {
                    self.fault(
                        Diagnostic::error(span, format!("`{label}` cannot be a label"))
                            .hint("a label is a letter followed by letters, digits, `-` or `_`"),
                    );
                }
            }
            "echo" => self.options.echo = self.truth(raw, span, true),
            "eval" => self.options.eval = self.truth(raw, span, true),
            "output" => self.options.output = self.truth(raw, span, true),
            "error" => self.options.error = self.truth(raw, span, false),
            "code-fold" => self.options.code_fold = self.truth(raw, span, false),
            "code-summary" => self.options.code_summary = Some(self.text(raw, span)),
            "fig-cap" => self.options.fig_cap = Some(self.text(raw, span)),
            "fig-alt" => self.options.fig_alt = Some(self.text(raw, span)),
            "tbl-cap" => self.options.tbl_cap = Some(self.text(raw, span)),
            "seed" => match raw.parse() {
                Ok(seed) => self.options.seed = seed,
                Err(_) => {
                    self.fault(Diagnostic::error(span, format!("`{raw}` is no seed: a whole number from 0")))
                }
            },
            "timeout" => match raw.parse::<f64>() {
                Ok(seconds) if seconds.is_finite() && seconds > 0.0 => self.options.timeout = Some(seconds),
                _ => self.fault(Diagnostic::error(span, format!("`{raw}` is no number of seconds above 0"))),
            },
            "tolerance" => match raw.parse::<f64>() {
                Ok(bound) if bound.is_finite() && bound >= 0.0 => self.options.tolerance = Some(bound),
                _ => self.fault(Diagnostic::error(span, format!("`{raw}` is no number from 0"))),
            },
            _ => self.fault(
                Diagnostic::error(key_span, format!("there is no option `{key}`"))
                    .did_you_mean(key, OPTIONS)
                    .hint(format!("the options are {}", OPTIONS.join(", "))),
            ),
        }
    }

    /// A cell without code shows another one: it cannot say how that one runs.
    fn check_shared(&mut self) {
        for (key, span) in self.seen.iter().filter(|(key, _)| RUNNING.contains(&key.as_str())) {
            self.diagnostics.push(
                Diagnostic::error(*span, format!("`{key}` says how a cell runs, and this one has no code"))
                    .hint("set it where the code stands, in the page of the other language"),
            );
        }
    }

    fn truth(&mut self, raw: &str, span: Span, otherwise: bool) -> bool {
        match raw {
            "true" => true,
            "false" => false,
            _ => {
                self.fault(Diagnostic::error(span, format!("`{raw}` is neither `true` nor `false`")));
                otherwise
            }
        }
    }

    /// A value as text: quoted with `"` (JSON's escapes) or `'`, or as it stands.
    fn text(&mut self, raw: &str, span: Span) -> String {
        let (read, hint) = match raw.chars().next() {
            Some('"') => (
                serde_json::from_str(raw).ok(),
                "close it with `\"`, and write `\\\"` for a quotation mark inside",
            ),
            Some('\'') => (
                raw[1..]
                    .strip_suffix('\'')
                    .filter(|text| !text.replace("''", "").contains('\''))
                    .map(|text| text.replace("''", "'")),
                "close it with `'`, and write `''` for an apostrophe inside",
            ),
            _ => return raw.to_owned(),
        };
        read.unwrap_or_else(|| {
            self.fault(Diagnostic::error(span, "this text is not closed as it was opened").hint(hint));
            raw.to_owned()
        })
    }

    fn span(&self, line: Line<'_>, from: usize, to: usize) -> Span {
        Span::new(self.file, line.start + from..line.start + to.max(from))
    }

    fn fault(&mut self, fault: Diagnostic) {
        self.diagnostics.push(fault);
    }
}

fn is_label(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sources;

    fn cell(code: &str) -> (Cell, Vec<String>) {
        let mut sources = Sources::default();
        let text = format!("```python run\n{code}```\n");
        let file = sources.add("a.md", text.as_str());
        let mut at = 14;
        let mut lines = Vec::new();
        for line in code.lines() {
            lines.push(Line { text: line, start: at });
            at += line.len() + 1;
        }
        let info = Line { text: "python run", start: 3 };
        let parsed = parse(file, Span::new(file, 0..text.len()), info, &lines, 0);
        let faults = parsed.diagnostics.iter().map(|d| {
            let (line, column) = sources.line_column(file, d.span.expect("a place").start as usize);
            format!("{line}:{column} {} {}", d.message, d.hints.join(" "))
        });
        (parsed.value.clone(), faults.collect())
    }

    #[test]
    fn options_and_code_are_told_apart() {
        let (cell, faults) = cell(
            "#| label: fig-a\n#| fig-cap: \"A \\\"b\\\"\"\n#| echo: false\n#| seed: 7\nx = 1\n#| not: an option\n",
        );
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(cell.options.label, "fig-a");
        assert_eq!(cell.options.fig_cap.as_deref(), Some("A \"b\""));
        assert!(!cell.options.echo);
        assert_eq!(cell.options.seed, 7);
        assert_eq!(cell.code.text, "x = 1\n#| not: an option\n");
        assert_eq!(cell.code.lines.len(), 2);
    }

    #[test]
    fn a_cell_without_code_is_shared() {
        assert!(cell("#| label: a\n").0.is_shared());
        assert!(!cell("#| label: a\n1\n").0.is_shared());
    }

    #[test]
    fn faults_have_their_column() {
        for (code, expect) in [
            ("#| label: a\n#| fig-capp: x\n", "3:4 there is no option `fig-capp` did you mean `fig-cap`?"),
            ("#| label: a\n#| echo: yes\n", "3:10 `yes` is neither"),
            ("#| label: 1a\n", "2:11 `1a` cannot be a label"),
            ("#| label: a\n#| label: b\n", "3:4 the option `label` is set twice"),
            ("#| label: a\n#| fig-cap: \"x\n", "3:13 this text is not closed"),
            ("#| label: a\n#| echo\n", "3:4 this option has no value"),
            ("1\n", "1:1 this cell has no label"),
            ("#| label: a\n#| timeout: -1\n1\n", "3:13 `-1` is no number of seconds"),
            ("#| label: a\n#| seed: -1\n1\n", "3:10 `-1` is no seed"),
            ("#| label: a\n#| fig-cap:\n", "3:4 the option `fig-cap` has no value"),
            ("#| label: a\n#| fig-cap: 'x\n", "3:13 this text is not closed"),
            ("#| lable: a\n", "2:4 there is no option `lable` did you mean `label`?"),
            ("#| label: 图\n", "2:11 `图` cannot be a label"),
            ("#| label: a\n#| seed: 3\n", "3:4 `seed` says how a cell runs"),
            ("\n#| label: a\n\n#| echo: no\n1\n", "5:10 `no` is neither"),
        ] {
            let faults = cell(code).1;
            assert_eq!(faults.len(), 1, "{code:?}: {faults:?}");
            assert!(faults[0].starts_with(expect), "{:?} is not {expect:?}", faults[0]);
        }
    }

    #[test]
    fn every_fault_of_a_cell_is_told() {
        let faults = cell("#| fig-capp: x\n1\n").1;
        assert!(faults[0].starts_with("2:4 there is no option `fig-capp`"), "{faults:?}");
        assert!(faults[1].starts_with("1:1 this cell has no label"), "{faults:?}");
    }

    #[test]
    fn apostrophes_are_doubled_between_apostrophes() {
        let (cell, faults) = cell("#| label: a\n#| fig-cap: 'it''s'\n#| fig-alt: it's\n");
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(cell.options.fig_cap.as_deref(), Some("it's"));
        assert_eq!(cell.options.fig_alt.as_deref(), Some("it's"));
    }

    #[test]
    fn what_is_nearly_a_cell_is_a_fault() {
        let file = Sources::default().add("a.md", "");
        let check = |info: &str, expect: Option<(u32, &str)>| {
            let found = check_info(file, Line { text: info, start: 3 });
            let found = found
                .map(|d| (d.span.expect("a place").start, format!("{} {}", d.message, d.hints.join(" "))));
            match (&found, expect) {
                (None, None) => {}
                (Some((at, text)), Some((start, part))) if *at == start && text.contains(part) => {}
                _ => panic!("{info:?}: {found:?} is not {expect:?}"),
            }
        };
        check("", None);
        check("rust", None);
        check("rust,ignore", None);
        check("python", None);
        check("python runn", Some((10, "did you mean `run`?")));
        check("python title=x", Some((10, "`title=x` means nothing")));
        check("pyhton run", Some((3, "did you mean `python`?")));
        check("Python run", Some((3, "did you mean `python`?")));
        check("rust run", Some((8, "cells are in Python")));
        check("{python} run", Some((3, "a cell starts with")));
        check("rust linenos", Some((8, "`linenos` means nothing after `rust`")));
    }
}
