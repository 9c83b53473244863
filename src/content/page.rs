//! What a parsed page is.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diag::{FileId, Span};
use crate::snippet::cell::{Cell, Inline};
use crate::snippet::figure::Figure;

use super::concepts::Relations;
use super::pages::Pages;

/// A language of the site, as its BCP 47 tag: `en`, `zh`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lang(pub String);

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A concept: one folder, with one page in each language it is written in.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// The folder below `content/`, with `/` between the parts: `language/bert`.
    pub path: String,
    /// The path of the section that lists it: the folder that it lies in, unless a summary says otherwise.
    pub section: String,
    /// The page in each language.
    pub pages: Pages,
}

impl Chapter {
    /// Its place among its siblings.
    pub fn weight(&self) -> i64 {
        self.pages.values().map(|page| page.front.weight).min().unwrap_or(0)
    }

    /// The name of its folder.
    pub fn slug(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A part of the site: a folder of chapters, described by its `_index.LANG.md`.
#[derive(Clone, Debug)]
pub struct Section {
    /// The folder below `content/`; empty for the root, whose pages are the home pages.
    pub path: String,
    /// The `_index` page in each language.
    pub pages: Pages,
}

/// One Markdown file, parsed.
#[derive(Clone, Debug)]
pub struct Page {
    /// The file it was parsed from.
    pub file: FileId,
    /// Its language.
    pub lang: Lang,
    /// Path in the site, relative to the root, ending in `/`: `en/language/bert/`.
    pub url: String,
    /// Stands for its text below the front matter: what a translation was made from.
    pub stamp: String,
    /// What stands in its front matter.
    pub front: FrontMatter,
    /// The front matter's title, else the first heading, else the file's name.
    pub title: String,
    /// The body, in order.
    pub body: Vec<Piece>,
    /// Every heading, in order.
    pub headings: Vec<Heading>,
    /// Every cell, in order; [`Piece::Cell`] points here.
    pub cells: Vec<Cell>,
    /// Every inline value, in order; [`Piece::Inline`] points here.
    pub inlines: Vec<Inline>,
    /// Every citation in order, with its key; [`Piece::Cite`] points here.
    pub citations: Vec<(String, Span)>,
    /// Every shortcode, in order; [`Piece::Shortcode`] points here.
    pub shortcodes: Vec<Shortcode>,
    /// Every use of a term that is explained, with its id and text; [`Piece::Term`] points here.
    pub terms: Vec<(String, String)>,
    /// What stands in the place of marks of the source: whoever shows the source needs it.
    pub inserts: Vec<Insert>,
    /// Where raw HTML stands, in a page that may have it.
    pub raw_html: Vec<Span>,
    /// Where numbers with decimals or percent signs stand in the prose.
    pub numbers: Vec<Span>,
}

/// What a mark of the source stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insert {
    /// The mark.
    pub span: Span,
    /// What stands in its place.
    pub what: Inserted,
}

/// What stands in the place of a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// A text.
    Text(String),
    /// The title of a callout that has none of its own: a key of `ui.toml`.
    Title(&'static str),
    /// A part of another file, which may hold marks of its own.
    File(Span),
}

impl Page {
    /// The labels of the pictures, formulas, diagrams and cells, in the order of the page.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.body.iter().filter_map(|piece| self.label_of(piece))
    }

    /// The label of `piece`, one of the body.
    pub(super) fn label_of<'a>(&'a self, piece: &'a Piece) -> Option<&'a str> {
        match piece {
            Piece::Image { label, .. } | Piece::Math { label, .. } => label.as_deref(),
            Piece::Diagram(drawn) => drawn.label.as_deref(),
            Piece::Cell(index) => Some(self.cells[*index].options.label.as_str()),
            _ => None,
        }
    }
}

/// A shortcode, as the author wrote it: `{{< name word key="value" >}}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortcode {
    /// Its name.
    pub name: String,
    /// The arguments with a key, in order.
    pub arguments: Vec<(String, String)>,
    /// The arguments without, in order.
    pub words: Vec<String>,
    /// Where it stands.
    pub span: Span,
    /// Whether it stands in lines of its own.
    pub block: bool,
}

