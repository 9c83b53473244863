//! One page: its body from pieces and bakes, its frame from a template.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::content::html::escape;
use crate::content::markdown;
use crate::content::page::{Chapter, Diagram, Page, Piece};
use crate::diag::{Cause, Diagnostic, Span};
use crate::snippet::bake::Baked;
use crate::snippet::cell::{Cell, Inline};
use crate::write::OutFile;

use super::cell::{self, Surroundings};
use super::cite::Works;
use super::context::Context;
use super::facts;
use super::index::BIBLIOGRAPHY;
use super::links::relative;
use super::math::Math;
use super::numbers::{self, Labelled};
use super::size::size;
use super::theme::Words;
use super::{Input, Rendered, address, glue, listing, refer};

/// The body of `page` as HTML, with the files that it refers to.
pub(super) fn body(input: &Input<'_>, page: &Page, chapter: Option<&Chapter>, words: &Words) -> Rendered {
    let root = relative(&page.url, "");
    let mut writer = Writer {
        input,
        page,
        chapter,
        words,
        root: if root == "./" { String::new() } else { root },
        bakes: chapter.and_then(|chapter| input.bakes.get(&chapter.path)),
        math: Math::new(),
        numbers: numbers::of(page),
        works: Rc::new(works(input, page)),
        tips: 0,
        diagrams: 0,
        bound: 0,
        rendered: Rendered::default(),
    };
    let mut pieces = page.body.iter().peekable();
    while let Some(piece) = pieces.next() {
        let start = writer.rendered.html.len();
        writer.piece(piece);
        let Some(Piece::Html(after)) = pieces.peek() else { continue };
        let html = &mut writer.rendered.html;
        writer.bound = match piece {
            Piece::Math { display: false, .. } => glue::bind(html, start, after),
            // Chinese brackets bring their own space, on both sides.
            Piece::Cite(_) if html.ends_with('）') => {
                after.len() - after.trim_start_matches([' ', '\n']).len()
            }
            _ => 0,
        };
    }
    writer.references();
    writer.rendered
}

/// The works that `page` cites and lists: those that it cites and that its facts come from, or all of its language.
pub(super) fn works<'a>(input: &Input<'a>, page: &'a Page) -> Works<'a> {
    let (bibliography, style) = (input.bibliography, input.config.citation_style);
    let cited = page.citations.iter().map(|(key, _)| key.as_str());
    match lists_all(page) {
        // Nobody reads it from top to bottom: authors are easier to find than the order of the chapters.
        true => bibliography.works(cited, input.index.cited(&page.lang), style, &page.lang).by_author(),
        false => bibliography.works(cited, facts::sources(input, page), style, &page.lang),
    }
}

/// Whether `page` lists every work of its language.
pub(super) fn lists_all(page: &Page) -> bool {
    page.shortcodes.iter().any(|shortcode| shortcode.name == BIBLIOGRAPHY)
}

/// A page that is being written.
pub(super) struct Writer<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) page: &'a Page,
    pub(super) chapter: Option<&'a Chapter>,
    pub(super) words: &'a Words,
    /// From the page to the root of the site.
    pub(super) root: String,
    bakes: Option<&'a BTreeMap<String, Baked>>,
    pub(super) math: Math,
    /// What the page's labels name.
    pub(super) numbers: BTreeMap<String, Labelled>,
    /// The works that the page cites and lists.
    pub(super) works: Rc<Works<'a>>,
    /// How many tips the page has.
    pub(super) tips: usize,
    /// How many diagrams the page has.
    diagrams: usize,
    /// How much of the next piece was written with the formula before it.
    bound: usize,
    pub(super) rendered: Rendered,
}

