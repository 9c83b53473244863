//! Shortcodes: `{{< name key="value" >}}` or, as Tera and Zola spell it, `{{ name(key="value") }}`; drawn
//! by a template, or by Kiln itself.

use std::borrow::Cow;

use crate::content::embed;
use crate::content::facts::FACT;
use crate::content::html::escape;
use crate::content::page::{Piece, Shortcode};
use crate::diag::Diagnostic;

use super::attributes::{self, Kind};
use super::{Range, Writer, masks};

impl Writer<'_> {
    /// The words in `text`, some of which stand for shortcodes.
    pub(super) fn with_shortcodes(&mut self, text: &str, range: &Range) {
        let places: Vec<masks::Shortcode> =
            self.masks.shortcodes.range(range.clone()).map(|(_, found)| found.clone()).collect();
        let mut places = places.into_iter();
        let mut rest = text;
        while let Some(at) = rest.find(masks::is_mask) {
            self.referring(&rest[..at]);
            let Some(found) = places.next() else { return };
            self.shortcode(&found);
            // The mask is as long as what it stands for.
            rest = rest.get(at + found.whole.len()..).unwrap_or("");
        }
        self.referring(rest);
    }

    fn shortcode(&mut self, found: &masks::Shortcode) {
        if self.include(found) {
            return;
        }
        // mdBook's `{{#title …}}`: a title stands in front matter here.
        if self.text[found.whole.clone()].starts_with("{{#title") {
            return;
        }
        // Hugo's `{{</* name */>}}` shows what would be a shortcode.
        let shown = self.text[found.inner.clone()].trim();
        if let Some(shown) = shown.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/")) {
            return self.push(&format!("{{{{&lt; {} &gt;}}}}", escape(shown.trim())));
        }
        let inner = spelled(&self.text[found.whole.clone()], &self.text[found.inner.clone()]);
        let read = attributes::parse(&inner).unwrap_or_else(|place| {
            let span = self.span(found.inner.start + place.start..found.inner.start + place.end);
            self.diagnostics.push(Diagnostic::error(span, "this text is not closed as it was opened"));
            Vec::new()
        });
        let mut read = read.into_iter();
        let span = self.span(found.whole.clone());
        let name = match read.next().map(|attribute| attribute.kind) {
            Some(Kind::Word(name)) => name,
            _ => {
                let fault = Diagnostic::error(span, "this shortcode has no name");
                self.diagnostics.push(fault.hint("write it as `{{< name key=\"value\" >}}`"));
                return;
            }
        };
        let mut shortcode =
            Shortcode { name, arguments: Vec::new(), words: Vec::new(), span, block: self.is_alone(found) };
        for attribute in read {
            match attribute.kind {
                Kind::Pair(key, value) => shortcode.arguments.push((key, value)),
                Kind::Word(word) => shortcode.words.push(word),
                Kind::Class(name) => shortcode.words.push(format!(".{name}")),
                Kind::Id(name) => shortcode.words.push(format!("#{name}")),
            }
        }
        if let Some(id) = embed::id(&shortcode)
            && !self.slugs.claim(id)
        {
            let fault = self.taken("label", id, span);
            self.diagnostics.push(fault.hint("give what is shown here a name of its own: `id=\"…\"`"));
        }
        if shortcode.name == FACT && (self.heading.is_some() || self.links > 0) {
            let fault = Diagnostic::error(span, "a fact cannot stand in a heading or in a link");
            self.diagnostics.push(fault.hint("it is a link itself, to its source: state it in the text"));
        }
        self.last = None;
        self.piece(Piece::Shortcode(self.body.shortcodes.len()));
        self.body.shortcodes.push(shortcode);
    }

    /// Whether nothing else stands in the lines of `found`.
    fn is_alone(&self, found: &masks::Shortcode) -> bool {
        let before = self.text[..found.whole.start].rsplit('\n').next().unwrap_or("");
        let after = self.text[found.whole.end..].split('\n').next().unwrap_or("");
        before.trim_matches([' ', '>']).is_empty() && after.trim().is_empty()
    }
}

/// The inside of the shortcode `whole` as attributes: of `name(key="value", …` every mark of a call becomes
/// a blank, so that places stay what they are.
fn spelled<'t>(whole: &str, inner: &'t str) -> Cow<'t, str> {
    if whole.starts_with("{{<") || whole.starts_with("{{#") {
        return Cow::Borrowed(inner);
    }
    let (mut quote, mut open) = (None, false);
    let blank = inner.chars().map(|c| {
        match quote {
            Some(mark) if c == mark => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ',' => return ' ',
            None if c == '(' && !open => {
                open = true;
                return ' ';
            }
            _ => {}
        }
        c
    });
    Cow::Owned(blank.collect())
}
