//! Markdown to pieces, in one pass that cannot fail.
//!
//! What is final becomes HTML at once; what needs more than the page (cells, links, formulas, code to
//! highlight) becomes a piece of its own. Raw HTML is off: it is a fault, and shown as text.

mod caption;
mod cjk;
mod code;
mod headings;
mod links;
mod notes;
mod words;

pub use caption::caption;

use pulldown_cmark::{Alignment, BlockQuoteKind, BrokenLink, CodeBlockKind, CowStr, Event, Options, Parser};
use pulldown_cmark::{Tag, TagEnd};

use crate::diag::{Diagnostic, FileId, Parsed, Span};
use crate::snippet::cell::{Cell, Inline};

use super::html::escape;
use super::page::{Heading, Piece};
use super::slug::Slugs;

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
}

type Range = std::ops::Range<usize>;

/// Reads `text[from..]`; places count from the start of `text`.
pub fn parse(text: &str, from: usize, file: FileId) -> Parsed<Body> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST;
    // `[@key]` looks like a link whose definition is missing.
    let mut citation = |link: BrokenLink<'_>| {
        link.reference.trim_start().starts_with('@').then(|| (CowStr::from(""), CowStr::from("")))
    };
    let parser = Parser::new_with_broken_link_callback(&text[from..], options, Some(&mut citation));
    let mut writer = Writer::new(text, file);
    for (event, range) in parser.into_offset_iter() {
        writer.event(event, range.start + from..range.end + from);
    }
    writer.finish()
}

struct Writer<'a> {
    text: &'a str,
    file: FileId,
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
    table: Table,
    notes: notes::Notes,
}

#[derive(Default)]
struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

impl<'a> Writer<'a> {
    fn new(text: &'a str, file: FileId) -> Self {
        Self {
            text,
            file,
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
            table: Table::default(),
            notes: notes::Notes::default(),
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range) {
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
            Event::HardBreak => self.push("<br>\n"),
            Event::Rule => self.push("<hr>\n"),
            Event::TaskListMarker(done) => {
                let checked = if done { " checked" } else { "" };
                self.push(&format!("<input type=\"checkbox\" disabled{checked}> "));
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range) {
        match tag {
            Tag::Paragraph => self.push("<p>"),
            Tag::Heading { level, id, classes, attrs } => {
                let names = attrs.iter().map(|(name, _)| name.as_ref()).collect::<Vec<_>>();
                self.start_heading(level as u8, id.as_deref(), &classes, &names, range);
            }
            Tag::BlockQuote(None) => self.push("<blockquote>\n"),
            Tag::BlockQuote(Some(kind)) => {
                let (name, word) = alert(kind);
                self.push(&format!(
                    "<aside class=\"alert alert-{name}\" role=\"note\"><p class=\"alert-title\">"
                ));
                self.piece(Piece::Word(word));
                self.push("</p>\n");
            }
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
            Tag::Table(alignments) => {
                self.table = Table { alignments, ..Table::default() };
                self.push("<div class=\"table-wrap\"><table>\n");
            }
            Tag::TableHead => {
                self.table.in_head = true;
                self.table.column = 0;
                self.push("<thead><tr>");
            }
            Tag::TableRow => {
                self.table.column = 0;
                self.push("<tr>");
            }
            Tag::TableCell => self.start_field(),
            Tag::Emphasis => self.push("<em>"),
            Tag::Strong => self.push("<strong>"),
            Tag::Strikethrough => self.push("<del>"),
            Tag::Superscript => self.push("<sup>"),
            Tag::Subscript => self.push("<sub>"),
            Tag::Link { link_type, dest_url, title, id } => {
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
            TagEnd::Paragraph => self.push("</p>\n"),
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::BlockQuote(None) => self.push("</blockquote>\n"),
            TagEnd::BlockQuote(Some(_)) => self.push("</aside>\n"),
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
            TagEnd::TableHead => {
                self.table.in_head = false;
                self.push("</tr></thead>\n<tbody>\n");
            }
            TagEnd::TableRow => self.push("</tr>\n"),
            TagEnd::TableCell => self.push(if self.table.in_head { "</th>" } else { "</td>" }),
            TagEnd::Emphasis => self.push("</em>"),
            TagEnd::Strong => self.push("</strong>"),
            TagEnd::Strikethrough => self.push("</del>"),
            TagEnd::Superscript => self.push("</sup>"),
            TagEnd::Subscript => self.push("</sub>"),
            TagEnd::Link => {
                if !std::mem::take(&mut self.citing) {
                    self.push("</a>");
                }
            }
            // An image takes its own end.
            TagEnd::Image | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn start_field(&mut self) {
        let class = match self.table.alignments.get(self.table.column) {
            Some(Alignment::Center) => " class=\"align-center\"",
            Some(Alignment::Right) => " class=\"align-right\"",
            Some(Alignment::Left | Alignment::None) | None => "",
        };
        self.table.column += 1;
        let tag = if self.table.in_head { "th scope=\"col\"" } else { "td" };
        self.push(&format!("<{tag}{class}>"));
    }

    fn raw_html(&mut self, html: &str, range: Range) {
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
        self.write_notes();
        self.body.pieces = self.layers.pop().unwrap_or_default();
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

/// An alert's class, and its title in `ui.toml`.
fn alert(kind: BlockQuoteKind) -> (&'static str, &'static str) {
    match kind {
        BlockQuoteKind::Note => ("note", "alert_note"),
        BlockQuoteKind::Tip => ("tip", "alert_tip"),
        BlockQuoteKind::Important => ("important", "alert_important"),
        BlockQuoteKind::Warning => ("warning", "alert_warning"),
        BlockQuoteKind::Caution => ("caution", "alert_caution"),
    }
}

#[cfg(test)]
mod tests;