impl Writer<'_> {
    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Html(html) => self.rendered.html.push_str(&html[std::mem::take(&mut self.bound)..]),
            Piece::Word(word) => self.push(&escape(self.words.get(word))),
            Piece::Link { to, title, span } => {
                let targets = self.input.targets;
                match targets.open(self.page, to, title, *span, self.input.sources) {
                    Ok(tag) => self.push(&tag),
                    Err(fault) => self.broken(*fault),
                }
            }
            Piece::Image { to, alt, title, span, figure: false, .. } => self.image(to, alt, title, *span),
            Piece::Image { to, alt, title, span, label, .. } => {
                self.figure("picture", label.as_deref(), Some(title), *span, |writer| {
                    writer.image(to, alt, "", *span);
                });
            }
            Piece::Code { lang, text, listing } => self.push(&listing::listing(lang, text, listing)),
            Piece::Math { tex, display: false, span, .. } => match self.math.convert(tex, false, *span) {
                Ok(html) => self.push(&html),
                Err(fault) => self.rendered.diagnostics.push(*fault),
            },
            Piece::Math { tex, span, label, alone, .. } => self.display(tex, label.as_deref(), *alone, *span),
            Piece::Reference { page, label, span } => self.reference(page.as_deref(), label, *span),
            Piece::Wiki { to, bare, span } => self.wiki(to, *bare, *span),
            Piece::Diagram(drawn) => {
                let Diagram { figure, label, caption, alt, span } = &**drawn;
                self.diagrams += 1;
                let id = format!("diagram-{}", self.diagrams);
                let svg = super::figure::draw(figure, &id, alt);
                self.figure("diagram", label.as_deref(), caption.as_deref(), *span, |writer| {
                    writer.push(&svg)
                });
            }
            Piece::Cell(index) => self.cell(&self.page.cells[*index]),
            Piece::Inline(index) => self.inline_value(*index),
            Piece::Cite(indices) => self.cite(indices),
            Piece::Term(index) => self.term(*index),
            Piece::Shortcode(index) => self.shortcode(*index),
        }
    }

    /// A formula in lines of its own, with its number where it has a label.
    fn display(&mut self, tex: &str, label: Option<&str>, alone: bool, span: Span) {
        let html = match self.math.convert(tex, true, span) {
            Ok(html) => html,
            Err(fault) => return self.rendered.diagnostics.push(*fault),
        };
        // In a paragraph stands only what may stand in one.
        let tag = if alone { "div" } else { "span" };
        let id = label.map(|label| format!(" id=\"{label}\"")).unwrap_or_default();
        let number = label.and_then(|label| self.equation(label));
        let number = number.map(|n| format!("<span class=\"eqn\">({n})</span>")).unwrap_or_default();
        let numbered = if number.is_empty() { "" } else { " numbered" };
        self.push(&format!("<{tag} class=\"math-display{numbered}\"{id}>{html}{number}</{tag}>"));
    }

    /// A figure around what `inside` writes.
    fn figure(
        &mut self,
        class: &str,
        label: Option<&str>,
        caption: Option<&str>,
        span: Span,
        inside: impl FnOnce(&mut Self),
    ) {
        let id = label.map(|label| format!(" id=\"{label}\"")).unwrap_or_default();
        self.push(&format!("<figure class=\"{class}\"{id}>"));
        inside(self);
        let number = label.and_then(|label| match self.numbers.get(label) {
            Some(Labelled::Figure(number)) => Some(*number),
            _ => None,
        });
        let caption = caption.filter(|caption| !caption.is_empty()).map(|caption| self.inline(caption, span));
        if number.is_some() || caption.is_some() {
            let number = number.map(|n| format!("<b>{}\u{a0}{n}</b> ", escape(self.words.get("figure"))));
            let (number, caption) = (number.unwrap_or_default(), caption.unwrap_or_default());
            self.push(&format!("<figcaption>{number}{caption}</figcaption>"));
        }
        self.push("</figure>\n");
    }

    /// A line of Markdown that stands at `span`.
    pub(super) fn inline(&mut self, text: &str, span: Span) -> String {
        let (math, diagnostics) = (&mut self.math, &mut self.rendered.diagnostics);
        markdown::caption(text, &mut |tex| {
            math.convert_in_caption(tex, span).unwrap_or_else(|fault| {
                diagnostics.push(*fault);
                String::new()
            })
        })
    }

    fn image(&mut self, to: &str, alt: &str, title: &str, span: Span) {
        if alt.is_empty() {
            self.rendered.diagnostics.push(
                Diagnostic::error(span, "this picture has no alternative text")
                    .hint("say what it shows to those who cannot see it, between the square brackets")
                    .because(Cause::MissingAlt),
            );
        }
        let file = match self.input.targets.picture(self.page, to, span, self.input.sources) {
            Ok(file) => file,
            Err(fault) => return self.rendered.diagnostics.push(*fault),
        };
        let size = size(&file.bytes);
        let size = size.map(|(width, height)| format!(" width=\"{width}\" height=\"{height}\""));
        let title = (!title.is_empty()).then(|| format!(" title=\"{}\"", escape(title)));
        self.push(&format!(
            "<img src=\"{}\" alt=\"{}\"{}{} loading=\"lazy\" decoding=\"async\">",
            escape(&relative(&self.page.url, &address::encode(&file.path))),
            escape(alt),
            title.unwrap_or_default(),
            size.unwrap_or_default(),
        ));
    }

    fn cell(&mut self, shown: &Cell) {
        let path = self.chapter.map_or("", |chapter| chapter.path.as_str());
        let baked = self.bakes.and_then(|bakes| bakes.get(&shown.options.label));
        let baked =
            baked.map(|baked| self.input.wording.put(&self.page.lang, (path, &shown.options.label), baked));
        self.place(shown, source_of(self.chapter, shown), baked.as_deref(), "");
    }

    /// The cell `shown`, whose code stands in `source`; `origin` says where it comes from, as HTML.
    pub(super) fn place(&mut self, shown: &Cell, source: &Cell, baked: Option<&Baked>, origin: &str) {
        let number = self.numbers.get(&shown.options.label);
        let number = number.map(|named| refer::told(named, self.words));
        if let Some(baked) = baked {
            self.rendered.diagnostics.extend(cell::missing_alt(shown, source, baked));
        }
        let Rendered { html, files, diagnostics, .. } = &mut self.rendered;
        let math = &mut self.math;
        let span = shown.options.label_span;
        let mut around = Surroundings {
            root: &self.root,
            words: self.words,
            number: number.as_deref(),
            origin,
            files: &mut |path, bytes| files.push(OutFile { path, bytes: bytes.to_vec() }),
            math: &mut |tex| {
                let set = math.convert_in_caption(tex, span);
                set.unwrap_or_else(|fault| {
                    diagnostics.push(*fault);
                    String::new()
                })
            },
        };
        html.push_str(&cell::cell(shown, source, baked, &mut around));
    }

    fn inline_value(&mut self, index: usize) {
        // Where there is no value the cell has failed, and that has been said.
        if let Some((label, text)) = inline_value(self.page, self.bakes, &self.page.inlines[index]) {
            let (label, text) = (escape(label), escape(text));
            self.push(&format!("<span class=\"inline-value\" data-cell=\"{label}\">{text}</span>"));
        }
    }

    fn cite(&mut self, indices: &[usize]) {
        let bibliography = self.input.bibliography;
        let mut keys = Vec::new();
        for &index in indices {
            let (key, span) = &self.page.citations[index];
            if bibliography.has(key) {
                keys.push(key.as_str());
            } else if !bibliography.is_broken() {
                self.rendered.diagnostics.push(
                    Diagnostic::error(*span, format!("content/references.bib has no entry `{key}`"))
                        .did_you_mean(key, bibliography.keys()),
                );
            }
        }
        if !keys.is_empty() {
            let works = Rc::clone(&self.works);
            let html = match lists_all(self.page) {
                true => works.cite(&keys, None),
                false => works.cite(&keys, Some(&mut |preview: &str| self.tip(preview))),
            };
            // Chinese brackets bring their own space, and a raised number stands beside its word.
            if html.starts_with('（') || html.contains("<sup>") {
                let trimmed = self.rendered.html.trim_end_matches([' ', '\n']).len();
                self.rendered.html.truncate(trimmed);
            }
            self.push(&html);
        }
    }

    fn references(&mut self) {
        // A page that lists everything lists its own works too.
        if lists_all(self.page) {
            return;
        }
        let list = self.works.list(&|_| None);
        if !list.is_empty() {
            let title = escape(self.words.get("references"));
            self.push(&format!(
                "<section class=\"references\" id=\"references\"><h2>{title}</h2>\n<ol>\n{list}</ol></section>\n"
            ));
        }
    }

    /// A link that leads nowhere: the fault stops the build, the text stays readable.
    fn broken(&mut self, fault: Diagnostic) {
        self.rendered.diagnostics.push(fault);
        self.push("<a>");
    }

    pub(super) fn push(&mut self, html: &str) {
        self.rendered.html.push_str(html);
    }
}

