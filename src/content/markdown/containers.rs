//! Containers between lines `:::`: callouts, and tabs made of the headings inside them.

use crate::content::html::escape;
use crate::content::page::{Insert, Inserted, Piece};
use crate::diag::{Diagnostic, Span};

use super::attributes::{self, Kind};
use super::{Range, Writer, alerts};

/// The class of a container whose headings become tabs.
const TABS: &str = "panel-tabset";
/// What the classes of callouts start with.
const CALLOUT: &str = "callout-";
/// Every class, for did-you-mean.
const CLASSES: [&str; 6] =
    [TABS, "callout-note", "callout-tip", "callout-important", "callout-warning", "callout-caution"];

/// A container that is open.
pub(super) struct Open {
    kind: Shape,
    span: Span,
    /// How many blocks were open around it.
    depth: usize,
}

enum Shape {
    /// Closed by this HTML.
    Plain(&'static str),
    /// Tabs, and how many there are so far.
    Tabs { number: usize, tabs: usize },
}

impl Writer<'_> {
    /// The line of colons at `range` opens a container, or closes the innermost one.
    pub(super) fn fence(&mut self, inner: Range, range: Range) {
        let span = self.span(range.start..inner.end);
        let info = self.text[inner.clone()].trim();
        if info.is_empty() {
            self.says(span, Inserted::Text(String::new()));
            return match self.containers.pop() {
                Some(open) if open.depth == self.depth => self.close(&open),
                Some(open) => {
                    let fault =
                        Diagnostic::error(span, "this container ends in another block than it starts in");
                    self.diagnostics.push(fault.related(open.span, "it starts here"));
                    self.close(&open);
                }
                None => self.diagnostics.push(
                    Diagnostic::error(span, "there is no container that this line could end")
                        .hint("a container starts with a line such as `::: {.callout-note}`"),
                ),
            };
        }
        let at = inner.start + (self.text[inner.clone()].len() - self.text[inner].trim_start().len());
        let shape = self.open(info, at, span);
        self.containers.push(Open { kind: shape, span, depth: self.depth });
    }

    /// What a line of colons says to those who read the page as Markdown.
    fn says(&mut self, line: Span, what: Inserted) {
        self.body.inserts.push(Insert { span: line, what });
    }

    /// Writes the start of the container that `info`, at offset `at`, asks for.
    fn open(&mut self, info: &str, at: usize, span: Span) -> Shape {
        let (inner, shift) = match info.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
            Some(inner) => (inner, 1),
            None => (info, 0),
        };
        let found = attributes::parse(inner).unwrap_or_else(|place| {
            let span = self.span(at + shift + place.start..at + shift + place.end);
            self.diagnostics.push(Diagnostic::error(span, "this text is not closed as it was opened"));
            Vec::new()
        });
        let (mut class, mut title, mut fold) = (None, None, None);
        for attribute in found {
            let place = at + shift + attribute.place.start..at + shift + attribute.place.end;
            match attribute.kind {
                Kind::Class(name) | Kind::Word(name) if class.is_none() => class = Some((name, place)),
                Kind::Pair(key, value) if key == "title" => title = Some(value),
                Kind::Pair(key, value) if key == "collapse" => fold = Some(value == "false"),
                _ => {
                    let span = self.span(place);
                    let fault = Diagnostic::error(span, "this means nothing to a container");
                    self.diagnostics.push(
                        fault.hint("a container has one class, and may have a `title` and `collapse=true`"),
                    );
                }
            }
        }
        let Some((class, place)) = class else {
            self.diagnostics.push(
                Diagnostic::error(span, "this container does not say what it is")
                    .hint(format!("write one of {} after the colons", CLASSES.join(", "))),
            );
            return Shape::Plain("");
        };
        if class == TABS || class == "tabs" {
            self.tabs += 1;
            self.says(span, Inserted::Text(String::new()));
            self.push("<div class=\"tabs\">\n");
            return Shape::Tabs { number: self.tabs, tabs: 0 };
        }
        let kind = class.strip_prefix(CALLOUT).unwrap_or(&class);
        let Some(kind) = alerts::kind(kind) else {
            let span = self.span(place);
            self.diagnostics.push(
                Diagnostic::error(span, format!("there is no container `{class}`"))
                    .did_you_mean(&class, CLASSES)
                    .hint(format!("there are {}", CLASSES.join(", "))),
            );
            return Shape::Plain("");
        };
        let closing = self.open_alert(kind, fold);
        match title {
            Some(title) => {
                self.says(span, Inserted::Text(format!("**{title}**\n")));
                self.push(&escape(&title));
            }
            None => {
                self.says(span, Inserted::Title(kind.word));
                self.piece(Piece::Word(kind.word));
            }
        }
        self.push(alerts::end_of_title(fold));
        Shape::Plain(closing)
    }

    fn close(&mut self, open: &Open) {
        match open.kind {
            Shape::Plain(html) => self.push(html),
            Shape::Tabs { tabs: 0, .. } => {
                self.diagnostics.push(
                    Diagnostic::error(open.span, "these tabs have no heading")
                        .hint("each heading inside becomes a tab"),
                );
                self.push("</div>\n");
            }
            Shape::Tabs { .. } => self.push("</div></details>\n</div>\n"),
        }
    }

    /// Whether a heading that starts here is the name of a tab.
    pub(super) fn is_tab(&self) -> bool {
        let open = self.containers.last();
        open.is_some_and(|open| matches!(open.kind, Shape::Tabs { .. }) && open.depth == self.depth)
    }

    /// A tab called `name` starts; the one before it ends.
    pub(super) fn tab(&mut self, name: Vec<Piece>) {
        let Some(Open { kind: Shape::Tabs { number, tabs }, .. }) = self.containers.last_mut() else {
            return;
        };
        *tabs += 1;
        let (number, first) = (*number, *tabs == 1);
        if !first {
            self.push("</div></details>\n");
        }
        let open = if first { " open" } else { "" };
        self.push(&format!("<details class=\"tab\" name=\"tabs-{number}\"{open}><summary>"));
        for piece in name {
            self.piece(piece);
        }
        self.push("</summary><div class=\"tab-panel\">\n");
    }

    /// A block ends: so does what was opened inside it.
    pub(super) fn end_containers(&mut self) {
        while self.containers.last().is_some_and(|open| open.depth > self.depth) {
            let Some(open) = self.containers.pop() else { return };
            self.diagnostics.push(
                Diagnostic::error(open.span, "this container is never closed")
                    .hint("end it with a line `:::` in the same list or quotation"),
            );
            self.close(&open);
        }
    }

    /// The text ends.
    pub(super) fn end_all_containers(&mut self) {
        while let Some(open) = self.containers.pop() {
            self.diagnostics.push(
                Diagnostic::error(open.span, "this container is never closed")
                    .hint("end it with a line `:::`"),
            );
            self.close(&open);
        }
    }
}
