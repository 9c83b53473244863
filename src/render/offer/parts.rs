//! A page as its author wrote it, cut at its cells, with values, addresses and anchors filled in.

use std::ops::Range;

use crate::content::front_matter;
use crate::content::page::{Chapter, Page, Piece};
use crate::diag::Span;
use crate::render::index::GLOSSARY;
use crate::render::page::{inline_value, source_of};
use crate::render::{Input, numbers, refer, terms};
use crate::snippet::bake::Baked;
use crate::snippet::cell::Cell;

/// A stretch of a page.
pub(in crate::render) enum Part<'a> {
    /// Markdown.
    Text(String),
    /// A cell: as the page shows it, with its code, and what it made.
    Cell(Shown<'a>),
}

/// A cell in a page.
#[derive(Clone, Copy)]
pub(in crate::render) struct Shown<'a> {
    /// The cell in this page.
    pub(in crate::render) cell: &'a Cell,
    /// The cell that holds the code: itself, or its sibling in another language.
    pub(in crate::render) source: &'a Cell,
    /// What it made.
    pub(in crate::render) baked: Option<&'a Baked>,
}

impl Shown<'_> {
    /// Whether readers see the code.
    pub(in crate::render) fn echoes(&self) -> bool {
        let echoes = |cell: &Cell| cell.options.echo && cell.options.include;
        echoes(self.cell) && echoes(self.source)
    }

    /// Whether readers see what it made.
    pub(in crate::render) fn shows(&self) -> bool {
        let shows = |cell: &Cell| cell.options.output && cell.options.include;
        shows(self.cell) && shows(self.source)
    }
}

/// What stands in the place of a stretch of the source.
enum Edit {
    Put(String),
    Cell(usize),
}

/// The parts of `page`, in order.
pub(super) fn parts<'a>(input: &Input<'a>, page: &'a Page, chapter: Option<&'a Chapter>) -> Vec<Part<'a>> {
    let text = input.sources.text(page.file);
    let bakes = chapter.and_then(|chapter| input.bakes.get(&chapter.path));
    let mut parts = Vec::new();
    let mut at = front_matter::parse(text, page.file, input.config.layout).value.1;
    let mut open = String::new();
    for (range, edit) in edits(input, page, chapter) {
        // What stands inside something that was replaced is gone with it.
        if range.start < at || range.end > text.len() {
            continue;
        }
        open.push_str(&text[at..range.start]);
        at = range.end;
        match edit {
            Edit::Put(put) => open.push_str(&put),
            Edit::Cell(index) => {
                parts.push(Part::Text(std::mem::take(&mut open)));
                let cell = &page.cells[index];
                let baked = bakes.and_then(|bakes| bakes.get(&cell.options.label));
                parts.push(Part::Cell(Shown { cell, source: source_of(chapter, cell), baked }));
            }
        }
    }
    open.push_str(&text[at..]);
    parts.push(Part::Text(open));
    parts.retain(|part| !matches!(part, Part::Text(text) if text.trim().is_empty()));
    parts
}

/// Every change to the source of `page`, by place.
fn edits(input: &Input<'_>, page: &Page, chapter: Option<&Chapter>) -> Vec<(Range<usize>, Edit)> {
    let text = input.sources.text(page.file);
    let mut edits: Vec<(Range<usize>, Edit)> = Vec::new();
    let mut put = |span: Span, edit: Edit| {
        if span.file == page.file {
            edits.push((span.range(), edit));
        }
    };
    for (index, cell) in page.cells.iter().enumerate() {
        put(cell.span, Edit::Cell(index));
    }
    for inline in &page.inlines {
        let bakes = chapter.and_then(|chapter| input.bakes.get(&chapter.path));
        let value = inline_value(page, bakes, inline).map(|(_, text)| text.to_owned());
        put(inline.span, Edit::Put(value.unwrap_or_default()));
    }
    for heading in &page.headings {
        let end = Span::new(heading.span.file, heading.span.range().end..heading.span.range().end);
        let written = text.get(heading.span.range()).unwrap_or("");
        // Headings underlined in the next line keep their own form.
        if written.starts_with('#') && !written.ends_with('}') {
            put(end, Edit::Put(format!(" {{#{}}}", heading.id)));
        }
    }
    for shortcode in &page.shortcodes {
        let put_in = match shortcode.name.as_str() {
            GLOSSARY => terms::written(input, &page.lang, shortcode.get("group")),
            _ => String::new(),
        };
        put(shortcode.span, Edit::Put(put_in));
    }
    let numbers = numbers::of(page);
    for piece in &page.body {
        match piece {
            Piece::Reference { label, span } => {
                if let Some(named) = numbers.get(label) {
                    put(*span, Edit::Put(refer::told(named, input.theme.words(&page.lang))));
                }
            }
            Piece::Wiki { to, span, .. } => {
                if let Ok((address, title)) = refer::named(input, page, to, *span) {
                    let written = text.get(span.range()).unwrap_or("");
                    let shown =
                        written.trim_end_matches(']').split_once('|').map_or(&*title, |(_, shown)| shown);
                    put(*span, Edit::Put(format!("[{shown}]({address})")));
                }
            }
            _ => {}
        }
    }
    for piece in &page.body {
        let (Piece::Link { to, span, .. } | Piece::Image { to, span, .. }) = piece else { continue };
        let written = text.get(span.range()).unwrap_or("");
        let target = match piece {
            Piece::Image { .. } => input.targets.picture(page, to, *span, input.sources).map(|asset| {
                crate::render::links::relative(&page.url, &crate::render::address::encode(&asset.path))
            }),
            _ => input.targets.resolve(page, to, *span, input.sources),
        };
        // The address stands in the link, unless the link names it elsewhere.
        let (Some(at), Ok(target)) = (written.rfind(to.as_str()), target) else { continue };
        if !to.is_empty() && target != *to {
            let from = span.range().start + at;
            put(Span::new(span.file, from..from + to.len()), Edit::Put(target));
        }
    }
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    edits
}
