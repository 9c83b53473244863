//! Labels and references: `$$…$$ {#eq-loss}` names a formula, `@eq-loss` refers to it, from another page
//! `@training/eq-loss`.

use crate::content::page::Piece;
use crate::diag::{Diagnostic, Span};

use super::{Range, Writer};

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

/// A reference in a text.
pub(super) struct Found<'t> {
    /// Its place, with the `@`.
    pub(super) place: Range,
    /// The page that it names.
    pub(super) page: Option<&'t str>,
    /// Its label.
    pub(super) label: &'t str,
}

/// What `name` refers to, all of it: `fig-loss`, or `bert/fig-loss` with the page that has it.
pub(super) fn named(name: &str) -> Option<(Option<&str>, &str)> {
    match name.rsplit_once('/') {
        Some((page, label)) => (is_path(page) && is_label(label)).then_some((Some(page), label)),
        None => is_label(name).then_some((None, name)),
    }
}

/// Whether `path` can be that of a chapter.
fn is_path(path: &str) -> bool {
    path.split('/').all(|part| !part.is_empty() && part.chars().all(of_folder))
}

fn of_folder(c: char) -> bool {
    c.is_alphanumeric() || "-_".contains(c)
}

/// The reference at the start of `text`, which follows the `@`: the page and the label.
fn start(text: &str) -> Option<(Option<&str>, &str)> {
    let label = |text: &'_ str| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
        text[..end].trim_end_matches('-').len()
    };
    let end = text.find(|c: char| !of_folder(c) && c != '/').unwrap_or(text.len());
    let slash = text[..end].rfind('/').map_or(0, |at| at + 1);
    let far = named(&text[..slash + label(&text[slash..])]);
    far.or_else(|| named(&text[..label(text)]))
}

/// The first reference in `text`.
pub(super) fn find(text: &str) -> Option<Found<'_>> {
    let mut at = 0;
    while let Some(found) = text[at..].find('@').map(|found| at + found) {
        at = found + 1;
        let before = text[..found].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || "@./_".contains(c)) {
            continue;
        }
        if let Some((page, label)) = start(&text[at..]) {
            let length = page.map_or(0, |page| page.len() + 1) + label.len();
            return Some(Found { place: found..at + length, page, label });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_name_a_label_and_maybe_its_page() {
        for (text, expect) in [
            ("see @fig-a.", Some(("@fig-a", None, "fig-a"))),
            ("见@fig-a所示", Some(("@fig-a", None, "fig-a"))),
            ("见@fig-a和/或", Some(("@fig-a", None, "fig-a"))),
            ("in @bert/fig-a, too", Some(("@bert/fig-a", Some("bert"), "fig-a"))),
            ("@language/bert/eq-loss-", Some(("@language/bert/eq-loss", Some("language/bert"), "eq-loss"))),
            ("见@图/tbl-1所示", Some(("@图/tbl-1", Some("图"), "tbl-1"))),
            ("@bert/attention", None),
            ("a@bert/fig-a", None),
            ("@/fig-a", None),
            ("@bert//fig-a", None),
        ] {
            let found = find(text).map(|found| (&text[found.place], found.page, found.label));
            assert_eq!(found, expect, "{text}");
        }
    }
}
