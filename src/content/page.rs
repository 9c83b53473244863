//! What a parsed page is.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diag::{FileId, Span};
use crate::snippet::cell::{Cell, Inline};

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
    /// The page in each language.
    pub pages: BTreeMap<Lang, Page>,
}

/// A part of the site: a folder of chapters, described by its `_index.LANG.md`.
#[derive(Clone, Debug)]
pub struct Section {
    /// The folder below `content/`; empty for the root, whose pages are the home pages.
    pub path: String,
    /// The `_index` page in each language.
    pub pages: BTreeMap<Lang, Page>,
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
}

/// What the front matter of a page may say; anything else is an error.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
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
    /// Drafts are left out of the site.
    pub draft: bool,
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
        /// The title, empty for none.
        title: String,
        /// Where it stands.
        span: Span,
    },
    /// A block of code that is shown but not run.
    Code {
        /// The language, the first word of the info string; empty for none.
        lang: String,
        /// The text.
        text: String,
    },
    /// A formula in LaTeX.
    Math {
        /// The source between the dollars.
        tex: String,
        /// Whether it stands in a line of its own.
        display: bool,
        /// Where it stands.
        span: Span,
    },
    /// The cell with this index in [`Page::cells`].
    Cell(usize),
    /// The inline value with this index in [`Page::inlines`].
    Inline(usize),
    /// One or more citations in one pair of brackets: indices in [`Page::citations`].
    Cite(Vec<usize>),
    /// A string of the user interface, by its key in `templates/ui.toml`.
    Word(&'static str),
}
