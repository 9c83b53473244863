//! What stands in the place of marks in the source of a page.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::config::CitationStyle;
use crate::content::embed;
use crate::content::facts::{FACT, FACTS};
use crate::content::page::{Chapter, Inserted, Page, Piece, Shortcode};
use crate::diag::{FileId, Span};
use crate::render::index::{BIBLIOGRAPHY, CONCEPT_MAP, GLOSSARY};
use crate::render::links::relative;
use crate::render::models::{self, MODEL};
use crate::render::numbers::{self, Labelled};
use crate::render::page::{inline_value, source_of};
use crate::render::theme::Words;
use crate::render::{Input, address, concepts, facts, refer, shortcode, terms};
use crate::snippet::bake::Baked;

use super::markdown;
use super::parts::Shown;
use super::plain::plain;

/// What stands in the place of a mark.
#[derive(Debug)]
pub(super) enum Edit {
    /// This text.
    Put(String),
    /// This part of another file.
    File(Span),
    /// The cell with this index.
    Cell(usize),
}

/// Every change to the texts that a page is made from, by place.
#[derive(Debug, Default)]
pub(super) struct Edits(BTreeMap<FileId, Vec<(Range<usize>, Edit)>>);

impl Edits {
    fn put(&mut self, span: Span, edit: Edit) {
        self.0.entry(span.file).or_default().push((span.range(), edit));
    }

    /// The changes in `range` of `file`, in order.
    pub(super) fn within(
        &self,
        file: FileId,
        range: Range<usize>,
    ) -> impl Iterator<Item = &(Range<usize>, Edit)> {
        let edits = self.0.get(&file).map_or(&[][..], Vec::as_slice);
        edits.iter().filter(move |(place, _)| place.start >= range.start && place.end <= range.end)
    }
}

/// A page with what its text refers to.
pub(super) struct Around<'w, 'a> {
    input: &'w Input<'a>,
    page: &'a Page,
    chapter: Option<&'a Chapter>,
    bakes: Option<&'a BTreeMap<String, Baked>>,
    numbers: BTreeMap<String, Labelled>,
    words: &'a Words,
}

impl<'w, 'a> Around<'w, 'a> {
    pub(super) fn new(input: &'w Input<'a>, page: &'a Page, chapter: Option<&'a Chapter>) -> Self {
        let bakes = chapter.and_then(|chapter| input.bakes.get(&chapter.path));
        let words = input.theme.words(&page.lang);
        Self { input, page, chapter, bakes, numbers: numbers::of(page), words }
    }

