//! Front matter from TOML and YAML: the same keys, the same faults.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::content::layout::Layout;
use crate::content::page::FrontMatter;
use crate::diag::{Diagnostic, Span};

/// What is wrong, and where in the front matter.
pub(super) struct Fault {
    message: String,
    pub(super) place: Range<usize>,
}

impl Fault {
    /// The fault at `span`, with the nearest key that there is.
    pub(super) fn told(self, span: Span) -> Diagnostic {
        let fault = Diagnostic::error(span, self.message.clone());
        let mut quoted = self.message.split('`').skip(1).step_by(2);
        match quoted.next() {
            Some(unknown) if self.message.starts_with("unknown") => fault.did_you_mean(unknown, quoted),
            _ => fault,
        }
    }
}

/// Front matter in TOML.
///
/// # Errors
/// What is wrong with it.
pub(super) fn toml(text: &str, layout: Layout) -> Result<FrontMatter, Fault> {
    let fault = |error: &toml::de::Error| Fault {
        message: error.message().to_owned(),
        place: error.span().unwrap_or(0..0),
    };
    if !layout.is_foreign() {
        return toml::from_str(text).map_err(|error| fault(&error));
    }
    let table: toml::Table = toml::from_str(text).map_err(|error| fault(&error))?;
    let kept = table.into_iter().filter(|(key, _)| is_own(key) || !layout.passes_over(key));
    toml::Value::Table(kept.collect()).try_into().map_err(|error| placed(text, &fault(&error).message, " ="))
}

/// Front matter in YAML.
///
/// # Errors
/// What is wrong with it.
pub(super) fn yaml(text: &str, layout: Layout) -> Result<FrontMatter, Fault> {
    let read: Result<Option<Map<String, Value>>, _> = serde_saphyr::from_str(text);
    let map = read.map_err(|error| {
        let error = error.without_snippet();
        let message = error.to_string();
        let line = error.location().map_or(1, |location| location.line());
        let place = line_of(text, usize::try_from(line).unwrap_or(1));
        Fault { message: message.lines().next().unwrap_or("this is not YAML").to_owned(), place }
    })?;
    let kept = map.unwrap_or_default().into_iter().filter(|(key, _)| is_own(key) || !layout.passes_over(key));
    serde_json::from_value(Value::Object(kept.collect()))
        .map_err(|error| placed(text, &error.to_string(), ":"))
}

/// The keys that Kiln knows.
const OWN: [&str; 9] =
    ["title", "description", "weight", "aliases", "updated", "tags", "draft", "raw-html", "relations"];

fn is_own(key: &str) -> bool {
    OWN.contains(&key)
}

/// The fault `message` at the line of the key that it names, or of the only key that can be meant.
fn placed(text: &str, message: &str, sign: &str) -> Fault {
    let quoted = message.split('`').nth(1).unwrap_or("");
    let starts = |line: &str, key: &str| {
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(sign.trim_start()))
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let misfit = quoted.is_empty()
            && OWN.iter().any(|key| {
                starts(line, key)
                    && message.contains(line[key.len()..].trim_start_matches([' ', ':', '=']).trim())
            });
        if (!quoted.is_empty() && starts(line, quoted)) || misfit {
            let length = if quoted.is_empty() { line.trim_end().len() } else { quoted.len() };
            return Fault { message: message.to_owned(), place: at..at + length };
        }
        at += line.len();
    }
    Fault { message: message.to_owned(), place: 0..0 }
}

/// The bytes of the line with this number, from 1.
fn line_of(text: &str, number: usize) -> Range<usize> {
    let mut at = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index + 1 == number {
            return at..at + line.trim_end().len();
        }
        at += line.len();
    }
    text.len()..text.len()
}
