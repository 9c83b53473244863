//! The order of the book in every language, worked out once for all its pages.

use std::collections::BTreeMap;

use crate::content::concepts::Planned;
use crate::content::page::{Lang, Page, Section};

use super::tags::{self, Tags};
use super::{Input, models, site};

/// A book of at most this many chapters is shown whole in the navigation of every page; in a larger one a
/// page shows the chapters of its own part, or the pages would outgrow what stands in them.
pub(super) const WHOLE: usize = 150;

/// What pages share.
pub(super) struct Book<'a> {
    editions: BTreeMap<&'a Lang, Edition<'a>>,
    sections: BTreeMap<&'a str, &'a Section>,
}

/// The book in one language.
#[derive(Default)]
pub(super) struct Edition<'a> {
    /// The home page.
    pub home: Option<&'a Page>,
    /// The parts in reading order.
    pub parts: Vec<Part<'a>>,
    /// Whether it has a feed.
    pub feed: bool,
    /// Whether it has a page of models.
    pub models: bool,
    /// Its tags, each with its pages.
    pub tags: Tags<'a>,
    /// The chapters, as a reader goes through them.
    order: Vec<&'a Page>,
    /// The place of each chapter in `order`, by its address.
    places: BTreeMap<&'a str, usize>,
}

/// A part of the book.
pub(super) struct Part<'a> {
    /// The part's own page.
    pub page: &'a Page,
    /// Its chapters in reading order.
    pub chapters: Vec<Entry<'a>>,
    /// Its folder below `content/`.
    pub path: &'a str,
}

/// A chapter of a part.
pub(super) enum Entry<'a> {
    /// Its page, in another language where it is not translated.
    Written(&'a Page),
    /// A chapter that is still to be written, and the language that its title is read in.
    Planned(&'a Planned, &'a Lang),
}

impl<'a> Book<'a> {
    /// The book that `input` holds.
    pub(super) fn new(input: &Input<'a>) -> Self {
        let sections = input.content.sections.iter().map(|section| (section.path.as_str(), section));
        let langs = input.config.languages.iter().map(|language| &language.tag);
        Self {
            editions: langs.map(|lang| (lang, Edition::new(input, lang))).collect(),
            sections: sections.collect(),
        }
    }

    /// The book in `lang`, one of the languages of the configuration.
    pub(super) fn edition(&self, lang: &Lang) -> Option<&Edition<'a>> {
        self.editions.get(lang)
    }

    /// The section in the folder `path`.
    pub(super) fn section(&self, path: &str) -> Option<&'a Section> {
        self.sections.get(path).copied()
    }
}

impl<'a> Edition<'a> {
    fn new(input: &Input<'a>, lang: &'a Lang) -> Self {
        let models = models::exists(input, lang);
        let (feed, tags) = (site::has_feed(input, lang), tags::of(input, lang));
        let mut edition = Self { feed, models, tags, ..Self::default() };
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for section in &input.content.sections {
            let Some(page) = section.pages.get(lang) else { continue };
            if section.path.is_empty() {
                edition.home = Some(page);
                // The home page is a part only where chapters stand beside it.
                if input.content.chapters_of("").next().is_none() {
                    continue;
                }
            }
            places.insert(&section.path, edition.parts.len());
            edition.parts.push(Part { page, chapters: Vec::new(), path: &section.path });
        }
        let mut entries: Vec<Vec<(i64, Entry<'a>)>> = edition.parts.iter().map(|_| Vec::new()).collect();
        for chapter in &input.content.chapters {
            let own = chapter.pages.get(lang);
            if let Some(page) = own {
                edition.places.insert(&page.url, edition.order.len());
                edition.order.push(page);
            }
            let others = || input.config.languages.iter().find_map(|other| chapter.pages.get(&other.tag));
            let page = own.or_else(others);
            if let (Some(page), Some(&at)) = (page, places.get(chapter.section.as_str())) {
                entries[at].push((chapter.weight(), Entry::Written(page)));
            }
        }
        for plan in &input.concepts.planned {
            if let Some(&at) = places.get(plan.part.as_str()) {
                entries[at].push((plan.weight, Entry::Planned(plan, lang)));
            }
        }
        for (part, mut entries) in edition.parts.iter_mut().zip(entries) {
            entries.sort_by_key(|(weight, _)| *weight);
            part.chapters = entries.into_iter().map(|(_, entry)| entry).collect();
        }
        edition
    }

    /// The chapters before and after the one at `url`.
    pub(super) fn neighbours(&self, url: &str) -> (Option<&'a Page>, Option<&'a Page>) {
        let Some(&at) = self.places.get(url) else { return (None, None) };
        let page = |at: usize| self.order.get(at).copied();
        (at.checked_sub(1).and_then(page), page(at + 1))
    }

    /// Whether every page may show every chapter.
    pub(super) fn is_small(&self) -> bool {
        self.order.len() <= WHOLE
    }
}
