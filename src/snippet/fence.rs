//! A fence to a cell: the info string, the `#|` option lines, the code below them.

use crate::diag::{Diagnostic, FileId, Parsed, Span};

use super::cell::{Cell, CellOptions, Code};

/// Every option, for did-you-mean.
const OPTIONS: [&str; 12] = [
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
];

/// Whether the info string of a fence makes it a cell.
pub fn is_cell(info: &str) -> bool {
    let mut words = info.split_whitespace();
    words.next() == Some("python") && words.next() == Some("run")
}

/// A line of a fence and where it starts in the page.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The line without its line break and without the fence's indentation.
    pub text: &'a str,
    /// Offset of its first byte in the page.
    pub start: usize,
}

/// The cell in a fence at `span`; `count` cells stand before it in the page.
pub fn parse(file: FileId, span: Span, info: &str, lines: &[Line<'_>], count: usize) -> Parsed<Cell> {
    let mut diagnostics = Vec::new();
    let opening = Span::new(file, span.range().start..span.range().start + 3);
    if let Some(word) = info.split_whitespace().nth(2) {
        diagnostics.push(
            Diagnostic::error(opening, format!("`{word}` means nothing after `python run`"))
                .hint("options stand in lines `#| name: value` at the top of the cell"),
        );
    }
    let mut reader =
        Reader { file, options: CellOptions::named(String::new(), opening), seen: Vec::new(), diagnostics };
    let head = lines.iter().take_while(|line| line.text.trim_start().starts_with("#|")).count();
    for line in &lines[..head] {
        reader.line(*line);
    }
    let Reader { mut options, mut diagnostics, .. } = reader;
    if options.label.is_empty() {
        if diagnostics.is_empty() {
            diagnostics.push(
                Diagnostic::error(opening, "this cell has no label")
                    .hint("name it with a line `#| label: NAME` at its top"),
            );
        }
        options.label = format!("cell-{}", count + 1);
    }
    let rest = &lines[head..];
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
    seen: Vec<String>,
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
        if self.seen.iter().any(|seen| seen == key) {
            self.fault(Diagnostic::error(key_span, format!("the option `{key}` is set twice")));
            return;
        }
        self.seen.push(key.to_owned());
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
            _ => self.fault(
                Diagnostic::error(key_span, format!("there is no option `{key}`"))
                    .did_you_mean(key, OPTIONS)
                    .hint(format!("the options are {}", OPTIONS.join(", "))),
            ),
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
        let inner = |quote| raw.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
        if raw.starts_with('"') {
            return serde_json::from_str(raw).unwrap_or_else(|_| {
                self.fault(
                    Diagnostic::error(span, "this text is not closed as it was opened")
                        .hint("close it with `\"`, and write `\\\"` for a quotation mark inside"),
                );
                raw.to_owned()
            });
        }
        inner('\'').map_or_else(|| raw.to_owned(), |text| text.replace("''", "'"))
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
        let parsed = parse(file, Span::new(file, 0..text.len()), "python run", &lines, 0);
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
            ("#| label: a\n#| timeout: -1\n", "3:13 `-1` is no number of seconds"),
        ] {
            let faults = cell(code).1;
            assert_eq!(faults.len(), 1, "{code:?}: {faults:?}");
            assert!(faults[0].starts_with(expect), "{:?} is not {expect:?}", faults[0]);
        }
    }
}
