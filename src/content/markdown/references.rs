//! Labels and references: `$$…$$ {#eq-loss}` names a formula, `@eq-loss` refers to it.

use crate::content::page::Piece;
use crate::diag::{Diagnostic, Span};

use super::Writer;

/// What can be referred to, by how its labels start.
const KINDS: [&str; 4] = ["fig", "tbl", "eq", "sec"];

/// Whether `name` can follow the kind in a label.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !name.ends_with('-')
}

/// Whether `label` is one that can be referred to.
pub(super) fn is_label(label: &str) -> bool {
    label.split_once('-').is_some_and(|(kind, name)| KINDS.contains(&kind) && is_name(name))
}

/// The first reference in `text`: its place with the `@`, and its label.
pub(super) fn find(text: &str) -> Option<(usize, &str)> {
    let mut at = 0;
    while let Some(found) = text[at..].find('@').map(|found| at + found) {
        at = found + 1;
        let before = text[..found].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || "@./_".contains(c)) {
            continue;
        }
        let rest = &text[at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        let label = rest[..end].trim_end_matches('-');
        if is_label(label) {
            return Some((found, label));
        }
    }
    None
}

impl Writer<'_> {
    /// Takes `{#label}` from the start of `text`, where a formula or a picture stands before it; returns
    /// what is left.
    pub(super) fn labelled<'t>(&mut self, text: &'t str) -> &'t str {
        let Some(inner) = text.trim_start().strip_prefix("{#") else { return text };
        let Some((label, rest)) = inner.split_once('}') else { return text };
        let (place, expected) = match self.layers.last().and_then(|layer| layer.last()) {
            Some(Piece::Math { display: true, label: None, span, .. }) => (*span, "eq-"),
            Some(Piece::Image { label: None, span, .. }) => (*span, "fig-"),
            _ => return text,
        };
        if !is_label(label) || !label.starts_with(expected) {
            let fault = Diagnostic::error(place, format!("`{label}` cannot be its label"));
            self.diagnostics
                .push(fault.hint(format!("write `{{#{expected}name}}`, of letters, digits and dashes")));
            return rest;
        }
        self.claim("label", label, place);
        if let Some(Piece::Math { label: own, .. } | Piece::Image { label: own, .. }) =
            self.layers.last_mut().and_then(|layer| layer.last_mut())
        {
            *own = Some(label.to_owned());
        }
        rest
    }

    /// Takes the id `name` for something at `span`; a fault where it is taken.
    pub(super) fn claim(&mut self, what: &str, name: &str, span: Span) {
        if !self.slugs.claim(name) {
            let fault = self.taken(what, name, span);
            self.diagnostics.push(fault);
        }
    }
}
