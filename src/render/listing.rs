//! A block of code that is shown but not run.

use std::fmt::Write;

use crate::content::html::escape;
use crate::content::page::Listing;

use super::highlight::{by_line, highlight};

/// `text` as HTML: highlighted, with numbers and marks where the author asked for them.
pub(super) fn listing(lang: &str, text: &str, how: &Listing) -> String {
    let lang_of = |attribute: &str, prefix: &str| match lang {
        "" => String::new(),
        lang => format!(" {attribute}=\"{prefix}{}\"", escape(lang)),
    };
    let numbered = if how.numbers.is_some() { " numbered" } else { "" };
    let mut html = String::new();
    if let Some(name) = &how.filename {
        let _ = write!(
            html,
            "<figure class=\"listing\"><figcaption class=\"filename\">{}</figcaption>",
            escape(name)
        );
    }
    let _ = write!(
        html,
        "<pre class=\"code{numbered}\"{}><code{}>{}</code></pre>",
        lang_of("data-lang", ""),
        lang_of("class", "lang-"),
        code(lang, text, how)
    );
    html.push_str(if how.filename.is_some() { "</figure>\n" } else { "\n" });
    html
}

fn code(lang: &str, text: &str, how: &Listing) -> String {
    if how.numbers.is_none() && how.highlight.is_empty() {
        return highlight(text, lang);
    }
    let mut html = String::new();
    for (index, line) in by_line(text, lang).into_iter().enumerate() {
        let marked = how.highlight.iter().any(|lines| lines.contains(&(index + 1)));
        let class = if marked { "line hl" } else { "line" };
        let number = how.numbers.map(|first| format!(" data-n=\"{}\"", first + index)).unwrap_or_default();
        let _ = write!(html, "<span class=\"{class}\"{number}>{line}</span>");
    }
    html
}
