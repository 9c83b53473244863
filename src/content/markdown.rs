//! Markdown to pieces, in one pass that cannot fail.
//!
//! What is final becomes HTML at once; what needs more than the page (cells, links, formulas, code to
//! highlight) becomes a piece of its own. Raw HTML is off: it is a fault, and shown as text.

use std::collections::BTreeMap;

use pulldown_cmark::{
    Alignment, BlockQuoteKind, BrokenLink, CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd,
};

use crate::diag::{Diagnostic, FileId, Parsed, Span};
use crate::snippet::cell::{Cell, Inline};
use crate::snippet::fence::{self, Line};

use super::html::{escape, escape_into};
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

const CITE: &str = "kiln-cite:";

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
        let keys = link.reference.trim();
        keys.starts_with('@').then(|| (CowStr::from(format!("{CITE}{keys}")), CowStr::from("")))
    };
    let parser = Parser::new_with_broken_link_callback(&text[from..], options, Some(&mut citation));
    let mut writer = Writer::new(text, file);
    for (event, range) in parser.into_offset_iter() {
        writer.event(event, range.start + from..range.end + from);
    }
    writer.finish()
}

type Range = std::ops::Range<usize>;

struct Writer<'a> {
    text: &'a str,
    file: FileId,
    body: Body,
    diagnostics: Vec<Diagnostic>,
    slugs: Slugs,
    /// What is being written: the page, and inside it a heading or a footnote.
    layers: Vec<Vec<Piece>>,
    /// The plain text of the heading that is open.
    heading: Option<OpenHeading>,
    /// The alternative text of the image that is open, and where the image is.
    image: Option<(String, Piece)>,
    /// The code block that is open.
    code: Option<OpenCode<'a>>,
    /// Text of the HTML block that is open.
    html: Option<(String, Range)>,
    /// Whether the link that is open is a citation, whose text is replaced.
    citing: bool,
    table: Table,
    /// Footnotes by label, and labels in order of first reference.
    footnotes: BTreeMap<String, Vec<Piece>>,
    references: Vec<(String, Span)>,
    open_footnote: Option<String>,
}

struct OpenHeading {
    level: u8,
    id: Option<String>,
    text: String,
    span: Span,
}

