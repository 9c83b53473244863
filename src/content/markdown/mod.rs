//! Markdown to pieces, in one pass that cannot fail.
//!
//! What is final becomes HTML at once; what needs more than the page (cells, links, formulas, code to
//! highlight) becomes a piece of its own. Raw HTML is off unless a project allows it: it is a fault,
//! and shown as text.

mod alerts;
mod attributes;
mod caption;
mod cjk;
mod code;
mod containers;
mod diagram;
mod dialect;
mod headings;
mod includes;
mod links;
mod listing;
mod masks;
mod notes;
mod numbers;
mod references;
mod shortcodes;
mod tables;
mod terms;
mod words;

pub use caption::caption;
pub use dialect::Dialect;
pub use includes::INCLUDES;
pub(super) use includes::wanted;

use std::collections::BTreeSet;

use pulldown_cmark::{BrokenLink, CodeBlockKind, CowStr, Event, Parser, Tag, TagEnd};

use crate::diag::{Diagnostic, FileId, Parsed, Sources, Span};
use crate::snippet::cell::{Cell, Inline};

use super::glossary::{Matcher, Spellings};
use super::html::escape;
use super::include::Files;
use super::page::{Heading, Insert, Piece, Shortcode};
use super::slug::Slugs;

/// How a page's Markdown is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading<'a> {
    /// Which Markdown it is.
    pub dialect: Dialect,
    /// What finds the terms of the glossary.
    pub terms: Option<&'a Matcher>,
    /// What finds terms that are not written as the glossary writes them.
    pub spelling: Option<&'a Spellings>,
    /// The files that can be included.
    pub files: Option<&'a Files>,
    /// The texts of all files.
    pub sources: Option<&'a Sources>,
}

/// What a body of Markdown holds.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The pieces in order.
    pub pieces: Vec<Piece>,
    /// Every heading.
    pub headings: Vec<Heading>,
    /// Every cell.
    pub cells: Vec<Cell>,
    /// Every inline value.
    pub inlines: Vec<Inline>,
    /// Every citation with its key.
    pub citations: Vec<(String, Span)>,
    /// Every shortcode.
    pub shortcodes: Vec<Shortcode>,
    /// Every use of a term that is explained: the term's id and the text.
    pub terms: Vec<(String, String)>,
    /// What stands in the place of terms in braces and of includes.
    pub inserts: Vec<Insert>,
    /// Where raw HTML stands, in a page that may have it.
    pub raw_html: Vec<Span>,
    /// Where numbers with decimals or percent signs stand in the prose.
    pub numbers: Vec<Span>,
}

impl Body {
    /// Gives back the room that was set aside for more: a build holds all pages at once.
    fn compact(&mut self) {
        for piece in &mut self.pieces {
            if let Piece::Html(html) = piece {
                html.shrink_to_fit();
            }
        }
        self.pieces.shrink_to_fit();
        self.headings.shrink_to_fit();
    }
}

type Range = std::ops::Range<usize>;

/// Reads `text[from..]`; places count from the start of `text`.
pub fn parse<'a>(text: &'a str, from: usize, file: FileId, reading: &Reading<'a>) -> Parsed<Body> {
    let mut writer = Writer::new(text, file, *reading);
    writer.read(from);
    writer.finish()
}

struct Writer<'a> {
    text: &'a str,
    file: FileId,
    reading: Reading<'a>,
    masks: masks::Masks,
    body: Body,
    diagnostics: Vec<Diagnostic>,
    slugs: Slugs,
    /// What is being written: the page, and inside it a heading or footnotes.
    layers: Vec<Vec<Piece>>,
    /// The heading that is open.
    heading: Option<headings::Open>,
    /// The image that is open: all inside it is alternative text.
    image: Option<links::OpenImage>,
    /// The code block that is open.
    code: Option<code::Open>,
    /// Text and place of the HTML block that is open.
    html: Option<(String, Range)>,
    /// Whether the link that is open is a citation, whose text is replaced.
    citing: bool,
    /// The last character that a reader sees before this point of a paragraph.
    last: Option<char>,
    table: tables::Table,
    notes: notes::Notes,
    /// How many blocks are open.
    depth: usize,
    /// How many links are open.
    links: usize,
    containers: Vec<containers::Open>,
    /// How many sets of tabs there are.
    tabs: usize,
    /// What ends each quotation that is open.
    quotes: Vec<&'static str>,
    /// The title of an alert that is being read.
    title: Option<alerts::Title>,
    /// The terms that were used before this point.
    used: BTreeSet<String>,
    /// Where the text stands that is being written.
    here: Range,
    /// The files that include the one that is being read, the outermost first.
    including: Vec<FileId>,
}

