//! Text to pages: front matter, Markdown, sections and chapters.
//!
//! Everything here is pure: files are read in `load`, once, and come in as text.

mod again;
pub mod concepts;
pub mod embed;
pub mod facts;
pub mod front_matter;
pub mod glossary;
pub mod html;
pub mod include;
pub mod layout;
pub mod load;
pub mod lockstep;
pub mod markdown;
pub mod page;
pub mod pages;
pub mod slug;
pub mod summary;
mod tidy;
pub mod wording;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::diag::{Diagnostic, FileId, Parsed, Sources, Span};

pub use again::{Change, again};
use glossary::{Glossary, Spellings};
use include::Files;
use layout::Layout;
use load::{Place, RawPage};
use markdown::{Dialect, Reading};
use page::{Chapter, Lang, Page, Section};
use pages::Pages;
pub use tidy::tidy;

/// What pages are read with, beside their texts.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Which Markdown they are written in.
    pub dialect: Dialect,
    /// The terms that are explained in them.
    pub glossary: Glossary,
    /// The files that they include.
    pub files: Files,
    /// How the project is laid out.
    pub layout: Layout,
    /// What becomes of drafts.
    pub drafts: Drafts,
    /// Whether addresses lack the folder of the language.
    pub bare: bool,
    /// What finds terms that are not written as the glossary writes them, by language; empty where nobody asks.
    pub spelling: BTreeMap<Lang, Spellings>,
}

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
        self.chapters.iter().filter(move |chapter| chapter.section == path)
    }
}

/// What becomes of pages that are marked as drafts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drafts {
    /// They are left out, with all that is wrong with them.
    #[default]
    Hide,
    /// They are pages like others.
    Show,
}

/// Whether pages have to write terms as the glossary does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// They may write as they like.
    #[default]
    Leave,
    /// What they write in another way is told.
    Check,
}

/// Reads every page of `raw`.
pub fn parse(raw: &[RawPage], setting: &Setting, sources: &Sources) -> Parsed<Content> {
    let mut diagnostics = Vec::new();
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut chapters: BTreeMap<String, Chapter> = BTreeMap::new();
    let pages = raw.par_iter().map(|file| {
        let url = url(&file.place, &file.lang, setting);
        parse_page(file.file, &file.lang, url, setting, sources)
    });
    for (file, parsed) in raw.iter().zip(pages.collect::<Vec<_>>()) {
        if parsed.value.front.draft && setting.drafts == Drafts::Hide {
            continue;
        }
        let mut page = parsed.take(&mut diagnostics);
        if let Some(listed) = &file.listed {
            page.title.clone_from(&listed.title);
            page.front.weight = listed.weight;
        }
        let (path, pages) = match &file.place {
            Place::Section(path) => {
                diagnostics.extend(cells_of_section(&page));
                let section = sections.entry(path.clone());
                let section =
                    section.or_insert_with(|| Section { path: path.clone(), pages: Pages::default() });
                (path, &mut section.pages)
            }
            Place::Chapter(path) => {
                let chapter = chapters.entry(path.clone());
                let section = file.listed.as_ref().map_or_else(|| parent(path), |listed| &listed.section);
                let chapter = chapter.or_insert_with(|| Chapter {
                    path: path.clone(),
                    section: section.to_owned(),
                    pages: Pages::default(),
                });
                (path, &mut chapter.pages)
            }
        };
        if let Some(other) = pages.insert(page) {
            let message = format!("`{path}` has two pages in the language `{}`", file.lang);
            diagnostics.push(
                Diagnostic::error(Span::new(file.file, 0..0), message)
                    .hint(format!("the other one is {}", sources.path(other.file).display())),
            );
        }
    }
    check_places(&sections, &chapters, sources, &mut diagnostics);
    let mut sections: Vec<Section> = sections.into_values().collect();
    // The root comes first whatever its weight.
    let place = |section: &Section| (!section.path.is_empty(), weight(&section.pages));
    sections.sort_by(|a, b| (place(a), &a.path).cmp(&(place(b), &b.path)));
    let order: BTreeMap<String, usize> =
        sections.iter().enumerate().map(|(i, s)| (s.path.clone(), i)).collect();
    let mut chapters: Vec<Chapter> = chapters.into_values().collect();
    chapters.sort_by(|a, b| {
        let place = |c: &Chapter| (order.get(&c.section).copied().unwrap_or(usize::MAX), weight(&c.pages));
        (place(a), &a.path).cmp(&(place(b), &b.path))
    });
    Parsed { value: Content { sections, chapters }, diagnostics }
}

/// Cells make a program a chapter at a time: on a section's page nothing would run them.
fn cells_of_section(page: &Page) -> impl Iterator<Item = Diagnostic> {
    let cells = page.cells.iter().map(|cell| cell.options.label_span);
    let inlines = page.inlines.iter().map(|inline| inline.span);
    cells.chain(inlines).map(|span| {
        Diagnostic::error(span, "the page of a section runs no cells").hint("move it to a chapter")
    })
}

/// Pages that a reader could not reach: two at one address, or one that no list shows.
fn check_places(
    sections: &BTreeMap<String, Section>,
    chapters: &BTreeMap<String, Chapter>,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for chapter in chapters.values() {
        for page in chapter.pages.values() {
            let lang = &page.lang;
            let section = |path: &str| sections.get(path)?.pages.get(lang);
            let top = Span::new(page.file, 0..0);
            if let Some(other) = section(&chapter.path) {
                let message = format!("this page and another one have the address /{}", page.url);
                diagnostics.push(
                    Diagnostic::error(top, message)
                        .hint(format!("the other one is {}", sources.path(other.file).display())),
                );
            }
            let above = chapter.section.as_str();
            if !above.is_empty() && section(above).is_none() {
                let message =
                    format!("no list shows this page: there is no content/{above}/_index.{lang}.md");
                diagnostics
                    .push(Diagnostic::warning(top, message).hint("write that file; a title is enough"));
            }
        }
    }
}

