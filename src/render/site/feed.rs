//! A feed in each language (Atom, RFC 4287): the pages that changed last.

use std::fmt::Write;

use crate::config::Language;
use crate::content::page::Page;
use crate::render::Input;

use super::{written, xml};

/// So many pages are in a feed.
const MOST: usize = 50;

/// The address of the feed of `language` below the root.
pub(super) fn path(input: &Input<'_>, language: &Language) -> String {
    format!("{}atom.xml", input.config.folder(&language.tag))
}

/// The feed, newest page first; `None` where nobody knows when a page changed.
pub(super) fn feed(input: &Input<'_>, base: &str, language: &Language) -> Option<String> {
    let dated = written(input, language).filter_map(|page| Some((input.updated(page)?, page)));
    let mut pages: Vec<(&str, &Page)> = dated.collect();
    pages.sort_by(|a, b| b.0.cmp(a.0).then_with(|| a.1.url.cmp(&b.1.url)));
    pages.truncate(MOST);
    let newest = pages.first()?.0;
    let lang = &language.tag;
    let title = input.config.title.get(lang).map_or("", String::as_str);
    let home = xml::address(&format!("{base}/{}", input.config.folder(lang)));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{lang}\">\n\
         <title>{title}</title>\n<id>{home}</id>\n<updated>{newest}T00:00:00Z</updated>\n\
         <author><name>{title}</name></author>\n<link rel=\"alternate\" type=\"text/html\" href=\"{home}\"/>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{own}\"/>\n",
        lang = xml::text(&lang.0),
        title = xml::text(if title.is_empty() { "Kiln" } else { title }),
        own = xml::address(&format!("{base}/{}", path(input, language))),
    );
    for (date, page) in pages {
        let address = xml::address(&format!("{base}/{}", page.url));
        let _ = write!(
            text,
            "<entry>\n<title>{}</title>\n<id>{address}</id>\n<updated>{date}T00:00:00Z</updated>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{address}\"/>\n",
            xml::text(&page.title)
        );
        let summary = page.front.description.as_deref().unwrap_or(&page.title);
        let _ = write!(text, "<summary>{}</summary>\n</entry>\n", xml::text(summary));
    }
    text.push_str("</feed>\n");
    Some(text)
}