impl Shortcode {
    /// The argument called `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.arguments.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// What the front matter of a page may say; anything else is an error.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(title = "front matter")]
pub struct FrontMatter {
    /// The title; the first heading where there is none.
    pub title: Option<String>,
    /// One sentence for lists, search engines and cards.
    pub description: Option<String>,
    /// Place among its siblings: lower comes first, then by name.
    pub weight: i64,
    /// Addresses that the page once had: `/en/old/name/`, or below the page's language `old/name`.
    pub aliases: Vec<String>,
    /// The day on which the page last changed, `2026-11-25`; the history of the files where there is none.
    #[serde(deserialize_with = "day")]
    #[schemars(with = "Option<String>")]
    pub updated: Option<String>,
    /// What the page is about, each a page that lists all of its kind.
    pub tags: Vec<String>,
    /// That the page is a translation, and of what: the stamp of the original that `kiln check` tells.
    pub original: Option<String>,
    /// Drafts are left out of the site.
    pub draft: bool,
    /// Whether raw HTML is on in this page; the project's setting where it does not say.
    pub raw_html: Option<bool>,
    /// How the chapter's concept relates to others, by kind.
    pub relations: Relations,
    /// The template of the page, instead of that of its kind.
    pub template: Option<String>,
    /// What the author hands to the template.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub extra: toml::Table,
}

/// How a block of code is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The name of the file that it is from.
    pub filename: Option<String>,
    /// The number of its first line, where lines are numbered.
    pub numbers: Option<usize>,
    /// The lines that stand out, counted from 1.
    pub highlight: Vec<std::ops::RangeInclusive<usize>>,
}

/// A drawing made from a text in the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagram {
    /// What is drawn.
    pub figure: Figure,
    /// The label that the text refers to it by.
    pub label: Option<String>,
    /// The caption, as inline Markdown.
    pub caption: Option<String>,
    /// The alternative text.
    pub alt: String,
    /// Where it stands.
    pub span: Span,
}

/// A date of TOML, or a text that is one, as `2026-11-25`.
fn day<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        Date(toml::value::Datetime),
        Text(String),
    }
    let date = match Raw::deserialize(from)? {
        Raw::Date(date) => date.date,
        Raw::Text(text) => text.parse::<toml::value::Datetime>().ok().and_then(|read| read.date),
    };
    let date = date.ok_or_else(|| serde::de::Error::custom("`updated` is a day such as 2026-11-25"))?;
    Ok(Some(date.to_string()))
}

impl FrontMatter {
    /// The JSON schema of front matter, for editors.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(FrontMatter)
    }
}

/// A heading of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// The anchor, unique in the page; the same in every language where the author gives one.
    pub id: String,
    /// The text without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether the author gave the anchor, instead of leaving it to the text.
    pub given: bool,
}

/// A part of a page's body: HTML that is final, or something that needs more than the page to be
/// rendered (its bakes, the other pages, the highlighter).
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Finished HTML.
    Html(String),
    /// The opening tag of a link; the closing tag is ordinary HTML.
    Link {
        /// The address as written.
        to: String,
        /// The title, empty for none.
        title: String,
        /// Where the link stands.
        span: Span,
    },
    /// A picture that the page refers to.
    Image {
        /// The address as written.
        to: String,
        /// The alternative text.
        alt: String,
        /// The title, empty for none: the caption of a picture that stands alone.
        title: String,
        /// Where it stands.
        span: Span,
        /// Whether it is a figure: it stands in a paragraph of its own, with a title or a label.
        figure: bool,
        /// The label that the text refers to it by.
        label: Option<String>,
    },
    /// A block of code that is shown but not run.
    Code {
        /// The language, the first word of the info string; empty for none.
        lang: String,
        /// The text.
        text: String,
        /// How it is shown.
        listing: Listing,
    },
    /// A formula in LaTeX.
    Math {
        /// The source between the dollars.
        tex: String,
        /// Whether it stands in a line of its own.
        display: bool,
        /// Where it stands.
        span: Span,
        /// The label that the text refers to it by, which gives it a number.
        label: Option<String>,
        /// Whether it stands in a paragraph of its own.
        alone: bool,
    },
    /// The cell with this index in [`Page::cells`].
    Cell(usize),
    /// The inline value with this index in [`Page::inlines`].
    Inline(usize),
    /// One or more citations in one pair of brackets: indices in [`Page::citations`].
    Cite(Vec<usize>),
    /// A string of the user interface, by its key in `templates/ui.toml`.
    Word(&'static str),
    /// The use of a term with this index in [`Page::terms`].
    Term(usize),
    /// The shortcode with this index in [`Page::shortcodes`].
    Shortcode(usize),
    /// A reference to what has a label: `@fig-loss`, in another page `@bert/fig-loss`.
    Reference {
        /// The page, where the reference names one.
        page: Option<String>,
        /// The label.
        label: String,
        /// Where the reference stands.
        span: Span,
    },
    /// A link by name: `[[transformer]]`.
    Wiki {
        /// What stands between the brackets, before a `|`.
        to: String,
        /// Whether the link has no text of its own: it shows the title of what it leads to.
        bare: bool,
        /// Where the link stands.
        span: Span,
    },
    /// A drawing made from a text.
    Diagram(Box<Diagram>),
}
