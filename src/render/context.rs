//! What a template knows: the documented context of every page.
//!
//! A template gets `site`, `page` and `nav`, and `ui`, the strings of the page's language from
//! `templates/ui.toml`. All addresses are relative to the page, so that a site works in any folder.

use serde::Serialize;

use super::models::ModelContext;

/// The context of one page.
#[derive(Clone, Debug, Serialize)]
pub struct Context<'a> {
    /// The site.
    pub site: SiteContext<'a>,
    /// The page.
    pub page: PageContext<'a>,
    /// The parts of the site, in reading order, with their chapters.
    pub nav: Vec<PartContext<'a>>,
    /// The models, on the page of models; else empty.
    pub models: Vec<ModelContext<'a>>,
    /// The tags with their pages: all on the list of tags, one on its own page; else empty.
    pub tags: Vec<TagContext<'a>>,
    /// The strings of the page's language.
    pub ui: &'a toml::Table,
}

/// `site`: what is the same for all pages of a language.
#[derive(Clone, Debug, Serialize)]
pub struct SiteContext<'a> {
    /// The name of the site.
    pub title: &'a str,
    /// One sentence on the site; may be empty.
    pub description: &'a str,
    /// From the page to the root of the site: `../../../`, or `./` at the root.
    pub root: String,
    /// The home page of the language, relative to the page.
    pub home: String,
    /// What stands under `[extra]` in `kiln.toml`.
    pub extra: &'a toml::Table,
    /// Kiln's version.
    pub kiln: &'static str,
    /// Addresses of the theme's files, relative to the page, by file name: `assets.style_css`
    /// for `templates/assets/style.css` (dots and dashes become underscores).
    pub assets: std::collections::BTreeMap<String, String>,
    /// The digest of each of those files, for the attribute `integrity`.
    pub integrity: std::collections::BTreeMap<&'a str, &'a str>,
    /// The address of the site, without a slash at its end; empty where it is not known.
    pub base: &'a str,
    /// The folder of the language's search index, relative to the page.
    pub search: String,
    /// The language's feed, relative to the page; empty where there is none.
    pub feed: String,
    /// The language's page of models, relative to the page; empty where there is none.
    pub models: String,
}

/// `page`: one page.
#[derive(Clone, Debug, Serialize)]
pub struct PageContext<'a> {
    /// `home`, `section`, `chapter`, `models`, `tags`, `tag`, `print`, `root` or `404`.
    pub kind: &'static str,
    /// The title.
    pub title: &'a str,
    /// One sentence on the page; may be empty.
    pub description: &'a str,
    /// The language's tag: `zh`.
    pub lang: &'a str,
    /// The language's name in itself.
    pub lang_name: &'a str,
    /// The page in every language that has it or a home page, in the order of the configuration.
    pub languages: Vec<LanguageContext<'a>>,
    /// The absolute address, where the configuration has a `base-url`; else empty.
    pub canonical: String,
    /// The body: finished HTML, without the title.
    pub content: String,
    /// The headings of levels 2 and 3, in order.
    pub toc: Vec<TocContext<'a>>,
    /// From the home page down to the page above this one.
    pub breadcrumbs: Vec<LinkContext<'a>>,
    /// The chapter before this one in reading order.
    pub previous: Option<LinkContext<'a>>,
    /// The chapter after this one in reading order.
    pub next: Option<LinkContext<'a>>,
    /// How many cells the page shows.
    pub cells: usize,
    /// The page's copy in Markdown, relative to the page; empty where there is none.
    pub markdown: String,
    /// The print view of a section, relative to the page; empty where there is none.
    pub print: String,
    /// The chapter as a notebook, relative to the page; empty where it has no cells.
    pub notebook: String,
    /// The chapter's cells as a script, relative to the page; empty where it has none.
    pub script: String,
    /// The models that the page's cells ran on.
    pub models: Vec<UsedContext<'a>>,
    /// How many minutes the page takes to read; 0 where it is nothing to read.
    pub minutes: usize,
    /// The day on which the page last changed, as `2026-11-25`; empty where nobody knows.
    pub updated: String,
    /// The same in the words of the page's language: `25 November 2026`.
    pub updated_words: String,
    /// What the page is about: links to the pages that list those of a tag.
    pub tags: Vec<LinkContext<'a>>,
    /// The original of a translation that has changed since, relative to the page; empty where none has.
    pub outdated: String,
    /// Where the page's source can be edited; empty where the settings do not say.
    pub edit: String,
    /// The absolute address of the page's card, 1200 by 630 pixels; empty where there is none.
    pub image: String,
    /// What machines are told of the page: JSON-LD that may stand in a `script` element as it is.
    pub json_ld: String,
    /// What stands under `[extra]` in the page's front matter.
    pub extra: &'a toml::Table,
    /// How the chapter's concept relates to others; undefined where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concept: Option<ConceptContext<'a>>,
}