/// The cell that holds the code of `shown`: itself, or its sibling in another language of `chapter`.
pub(super) fn source_of<'a>(chapter: Option<&'a Chapter>, shown: &'a Cell) -> &'a Cell {
    let siblings = chapter.into_iter().flat_map(|chapter| chapter.pages.values());
    siblings
        .flat_map(|page| &page.cells)
        .find(|cell| cell.options.label == shown.options.label && !cell.is_shared())
        .unwrap_or(shown)
}

/// The text of `inline` and the label of the cell after which it was taken, where there is one.
pub(super) fn inline_value<'a>(
    page: &'a Page,
    bakes: Option<&'a BTreeMap<String, Baked>>,
    inline: &Inline,
) -> Option<(&'a str, &'a str)> {
    let before = page.cells[..inline.after].iter().rev();
    before.filter(|cell| cell.options.eval).map(|cell| cell.options.label.as_str()).find_map(|label| {
        let text = bakes?.get(label)?.inline(&inline.code)?;
        Some((label, text))
    })
}

/// The page at `url` in its frame.
///
/// # Errors
/// What is wrong with the template.
pub(super) fn frame(
    input: &Input<'_>,
    template: &str,
    context: &Context<'_>,
    url: &str,
) -> Result<Vec<u8>, Box<Diagnostic>> {
    let fault = |error: &tera::Error| Box::new(input.theme.fault(error, url));
    let context = tera::Context::from_serialize(context).map_err(|error| fault(&error))?;
    input.theme.tera.render(template, &context).map(String::into_bytes).map_err(|error| fault(&error))
}
