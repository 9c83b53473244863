//! Links, citations and images.

use pulldown_cmark::{Event, LinkType, Tag, TagEnd};

use crate::content::page::Piece;
use crate::diag::{Diagnostic, Span};

use super::attributes::{self, Kind};
use super::{Range, Writer, masks, references};

/// The image that is open.
pub(super) struct OpenImage {
    /// The address; `None` where there is none that may be used.
    to: Option<String>,
    title: String,
    alt: String,
    span: Span,
    /// How many images are open inside it.
    depth: usize,
}

impl Writer<'_> {
    pub(super) fn start_link(&mut self, kind: LinkType, to: &str, title: &str, keys: &str, range: Range) {
        let span = self.span(range.clone());
        match kind {
            LinkType::ShortcutUnknown | LinkType::CollapsedUnknown => {
                self.citing = true;
                self.cite(range);
            }
            LinkType::ReferenceUnknown => {
                self.citing = true;
                self.diagnostics.push(
                    Diagnostic::error(span, format!("a citation has no text of its own: `[{keys}]`"))
                        .hint("write the text before it, outside the brackets"),
                );
            }
            LinkType::Email => self.open_link(format!("mailto:{to}"), title, span),
            LinkType::WikiLink { has_pothole } => {
                // Without a text of its own the link shows the title of what it leads to.
                self.citing = !has_pothole;
                self.piece(Piece::Wiki { to: to.to_owned(), bare: !has_pothole, span });
            }
            LinkType::Inline
            | LinkType::Reference
            | LinkType::Collapsed
            | LinkType::Shortcut
            | LinkType::Autolink => self.open_link(to.to_owned(), title, span),
        }
    }

    /// The address that stands for a shortcode, as in Hugo's `[text]({{< relref "page.md" >}})`.
    fn address(&mut self, to: String, span: Span) -> Option<String> {
        if !to.contains(masks::is_mask) {
            return Some(to);
        }
        let found = self.masks.shortcodes.range(span.range()).next().map(|(_, found)| found.inner.clone());
        let inner = found.map_or("", |inner| &self.text[inner]);
        let read = attributes::parse(inner).unwrap_or_default();
        let mut words = read.into_iter().filter_map(|attribute| match attribute.kind {
            Kind::Word(word) | Kind::Pair(_, word) => Some(word),
            Kind::Class(_) | Kind::Id(_) => None,
        });
        match words.next().as_deref() {
            Some("ref" | "relref") => words.next(),
            _ => {
                let fault = Diagnostic::error(span, "this shortcode is no address");
                self.diagnostics
                    .push(fault.hint("in the place of an address stands only `{{< ref \"page.md\" >}}`"));
                None
            }
        }
    }

    fn open_link(&mut self, to: String, title: &str, span: Span) {
        let Some(to) = self.address(to, span) else { return self.push("<a>") };
        if self.is_refused(&to, span) {
            // The text stays readable; there is nothing to lead to.
            self.push("<a>");
        } else {
            self.piece(Piece::Link { to, title: title.to_owned(), span });
        }
    }

    /// `[@one; @two]`, each key at its own place.
    fn cite(&mut self, range: Range) {
        let mut cited = Vec::new();
        let source = &self.text[range.clone()];
        let inner = source.find('[').map_or(0, |at| at + 1)..source.find(']').unwrap_or(source.len());
        let mut at = range.start + inner.start;
        for part in source[inner].split(';') {
            let key = part.trim();
            let start = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            match key.strip_prefix('@').filter(|key| is_key(key)) {
                Some(name) if references::named(name).is_some() => {
                    let span = self.span(start..start + 1 + name.len());
                    if let Some((page, label)) = references::named(name) {
                        let page = page.map(str::to_owned);
                        self.piece(Piece::Reference { page, label: label.to_owned(), span });
                    }
                }
                Some(key) => {
                    let span = self.span(start + 1..start + 1 + key.len());
                    cited.push(self.body.citations.len());
                    self.body.citations.push((key.to_owned(), span));
                }
                None => {
                    let span = self.span(start..start + key.len());
                    self.diagnostics.push(
                        Diagnostic::error(span, format!("`{key}` is no citation"))
                            .hint("write citations as `[@key]` or `[@one; @two]`"),
                    );
                }
            }
        }
        if !cited.is_empty() {
            self.piece(Piece::Cite(cited));
        }
    }

    /// Whether a link has no address, or one that runs code in the reader's browser: both are faults.
    fn is_refused(&mut self, to: &str, span: Span) -> bool {
        if to.trim().is_empty() && self.reading.dialect.extensions {
            self.diagnostics.push(Diagnostic::error(span, "this link has no address"));
            return true;
        }
        let bare: String = to.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let scheme = bare.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        let Some(scheme @ ("javascript" | "data" | "vbscript")) = scheme.as_deref() else { return false };
        self.diagnostics.push(Diagnostic::error(span, format!("links may not use `{scheme}:`")));
        true
    }

    pub(super) fn start_image(&mut self, kind: LinkType, to: &str, title: &str, range: Range) {
        let span = self.span(range);
        let unknown = matches!(
            kind,
            LinkType::ShortcutUnknown | LinkType::CollapsedUnknown | LinkType::ReferenceUnknown
        );
        if unknown {
            self.diagnostics.push(
                Diagnostic::error(span, "a citation is no picture")
                    .hint("remove the `!` before it, or put a space between them"),
            );
        }
        let refused = unknown || self.is_refused(to, span);
        let to = (!refused).then(|| to.to_owned());
        self.image = Some(OpenImage { to, title: title.to_owned(), alt: String::new(), span, depth: 0 });
    }

    /// What stands between the brackets of an image: only its words count.
    pub(super) fn in_image(&mut self, event: Event<'_>, range: Range) {
        let place = self.span(range);
        let Some(image) = &mut self.image else { return };
        match event {
            Event::Text(words) | Event::InlineMath(words) | Event::DisplayMath(words) => {
                image.alt.push_str(&words);
            }
            Event::Code(code) => {
                if code.starts_with("{python}") {
                    self.diagnostics
                        .push(Diagnostic::error(place, "an alternative text cannot hold an inline value"));
                }
                image.alt.push_str(&code);
            }
            Event::SoftBreak | Event::HardBreak => image.alt.push(' '),
            Event::InlineHtml(html) | Event::Html(html) => self.raw_html(&html, place.range()),
            Event::Start(Tag::Image { .. }) => image.depth += 1,
            Event::End(TagEnd::Image) if image.depth > 0 => image.depth -= 1,
            Event::End(TagEnd::Image) => {
                if let Some(OpenImage { to: Some(to), title, alt, span, .. }) = self.image.take() {
                    let alt = alt.trim().to_owned();
                    self.piece(Piece::Image { to, alt, title, span, figure: false, label: None });
                }
            }
            Event::Start(_) | Event::End(_) => {}
            Event::FootnoteReference(_) | Event::Rule | Event::TaskListMarker(_) => {}
        }
    }
}

/// Whether BibTeX would take this as an entry's key.
fn is_key(key: &str) -> bool {
    !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || "@,{}\\\"#%~'()=".contains(c))
}
