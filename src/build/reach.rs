//! How far an edit reaches: the pages that may look different after it.

use std::collections::BTreeSet;

use crate::content::Change;
use crate::content::load::{Place, RawPage};
use crate::content::page::{Page, Piece};
use crate::render::showing;

use super::Project;

/// What may look different after a change.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Whether it is every page.
    pub(super) all: bool,
    /// The files of the pages, where it is not all of them.
    pub(super) paths: BTreeSet<String>,
    /// Whether it is what is made of all pages together, though none of these.
    pub(super) beyond: bool,
    /// Whether it is the files that stand beside the pages.
    pub(super) beside: bool,
}

impl Reach {
    /// Every page, and what is made of all of them together.
    pub(super) const EVERYTHING: Self =
        Self { all: true, paths: BTreeSet::new(), beyond: true, beside: true };

    /// Takes in what `other` reaches.
    pub(super) fn extend(&mut self, other: Self) {
        let Self { all, paths, beyond, beside } = other;
        self.all |= all;
        self.paths.extend(paths);
        self.beyond |= beyond;
        self.beside |= beside;
    }
}

/// How far the changes of the pages `edited` reach.
pub(super) fn reach(project: &Project, edited: &[(RawPage, Change)]) -> Reach {
    let Project { config, content, concepts, sources, .. } = project;
    let mut reach = Reach::default();
    for (raw, change) in edited {
        let (Place::Chapter(folder) | Place::Section(folder)) = &raw.place;
        reach.paths.extend(pages_of(project, folder).chain(embedding(project, folder)));
        if *change >= Change::Anchors {
            let name = sources.path(raw.file).file_name().map(|name| name.to_string_lossy());
            let name = name.filter(|_| !config.layout.is_foreign());
            let linking = content.pages().filter(|page| looks_into(page, name.as_deref()));
            reach.paths.extend(linking.map(file_of));
        }
        if *change >= Change::Counted {
            reach.beyond = true;
            let lists = content.pages().filter(|page| !page.shortcodes.is_empty());
            reach.paths.extend(lists.map(file_of));
        }
        if *change >= Change::Listed {
            let chapter = content.chapters.iter().find(|chapter| chapter.path == *folder);
            match (change, &raw.place, chapter) {
                (Change::Listed, Place::Chapter(_), Some(chapter)) => {
                    reach.paths.extend(showing(config, content, concepts, chapter, &raw.lang));
                }
                // Every page leads to every part.
                _ => return Reach::EVERYTHING,
            }
        }
    }
    reach
}

/// The files of the pages in `folder`, in all languages.
pub(super) fn pages_of<'a>(project: &'a Project, folder: &'a str) -> impl Iterator<Item = String> + 'a {
    let slash = if folder.is_empty() { "" } else { "/" };
    let langs = project.config.languages.iter();
    langs.map(move |lang| format!("{}{folder}{slash}index.html", project.config.folder(&lang.tag)))
}

/// The file of `page` below the output folder.
pub(super) fn file_of(page: &Page) -> String {
    format!("{}index.html", page.url)
}

/// The files of the pages that show cells of the chapter in `folder`.
pub(super) fn embedding<'a>(project: &'a Project, folder: &'a str) -> impl Iterator<Item = String> + 'a {
    let content = &project.content;
    let of_it = move |name: &str| content.called(name).iter().any(|chapter| chapter.path == folder);
    content.pages().filter(move |page| page.embeds().any(|embed| of_it(embed.page))).map(file_of)
}

/// Whether `page` links to places inside other pages, or names their numbers: inside one whose file has this
/// name, where there is one. An address that is written with `%` may mean any name.
fn looks_into(page: &Page, name: Option<&str>) -> bool {
    page.body.iter().any(|piece| match piece {
        Piece::Link { to, .. } => to.split_once('#').is_some_and(|(path, _)| {
            let file = path.rsplit('/').next().unwrap_or(path);
            !path.is_empty() && (path.contains('%') || name.is_none_or(|name| name == file))
        }),
        Piece::Wiki { to, .. } => to.contains('#'),
        Piece::Reference { page: named, label, .. } => named.is_some() || !has(page, label),
        _ => false,
    })
}

/// Whether something in `page` has `label`.
fn has(page: &Page, label: &str) -> bool {
    page.labels().any(|own| own == label) || page.headings.iter().any(|heading| heading.id == label)
}
