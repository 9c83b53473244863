//! Headings: ids, classes, anchors.

use crate::content::html::escape;
use crate::content::page::{Heading, Piece};
use crate::diag::{Diagnostic, Span};

use super::{Range, Writer};

/// The heading that is open.
pub(super) struct Open {
    level: u8,
    id: Option<String>,
    classes: Vec<String>,
    /// The text without markup.
    pub(super) text: String,
    span: Span,
}

impl Writer<'_> {
    pub(super) fn start_heading<C: AsRef<str>>(
        &mut self,
        level: u8,
        id: Option<&str>,
        classes: &[C],
        attributes: &[&str],
        range: Range,
    ) {
        let end = range.start + self.text[range.clone()].trim_end().len();
        let span = self.span(range.start..end);
        if let Some(name) = attributes.first() {
            self.diagnostics.push(
                Diagnostic::error(span, format!("a heading has no attribute `{name}`"))
                    .hint("between the braces stand an id `#name` and classes `.name`"),
            );
        }
        self.heading = Some(Open {
            level,
            id: id.map(str::to_owned),
            classes: classes.iter().map(|class| class.as_ref().to_owned()).collect(),
            text: String::new(),
            span,
        });
        self.layers.push(Vec::new());
    }

    pub(super) fn end_heading(&mut self) {
        let (Some(heading), Some(pieces)) = (self.heading.take(), self.layers.pop()) else { return };
        if self.is_tab() {
            return self.tab(pieces);
        }
        let Open { level, id, classes, text, span } = heading;
        let text = text.trim().to_owned();
        let given = id.is_some();
        let id = match id {
            Some(id) => {
                if !self.slugs.claim(&id) {
                    self.diagnostics.push(self.taken("id", &id, span));
                }
                id
            }
            None => self.slugs.make(&text),
        };
        let class = if classes.is_empty() {
            String::new()
        } else {
            format!(" class=\"{}\"", escape(&classes.join(" ")))
        };
        if !self.reading.dialect.anchors {
            self.push(&format!("<h{level}>"));
            pieces.into_iter().for_each(|piece| self.piece(piece));
            self.push(&format!("</h{level}>\n"));
            return self.body.headings.push(Heading { level, id, text, span, given });
        }
        self.push(&format!("<h{level} id=\"{}\"{class}>", escape(&id)));
        for piece in pieces {
            self.piece(piece);
        }
        self.push(&format!("<a class=\"anchor\" href=\"#{}\" aria-label=\"", escape(&id)));
        self.piece(Piece::Word("anchor"));
        self.push(&format!("\">#</a></h{level}>\n"));
        self.body.headings.push(Heading { level, id, text, span, given });
    }

    /// The fault of an id or label that something else in the page has.
    pub(super) fn taken(&self, what: &str, name: &str, span: Span) -> Diagnostic {
        let fault = Diagnostic::error(span, format!("the {what} `{name}` is taken already"));
        let cell = self.body.cells.iter().map(|cell| &cell.options).find(|options| options.label == name);
        let heading = self.body.headings.iter().find(|heading| heading.id == name);
        match (cell, heading) {
            (Some(cell), _) => fault.related(cell.label_span, "by this cell"),
            (None, Some(heading)) => fault.related(heading.span, "by this heading"),
            (None, None) => fault.hint("every page has something of that name: choose another"),
        }
    }
}
