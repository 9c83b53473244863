//! Who refers to what: where terms are explained and used, and which pages cite a work.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::content::Content;
use crate::content::facts::Facts;
use crate::content::glossary::Term;
use crate::content::page::{Lang, Page};
use crate::content::pages::Pages;

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
    /// The pages that cite a work or state what it says, by language and key.
    citations: BTreeMap<(&'a Lang, &'a str), Vec<&'a Page>>,
    /// The pages that state a fact, by language and key.
    facts: BTreeMap<(&'a Lang, &'a str), Vec<&'a Page>>,
    /// What pages are called, by language: worked out when the first link goes by a name.
    names: OnceLock<BTreeMap<Lang, Names>>,
}

/// A page and the folder of its section or chapter.
pub(super) type Placed<'a> = (&'a str, &'a Page);

/// The pages of a language by what they are called: their places among all sections and chapters.
#[derive(Clone, Debug, Default)]
struct Names {
    paths: BTreeMap<String, Vec<usize>>,
    slugs: BTreeMap<String, Vec<usize>>,
    /// By title, in small letters.
    titles: BTreeMap<String, Vec<usize>>,
}

impl<'a> Index<'a> {
    /// The index of `content`, whose pages state some of `facts`.
    pub fn new(content: &'a Content, facts: &'a Facts) -> Self {
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
            for fact in facts.stated(page) {
                note(&mut index.facts, page, &fact.key);
                note(&mut index.citations, page, &fact.source);
            }
        }
        index
    }

    /// The pages of `lang` in `content`, which this is the index of, that are called `name`: by their path, else
    /// by the last part of it, else by their title.
    pub(super) fn named(&self, content: &'a Content, lang: &Lang, name: &str) -> Vec<Placed<'a>> {
        let names = self.names.get_or_init(|| names(content)).get(lang);
        let found = names.and_then(|names| {
            let by_path = names.paths.get(name).or_else(|| names.slugs.get(name));
            by_path.or_else(|| names.titles.get(&name.to_ascii_lowercase()))
        });
        let place = |at: &usize| {
            let (path, pages) = places(content).nth(*at)?;
            Some((path, pages.get(lang)?))
        };
        found.into_iter().flatten().filter_map(place).collect()
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

    /// The pages of `lang` that state the fact `key`.
    pub(super) fn stating(&self, lang: &'a Lang, key: &'a str) -> &[&'a Page] {
        self.facts.get(&(lang, key)).map_or(&[], Vec::as_slice)
    }

    /// The keys of the works that pages of `lang` cite.
    pub(super) fn cited(&self, lang: &Lang) -> Vec<&'a str> {
        self.citations.keys().filter(|(other, _)| *other == lang).map(|(_, key)| *key).collect()
    }
}

/// Every section and every chapter: its folder and its pages.
fn places(content: &Content) -> impl Iterator<Item = (&str, &Pages)> {
    let sections = content.sections.iter().map(|section| (section.path.as_str(), &section.pages));
    sections.chain(content.chapters.iter().map(|chapter| (chapter.path.as_str(), &chapter.pages)))
}

/// What the pages of `content` are called, by language.
fn names(content: &Content) -> BTreeMap<Lang, Names> {
    let mut all: BTreeMap<Lang, Names> = BTreeMap::new();
    for (at, (path, pages)) in places(content).enumerate() {
        for page in pages.values() {
            let lang = &page.lang;
            let names = all.entry(lang.clone()).or_default();
            let slug = path.rsplit('/').next().unwrap_or(path);
            names.paths.entry(path.to_owned()).or_default().push(at);
            names.slugs.entry(slug.to_owned()).or_default().push(at);
            names.titles.entry(page.title.to_ascii_lowercase()).or_default().push(at);
        }
    }
    all
}

/// Adds `page` to what refers to `name`, once.
fn note<'a>(index: &mut BTreeMap<(&'a Lang, &'a str), Vec<&'a Page>>, page: &'a Page, name: &'a str) {
    let pages = index.entry((&page.lang, name)).or_default();
    if pages.last().is_none_or(|last| last.url != page.url) {
        pages.push(page);
    }
}
