//! The glossary: `content/glossary.toml`, one entry a term, in all languages of the site.
//!
//! Its entries are shown by the shortcode `{{< glossary >}}`, explain a term where a page uses it for
//! the first time, and are nodes of the graph of concepts.

mod matcher;
mod spelling;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::diag::{Diagnostic, FileId, Parsed, Span, toml_fault};

use super::page::Lang;

pub use matcher::Matcher;
pub use spelling::Spellings;

/// Every term, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Glossary {
    terms: Vec<Term>,
    matchers: BTreeMap<Lang, Matcher>,
}

/// A term.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Its name for other files and for anchors (`term-ID`): letters, digits and dashes.
    pub id: String,
    /// The group that a glossary's page shows it in.
    pub group: String,
    /// Its names in each language, the one to use first.
    pub names: BTreeMap<Lang, Vec<String>>,
    /// Short forms, the same in all languages: `CNN`.
    pub abbreviations: Vec<String>,
    /// Other names that readers will meet.
    pub aliases: BTreeMap<Lang, Vec<String>>,
    /// Names that the site does not want to use for it.
    pub avoid: BTreeMap<Lang, Vec<String>>,
    /// What it means, in one sentence of inline Markdown.
    pub definitions: BTreeMap<Lang, String>,
    /// The chapter on it, as a path below `content/`, perhaps with an anchor.
    pub chapter: Option<String>,
    /// Whether its first use in a page is marked without the author's doing.
    pub auto: bool,
    /// Where the entry stands.
    pub span: Span,
}

impl Term {
    /// The name to use in `lang`; the id where it has none.
    pub fn name(&self, lang: &Lang) -> &str {
        self.names.get(lang).and_then(|names| names.first()).map_or(&self.id, String::as_str)
    }

