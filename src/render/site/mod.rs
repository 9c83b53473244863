//! Files of the site as a whole: what search engines, feed readers and language models ask for, the
//! search index, and pages at addresses that pages once had.
//!
//! What needs absolute addresses (the sitemap, the feeds) is made where the settings have a `base-url`.

mod alias;
mod feed;
mod llms;
mod sitemap;
mod xml;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::config::Language;
use crate::content::page::{Lang, Page};
use crate::diag::Diagnostic;
use crate::search::{self, Document};
use crate::write::OutFile;

use super::offer::REFERENCES;
use super::{Input, card};

/// The files, and what is wrong with what the author asked for. `urls` are the addresses of all pages,
/// `copies` the pages in Markdown by address. `None` where `stop` says that they are not wanted any more.
pub(super) fn files(
    input: &Input<'_>,
    urls: &BTreeSet<String>,
    copies: &BTreeMap<&str, &str>,
    stop: &dyn Fn() -> bool,
) -> Option<(Vec<OutFile>, Vec<Diagnostic>)> {
    let mut files = Vec::new();
    let mut put = |path: String, text: String| files.push(OutFile { path, bytes: text.into_bytes() });
    put("robots.txt".into(), robots(input));
    put("llms.txt".into(), llms::list(input));
    if let Some(base) = &input.config.base_url {
        put("sitemap.xml".into(), sitemap::sitemap(input, base, urls));
        for language in &input.config.languages {
            if let Some(feed) = feed::feed(input, base, language) {
                put(feed::path(input, language), feed);
            }
        }
    }
    let card = input.config.base_url.as_ref().and_then(|base| card::site(base));
    files.extend(card.map(|bytes| OutFile { path: card::SITE.into(), bytes }));
    let (aliases, faults) = alias::files(input);
    files.extend(aliases);
    for language in &input.config.languages {
        files.extend(index(input, language, copies, stop)?);
    }
    Some((files, faults))
}

/// Whether `lang` has a feed: somebody has to know when its pages changed.
pub(super) fn has_feed(input: &Input<'_>, lang: &Lang) -> bool {
    let mut pages = input.content.pages().filter(|page| page.lang == *lang);
    input.config.base_url.is_some() && pages.any(|page| input.updated(page).is_some())
}

/// The address of the feed of `language` below the root.
pub(super) fn feed_path(input: &Input<'_>, language: &Language) -> String {
    feed::path(input, language)
}

/// The pages of a language: its home, its sections, its chapters.
fn written<'a>(input: &Input<'a>, language: &'a Language) -> impl Iterator<Item = &'a Page> {
    input.content.pages().filter(|page| page.lang == language.tag)
}

/// What robots may do: everything.
fn robots(input: &Input<'_>) -> String {
    let base = input.config.base_url.as_ref();
    let sitemap = base.map(|base| format!("\nSitemap: {base}/sitemap.xml\n")).unwrap_or_default();
    format!("User-agent: *\nAllow: /\n{sitemap}")
}

/// The folder of the search index of `language`.
pub(super) fn index_folder(language: &Language) -> String {
    format!("search/{}/", language.tag)
}

/// A copy without its list of works: who looks for a word wants the pages about it, not those that cite.
fn prose(copy: &str) -> &str {
    copy.split_once(&format!(" {{#{REFERENCES}}}\n")).map_or(copy, |(prose, _)| prose)
}

/// The search index of `language`, made from the pages' copies in Markdown, which searches read too.
fn index(
    input: &Input<'_>,
    language: &Language,
    copies: &BTreeMap<&str, &str>,
    stop: &dyn Fn() -> bool,
) -> Option<Vec<OutFile>> {
    let documents: Vec<Document<'_>> = written(input, language)
        .map(|page| Document {
            url: page.url.clone(),
            title: page.title.clone(),
            headings: page.headings.iter().map(|heading| heading.text.clone()).collect(),
            text: copies.get(page.url.as_str()).map(|text| Cow::Borrowed(prose(text))).unwrap_or_default(),
        })
        .collect();
    let folder = index_folder(language);
    let files = search::index(&documents, stop)?.into_iter();
    let named = files.map(|file| OutFile { path: format!("{folder}{}", file.name), bytes: file.bytes });
    Some(named.collect())
}

#[cfg(test)]
mod tests;
