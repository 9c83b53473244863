//! Which pages show something of another page beside its text: its title, its description.
//!
//! It may name too many, never too few: what is not named is not rendered again when a title changes.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::content::Content;
use crate::content::concepts::{Concepts, NodeKind};
use crate::content::page::{Chapter, Lang, Page, Piece};

use super::book::WHOLE;

/// The files of the pages that show what `chapter` is called in `lang`.
pub fn showing(
    config: &Config,
    content: &Content,
    concepts: &Concepts,
    chapter: &Chapter,
    lang: &Lang,
) -> BTreeSet<String> {
    let mut pages: Vec<&Page> = Vec::new();
    for tag in config.languages.iter().map(|language| &language.tag) {
        // Where a chapter is not translated, lists show what it is called in another language.
        if tag == lang || !chapter.pages.contains_key(tag) {
            pages.extend(listing(content, chapter, tag));
        }
    }
    pages.extend(neighbours(content, chapter, lang));
    pages.extend(related(content, concepts, chapter));
    // Lists of terms, of works, of concepts; links by name, which may name a title.
    pages.extend(content.pages().filter(|page| !page.shortcodes.is_empty() || links_by_name(page)));
    pages.into_iter().map(|page| format!("{}index.html", page.url)).collect()
}

/// The pages in `lang` whose navigation lists `chapter`.
fn listing<'a>(content: &'a Content, chapter: &'a Chapter, lang: &Lang) -> Vec<&'a Page> {
    let written = content.chapters.iter().filter_map(|chapter| chapter.pages.get(lang));
    if written.clone().count() <= WHOLE {
        return content.pages().filter(|page| page.lang == *lang).collect();
    }
    let of_part = content.chapters_of(&chapter.section).filter_map(|chapter| chapter.pages.get(lang));
    let lists = content.sections.iter().filter(|list| list.path.is_empty() || list.path == chapter.section);
    of_part.chain(lists.filter_map(|list| list.pages.get(lang))).collect()
}

/// The pages before and after that of `chapter`.
fn neighbours<'a>(content: &'a Content, chapter: &Chapter, lang: &Lang) -> impl Iterator<Item = &'a Page> {
    let order: Vec<&Chapter> =
        content.chapters.iter().filter(|chapter| chapter.pages.contains_key(lang)).collect();
    let at = order.iter().position(|known| known.path == chapter.path);
    let beside = at.map(|at| [at.checked_sub(1), Some(at + 1)]).into_iter().flatten().flatten();
    beside.filter_map(move |at| order.get(at)?.pages.get(lang)).collect::<Vec<_>>().into_iter()
}

/// The pages of the chapters that `chapter` is related to.
fn related<'a>(content: &'a Content, concepts: &Concepts, chapter: &Chapter) -> Vec<&'a Page> {
    let Some(own) = concepts.chapter(&chapter.path) else { return Vec::new() };
    let ends = concepts.edges.iter().filter(|edge| edge.from == own || edge.to == own);
    let ends: BTreeSet<&NodeKind> =
        ends.flat_map(|edge| [&concepts.nodes[edge.from].kind, &concepts.nodes[edge.to].kind]).collect();
    let is_end = |chapter: &&Chapter| ends.contains(&NodeKind::Chapter(chapter.path.clone()));
    match ends.is_empty() {
        true => Vec::new(),
        false => content.chapters.iter().filter(is_end).flat_map(|chapter| chapter.pages.values()).collect(),
    }
}

/// Whether `page` links to others by what they are called, or may.
fn links_by_name(page: &Page) -> bool {
    page.body.iter().any(|piece| matches!(piece, Piece::Wiki { .. } | Piece::Reference { .. }))
}
