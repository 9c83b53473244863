//! Who refers to what: where terms are explained and used, and which pages cite a work.

use std::collections::BTreeMap;

use crate::content::Content;
use crate::content::glossary::Term;
use crate::content::page::{Lang, Page};

/// The name of the shortcode that lists the terms of the glossary.
pub(super) const GLOSSARY: &str = "glossary";
/// The name of the shortcode that lists every work that is cited.
pub(super) const BIBLIOGRAPHY: &str = "bibliography";
/// The name of the shortcode that draws the graph of concepts.
pub(super) const CONCEPT_MAP: &str = "concept-map";

/// References between pages, the other way round.
#[derive(Clone, Debug, Default)]
pub struct Index<'a> {
    /// The pages that list terms, with the groups they list: all of them where there is none.
    glossaries: BTreeMap<&'a Lang, Vec<(&'a Page, Vec<&'a str>)>>,
    /// The pages that use a term, by language and id.
    terms: BTreeMap<(&'a Lang, &'a str), Vec<&'a Page>>,
    /// The pages that have something with a label, by language and label.
    labels: BTreeMap<(&'a Lang, &'a str), Vec<&'a Page>>,
    /// The pages that cite a work, by language and key.
    citations: BTreeMap<(&'a Lang, &'a str), Vec<&'a Page>>,
}

impl<'a> Index<'a> {
    /// The index of `content`.
    pub fn new(content: &'a Content) -> Self {
        let mut index = Self::default();
        for page in content.pages() {
            let lists = page.shortcodes.iter().filter(|shortcode| shortcode.name == GLOSSARY);
            let groups: Vec<Option<&str>> = lists.map(|shortcode| shortcode.get("group")).collect();
            if !groups.is_empty() {
                let whole = groups.contains(&None);
                let groups = if whole { Vec::new() } else { groups.into_iter().flatten().collect() };
                index.glossaries.entry(&page.lang).or_default().push((page, groups));
            }
            for (id, _) in &page.terms {
                note(&mut index.terms, page, id);
            }
            let sections = page.headings.iter().map(|heading| heading.id.as_str());
            for label in page.labels().chain(sections.filter(|id| id.starts_with("sec-"))) {
                note(&mut index.labels, page, label);
            }
            for (key, _) in &page.citations {
                note(&mut index.citations, page, key);
            }
        }
        index
    }

    /// The page that lists `term` in `lang`.
    pub(super) fn glossary(&self, lang: &Lang, term: &Term) -> Option<&'a Page> {
        let pages = self.glossaries.get(lang)?;
        pages
            .iter()
            .find(|(_, groups)| groups.is_empty() || groups.contains(&&*term.group))
            .map(|(page, _)| *page)
    }

    /// Whether `page` lists terms.
    pub(super) fn is_glossary(&self, page: &Page) -> bool {
        let pages = self.glossaries.get(&page.lang);
        pages.is_some_and(|pages| pages.iter().any(|(other, _)| other.url == page.url))
    }

    /// The pages of `lang` that use the term `id`.
    pub(super) fn users(&self, lang: &'a Lang, id: &'a str) -> &[&'a Page] {
        self.terms.get(&(lang, id)).map_or(&[], Vec::as_slice)
    }

    /// The pages of `lang` that have something with `label`: cells of other pages that they show are not theirs.
    pub(super) fn labelled<'l>(&'l self, lang: &'l Lang, label: &'l str) -> &'l [&'a Page] {
        self.labels.get(&(lang, label)).map_or(&[], Vec::as_slice)
    }

    /// Every label in pages of `lang`.
    pub(super) fn labels<'l>(&'l self, lang: &'l Lang) -> impl Iterator<Item = &'a str> + 'l {
        self.labels.keys().filter(move |(other, _)| *other == lang).map(|(_, label)| *label)
    }

    /// The pages of `lang` that cite `key`.
    pub(super) fn citing(&self, lang: &'a Lang, key: &'a str) -> &[&'a Page] {
        self.citations.get(&(lang, key)).map_or(&[], Vec::as_slice)
    }

    /// The keys of the works that pages of `lang` cite.
    pub(super) fn cited(&self, lang: &Lang) -> Vec<&'a str> {
        self.citations.keys().filter(|(other, _)| *other == lang).map(|(_, key)| *key).collect()
    }
}

/// Adds `page` to what refers to `name`, once.
fn note<'a>(index: &mut BTreeMap<(&'a Lang, &'a str), Vec<&'a Page>>, page: &'a Page, name: &'a str) {
    let pages = index.entry((&page.lang, name)).or_default();
    if pages.last().is_none_or(|last| last.url != page.url) {
        pages.push(page);
    }
}
