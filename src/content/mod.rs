//! Text to pages: front matter, Markdown, sections and chapters.
//!
//! Everything here is pure: files are read in `load`, once, and come in as text.

pub mod front_matter;
pub mod html;
pub mod load;
pub mod markdown;
pub mod page;
mod slug;

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, FileId, Parsed, Sources, Span};

use load::{Place, RawPage};
use page::{Chapter, Lang, Page, Section};

/// All pages of a site, in reading order.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// The sections, by weight and then by folder; the first is the root, whose pages are the homes.
    pub sections: Vec<Section>,
    /// The chapters, section by section, by weight and then by folder.
    pub chapters: Vec<Chapter>,
}

impl Content {
    /// Every page, sections before their chapters, one language after the other.
    pub fn pages(&self) -> impl Iterator<Item = &Page> {
        let sections = self.sections.iter().flat_map(|section| section.pages.values());
        sections.chain(self.chapters.iter().flat_map(|chapter| chapter.pages.values()))
    }

    /// The chapters of the section in folder `path`.
    pub fn chapters_of<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Chapter> {
        self.chapters.iter().filter(move |chapter| parent(&chapter.path) == path)
    }
}

/// Reads every page of `raw`.
pub fn parse(raw: &[RawPage], sources: &Sources) -> Parsed<Content> {
    let mut diagnostics = Vec::new();
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut chapters: BTreeMap<String, Chapter> = BTreeMap::new();
    for file in raw {
        let parsed = parse_page(file.file, &file.lang, url(&file.place, &file.lang), sources);
        let page = parsed.take(&mut diagnostics);
        let (path, pages) = match &file.place {
            Place::Section(path) => {
                let section = sections.entry(path.clone());
                let section =
                    section.or_insert_with(|| Section { path: path.clone(), pages: BTreeMap::new() });
                (path, &mut section.pages)
            }
            Place::Chapter(path) => {
                let chapter = chapters.entry(path.clone());
                let chapter =
                    chapter.or_insert_with(|| Chapter { path: path.clone(), pages: BTreeMap::new() });
                (path, &mut chapter.pages)
            }
        };
        if let Some(other) = pages.insert(file.lang.clone(), page) {
            let message = format!("`{path}` has two pages in the language `{}`", file.lang);
            diagnostics.push(
                Diagnostic::error(Span::new(file.file, 0..0), message)
                    .hint(format!("the other one is {}", sources.path(other.file).display())),
            );
        }
    }
    let mut sections: Vec<Section> = sections.into_values().collect();
    sections.sort_by(|a, b| (weight(&a.pages), &a.path).cmp(&(weight(&b.pages), &b.path)));
    // The root comes first whatever its weight.
    sections.sort_by_key(|section| !section.path.is_empty());
    let order: BTreeMap<String, usize> =
        sections.iter().enumerate().map(|(i, s)| (s.path.clone(), i)).collect();
    let mut chapters: Vec<Chapter> = chapters.into_values().collect();
    chapters.sort_by(|a, b| {
        let place =
            |c: &Chapter| (order.get(parent(&c.path)).copied().unwrap_or(usize::MAX), weight(&c.pages));
        (place(a), &a.path).cmp(&(place(b), &b.path))
    });
    Parsed { value: Content { sections, chapters }, diagnostics }
}

/// The folder that `path` lies in.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn weight(pages: &BTreeMap<Lang, Page>) -> i64 {
    pages.values().map(|page| page.front.weight).min().unwrap_or(0)
}

fn url(place: &Place, lang: &Lang) -> String {
    match place {
        Place::Section(path) | Place::Chapter(path) if path.is_empty() => format!("{lang}/"),
        Place::Section(path) | Place::Chapter(path) => format!("{lang}/{path}/"),
    }
}

/// Reads one page.
pub fn parse_page(file: FileId, lang: &Lang, url: String, sources: &Sources) -> Parsed<Page> {
    let text = sources.text(file);
    let mut diagnostics = Vec::new();
    let (front, start) = front_matter::parse(text, file).take(&mut diagnostics);
    let mut body = markdown::parse(text, start, file).take(&mut diagnostics);
    let first = body.headings.first().filter(|heading| heading.level == 1).cloned();
    let title = front.title.clone().or_else(|| {
        let heading = first.as_ref()?;
        // The template shows the title: a heading that serves as title is not shown twice.
        remove_first_heading(&mut body.pieces);
        body.headings.remove(0);
        Some(heading.text.clone())
    });
    let name = || {
        sources.path(file).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    };
    let page = Page {
        file,
        lang: lang.clone(),
        url,
        title: title.unwrap_or_else(name),
        front,
        body: body.pieces,
        headings: body.headings,
        cells: body.cells,
        inlines: body.inlines,
        citations: body.citations,
    };
    Parsed { value: page, diagnostics }
}

/// Removes the first heading of level 1, with the pieces it is made of.
fn remove_first_heading(pieces: &mut Vec<page::Piece>) {
    use page::Piece::Html;
    let open = pieces.iter().position(|piece| matches!(piece, Html(html) if html.contains("<h1 ")));
    let close = pieces.iter().position(|piece| matches!(piece, Html(html) if html.contains("</h1>")));
    let (Some(open), Some(close)) = (open, close) else { return };
    let after = match &pieces[close] {
        Html(html) => html.split_once("</h1>\n").map(|(_, after)| after.to_owned()).unwrap_or_default(),
        _ => String::new(),
    };
    let before = match &pieces[open] {
        Html(html) => html.split_once("<h1 ").map(|(before, _)| before.to_owned()).unwrap_or_default(),
        _ => String::new(),
    };
    pieces.splice(open..=close, [Html(before + &after)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        let mut sources = Sources::default();
        let file = sources.add("content/a/a.en.md", text);
        parse_page(file, &Lang("en".into()), "en/a/".into(), &sources).value
    }

    #[test]
    fn a_plain_file_is_a_page_titled_by_its_first_heading() {
        let read = page("# The *title*\n\nText.\n");
        assert_eq!(read.title, "The title");
        assert_eq!(read.body, [page::Piece::Html("<p>Text.</p>\n".into())]);
        assert!(read.headings.is_empty());
        assert_eq!(page("Text.\n").title, "a.en");
        assert_eq!(page("+++\ntitle = \"T\"\n+++\n# H\n").title, "T");
    }

    #[test]
    fn sections_come_in_order_of_weight() {
        let mut sources = Sources::default();
        let mut raw = Vec::new();
        for (path, text, section) in [
            ("b", "+++\nweight = 1\n+++\n", true),
            ("a", "+++\nweight = 2\n+++\n", true),
            ("", "+++\nweight = 9\n+++\n", true),
            ("a/x", "", false),
            ("b/z", "+++\nweight = 1\n+++\n", false),
            ("b/y", "+++\nweight = 2\n+++\n", false),
        ] {
            let file = sources.add(format!("content/{path}.md"), text);
            let place = if section { Place::Section(path.into()) } else { Place::Chapter(path.into()) };
            raw.push(RawPage { file, lang: Lang("en".into()), place });
        }
        let content = parse(&raw, &sources).value;
        let sections: Vec<&str> = content.sections.iter().map(|s| s.path.as_str()).collect();
        let chapters: Vec<&str> = content.chapters.iter().map(|c| c.path.as_str()).collect();
        assert_eq!(sections, ["", "b", "a"]);
        assert_eq!(chapters, ["b/z", "b/y", "a/x"]);
    }
}
