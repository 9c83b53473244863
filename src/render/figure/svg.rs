//! Writing SVG: short numbers, escaped text, the frame around a drawing.

use std::fmt::Write;

use crate::content::html::escape_into;

use super::text::{self, FONT};

/// Space around a drawing, in pixels.
pub(super) const MARGIN: f64 = 6.0;

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The point is its left end.
    Start,
    /// The point is its middle.
    Middle,
    /// The point is its right end.
    End,
}

/// What a reader who cannot see the drawing is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    /// Unique in the page.
    pub(super) id: &'a str,
    /// What the picture shows, in the author's words.
    pub(super) alt: &'a str,
    /// The figure's own title.
    pub(super) title: &'a str,
    /// The numbers, in no language in particular.
    pub(super) data: &'a str,
}

/// The elements of a drawing, back to front.
#[derive(Debug, Default)]
pub(super) struct Svg {
    body: String,
}

impl Svg {
    /// Adds markup that is already well formed.
    pub(super) fn raw(&mut self, markup: &str) {
        self.body.push_str(markup);
    }

    /// Adds a text whose baseline point is (`x`, `y`); `class` may be empty. No text adds nothing.
    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let _ = write!(self.body, "<text x=\"{}\" y=\"{}\"", num(x), num(y));
        self.finish_text(anchor, class, text);
    }

    /// Adds a text turned by `degrees` (clockwise) around its baseline point (`x`, `y`).
    pub(super) fn turned(&mut self, x: f64, y: f64, degrees: i32, anchor: Anchor, text: &str) {
        let _ = write!(self.body, "<text transform=\"translate({} {})rotate({degrees})\"", num(x), num(y));
        self.finish_text(anchor, "", text);
    }

    fn finish_text(&mut self, anchor: Anchor, class: &str, text: &str) {
        match anchor {
            Anchor::Start => {}
            Anchor::Middle => self.body.push_str(" text-anchor=\"middle\""),
            Anchor::End => self.body.push_str(" text-anchor=\"end\""),
        }
        if !class.is_empty() {
            let _ = write!(self.body, " class=\"{class}\"");
        }
        self.body.push('>');
        escape(text, &mut self.body);
        self.body.push_str("</text>");
    }

    /// Opens a group; `attributes` come as they stand in the tag. [`Svg::close`] closes it.
    pub(super) fn open(&mut self, attributes: &str) {
        let _ = write!(self.body, "<g {attributes}>");
    }

    /// Closes the group opened last.
    pub(super) fn close(&mut self) {
        self.body.push_str("</g>");
    }

    /// Adds the outline `d`; nothing where it is empty.
    pub(super) fn path(&mut self, attributes: &str, d: &str) {
        if !d.is_empty() {
            let _ = write!(self.body, "<path {attributes} d=\"{d}\"/>");
        }
    }

    /// The elements alone, to stand in another drawing.
    pub(super) fn into_body(self) -> String {
        self.body
    }

    /// The whole element, `width` by `height` pixels at natural size.
    ///
    /// A drawing wider than a phone's column carries the class `wide`: it scrolls rather than shrink
    /// until nobody can read it.
    pub(super) fn finish(self, kind: &str, width: f64, height: f64, words: Words<'_>) -> String {
        let (width, height) = (width.ceil(), height.ceil());
        let wide = if width > 540.0 { " wide" } else { "" };
        let (mut id, mut name, mut data) = (String::new(), String::new(), String::new());
        escape(&words.id.replace(char::is_whitespace, "-"), &mut id);
        escape(if words.alt.trim().is_empty() { words.title } else { words.alt }, &mut name);
        escape(words.data, &mut data);
        format!(
            "<svg class=\"fig {kind}{wide}\" role=\"img\" aria-labelledby=\"{id}-t\" aria-describedby=\"{id}-d\" \
             xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
             font-size=\"{FONT}\" fill=\"currentColor\"><title id=\"{id}-t\">{name}</title>\
             <desc id=\"{id}-d\">{data}</desc>{body}</svg>",
            w = num(width),
            h = num(height),
            body = self.body,
        )
    }
}

/// Adds the figure's title at the top and returns the height it takes.
pub(super) fn heading(svg: &mut Svg, title: &str, width: f64) -> f64 {
    if title.is_empty() {
        return 0.0;
    }
    let title = text::fit(title, width / 1.1);
    svg.text(MARGIN, MARGIN + FONT, Anchor::Start, "ti", &title);
    FONT + 12.0
}

/// A coordinate: two decimals at most, no trailing zeros, never `-0`, never not a number.
pub(super) fn num(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "" => "0".to_owned(),
        _ => text.to_owned(),
    }
}

/// Adds `text` escaped, without the control characters that no XML may hold.
pub(super) fn escape(text: &str, out: &mut String) {
    let allowed = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    // A line break or tab in a label is a space.
    let clean: String =
        text.chars().map(|c| if matches!(c, '\n' | '\t' | '\r') { ' ' } else { c }).filter(allowed).collect();
    escape_into(&clean, out);
}