struct OpenCode<'a> {
    info: String,
    fenced: bool,
    lines: Vec<Line<'a>>,
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
            table: Table::default(),
            footnotes: BTreeMap::new(),
            references: Vec::new(),
            open_footnote: None,
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range) {
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
            Event::FootnoteReference(label) => self.footnote_reference(&label, range),
            Event::SoftBreak => self.soft_break(range),
            Event::HardBreak => self.push("<br>\n"),
            Event::Rule => self.push("<hr>\n"),
            Event::TaskListMarker(done) => {
                self.push(if done {
                    "<input type=\"checkbox\" disabled checked> "
                } else {
                    "<input type=\"checkbox\" disabled> "
                });
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range) {
        match tag {
            Tag::Paragraph => self.push("<p>"),
            Tag::Heading { level, id, .. } => {
                let span = self.span(range);
                self.heading = Some(OpenHeading {
                    level: level as u8,
                    id: id.map(|id| id.to_string()),
                    text: String::new(),
                    span,
                });
                self.layers.push(Vec::new());
            }
            Tag::BlockQuote(None) => self.push("<blockquote>\n"),
            Tag::BlockQuote(Some(kind)) => {
                let (name, word) = alert(kind);
                self.push(&format!("<aside class=\"alert alert-{name}\"><p class=\"alert-title\">"));
                self.piece(Piece::Word(word));
                self.push("</p>\n");
            }
            Tag::CodeBlock(kind) => {
                let (info, fenced) = match kind {
                    CodeBlockKind::Fenced(info) => (info.to_string(), true),
                    CodeBlockKind::Indented => (String::new(), false),
                };
                self.code = Some(OpenCode { info, fenced, lines: Vec::new() });
            }
            Tag::HtmlBlock => self.html = Some((String::new(), range)),
            Tag::List(None) => self.push("<ul>\n"),
            Tag::List(Some(1)) => self.push("<ol>\n"),
            Tag::List(Some(first)) => self.push(&format!("<ol start=\"{first}\">\n")),
            Tag::Item => self.push("<li>"),
            Tag::FootnoteDefinition(label) => {
                self.open_footnote = Some(label.to_string());
                self.layers.push(Vec::new());
            }
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
            Tag::TableCell => {
                let class = match self.table.alignments.get(self.table.column) {
                    Some(Alignment::Center) => " class=\"align-center\"",
                    Some(Alignment::Right) => " class=\"align-right\"",
                    Some(Alignment::Left | Alignment::None) | None => "",
                };
                self.table.column += 1;
                self.push(&if self.table.in_head {
                    format!("<th scope=\"col\"{class}>")
                } else {
                    format!("<td{class}>")
                });
            }
            Tag::Emphasis => self.push("<em>"),
            Tag::Strong => self.push("<strong>"),
            Tag::Strikethrough => self.push("<del>"),
            Tag::Superscript => self.push("<sup>"),
            Tag::Subscript => self.push("<sub>"),
            Tag::Link { dest_url, title, .. } => self.link(&dest_url, &title, range),
            Tag::Image { dest_url, title, .. } => {
                let span = self.span(range);
                self.refuse_scheme(&dest_url, span);
                let (to, title) = (dest_url.to_string(), title.to_string());
                self.image = Some((String::new(), Piece::Image { to, alt: String::new(), title, span }));
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
            TagEnd::FootnoteDefinition => {
                if let (Some(label), Some(pieces)) = (self.open_footnote.take(), self.layers.pop()) {
                    self.footnotes.insert(label, pieces);
                }
            }
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
            TagEnd::Image => {
                if let Some((words, Piece::Image { to, title, span, .. })) = self.image.take() {
                    self.piece(Piece::Image { to, alt: words.trim().to_owned(), title, span });
                }
            }
            TagEnd::MetadataBlock(_) => {}
        }
    }

    fn words(&mut self, text: &str, range: Range) {
        if let Some(code) = &mut self.code {
            code.lines.extend(lines(self.text, range));
        } else if let Some((alt, _)) = &mut self.image {
            alt.push_str(text);
        } else if !self.citing {
            if let Some(heading) = &mut self.heading {
                heading.text.push_str(text);
            }
            self.push(&escape(text));
        }
    }

    /// A line break in the source: nothing between two Chinese characters, else a space.
    fn soft_break(&mut self, range: Range) {
        let before = self.text[..range.start].chars().next_back();
        let after = self.text[range.end..].trim_start().chars().next();
        let joined = before.is_some_and(is_cjk) && after.is_some_and(is_cjk);
        self.words(if joined { "" } else { "\n" }, range);
    }

    fn inline_code(&mut self, code: &str, range: Range) {
        if let Some(expression) = code.strip_prefix("{python}") {
            let source = &self.text[range.clone()];
            let skipped = source.find("{python}").map_or(0, |at| at + "{python}".len());
            let blank = source[skipped..].len() - source[skipped..].trim_start().len();
            let start = range.start + skipped + blank;
            let expression = expression.trim().to_owned();
            let code_span = self.span(start..(start + expression.len()).min(range.end));
            if expression.is_empty() {
                self.diagnostics.push(
                    Diagnostic::error(self.span(range), "this inline value has no expression")
                        .hint("write it as `{python} expression` between backticks"),
                );
                return;
            }
            let index = self.body.inlines.len();
            let after = self.body.cells.len();
            self.body.inlines.push(Inline { span: self.span(range), code: expression, code_span, after });
            self.piece(Piece::Inline(index));
            return;
        }
        if let Some((alt, _)) = &mut self.image {
            alt.push_str(code);
            return;
        }
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(code);
        }
        self.push(&format!("<code>{}</code>", escape(code)));
    }

    fn math(&mut self, tex: &str, display: bool, range: Range) {
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(tex);
        }
        let span = self.span(range);
        self.piece(Piece::Math { tex: tex.to_owned(), display, span });
    }

    fn raw_html(&mut self, html: &str, range: Range) {
        let mut rest = html.trim();
        while let Some((_, after)) = rest.strip_prefix("<!--").and_then(|inner| inner.split_once("-->")) {
            rest = after.trim_start();
        }
        if rest.is_empty() {
            return;
        }
        self.diagnostics.push(
            Diagnostic::error(self.span(range), "raw HTML is off")
                .hint("write it in Markdown; to show a tag, put it in backticks"),
        );
        self.push(&escape(html));
    }

    fn link(&mut self, to: &str, title: &str, range: Range) {
        let span = self.span(range);
        if let Some(keys) = to.strip_prefix(CITE) {
            self.citing = true;
            let mut cited = Vec::new();
            for key in keys.split(';') {
                let key = key.trim();
                match key.strip_prefix('@') {
                    Some(key) if !key.is_empty() => {
                        cited.push(self.body.citations.len());
                        self.body.citations.push((key.to_owned(), span));
                    }
                    _ => self.diagnostics.push(
                        Diagnostic::error(span, format!("`{key}` is no citation"))
                            .hint("write citations as `[@key]` or `[@one; @two]`"),
                    ),
                }
            }
            self.piece(Piece::Cite(cited));
            return;
        }
        self.refuse_scheme(to, span);
        self.piece(Piece::Link { to: to.to_owned(), title: title.to_owned(), span });
    }

    /// Links that run code in the reader's browser are refused.
    fn refuse_scheme(&mut self, to: &str, span: Span) {
        let bare: String = to.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let scheme = bare.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        if let Some(scheme @ ("javascript" | "data" | "vbscript")) = scheme.as_deref() {
            self.diagnostics.push(Diagnostic::error(span, format!("links may not use `{scheme}:`")));
        }
    }

    fn footnote_reference(&mut self, label: &str, range: Range) {
        let known = self.references.iter().position(|(seen, _)| seen == label);
        let number = known.unwrap_or_else(|| {
            self.references.push((label.to_owned(), self.span(range)));
            self.references.len() - 1
        }) + 1;
        let id = if known.is_none() { format!(" id=\"fnref-{number}\"") } else { String::new() };
        self.push(&format!("<sup class=\"footnote-ref\"{id}><a href=\"#fn-{number}\">{number}</a></sup>"));
    }

    fn end_heading(&mut self) {
        let (Some(heading), Some(pieces)) = (self.heading.take(), self.layers.pop()) else { return };
        let OpenHeading { level, id, text, span } = heading;
        let text = text.trim().to_owned();
        let id = match id {
            Some(id) => {
                if !self.slugs.claim(&id) {
                    self.diagnostics.push(Diagnostic::error(span, format!("the id `{id}` is taken already")));
                }
                id
            }
            None => self.slugs.make(&text),
        };
        self.push(&format!("<h{level} id=\"{}\">", escape(&id)));
        for piece in pieces {
            self.piece(piece);
        }
        self.push(&format!("<a class=\"anchor\" href=\"#{}\" aria-label=\"", escape(&id)));
        self.piece(Piece::Word("anchor"));
        self.push(&format!("\">#</a></h{level}>\n"));
        self.body.headings.push(Heading { level, id, text, span });
    }

    fn end_code(&mut self, range: Range) {
        let Some(OpenCode { info, fenced, lines }) = self.code.take() else { return };
        let span = self.span(range.clone());
        if fenced && !is_closed(&self.text[range.clone()]) {
            let first = self.text[range.clone()].lines().next().unwrap_or("");
            self.diagnostics.push(
                Diagnostic::error(
                    self.span(range.start..range.start + first.len()),
                    "this fence is never closed",
                )
                .hint("end it with a line of as many backticks as it starts with"),
            );
        } else if fenced && fence::is_cell(&info) {
            let parsed = fence::parse(self.file, span, &info, &lines, self.body.cells.len());
            let cell = parsed.take(&mut self.diagnostics);
            let label = &cell.options.label;
            if !self.slugs.claim(label) {
                let fault = Diagnostic::error(
                    cell.options.label_span,
                    format!("the label `{label}` is taken already"),
                );
                let earlier = self.body.cells.iter().find(|earlier| earlier.options.label == *label);
                self.diagnostics.push(match earlier {
                    Some(earlier) => fault.related(earlier.options.label_span, "by this cell"),
                    None => fault.hint("a heading of this page has it as its id"),
                });
            }
            self.piece(Piece::Cell(self.body.cells.len()));
            self.body.cells.push(cell);
            return;
        }
        let text = lines.iter().fold(String::new(), |text, line| text + line.text + "\n");
        let lang = info.split([' ', ',', '\t']).next().unwrap_or("").to_owned();
        self.piece(Piece::Code { lang, text });
    }

    fn finish(mut self) -> Parsed<Body> {
        if !self.references.is_empty() {
            self.push("<section class=\"footnotes\" aria-label=\"");
            self.piece(Piece::Word("footnotes"));
            self.push("\"><ol>\n");
            for (number, (label, span)) in std::mem::take(&mut self.references).into_iter().enumerate() {
                let number = number + 1;
                self.push(&format!("<li id=\"fn-{number}\">"));
                match self.footnotes.remove(&label) {
                    Some(pieces) => pieces.into_iter().for_each(|piece| self.piece(piece)),
                    // The parser only reports references whose definition it has seen.
                    None => self
                        .diagnostics
                        .push(Diagnostic::error(span, format!("there is no footnote `{label}`"))),
                }
                self.push(&format!("<a class=\"footnote-back\" href=\"#fnref-{number}\">↩</a></li>\n"));
            }
            self.push("</ol></section>\n");
        }
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
                if let Some(layer) = self.layers.last_mut() {
                    layer.push(piece);
                }
            }
        }
    }
}

