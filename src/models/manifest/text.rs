//! From TOML to entries: syntax and shape. What the values mean is `check`'s.

use std::ops::Range;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::diag::{Diagnostic, FileId, Parsed, Span};

use super::raw::RawEntry;
use super::{Manifest, check};

/// Reads `text`. A fault of TOML itself leaves an empty manifest, because what the rest of the text
/// means is then a guess; every other fault leaves out its entry only.
pub(super) fn parse(text: &str, file: FileId) -> Parsed<Manifest> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let diagnostics = errors.into_iter().map(|error| fault(&error, 0..0, file)).collect();
        return Parsed { value: Manifest::default(), diagnostics };
    }
    let mut diagnostics = Vec::new();
    let mut manifest = Manifest::default();
    for (key, value) in root.into_inner() {
        let at = key.span();
        if key.get_ref() != "model" {
            diagnostics.push(
                Diagnostic::error(Span::new(file, at), format!("unknown key `{}`", key.get_ref()))
                    .did_you_mean(key.get_ref(), ["model"])
                    .hint("models.toml holds `[[model]]` entries only"),
            );
            continue;
        }
        let DeValue::Array(models) = value.into_inner() else {
            diagnostics.push(
                Diagnostic::error(Span::new(file, at), "`model` is one table")
                    .hint("write `[[model]]`, with two brackets"),
            );
            continue;
        };
        for model in models {
            if let Some(entry) = entry(model, file, &mut diagnostics) {
                manifest.entries.push(entry);
            }
        }
    }
    check::unique_ids(&mut manifest.entries, &mut diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    Parsed { value: manifest, diagnostics }
}

fn entry(
    model: Spanned<DeValue<'_>>,
    file: FileId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<super::Entry> {
    let header = model.span();
    match RawEntry::deserialize(ValueDeserializer::from(model)) {
        Ok(raw) => check::entry(raw, Span::new(file, header), diagnostics),
        Err(error) => {
            diagnostics.push(fault(&error, header, file));
            None
        }
    }
}

/// A TOML or serde error as a diagnostic; serde's list of known fields becomes a did-you-mean.
fn fault(error: &toml::de::Error, fallback: Range<usize>, file: FileId) -> Diagnostic {
    let span = Span::new(file, error.span().unwrap_or(fallback));
    let message = error.message();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.starts_with("unknown field"), quoted.split_first()) {
        (true, Some((word, known))) => Diagnostic::error(span, format!("unknown field `{word}`"))
            .did_you_mean(word, known.iter().copied())
            .hint(format!("known fields: {}", known.join(", "))),
        _ => Diagnostic::error(span, message.replace('\n', " ")),
    }
}
