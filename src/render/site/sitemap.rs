//! The sitemap (sitemaps.org 0.9), with the other languages of each page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::render::Input;

use super::xml;

/// The sitemap of the site published at `base`, whose pages have the addresses `urls` below it.
pub(super) fn sitemap(input: &Input<'_>, base: &str, urls: &BTreeSet<String>) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    let dated = input.content.pages().filter_map(|page| Some((page.url.as_str(), input.updated(page)?)));
    let dates: BTreeMap<&str, &str> = dated.collect();
    let langs = || input.config.languages.iter().map(|language| language.tag.0.as_str());
    for url in urls {
        let _ = write!(text, "<url><loc>{}</loc>", xml::address(&format!("{base}/{url}")));
        if let Some(date) = dates.get(url.as_str()) {
            let _ = write!(text, "<lastmod>{}</lastmod>", xml::text(date));
        }
        // The same page in another language has the same address below that language.
        let below = langs().find_map(|lang| url.strip_prefix(lang)?.strip_prefix('/'));
        let same = |lang| Some((lang, format!("{lang}/{}", below?)));
        let others: Vec<_> = langs().filter_map(same).filter(|(_, other)| urls.contains(other)).collect();
        for (lang, other) in others.iter().filter(|_| others.len() > 1) {
            let _ = write!(
                text,
                "<xhtml:link rel=\"alternate\" hreflang=\"{}\" href=\"{}\"/>",
                xml::text(lang),
                xml::address(&format!("{base}/{other}"))
            );
        }
        text.push_str("</url>\n");
    }
    text.push_str("</urlset>\n");
    text
}
