//! A whole part of the book on one page, to be printed or kept.

use crate::content::page::{Lang, Page};

use super::{Input, Rendered, page, theme::Words};

/// The address of the print view of the section in the folder `path`, below the root of the site.
pub(super) fn url(input: &Input<'_>, lang: &Lang, path: &str) -> String {
    format!("{}{path}/print/", input.config.folder(lang))
}

/// Whether the section in the folder `path` has a print view in `lang`: the settings ask for them, and
/// there is something to print.
pub(super) fn exists(input: &Input<'_>, lang: &Lang, path: &str) -> bool {
    input.config.print && input.theme.has("print.html") && chapters(input, lang, path).next().is_some()
}

fn chapters<'a>(
    input: &Input<'a>,
    lang: &'a Lang,
    path: &'a str,
) -> impl Iterator<Item = (&'a crate::content::page::Chapter, &'a Page)> {
    let of_part = input.content.chapters.iter().filter(move |chapter| chapter.section == path);
    of_part.filter_map(move |chapter| Some((chapter, chapter.pages.get(lang)?)))
}

/// The chapters of the section in the folder `path`, one after the other, as the body of the page at
/// `url`. What is wrong with them is told of their own pages.
pub(super) fn body(input: &Input<'_>, lang: &Lang, path: &str, url: &str, words: &Words) -> Rendered {
    let mut html = String::new();
    for (at, (chapter, page)) in (1..).zip(chapters(input, lang, path)) {
        // Rendered as if it stood at the address of the print view, so that its links lead on from there.
        let here = Page { url: url.to_owned(), ..page.clone() };
        let text = page::body(input, &here, Some(chapter), words).html;
        html.push_str(&format!(
            "<section class=\"printed\">\n<h2 id=\"c{at}\">{}</h2>\n{}</section>\n",
            crate::content::html::escape(&page.title),
            lowered(&apart(&text, at))
        ));
    }
    Rendered { html, ..Rendered::default() }
}

/// `html` with every heading one level lower: the title of the chapter stands above them.
fn lowered(html: &str) -> String {
    (2..6).rev().fold(html.to_owned(), |html, level| {
        let (from, to) = (level, level + 1);
        html.replace(&format!("<h{from}"), &format!("<h{to}"))
            .replace(&format!("</h{from}>"), &format!("</h{to}>"))
    })
}

/// `html` with ids that no other chapter on the page has. Quotes in text are escaped, so that these are
/// attributes wherever they stand.
fn apart(html: &str, at: usize) -> String {
    const NAMES: [&str; 7] = [
        " id=\"",
        " href=\"#",
        " for=\"",
        " aria-labelledby=\"",
        " aria-describedby=\"",
        " aria-controls=\"",
        "url(#",
    ];
    NAMES.iter().fold(html.to_owned(), |html, name| html.replace(name, &format!("{name}c{at}-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_share_a_page() {
        let html = "<h2 id=\"a\">A<a href=\"#a\">#</a></h2><h3 id=\"b\">B</h3>";
        let expect = "<h3 id=\"c2-a\">A<a href=\"#c2-a\">#</a></h3><h4 id=\"c2-b\">B</h4>";
        assert_eq!(lowered(&apart(html, 2)), expect);
    }
}