impl<'a> Writer<'a> {
    fn new(text: &'a str, file: FileId, reading: Reading<'a>) -> Self {
        Self {
            text,
            file,
            reading,
            masks: masks::Masks::default(),
            body: Body::default(),
            diagnostics: Vec::new(),
            slugs: Slugs::default(),
            layers: vec![Vec::new()],
            heading: None,
            image: None,
            code: None,
            html: None,
            citing: false,
            last: None,
            table: tables::Table::default(),
            notes: notes::Notes::default(),
            depth: 0,
            links: 0,
            containers: Vec::new(),
            tabs: 0,
            quotes: Vec::new(),
            title: None,
            used: BTreeSet::new(),
            here: 0..0,
            including: Vec::new(),
        }
    }

    /// Reads `self.text[from..]`.
    fn read(&mut self, from: usize) {
        let dialect = self.reading.dialect;
        let (masked, masks) = masks::mask(self.text, from, dialect);
        self.masks = masks;
        // `[@key]` looks like a link whose definition is missing.
        let mut citation = |link: BrokenLink<'_>| {
            let cited = dialect.extensions && link.reference.trim_start().starts_with('@');
            cited.then(|| (CowStr::from(""), CowStr::from("")))
        };
        let options = dialect.options();
        let parser = Parser::new_with_broken_link_callback(&masked[from..], options, Some(&mut citation));
        for (event, range) in parser.into_offset_iter() {
            self.event(event, range.start + from..range.end + from);
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range) {
        match event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => {
                self.depth -= 1;
                self.end_containers();
            }
            _ => {}
        }
        if self.image.is_some() {
            return self.in_image(event, range);
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) => self.words(&text, range),
            Event::Code(code) => self.inline_code(&code, range),
            Event::InlineMath(tex) => self.math(&tex, false, range),
            Event::DisplayMath(tex) => self.math(&tex, true, range),
            Event::Html(html) => match &mut self.html {
                Some((text, _)) => text.push_str(&html),
                None => self.raw_html(&html, range),
            },
            Event::InlineHtml(html) => self.raw_html(&html, range),
            Event::FootnoteReference(label) => self.note_reference(&label, range),
            Event::SoftBreak => self.soft_break(range),
            Event::HardBreak => {
                if !self.end_title(true) {
                    self.push("<br>\n");
                }
            }
            Event::Rule => match self.masks.fences.range(range.clone()).next() {
                Some((_, inner)) => self.fence(inner.clone(), range),
                None => self.push("<hr>\n"),
            },
            Event::TaskListMarker(done) => {
                let checked = if done { " checked" } else { "" };
                self.push(&format!("<input type=\"checkbox\" disabled{checked}> "));
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range) {
        match tag {
            // The first line of an alert is its title.
            Tag::Paragraph if self.title.is_some() => {}
            Tag::Paragraph => self.push("<p>"),
            Tag::Heading { level, id, classes, attrs } => {
                let names = attrs.iter().map(|(name, _)| name.as_ref()).collect::<Vec<_>>();
                self.start_heading(level as u8, id.as_deref(), &classes, &names, range);
            }
            Tag::BlockQuote(kind) => self.start_quote(kind, range),
            Tag::CodeBlock(kind) => {
                self.code = Some(match kind {
                    CodeBlockKind::Fenced(info) => code::Open::fenced(&info),
                    CodeBlockKind::Indented => code::Open::indented(),
                });
            }
            Tag::HtmlBlock => self.html = Some((String::new(), range)),
            Tag::List(None) => self.push("<ul>\n"),
            Tag::List(Some(1)) => self.push("<ol>\n"),
            Tag::List(Some(first)) => self.push(&format!("<ol start=\"{first}\">\n")),
            Tag::Item => self.push("<li>"),
            Tag::FootnoteDefinition(label) => self.start_note(&label, range),
            Tag::DefinitionList => self.push("<dl>\n"),
            Tag::DefinitionListTitle => self.push("<dt>"),
            Tag::DefinitionListDefinition => self.push("<dd>"),
            Tag::Table(alignments) => self.start_table(alignments),
            Tag::TableHead => self.start_head(),
            Tag::TableRow => self.start_row(),
            Tag::TableCell => self.start_field(),
            Tag::Emphasis => self.push("<em>"),
            Tag::Strong => self.push("<strong>"),
            Tag::Strikethrough => self.push("<del>"),
            Tag::Superscript => self.push("<sup>"),
            Tag::Subscript => self.push("<sub>"),
            Tag::Link { link_type, dest_url, title, id } => {
                self.links += 1;
                self.start_link(link_type, &dest_url, &title, &id, range);
            }
            Tag::Image { link_type, dest_url, title, .. } => {
                self.start_image(link_type, &dest_url, &title, range);
            }
            Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range) {
        match tag {
            TagEnd::Paragraph => {
                if !self.end_title(false) {
                    self.end_paragraph();
                }
            }
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::BlockQuote(_) => {
                self.end_title(false);
                let end = self.quotes.pop().unwrap_or_default();
                self.push(end);
            }
            TagEnd::CodeBlock => self.end_code(range),
            TagEnd::HtmlBlock => {
                if let Some((text, range)) = self.html.take() {
                    self.raw_html(&text, range);
                }
            }
            TagEnd::List(false) => self.push("</ul>\n"),
            TagEnd::List(true) => self.push("</ol>\n"),
            TagEnd::Item => self.push("</li>\n"),
            TagEnd::FootnoteDefinition => self.end_note(),
            TagEnd::DefinitionList => self.push("</dl>\n"),
            TagEnd::DefinitionListTitle => self.push("</dt>\n"),
            TagEnd::DefinitionListDefinition => self.push("</dd>\n"),
            TagEnd::Table => self.push("</tbody></table></div>\n"),
            TagEnd::TableHead => self.end_head(),
            TagEnd::TableRow => self.end_row(range),
            TagEnd::TableCell => self.end_field(range),
            TagEnd::Emphasis => self.push("</em>"),
            TagEnd::Strong => self.push("</strong>"),
            TagEnd::Strikethrough => self.push("</del>"),
            TagEnd::Superscript => self.push("</sup>"),
            TagEnd::Subscript => self.push("</sub>"),
            TagEnd::Link => {
                self.links -= 1;
                if !std::mem::take(&mut self.citing) {
                    self.push("</a>");
                }
            }
            // An image takes its own end.
            TagEnd::Image | TagEnd::MetadataBlock(_) => {}
        }
    }

    /// A paragraph ends; what stands alone in it and is a block needs no paragraph around it.
    fn end_paragraph(&mut self) {
        let shortcodes = &self.body.shortcodes;
        let Some(layer) = self.layers.last_mut() else { return };
        if let [.., Piece::Html(before), last] = layer.as_mut_slice()
            && before.ends_with("<p>")
        {
            let block = match last {
                Piece::Shortcode(index) => shortcodes[*index].block,
                Piece::Math { display, alone, .. } => {
                    *alone = *display;
                    *display
                }
                Piece::Image { title, label, figure, .. } => {
                    *figure = self.reading.dialect.extensions && (!title.is_empty() || label.is_some());
                    *figure
                }
                _ => false,
            };
            if block {
                return before.truncate(before.len() - "<p>".len());
            }
        }
        if !self.unwrap_paragraph() {
            self.push("</p>\n");
        }
    }

    /// Takes back the start of a paragraph that has nothing in it yet; `false` where it has.
    fn unwrap_paragraph(&mut self) -> bool {
        match self.layers.last_mut().and_then(|layer| layer.last_mut()) {
            Some(Piece::Html(before)) if before.ends_with("<p>") => {
                before.truncate(before.len() - "<p>".len());
                true
            }
            _ => false,
        }
    }

    fn raw_html(&mut self, html: &str, range: Range) {
        if self.reading.dialect.raw_html {
            let span = self.span(range);
            self.body.raw_html.push(span);
            return self.push(html);
        }
        let mut rest = html.trim();
        while let Some((_, after)) = rest.strip_prefix("<!--").and_then(|inner| inner.split_once("-->")) {
            rest = after.trim_start();
        }
        if rest.is_empty() {
            return;
        }
        let first = self.text[range.clone()].lines().next().map_or(0, |line| line.trim_end().len());
        let span = self.span(range.start..range.start + first);
        self.diagnostics.push(if rest.starts_with("<!--") {
            Diagnostic::error(span, "this comment is never closed").hint("end it with `-->`")
        } else {
            Diagnostic::error(span, "raw HTML is off")
                .hint("write it in Markdown; to show a tag, put it in backticks")
        });
        self.push(&escape(html));
    }

    fn finish(mut self) -> Parsed<Body> {
        self.end_all_containers();
        self.write_notes();
        self.body.pieces = self.layers.pop().unwrap_or_default();
        self.body.compact();
        Parsed { value: self.body, diagnostics: self.diagnostics }
    }

    fn span(&self, range: Range) -> Span {
        Span::new(self.file, range)
    }

    fn push(&mut self, html: &str) {
        let Some(layer) = self.layers.last_mut() else { return };
        match layer.last_mut() {
            Some(Piece::Html(before)) => before.push_str(html),
            _ => layer.push(Piece::Html(html.to_owned())),
        }
    }

    fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Html(html) => self.push(&html),
            piece => {
                self.last = None;
                if let Some(layer) = self.layers.last_mut() {
                    layer.push(piece);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
