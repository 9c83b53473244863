//! `kiln.toml`: what a site is called, which languages it has, how much a cell may take.
//!
//! The text becomes a [`Config`] once, here; nobody else sees TOML. Every field has a default, so an
//! empty file (or none) is a site in English.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::content::layout::Layout;
use crate::content::lockstep::Lints;
use crate::content::markdown::Dialect;
use crate::content::page::Lang;
use crate::diag::{Diagnostic, FileId, Parsed, Severity, Span, toml_fault};
use crate::snippet::program::Limits;

/// A site's settings, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The name of the site in each language.
    pub title: BTreeMap<Lang, String>,
    /// One sentence on the site in each language.
    pub description: BTreeMap<Lang, String>,
    /// The languages, the first being the one that a visitor gets by default.
    pub languages: Vec<Language>,
    /// The address under which the site is published, without a slash at the end, if known.
    pub base_url: Option<String>,
    /// Where a page's source can be edited, with `{path}` for its path below the project's folder.
    pub edit_url: Option<String>,
    /// Whether the history of the files (git) says when a page last changed.
    pub last_updated: bool,
    /// Whether every section has a page with all its chapters, to be printed.
    pub print: bool,
    /// What a cell may take.
    pub limits: Limits,
    /// How many workers run at once; `None` for one a processor.
    pub jobs: Option<usize>,
    /// Where bakes are kept.
    pub store: StoreConfig,
    /// Which Markdown the pages are written in.
    pub markdown: Dialect,
    /// How the project is laid out.
    pub layout: Layout,
    /// How works are cited.
    pub citation_style: CitationStyle,
    /// What is reported beside errors, and how loudly.
    pub lints: Lints,
    /// What the author hands to templates.
    pub extra: toml::Table,
}

/// How works are cited: in a style of Kiln, which follows the language of the page, or in one that CSL names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CitationStyle {
    /// `(Vaswani et al., 2017)`, and a list in the order of authors.
    #[default]
    AuthorDate,
    /// `[1]`, and a list in the order of the text.
    Numeric,
    /// The American Psychological Association's.
    Apa,
    /// The Chicago Manual of Style's, with authors and dates.
    ChicagoAuthorDate,
    /// The Chinese national standard's, with numbers.
    #[serde(rename = "gb-7714-2015-numeric")]
    Gb7714,
    /// Harvard's, after "Cite Them Right".
    HarvardCiteThemRight,
    /// The Institute of Electrical and Electronics Engineers'.
    Ieee,
    /// The Modern Language Association's.
    Mla,
    /// The journal Nature's.
    Nature,
    /// The National Library of Medicine's, called Vancouver.
    Vancouver,
}

impl CitationStyle {
    /// Whether it cites by places in a list, which then has the order of the text.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Numeric | Self::Gb7714 | Self::Ieee | Self::Nature | Self::Vancouver)
    }
}

/// Where bakes are kept beside the locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// The address of the shared store: `s3://bucket/prefix`, a folder, ….
    pub url: Option<String>,
    /// Whether nothing may be put there.
    pub readonly: bool,
    /// How many mebibytes the local store may hold.
    pub keep: u64,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { url: None, readonly: false, keep: 2048 }
    }
}

/// A language of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// Its tag.
    pub tag: Lang,
    /// Its name in itself: `中文`.
    pub name: String,
}

/// The settings of a site: `kiln.toml`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(title = "kiln.toml")]
struct RawConfig {
    /// The name of the site: one text for all languages, or one for each.
    title: Localised,
    /// One sentence on the site: one text for all languages, or one for each.
    description: Localised,
    /// The languages, the first being the one that a visitor gets by default; English where none is named.
    languages: Vec<RawLanguage>,
    /// The address under which the site is published: `https://kiln.example/docs`.
    base_url: Option<String>,
    /// Where a page's source can be edited, with `{path}` for its path below the project's folder.
    edit_url: Option<String>,
    /// Whether the history of the files (git) says when a page last changed.
    last_updated: bool,
    /// Whether every section has a page with all its chapters, to be printed.
    print: bool,
    /// What a cell may take.
    cells: RawLimits,
    /// How many workers run at once; one a processor where nothing is said.
    jobs: Option<usize>,
    /// Where bakes are kept beside the locks.
    store: RawStore,
    /// Which Markdown the pages are written in.
    markdown: RawMarkdown,
    /// How the project is laid out.
    layout: Layout,
    /// How works are cited; `author-date` by default.
    citation_style: CitationStyle,
    /// What is reported beside errors, and how loudly.
    lint: RawLints,
    /// What templates find in `site.extra`.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    extra: toml::Table,
}

