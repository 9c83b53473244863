//! The `#|` lines of a cell.

use crate::diag::{Diagnostic, FileId, Span};

use super::super::cell::{CellOptions, Expect, Fold, InputName};
use super::super::program::Limits;
use super::Line;

/// Every option, in the order in which `kiln fmt` writes them.
pub const OPTIONS: [&str; 22] = [
    "label",
    "echo",
    "eval",
    "include",
    "output",
    "warning",
    "code-fold",
    "code-summary",
    "fig-cap",
    "fig-alt",
    "tbl-cap",
    "error",
    "expect",
    "session",
    "inputs",
    "seed",
    "timeout",
    "memory",
    "max-output",
    "max-lines",
    "tolerance",
    "freeze",
];

/// Options that say how a cell runs: they stand where its code does.
const RUNNING: [&str; 11] = [
    "eval",
    "error",
    "expect",
    "session",
    "inputs",
    "seed",
    "timeout",
    "memory",
    "max-output",
    "tolerance",
    "freeze",
];

/// Takes in one line after the other.
pub(super) struct Reader {
    pub(super) file: FileId,
    /// What the lines said.
    pub(super) options: CellOptions,
    /// Each option by its name as written, and where.
    pub(super) seen: Vec<(String, Span)>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Reader {
    /// Reads `line`, which begins with `#|`.
    pub(super) fn line(&mut self, line: Line<'_>) {
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
                let label = self.name("label", raw, span);
                if !label.is_empty() {
                    self.options.label = label;
                    self.options.label_span = span;
                }
            }
            "echo" => self.options.echo = self.truth(raw, span, true),
            "eval" => self.options.eval = self.truth(raw, span, true),
            "include" => self.options.include = self.truth(raw, span, true),
            "output" => self.options.output = self.truth(raw, span, true),
            "warning" => self.options.warning = self.truth(raw, span, true),
            "freeze" => self.options.freeze = self.truth(raw, span, false),
            "error" => self.options.error = self.truth(raw, span, false),
            "code-fold" => {
                self.options.code_fold = match raw {
                    "show" => Fold::Open,
                    _ if self.truth(raw, span, false) => Fold::Closed,
                    _ => Fold::No,
                }
            }
            "code-summary" => self.options.code_summary = Some(self.text(raw, span)),
            "fig-cap" => self.options.fig_cap = Some(self.text(raw, span)),
            "fig-alt" => self.options.fig_alt = Some(self.text(raw, span)),
            "tbl-cap" => self.options.tbl_cap = Some(self.text(raw, span)),
            "expect" => self.options.expect = self.pattern(raw, span),
            "session" => self.options.session = self.name("session", raw, span),
            "inputs" => self.options.inputs = self.files(raw, span),
            "memory" => match raw.parse() {
                Ok(mebibytes @ 1..) => self.options.memory = Some(mebibytes),
                _ => self.fault(
                    Diagnostic::error(span, format!("`{raw}` is no number of MiB from 1"))
                        .hint("write it without a unit: `#| memory: 2048`"),
                ),
            },
            "max-lines" => match raw.parse() {
                Ok(lines @ 1..) => self.options.max_lines = Some(lines),
                _ => self.fault(Diagnostic::error(span, format!("`{raw}` is no number of lines from 1"))),
            },
            "seed" => match raw.parse() {
                Ok(seed) => self.options.seed = seed,
                Err(_) => {
                    self.fault(Diagnostic::error(span, format!("`{raw}` is no seed: a whole number from 0")))
                }
            },
            "timeout" => match raw.parse().ok().and_then(Limits::seconds) {
                Some(seconds) => self.options.timeout = Some(seconds),
                None => self.fault(Diagnostic::error(
                    span,
                    format!("`{raw}` is no number of seconds above 0 and up to {}", Limits::LONGEST),
                )),
            },
            "max-output" => match raw.parse().ok().and_then(Limits::bytes) {
                Some(bytes) => self.options.max_output = Some(bytes),
                None => self.fault(
                    Diagnostic::error(
                        span,
                        format!("`{raw}` is no number of MiB above 0 and up to {}", Limits::LARGEST),
                    )
                    .hint("write it without a unit: `#| max-output: 0.5` is 512 KiB"),
                ),
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
    pub(super) fn check_shared(&mut self) {
        for (key, span) in self.seen.iter().filter(|(key, _)| RUNNING.contains(&key.as_str())) {
            self.diagnostics.push(
                Diagnostic::error(*span, format!("`{key}` says how a cell runs, and this one has no code"))
                    .hint("set it where the code stands, in the page of the other language"),
            );
        }
    }

    /// A name that is also an anchor; empty where it is none.
    fn name(&mut self, what: &str, raw: &str, span: Span) -> String {
        let name = self.text(raw, span);
        if is_label(&name) {
            return name;
        }
        self.fault(
            Diagnostic::error(span, format!("`{name}` cannot be a {what}"))
                .hint(format!("a {what} is a letter followed by letters, digits, `-` or `_`")),
        );
        String::new()
    }

    fn pattern(&mut self, raw: &str, span: Span) -> Option<Expect> {
        let pattern = self.text(raw, span);
        match regex::Regex::new(&pattern) {
            Ok(_) => Some(Expect { pattern, span }),
            Err(error) => {
                // The last line says what is wrong; those above draw the pattern.
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.fault(
                    Diagnostic::error(span, format!("this is no regular expression: {why}"))
                        .hint("between apostrophes a backslash stands for itself: `#| expect: '\\d+'`"),
                );
                None
            }
        }
    }

    /// Paths of files, with commas between them, in brackets or not.
    fn files(&mut self, raw: &str, span: Span) -> Vec<InputName> {
        let inner = raw.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(raw);
        let mut at = span.start as usize + (inner.as_ptr() as usize - raw.as_ptr() as usize);
        let mut found = Vec::new();
        for part in inner.split(',') {
            let start = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            let place = Span::new(self.file, start..start + part.trim().len());
            let path = self.text(part.trim(), place);
            if path.is_empty() {
                self.fault(
                    Diagnostic::error(place, "an input has no name").hint("write `#| inputs: a.csv, b.npy`"),
                );
                continue;
            }
            found.push(InputName { path, span: place });
        }
        found
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