/// `page.concept`: a chapter among its neighbours. A link without an address is to a planned chapter.
#[derive(Clone, Debug, Serialize)]
pub struct ConceptContext<'a> {
    /// What to read first.
    pub prerequisites: Vec<LinkContext<'a>>,
    /// What to read next.
    pub leads_to: Vec<LinkContext<'a>>,
    /// Every relation, by kind.
    pub relations: Vec<RelationContext<'a>>,
    /// The neighbours as a drawing; empty where there is none.
    pub figure: String,
}

/// One kind of relation of a chapter.
#[derive(Clone, Debug, Serialize)]
pub struct RelationContext<'a> {
    /// What the relation is called, in the page's language: `is a kind of`.
    pub word: String,
    /// The other ends.
    pub links: Vec<LinkContext<'a>>,
}

/// One language of a page.
#[derive(Clone, Debug, Serialize)]
pub struct LanguageContext<'a> {
    /// The language's tag.
    pub tag: &'a str,
    /// The language's name in itself.
    pub name: &'a str,
    /// The page in this language, or the language's home page where it is not translated.
    pub url: String,
    /// The same as an address that search engines take: absolute where the site knows its own.
    pub address: String,
    /// Whether the page exists in this language.
    pub translated: bool,
    /// Whether this is the page's own language.
    pub current: bool,
}

/// A link with its text.
#[derive(Clone, Debug, Serialize)]
pub struct LinkContext<'a> {
    /// The text.
    pub title: &'a str,
    /// The address, relative to the page.
    pub url: String,
}

/// A tag with its pages.
#[derive(Clone, Debug, Serialize)]
pub struct TagContext<'a> {
    /// The tag.
    pub title: &'a str,
    /// Its page, relative to the page.
    pub url: String,
    /// The pages that carry it, in the order of the book.
    pub pages: Vec<EntryContext<'a>>,
}

/// A page in a list.
#[derive(Clone, Debug, Serialize)]
pub struct EntryContext<'a> {
    /// Its title.
    pub title: &'a str,
    /// One sentence on it; may be empty.
    pub description: &'a str,
    /// Its address, relative to the page.
    pub url: String,
}

/// A model that a page's cells ran on.
#[derive(Clone, Debug, Serialize)]
pub struct UsedContext<'a> {
    /// What cells call it.
    pub id: &'a str,
    /// Its name in the page's language.
    pub title: &'a str,
    /// The digest over its files, in hex.
    pub digest: &'a str,
    /// Its place on the page of models; empty where there is no such page.
    pub url: String,
}

/// A heading in the table of contents.
#[derive(Clone, Debug, Serialize)]
pub struct TocContext<'a> {
    /// 2 or 3.
    pub level: u8,
    /// The anchor.
    pub id: &'a str,
    /// The text without markup.
    pub text: &'a str,
}

/// A part of the site.
#[derive(Clone, Debug, Serialize)]
pub struct PartContext<'a> {
    /// The part's title.
    pub title: &'a str,
    /// One sentence on the part; may be empty.
    pub description: &'a str,
    /// The part's own page, relative to the page.
    pub url: String,
    /// Whether the page is the part's page or one of its chapters.
    pub current: bool,
    /// The chapters in reading order. In a book of more than 150 chapters those of the part at hand only,
    /// and all of them on the home page.
    pub chapters: Vec<ChapterContext<'a>>,
}

/// A chapter in the navigation.
#[derive(Clone, Debug, Serialize)]
pub struct ChapterContext<'a> {
    /// The chapter's title.
    pub title: &'a str,
    /// One sentence on the chapter; may be empty.
    pub description: &'a str,
    /// Its address, relative to the page; empty where it is planned.
    pub url: String,
    /// The language of the page it leads to: another one where the chapter is not translated.
    pub lang: &'a str,
    /// Whether this is the page itself.
    pub current: bool,
    /// Whether it is still to be written: there is nothing to lead to.
    pub planned: bool,
}