/// The lines of `text[range]`, without line breaks.
fn lines(text: &str, range: Range) -> impl Iterator<Item = Line<'_>> {
    let mut start = range.start;
    text[range].split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        Line { text: line.trim_end_matches(['\n', '\r']), start: at }
    })
}

/// Whether the last line of a fence closes it.
fn is_closed(fence: &str) -> bool {
    let marks = |line: &str| -> (Option<char>, usize) {
        let line = line.trim_start_matches([' ', '\t', '>']);
        let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'));
        (mark, line.chars().take_while(|c| Some(*c) == mark).count())
    };
    let mut lines = fence.trim_end().lines();
    let open = lines.next().map(marks);
    let close = lines.next_back().map(|line| (marks(line), line));
    match (open, close) {
        (Some((mark, count)), Some(((end, length), line))) => {
            mark.is_some()
                && mark == end
                && length >= count
                && line.trim().trim_start_matches(['>', ' ']).chars().all(|c| Some(c) == mark)
        }
        _ => false,
    }
}

fn alert(kind: BlockQuoteKind) -> (&'static str, &'static str) {
    match kind {
        BlockQuoteKind::Note => ("note", "alert_note"),
        BlockQuoteKind::Tip => ("tip", "alert_tip"),
        BlockQuoteKind::Important => ("important", "alert_important"),
        BlockQuoteKind::Warning => ("warning", "alert_warning"),
        BlockQuoteKind::Caution => ("caution", "alert_caution"),
    }
}

/// Whether a line may be broken beside this character without a space: Han, kana, full-width forms.
fn is_cjk(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
        || "“”‘’…—".contains(c)
}

/// Inline Markdown as HTML: for captions, which may hold emphasis, code and formulas in text form.
pub fn inline(text: &str) -> String {
    let mut html = String::new();
    for event in Parser::new(text) {
        match event {
            Event::Text(text) => escape_into(&text, &mut html),
            Event::Code(code) => {
                html.push_str("<code>");
                escape_into(&code, &mut html);
                html.push_str("</code>");
            }
            Event::Start(Tag::Emphasis) => html.push_str("<em>"),
            Event::End(TagEnd::Emphasis) => html.push_str("</em>"),
            Event::Start(Tag::Strong) => html.push_str("<strong>"),
            Event::End(TagEnd::Strong) => html.push_str("</strong>"),
            Event::SoftBreak | Event::HardBreak => html.push(' '),
            Event::Html(raw) | Event::InlineHtml(raw) => escape_into(&raw, &mut html),
            _ => {}
        }
    }
    html
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
