//! The ways that lead away from a page: its other languages, what lies above it, the contents of the book.

use crate::config::Language;
use crate::content::page::{Lang, Page};
use crate::content::parent;
use crate::render::book::{Book, Edition, Entry};
use crate::render::context::{ChapterContext, LanguageContext, LinkContext, PartContext, TocContext};
use crate::render::{Input, models, print, tags};

use super::{Job, Kind};

pub(super) fn toc(page: &Page) -> Vec<TocContext<'_>> {
    let shown = page.headings.iter().filter(|heading| matches!(heading.level, 2 | 3));
    shown.map(|h| TocContext { level: h.level, id: &h.id, text: &h.text }).collect()
}

pub(super) fn languages<'a>(
    input: &'a Input<'a>,
    book: &Book<'a>,
    job: &Job<'a>,
) -> Vec<LanguageContext<'a>> {
    let sibling = |lang: &Lang| -> Option<&'a Page> {
        match &job.kind {
            Kind::Chapter(chapter, _) => chapter.pages.get(lang),
            Kind::Section(path, _) => book.section(path)?.pages.get(lang),
            Kind::Print(..)
            | Kind::Models(_)
            | Kind::Tags(_)
            | Kind::Tag(..)
            | Kind::Root
            | Kind::NotFound => None,
        }
    };
    let models = |lang: &Lang| {
        matches!(job.kind, Kind::Models(_)) && book.edition(lang).is_some_and(|edition| edition.models)
    };
    let print = |lang: &Lang| match &job.kind {
        Kind::Print(path, ..) => print::exists(input, lang, path).then(|| print::url(input, lang, path)),
        Kind::Tags(_) => {
            let tags = &book.edition(lang)?.tags;
            (!tags.is_empty()).then(|| tags::url(input, lang, None))
        }
        Kind::Tag(tag, _) => {
            let tags = &book.edition(lang)?.tags;
            tags.contains_key(tag).then(|| tags::url(input, lang, Some(tag)))
        }
        _ => None,
    };
    // A language with neither this page nor a home is not offered: there is nothing to lead to.
    let context = |language: &'a Language| {
        let page = sibling(&language.tag).map(|page| page.url.clone());
        let page = page.or_else(|| models(&language.tag).then(|| models::url(input, &language.tag)));
        let page = page.or_else(|| print(&language.tag));
        let translated = page.is_some();
        let home = || Some(book.edition(&language.tag)?.home?.url.clone());
        let target = page.or_else(home)?;
        Some(LanguageContext {
            tag: &language.tag.0,
            name: &language.name,
            url: job.way(input, &target),
            address: match &input.config.base_url {
                Some(base) => format!("{base}/{}", crate::render::address::encode(&target)),
                None => job.way(input, &target),
            },
            translated,
            current: language.tag == job.lang.tag,
        })
    };
    input.config.languages.iter().filter_map(context).collect()
}

pub(super) fn breadcrumbs<'a>(input: &Input<'a>, book: &Book<'a>, job: &Job<'a>) -> Vec<LinkContext<'a>> {
    let path = match &job.kind {
        Kind::Section(path, _) => *path,
        Kind::Chapter(chapter, _) => &chapter.path,
        Kind::Print(path, ..) => *path,
        Kind::Models(_) => "models",
        Kind::Tags(_) | Kind::Tag(..) => "tags",
        Kind::Root | Kind::NotFound => "",
    };
    if path.is_empty() {
        return Vec::new();
    }
    // What is printed stands below its section, as chapters do.
    let first = if matches!(job.kind, Kind::Print(..)) { path } else { parent(path) };
    let above = std::iter::successors(Some(first), |path| (!path.is_empty()).then(|| parent(path)));
    let mut links: Vec<LinkContext<'a>> = above
        .filter_map(|path| {
            let page = book.section(path)?.pages.get(&job.lang.tag)?;
            Some(link(input, job, page))
        })
        .collect();
    links.reverse();
    if matches!(job.kind, Kind::Tag(..)) {
        let title = input.theme.words(&job.lang.tag).get("tags");
        links.push(LinkContext { title, url: job.way(input, &tags::url(input, &job.lang.tag, None)) });
    }
    links
}

pub(super) fn link<'a>(input: &Input<'_>, job: &Job<'_>, page: &'a Page) -> LinkContext<'a> {
    LinkContext { title: &page.title, url: job.way(input, &page.url) }
}

/// A chapter in the navigation: written, perhaps in another language only, or planned.
fn chapter<'a>(input: &Input<'a>, job: &Job<'_>, entry: &Entry<'a>) -> ChapterContext<'a> {
    match entry {
        Entry::Written(page) => ChapterContext {
            title: &page.title,
            description: page.front.description.as_deref().unwrap_or(""),
            url: job.way(input, &page.url),
            lang: &page.lang.0,
            current: page.url == job.url(),
            planned: false,
        },
        Entry::Planned(plan, lang) => ChapterContext {
            title: plan.title.get(*lang).map_or(plan.slug.as_str(), String::as_str),
            description: plan.description.get(*lang).map_or("", String::as_str),
            url: String::new(),
            lang: &lang.0,
            current: false,
            planned: true,
        },
    }
}

pub(super) fn navigation<'a>(
    input: &Input<'a>,
    edition: &Edition<'a>,
    job: &Job<'a>,
) -> Vec<PartContext<'a>> {
    let place = match &job.kind {
        Kind::Section(path, _) => *path,
        Kind::Chapter(chapter, _) => &chapter.section,
        Kind::Print(..) | Kind::Models(_) | Kind::Tags(_) | Kind::Tag(..) | Kind::Root | Kind::NotFound => "",
    };
    let whole = edition.is_small() || matches!(job.kind, Kind::Section("", _));
    let parts = edition.parts.iter().map(|part| {
        let current = part.path == place;
        let shown = part.chapters.iter().filter(|_| whole || current);
        PartContext {
            title: &part.page.title,
            description: part.page.front.description.as_deref().unwrap_or(""),
            url: job.way(input, &part.page.url),
            current,
            chapters: shown.map(|entry| chapter(input, job, entry)).collect(),
        }
    });
    parts.collect()
}