impl Default for RawConfig {
    fn default() -> Self {
        Self {
            title: Localised::default(),
            description: Localised::default(),
            languages: vec![RawLanguage { tag: Lang("en".into()), name: "English".into() }],
            base_url: None,
            edit_url: None,
            last_updated: false,
            print: false,
            cells: RawLimits::default(),
            jobs: None,
            store: RawStore::default(),
            markdown: RawMarkdown::default(),
            layout: Layout::default(),
            citation_style: CitationStyle::default(),
            lint: RawLints::default(),
            extra: toml::Table::new(),
        }
    }
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct RawLints {
    /// Pages of two languages that differ in headings, cells or citations; `error` by default.
    lock_step: Option<Level>,
    /// A chapter that a language lacks; `warn` by default.
    missing_translation: Option<Level>,
    /// A translation whose original has changed since; `warn` by default.
    outdated_translation: Option<Level>,
    /// Decimals and percentages typed in the prose of a page with cells; `warn` by default.
    typed_numbers: Option<Level>,
}

/// How loudly something is reported.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    Off,
    Warn,
    Error,
}

impl From<Level> for Option<Severity> {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => None,
            Level::Warn => Some(Severity::Warning),
            Level::Error => Some(Severity::Error),
        }
    }
}

impl From<RawLints> for Lints {
    fn from(raw: RawLints) -> Self {
        let or = |level: Option<Level>, default| level.map_or(default, Into::into);
        let default = Self::default();
        Self {
            lock_step: or(raw.lock_step, default.lock_step),
            missing_translation: or(raw.missing_translation, default.missing_translation),
            outdated_translation: or(raw.outdated_translation, default.outdated_translation),
            typed_numbers: or(raw.typed_numbers, default.typed_numbers),
        }
    }
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct RawMarkdown {
    /// Whether anything beyond CommonMark is read; `true` by default.
    extensions: Option<bool>,
    /// Whether raw HTML goes into pages as it stands.
    raw_html: bool,
    /// Whether straight quotation marks, `--` and `...` become typographic ones.
    smart_punctuation: bool,
}

impl From<RawMarkdown> for Dialect {
    fn from(raw: RawMarkdown) -> Self {
        Self {
            extensions: raw.extensions.unwrap_or(true),
            raw_html: raw.raw_html,
            smart_punctuation: raw.smart_punctuation,
            ..Self::default()
        }
    }
}

/// One text for all languages, or one for each.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Localised {
    /// For all.
    One(String),
    /// By the tag of the language.
    Each(#[schemars(with = "BTreeMap<String, String>")] BTreeMap<Lang, String>),
}

impl Default for Localised {
    fn default() -> Self {
        Self::One(String::new())
    }
}

impl Localised {
    fn spread(self, languages: &[Language]) -> BTreeMap<Lang, String> {
        match self {
            Self::One(text) => languages.iter().map(|l| (l.tag.clone(), text.clone())).collect(),
            Self::Each(texts) => texts,
        }
    }
}

/// A language of the site.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawLanguage {
    /// Its BCP 47 tag: `zh`.
    #[schemars(with = "String")]
    tag: Lang,
    /// Its name in itself: `中文`.
    name: String,
}

/// What a cell may take before it is stopped: named and measured as the options of a cell.
#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct RawLimits {
    /// Seconds of wall-clock time.
    timeout: Option<f64>,
    /// Mebibytes of memory that its worker may hold.
    memory: Option<u64>,
    /// Mebibytes of output: text, images and figures together.
    max_output: Option<f64>,
}

impl RawLimits {
    /// The limits, and a message for each that cannot be one.
    fn check(&self) -> (Limits, Vec<String>) {
        let mut limits = Limits::default();
        let mut faults = Vec::new();
        match self.timeout.map(Limits::seconds) {
            Some(Some(seconds)) => limits.timeout = seconds,
            Some(None) => faults.push(format!(
                "`cells.timeout` must be a number of seconds above 0 and up to {}",
                Limits::LONGEST
            )),
            None => {}
        }
        match self.memory {
            Some(0) => faults.push("`cells.memory` must be at least 1 mebibyte".to_owned()),
            Some(mebibytes) => limits.memory = mebibytes,
            None => {}
        }
        match self.max_output.map(Limits::bytes) {
            Some(Some(bytes)) => limits.output = bytes,
            Some(None) => faults.push(format!(
                "`cells.max-output` must be a number of mebibytes above 0 and up to {}",
                Limits::LARGEST
            )),
            None => {}
        }
        (limits, faults)
    }
}

/// Where bakes are kept beside the locks.
#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct RawStore {
    /// The address of a store that several machines share.
    url: Option<String>,
    /// Whether nothing may be put into the shared store.
    readonly: bool,
    /// Mebibytes that the local store may hold.
    keep: Option<u64>,
}