    /// The cell with this index.
    pub(super) fn shown(&self, index: usize) -> Shown<'a> {
        let cell = &self.page.cells[index];
        let label = &cell.options.label;
        let path = self.chapter.map_or("", |chapter| chapter.path.as_str());
        let baked = self.bakes.and_then(|bakes| bakes.get(label));
        let baked = baked.map(|baked| self.input.wording.put(&self.page.lang, path, baked));
        Shown { cell, source: source_of(self.chapter, cell), baked, number: self.number(label) }
    }

    /// What the caption of the figure or table with this label begins with.
    fn number(&self, label: &str) -> Option<String> {
        self.numbers.get(label).map(|named| refer::told(named, self.words))
    }

    /// Every change to the source of the page, by place.
    pub(super) fn edits(&self) -> Edits {
        let mut edits = Edits::default();
        let page = self.page;
        for (index, cell) in page.cells.iter().enumerate() {
            edits.put(cell.span, Edit::Cell(index));
        }
        for inline in &page.inlines {
            let value = inline_value(page, self.bakes, inline).map(|(_, text)| text.to_owned());
            edits.put(inline.span, Edit::Put(value.unwrap_or_default()));
        }
        for insert in &page.inserts {
            edits.put(
                insert.span,
                match &insert.what {
                    Inserted::Text(text) => Edit::Put(text.clone()),
                    Inserted::Title(word) => Edit::Put(format!("**{}**\n", self.words.get(word))),
                    Inserted::File(part) => Edit::File(*part),
                },
            );
        }
        for shortcode in &page.shortcodes {
            edits.put(shortcode.span, Edit::Put(self.drawn(shortcode)));
        }
        self.headings(&mut edits);
        self.references(&mut edits);
        self.addresses(&mut edits);
        for places in edits.0.values_mut() {
            places.sort_by_key(|(range, _)| (range.start, range.end));
            // A file that is included twice has its marks once.
            places.dedup_by(|a, b| a.0 == b.0);
        }
        edits
    }

    /// Anchors of headings.
    fn headings(&self, edits: &mut Edits) {
        for heading in &self.page.headings {
            let span = heading.span;
            let written = self.input.sources.text(span.file).get(span.range()).unwrap_or("");
            // Headings underlined in the next line keep their own form.
            if written.starts_with('#') && !written.ends_with('}') {
                let end = Span::new(span.file, span.range().end..span.range().end);
                edits.put(end, Edit::Put(format!(" {{#{}}}", heading.id)));
            }
        }
    }

    /// Numbers of figures, and links by name.
    fn references(&self, edits: &mut Edits) {
        let (input, page) = (self.input, self.page);
        for piece in &page.body {
            match piece {
                Piece::Reference { page: other, label, span } => {
                    let name = (other.as_deref(), label.as_str());
                    if let Ok(found) = refer::referred(input, page, &self.numbers, name, *span) {
                        let link = format!("[{}]({})", found.text, found.way);
                        edits.put(
                            *span,
                            Edit::Put(if found.way.starts_with('#') { found.text } else { link }),
                        );
                    }
                }
                Piece::Wiki { to, span, .. } => {
                    if let Ok((address, title)) = refer::named(input, page, to, *span) {
                        let written = input.sources.text(span.file).get(span.range()).unwrap_or("");
                        let shown =
                            written.trim_end_matches(']').split_once('|').map_or(&*title, |(_, shown)| shown);
                        edits.put(*span, Edit::Put(format!("[{shown}]({address})")));
                    }
                }
                _ => {}
            }
        }
    }

    /// Where links and pictures lead from the page.
    fn addresses(&self, edits: &mut Edits) {
        let (input, page) = (self.input, self.page);
        for piece in &page.body {
            let (Piece::Link { to, span, .. } | Piece::Image { to, span, .. }) = piece else { continue };
            let written = input.sources.text(span.file).get(span.range()).unwrap_or("");
            let target = match piece {
                Piece::Image { .. } => input
                    .targets
                    .picture(page, to, *span, input.sources)
                    .map(|asset| relative(&page.url, &address::encode(&asset.path))),
                _ => input.targets.resolve(page, to, *span, input.sources),
            };
            // The address stands in the link, unless the link names it elsewhere.
            let (Some(at), Ok(target)) = (written.rfind(to.as_str()), target) else { continue };
            if !to.is_empty() && target != *to {
                let from = span.range().start + at;
                edits.put(Span::new(span.file, from..from + to.len()), Edit::Put(target));
            }
        }
    }

    /// What `shortcode` shows, as Markdown or plain text.
    fn drawn(&self, shortcode: &Shortcode) -> String {
        let (input, page) = (self.input, self.page);
        match shortcode.name.as_str() {
            GLOSSARY => terms::written(input, &page.lang, shortcode.get("group")),
            BIBLIOGRAPHY => {
                let works =
                    input.bibliography.order(&input.index.cited(&page.lang), CitationStyle::AuthorDate);
                let list = works.iter().map(|key| input.bibliography.list(&[key], &page.lang));
                list.map(|work| format!("- {}\n", plain(&work))).collect()
            }
            CONCEPT_MAP => concepts::written(input, &page.lang, self.words),
            embed::NAME => self.embedded(shortcode),
            FACT => facts::text(input, shortcode, &page.lang),
            FACTS => facts::written(input, &page.lang),
            MODEL => models::text(input, shortcode, &page.lang),
            _ => shortcode::template(input, page, shortcode)
                .and_then(Result::ok)
                .map_or(String::new(), |html| plain(&html)),
        }
    }

    /// A cell of another page, with the way to it.
    fn embedded(&self, shortcode: &Shortcode) -> String {
        let Ok(found) = crate::render::embed::find(self.input, self.page, shortcode) else {
            return String::new();
        };
        let number = self.number(&found.shown.options.label);
        let from = self.words.get("cell_from");
        let way = format!("{from} [{}]({})", found.page.title, found.way(&self.page.url));
        let shown = Shown { cell: &found.shown, source: &found.source, baked: found.baked, number };
        format!("{}\n\n{way}", markdown::cell(&shown, self.words).trim_end())
    }
}
