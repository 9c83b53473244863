//! What stands in the place of marks in the source of a page.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::content::embed;
use crate::content::facts::{FACT, FACTS};
use crate::content::page::{Chapter, Inserted, Page, Piece, Shortcode};
use crate::diag::{FileId, Span};
use crate::render::cite::Works;
use crate::render::index::{BIBLIOGRAPHY, CONCEPT_MAP, GLOSSARY};
use crate::render::links::relative;
use crate::render::models::{self, MODEL};
use crate::render::numbers::{self, Labelled};
use crate::render::page::{inline_value, lists_all, source_of, works};
use crate::render::theme::Words;
use crate::render::{Input, address, concepts, facts, refer, shortcode, terms};
use crate::snippet::bake::Baked;

use super::parts::Shown;
use super::plain::plain;
use super::{REFERENCES, markdown};

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
    works: Works<'a>,
    words: &'a Words,
}

impl<'w, 'a> Around<'w, 'a> {
    pub(super) fn new(input: &'w Input<'a>, page: &'a Page, chapter: Option<&'a Chapter>) -> Self {
        let bakes = chapter.and_then(|chapter| input.bakes.get(&chapter.path));
        let words = input.theme.words(&page.lang);
        Self { input, page, chapter, bakes, numbers: numbers::of(page), works: works(input, page), words }
    }

    /// The cell with this index.
    pub(super) fn shown(&self, index: usize) -> Shown<'a> {
        let cell = &self.page.cells[index];
        let label = &cell.options.label;
        let path = self.chapter.map_or("", |chapter| chapter.path.as_str());
        let baked = self.bakes.and_then(|bakes| bakes.get(label));
        let baked = baked.map(|baked| self.input.wording.put(&self.page.lang, (path, label), baked));
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

    /// The list of the works that the page cites: empty where it cites none, or lists them itself.
    pub(super) fn list(&self) -> String {
        let items = self.works.items().filter(|_| !lists_all(self.page));
        let items =
            items.enumerate().map(|(at, (key, work))| format!("{}. {}\n", at + 1, self.work(key, &work)));
        let items: String = items.collect();
        match items.is_empty() {
            true => items,
            false => format!("## {} {{#{REFERENCES}}}\n\n{items}", self.words.get("references")),
        }
    }

    /// A work of a list, with its address.
    fn work(&self, key: &str, html: &str) -> String {
        let address = self.input.bibliography.link(key).map(|link| format!(" <{link}>"));
        plain(html) + &address.unwrap_or_default()
    }

    /// The citation of the works with these places among the page's.
    fn citation(&self, indices: &[usize], edits: &mut Edits) {
        let cited: Vec<&(String, Span)> = indices.iter().map(|at| &self.page.citations[*at]).collect();
        let (Some((_, first)), Some((_, last))) = (cited.first(), cited.last()) else { return };
        let text = self.input.sources.text(first.file);
        let open = text.get(..first.range().start).and_then(|before| before.rfind('['));
        let close = text.get(last.range().end..).and_then(|after| after.find(']'));
        let (Some(open), Some(close)) = (open, close) else { return };
        let range = open..last.range().end + close + 1;
        // References to figures may stand between the same brackets: then all is as its author wrote it.
        if text[range.clone()].matches('@').count() != cited.len() {
            return;
        }
        let keys: Vec<&str> = cited.iter().map(|(key, _)| key.as_str()).collect();
        let html = self.works.cite_plainly(&keys);
        // What is raised on the page would be a part of its word here.
        let bare = html.contains("<sup>") && !html.contains('[');
        let said = if bare { format!("[{}]", plain(&html)) } else { plain(&html) };
        // Chinese brackets bring their own space.
        let range = match said.starts_with('（') {
            true => {
                let after = &text[range.end..];
                let end = text.len() - after.trim_start_matches(' ').len();
                text[..open].trim_end_matches(' ').len()..end
            }
            false => range,
        };
        edits.put(Span::new(first.file, range), Edit::Put(said));
    }

    /// Numbers of figures, links by name, and citations.
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
                Piece::Cite(indices) => self.citation(indices, edits),
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
                self.works.items().map(|(key, work)| format!("- {}\n", self.work(key, &work))).collect()
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