impl Config {
    /// The JSON schema of `kiln.toml`, for editors.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(RawConfig)
    }

    /// Reads `text`, the content of the file `file`.
    pub fn parse(text: &str, file: FileId) -> Parsed<Self> {
        let mut diagnostics = Vec::new();
        let raw = match toml::from_str::<RawConfig>(text) {
            Ok(raw) => raw,
            Err(error) => {
                diagnostics.push(toml_fault(&error, file));
                RawConfig::default()
            }
        };
        let whole = Span::new(file, 0..0);
        let mut fault = |message: String| diagnostics.push(Diagnostic::error(whole, message));
        let languages: Vec<Language> =
            raw.languages.into_iter().map(|l| Language { tag: l.tag, name: l.name }).collect();
        if languages.is_empty() {
            fault("`languages` names no language".into());
        }
        for (i, language) in languages.iter().enumerate() {
            if languages[..i].iter().any(|earlier| earlier.tag == language.tag) {
                fault(format!("the language `{}` is listed twice", language.tag));
            }
        }
        let (limits, wrong) = raw.cells.check();
        wrong.into_iter().for_each(&mut fault);
        if raw.edit_url.as_ref().is_some_and(|url| !url.contains("{path}")) {
            fault("`edit-url` needs `{path}` where the path of a page's file belongs".into());
        }
        for (key, url) in [("base-url", &raw.base_url), ("edit-url", &raw.edit_url)] {
            let web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
            if url.as_ref().is_some_and(|url| !web(url)) {
                fault(format!("`{key}` must start with https:// or http://"));
            }
        }
        if raw.jobs == Some(0) {
            fault("`jobs` must be at least 1".into());
        }
        let value = Self {
            title: raw.title.spread(&languages),
            description: raw.description.spread(&languages),
            base_url: raw.base_url.map(|url| url.trim_end_matches('/').to_owned()),
            edit_url: raw.edit_url,
            last_updated: raw.last_updated,
            print: raw.print,
            languages,
            limits,
            jobs: raw.jobs,
            store: StoreConfig {
                url: raw.store.url.filter(|url| !url.is_empty()),
                readonly: raw.store.readonly,
                keep: raw.store.keep.unwrap_or(StoreConfig::default().keep),
            },
            markdown: raw.markdown.into(),
            layout: raw.layout,
            citation_style: raw.citation_style,
            lints: raw.lint.into(),
            extra: raw.extra,
        };
        Parsed { value, diagnostics }
    }

    /// Whether addresses lack the folder of the language: a book of another generator in one language keeps
    /// the addresses that it has.
    pub fn is_bare(&self) -> bool {
        self.layout.is_foreign() && self.languages.len() == 1
    }

    /// The folder of the pages in `lang` below the root of the site: empty, or ending in `/`.
    pub fn folder(&self, lang: &Lang) -> String {
        if self.is_bare() { String::new() } else { format!("{lang}/") }
    }

    /// The tags of the languages, in order.
    pub fn langs(&self) -> Vec<Lang> {
        self.languages.iter().map(|l| l.tag.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sources;

    #[track_caller]
    fn faults(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let file = sources.add("kiln.toml", text);
        let parsed = Config::parse(text, file);
        let place = |span: Span| sources.line_column(file, span.start as usize);
        parsed
            .diagnostics
            .iter()
            .map(|d| {
                let (line, column) = d.span.map_or((0, 0), place);
                format!("{line}:{column} {} {}", d.message, d.hints.join(" "))
            })
            .collect()
    }

    #[test]
    fn an_empty_file_is_a_site() {
        assert_eq!(faults(""), Vec::<String>::new());
    }

    #[test]
    fn unknown_keys_are_errors_with_a_place() {
        let found = faults("title = \"x\"\nlanguagse = []\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("2:1 unknown field `languagse`"), "{found:?}");
        assert!(found[0].ends_with("did you mean `languages`?"), "{found:?}");
    }

    #[test]
    fn a_style_that_is_not_there_names_those_that_are() {
        for (style, near) in [("chicago", "chicago-author-date"), ("iee", "ieee"), ("natur", "nature")] {
            let found = faults(&format!("citation-style = \"{style}\""));
            assert!(found[0].contains("`gb-7714-2015-numeric`"), "{found:?}");
            assert!(found[0].ends_with(&format!("did you mean `{near}`?")), "{found:?}");
        }
    }

    #[test]
    fn values_are_checked() {
        assert_eq!(faults("languages = []").len(), 1);
        assert_eq!(faults("jobs = 0").len(), 1);
        assert_eq!(faults("base-url = \"javascript:alert(1)\"").len(), 1);
        assert_eq!(faults("edit-url = \"https://a.example/edit/\"").len(), 1);
        assert_eq!(faults("[cells]\ntimeout = -1.0\nmemory = 0\nmax-output = inf").len(), 3);
        assert_eq!(faults("[cells]\ntimeout = \"long\"").len(), 1);
    }
}