/// Whether a page with this text includes other files.
pub fn includes(text: &str) -> bool {
    text.contains("{{") && !markdown::wanted(text).is_empty()
}

/// The folder that `path` lies in.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// `path` as written in the file `here`, as a path below `content/`; `None` where it leads out.
pub fn join(here: &str, path: &str) -> Option<String> {
    let folder = here.rsplit_once('/').map_or("", |(folder, _)| folder);
    let start = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn weight(pages: &Pages) -> i64 {
    pages.values().map(|page| page.front.weight).min().unwrap_or(0)
}

/// The address of the page of `place` in `lang`.
fn url(place: &Place, lang: &Lang, setting: &Setting) -> String {
    let folder = if setting.bare { String::new() } else { format!("{lang}/") };
    match place {
        Place::Section(path) | Place::Chapter(path) if path.is_empty() => folder,
        Place::Section(path) | Place::Chapter(path) => format!("{folder}{path}/"),
    }
}

/// Reads one page.
pub fn parse_page(
    file: FileId,
    lang: &Lang,
    url: String,
    setting: &Setting,
    sources: &Sources,
) -> Parsed<Page> {
    let text = sources.text(file);
    let mut diagnostics = Vec::new();
    let (front, start) = front_matter::parse(text, file, setting.layout).take(&mut diagnostics);
    let raw_html = front.raw_html.unwrap_or(setting.dialect.raw_html);
    let dialect = Dialect { raw_html, ..setting.dialect };
    let reading = Reading {
        dialect,
        terms: setting.glossary.matcher(lang),
        spelling: setting.spelling.get(lang),
        files: Some(&setting.files),
        sources: Some(sources),
    };
    let mut body = markdown::parse(text, start, file, &reading).take(&mut diagnostics);
    let first = body.headings.first().filter(|heading| heading.level == 1).cloned();
    if let Some(heading) = first.as_ref().filter(|_| front.title.is_some()) {
        diagnostics.push(
            Diagnostic::warning(heading.span, "this page has a title already, in its front matter")
                .hint("start its headings with `##`, or take the title out of the front matter"),
        );
    }
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
        stamp: stamp(&text[start..]),
        title: title.unwrap_or_else(name),
        front,
        body: body.pieces,
        headings: body.headings,
        cells: body.cells,
        inlines: body.inlines,
        citations: body.citations,
        shortcodes: body.shortcodes,
        terms: body.terms,
        inserts: body.inserts,
        raw_html: body.raw_html,
        numbers: body.numbers,
    };
    Parsed { value: page, diagnostics }
}

/// What stands for `text`, however its lines end and however many blanks stand at their ends.
fn stamp(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    blake3::hash(lines.join("\n").as_bytes()).to_hex()[..12].to_owned()
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
        parse_page(file, &Lang("en".into()), "en/a/".into(), &Setting::default(), &sources).value
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
            raw.push(RawPage { file, lang: Lang("en".into()), place, listed: None });
        }
        let content = parse(&raw, &Setting::default(), &sources).value;
        let sections: Vec<&str> = content.sections.iter().map(|s| s.path.as_str()).collect();
        let chapters: Vec<&str> = content.chapters.iter().map(|c| c.path.as_str()).collect();
        assert_eq!(sections, ["", "b", "a"]);
        assert_eq!(chapters, ["b/z", "b/y", "a/x"]);
    }

    /// The faults of a site with these pages, as `path: message`; sections end in `/`.
    fn faults(pages: &[(&str, &str)]) -> Vec<String> {
        let mut sources = Sources::default();
        let mut raw = Vec::new();
        for (path, text) in pages {
            let file = sources.add(*path, *text);
            let place = match path.strip_suffix('/') {
                Some(path) => Place::Section(path.to_owned()),
                None => Place::Chapter((*path).to_owned()),
            };
            raw.push(RawPage { file, lang: Lang("en".into()), place, listed: None });
        }
        let told = |d: &Diagnostic| {
            let path = d.span.map(|span| sources.path(span.file).display().to_string());
            format!("{}: {}", path.unwrap_or_default(), d.message)
        };
        parse(&raw, &Setting::default(), &sources).diagnostics.iter().map(told).collect()
    }

    #[test]
    fn every_page_has_one_address_and_a_place() {
        let clash = "a: this page and another one have the address /en/a/";
        assert_eq!(faults(&[("a/", ""), ("a", "")]), [clash]);
        let lost = "a/b: no list shows this page: there is no content/a/_index.en.md";
        assert_eq!(faults(&[("a/b", "")]), [lost]);
        assert_eq!(faults(&[("a/", ""), ("a/b", ""), ("b", "")]), Vec::<String>::new());
    }

    #[test]
    fn sections_run_no_cells() {
        let page = "```python run\n#| label: x\n1\n```\n\n`{python} 1`\n";
        assert_eq!(faults(&[("a/", page)]), ["a/: the page of a section runs no cells"; 2]);
    }

    #[test]
    fn drafts_are_left_out_with_their_faults() {
        assert_eq!(faults(&[("a", "+++\ndraft = true\n+++\n<b>\n")]), Vec::<String>::new());
        assert_eq!(faults(&[("a", "+++\ndraft = false\n+++\n<b>\n")]), ["a: raw HTML is off"; 1]);
    }

    #[test]
    fn a_page_has_one_title() {
        let expect = ["a: this page has a title already, in its front matter"];
        assert_eq!(faults(&[("a", "+++\ntitle = \"T\"\n+++\n# H\n")]), expect);
    }
}
