//! Which Markdown is read: CommonMark alone, or with the extensions that books need.

use pulldown_cmark::Options;

/// Which Markdown is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Whether anything beyond CommonMark is read: tables, notes, formulas, citations, containers.
    pub extensions: bool,
    /// Whether raw HTML goes into the page as it stands.
    pub raw_html: bool,
    /// Whether straight quotation marks, `--` and `...` become typographic ones.
    pub smart_punctuation: bool,
    /// Whether headings carry a link to themselves.
    pub anchors: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { extensions: true, raw_html: false, smart_punctuation: false, anchors: true }
    }
}

impl Dialect {
    /// CommonMark 0.31.2, to the letter: what its specification's examples are written in.
    pub const COMMONMARK: Self =
        Self { extensions: false, raw_html: true, smart_punctuation: false, anchors: false };

    /// What the parser is asked for.
    pub(super) fn options(self) -> Options {
        let extensions = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_HEADING_ATTRIBUTES
            | Options::ENABLE_MATH
            | Options::ENABLE_GFM
            | Options::ENABLE_DEFINITION_LIST
            | Options::ENABLE_WIKILINKS;
        let mut options = if self.extensions { extensions } else { Options::empty() };
        options.set(Options::ENABLE_SMART_PUNCTUATION, self.smart_punctuation);
        options
    }
}
