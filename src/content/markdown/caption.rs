//! Captions: one line of Markdown.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::content::html::escape_into;

/// A word before the caption, so that no caption starts a list, a heading or a table.
const GUARD: &str = "x";

/// A caption as HTML: emphasis, code, and formulas, which `math` sets. Everything else is text.
pub fn caption(text: &str, math: &mut dyn FnMut(&str) -> String) -> String {
    let mut html = String::new();
    let line = format!("{GUARD} {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
    for event in Parser::new_ext(&line, Options::ENABLE_MATH) {
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => escape_into(&text, &mut html),
            Event::Code(code) => {
                html.push_str("<code>");
                escape_into(&code, &mut html);
                html.push_str("</code>");
            }
            Event::InlineMath(tex) | Event::DisplayMath(tex) => html.push_str(&math(&tex)),
            Event::Start(Tag::Emphasis) => html.push_str("<em>"),
            Event::End(TagEnd::Emphasis) => html.push_str("</em>"),
            Event::Start(Tag::Strong) => html.push_str("<strong>"),
            Event::End(TagEnd::Strong) => html.push_str("</strong>"),
            // One line has no breaks, and no blocks but its paragraph; links lose their address.
            Event::Start(_) | Event::End(_) | Event::SoftBreak | Event::HardBreak | Event::Rule => {}
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }
    html.strip_prefix(GUARD).unwrap_or(&html).trim_start().to_owned()
}