    /// Everything that it may be called in `lang`.
    pub fn forms<'a>(&'a self, lang: &Lang) -> impl Iterator<Item = &'a str> + use<'a> {
        let names = self.names.get(lang).into_iter().chain(self.aliases.get(lang)).flatten();
        names.chain(&self.abbreviations).map(String::as_str)
    }

    /// The definition in `lang`; empty where there is none.
    pub fn definition(&self, lang: &Lang) -> &str {
        self.definitions.get(lang).map_or("", String::as_str)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGlossary {
    #[serde(default)]
    term: Vec<Spanned<RawTerm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerm {
    id: Spanned<String>,
    #[serde(default)]
    group: String,
    name: BTreeMap<Lang, Names>,
    #[serde(default)]
    abbr: Vec<String>,
    #[serde(default)]
    aliases: BTreeMap<Lang, Vec<String>>,
    #[serde(default)]
    avoid: BTreeMap<Lang, Vec<String>>,
    definition: BTreeMap<Lang, String>,
    chapter: Option<String>,
    #[serde(default = "yes")]
    auto: bool,
}

/// One name, or several for an entry that explains several words at once.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

fn yes() -> bool {
    true
}

impl Glossary {
    /// Reads the glossary in `file`, which a site in `langs` uses.
    pub fn parse(text: &str, file: FileId, langs: &[Lang]) -> Parsed<Self> {
        let raw = match toml::from_str::<RawGlossary>(text) {
            Ok(raw) => raw,
            Err(error) => {
                return Parsed { value: Self::default(), diagnostics: vec![toml_fault(&error, file)] };
            }
        };
        let mut diagnostics = Vec::new();
        let mut terms: Vec<Term> = Vec::new();
        for raw in raw.term {
            let term = term(raw.into_inner(), file);
            diagnostics.extend(faults(&term, &terms, langs));
            terms.push(term);
        }
        let matchers = langs.iter().map(|lang| (lang.clone(), Matcher::new(&terms, lang))).collect();
        Parsed { value: Self { terms, matchers }, diagnostics }
    }

    /// Every term, in the order of the file.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The term called `id`.
    pub fn get(&self, id: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.id == id)
    }

    /// What finds terms in texts of `lang` that are written in another way.
    pub fn spellings(&self, lang: &Lang) -> Spellings {
        Spellings::new(&self.terms, lang)
    }

    /// What finds terms in texts of `lang`.
    pub fn matcher(&self, lang: &Lang) -> Option<&Matcher> {
        self.matchers.get(lang)
    }
}

fn term(raw: RawTerm, file: FileId) -> Term {
    let span = Span::new(file, raw.id.span());
    let several = |names| match names {
        Names::One(name) => vec![name],
        Names::Several(names) => names,
    };
    Term {
        id: raw.id.into_inner(),
        group: raw.group,
        names: raw.name.into_iter().map(|(lang, names)| (lang, several(names))).collect(),
        abbreviations: raw.abbr,
        aliases: raw.aliases,
        avoid: raw.avoid,
        definitions: raw.definition,
        chapter: raw.chapter,
        auto: raw.auto,
        span,
    }
}

/// What is wrong with `term`, which stands after `earlier`.
fn faults(term: &Term, earlier: &[Term], langs: &[Lang]) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if term.id.is_empty() || !term.id.chars().all(fits) {
        let fault = Diagnostic::error(term.span, format!("`{}` cannot be the id of a term", term.id));
        faults.push(fault.hint("an id is made of letters, digits and dashes: it becomes an anchor"));
    }
    if let Some(other) = earlier.iter().find(|other| other.id == term.id) {
        let fault = Diagnostic::error(term.span, format!("there are two terms `{}`", term.id));
        faults.push(fault.related(other.span, "here is the other one"));
    }
    for lang in langs {
        let missing = match (term.names.get(lang), term.definition(lang)) {
            (None, _) => "name",
            (Some(_), "") => "definition",
            _ => continue,
        };
        let message = format!("the term `{}` has no {missing} in `{lang}`", term.id);
        faults.push(Diagnostic::error(term.span, message));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sources;

    pub(crate) fn read(text: &str) -> (Glossary, Vec<String>) {
        let mut sources = Sources::default();
        let file = sources.add("glossary.toml", text);
        let parsed = Glossary::parse(text, file, &[Lang("en".into()), Lang("zh".into())]);
        let told = |d: &Diagnostic| {
            let (line, column) = sources.line_column(file, d.span.expect("a place").start as usize);
            format!("{line}:{column} {}", d.message)
        };
        let faults = parsed.diagnostics.iter().map(told).collect();
        (parsed.value, faults)
    }

    pub(crate) const TERMS: &str = "[[term]]\nid = \"cnn\"\nname = { en = \"convolutional network\", zh = \"卷积神经网络\" }\nabbr = [\"CNN\"]\ndefinition = { en = \"Slides filters.\", zh = \"滑动卷积核。\" }\n\n[[term]]\nid = \"state\"\nauto = false\nname = { en = [\"state\", \"action\"], zh = \"状态\" }\ndefinition = { en = \"S.\", zh = \"状。\" }\n";

    #[test]
    fn terms_are_read() {
        let (glossary, faults) = read(TERMS);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(glossary.get("cnn").expect("a term").name(&Lang("zh".into())), "卷积神经网络");
        assert_eq!(glossary.get("state").expect("a term").names[&Lang("en".into())].len(), 2);
    }

    #[test]
    fn faults_have_a_place() {
        let faults = read(&format!(
            "{TERMS}\n[[term]]\nid = \"cnn\"\nname = {{ en = \"x\" }}\ndefinition = {{ en = \"y\" }}\n"
        ))
        .1;
        assert_eq!(faults, ["14:6 there are two terms `cnn`", "14:6 the term `cnn` has no name in `zh`"]);
        assert!(read("[[term]]\nidd = \"x\"\n").1[0].starts_with("2:1 unknown field `idd`"));
    }
}
