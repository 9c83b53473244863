//! The numbers of a page's figures, tables and formulas, by their labels.

use std::collections::BTreeMap;

use crate::content::embed;
use crate::content::page::{Page, Piece};

/// What a label names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Labelled {
    /// A figure with this number.
    Figure(usize),
    /// A table with this number.
    Table(usize),
    /// A formula with this number.
    Equation(usize),
    /// A section with this heading.
    Section(String),
}

/// Everything in `page` that can be referred to. Figures, tables and formulas count from 1, each kind on
/// its own, in the order of the page.
pub(super) fn of(page: &Page) -> BTreeMap<String, Labelled> {
    let mut found = BTreeMap::new();
    let (mut figures, mut tables, mut equations) = (0, 0, 0);
    let next = |count: &mut usize| {
        *count += 1;
        *count
    };
    for piece in &page.body {
        let label: &str = match piece {
            Piece::Image { label: Some(label), .. } | Piece::Math { label: Some(label), .. } => label,
            Piece::Diagram(drawn) => match &drawn.label {
                Some(label) => label,
                None => continue,
            },
            Piece::Cell(index) => &page.cells[*index].options.label,
            Piece::Shortcode(index) => match embed::id(&page.shortcodes[*index]) {
                Some(id) => id,
                None => continue,
            },
            _ => continue,
        };
        let named = match label.split_once('-') {
            Some(("fig", _)) => Labelled::Figure(next(&mut figures)),
            Some(("tbl", _)) => Labelled::Table(next(&mut tables)),
            Some(("eq", _)) => Labelled::Equation(next(&mut equations)),
            _ => continue,
        };
        found.insert(label.to_owned(), named);
    }
    for heading in page.headings.iter().filter(|heading| heading.id.starts_with("sec-")) {
        found.insert(heading.id.clone(), Labelled::Section(heading.text.clone()));
    }
    found
}
