//! Citations: `[@key]` in the text, and the list of references at the end of a page.

use std::collections::{BTreeMap, BTreeSet};

use biblatex::{ChunksExt, Entry, PermissiveType, Person};

use crate::config::CitationStyle;
use crate::content::html::escape;
use crate::content::page::Lang;
use crate::diag::{Diagnostic, FileId, Parsed, Span};

/// A bibliography, read.
#[derive(Clone, Debug, Default)]
pub struct Bibliography {
    references: BTreeMap<String, Reference>,
    broken: bool,
}

/// A work that can be cited.
#[derive(Clone, Debug, Default, PartialEq)]
struct Reference {
    /// Given name and family name of each author.
    authors: Vec<(String, String)>,
    year: String,
    title: String,
    /// Journal, proceedings, publisher: whatever says where it appeared.
    place: String,
    /// Where it can be read, if the entry says so.
    link: Option<String>,
}

impl Bibliography {
    /// Reads the BibTeX file `file` with the content `text`.
    pub fn parse(text: &str, file: FileId) -> Parsed<Self> {
        match biblatex::Bibliography::parse(text) {
            Ok(entries) => {
                let references = entries.iter().map(|entry| (entry.key.clone(), reference(entry))).collect();
                Parsed::clean(Self { references, broken: false })
            }
            Err(error) => {
                let fault = Diagnostic::error(
                    Span::new(file, error.span),
                    format!("this is not BibTeX: {}", error.kind),
                );
                Parsed { value: Self { broken: true, ..Self::default() }, diagnostics: vec![fault] }
            }
        }
    }

    /// Whether there is a work with this key.
    pub fn has(&self, key: &str) -> bool {
        self.references.contains_key(key)
    }

    /// Whether the bibliography could not be read: what is cited may well be in it.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The address of every work that has one, by key.
    pub fn links(&self) -> impl Iterator<Item = (&str, &str)> {
        self.references.iter().filter_map(|(key, work)| Some((key.as_str(), work.link.as_deref()?)))
    }

    /// The keys of all works.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.references.keys().map(String::as_str)
    }

    /// The work `key` in words, without a link.
    pub fn told(&self, key: &str, lang: &Lang) -> Option<String> {
        let reference = self.references.get(key)?;
        Some(Reference { link: None, ..reference.clone() }.html(lang.0.starts_with("zh")))
    }

    /// The works among `keys`, once each, in the order in which a list of `style` has them.
    pub fn order<'k>(&self, keys: &[&'k str], style: CitationStyle) -> Vec<&'k str> {
        let mut known = BTreeSet::new();
        let mut order: Vec<(&str, &Reference)> = keys
            .iter()
            .filter(|key| known.insert(**key))
            .filter_map(|key| Some((*key, self.references.get(*key)?)))
            .collect();
        if style == CitationStyle::AuthorDate {
            order.sort_by_key(|(key, reference)| (reference.sort_key(), *key));
        }
        order.into_iter().map(|(key, _)| key).collect()
    }

    /// The citation of `keys` in a text, each one a link to its reference: `(Vaswani et al., 2017)`, or by
    /// their places in the list `numbered`, `[1, 2]`.
    /// `tip` makes the preview of a work: the id of the element, and the element.
    pub fn cite(
        &self,
        keys: &[&str],
        numbered: Option<&[&str]>,
        lang: &Lang,
        tip: &mut dyn FnMut(&str) -> (String, String),
    ) -> String {
        let zh = lang.0.starts_with("zh");
        let links = keys.iter().filter_map(|key| {
            let reference = self.references.get(*key)?;
            let (authors, comma) = (reference.short_authors(zh), if zh { "，" } else { ", " });
            let number = numbered.and_then(|list| list.iter().position(|listed| listed == key));
            let text = match number {
                Some(number) => (number + 1).to_string(),
                None if reference.year.is_empty() => authors,
                None => format!("{authors}{comma}{}", reference.year),
            };
            let (id, preview) = tip(&Reference { link: None, ..reference.clone() }.html(zh));
            Some(format!(
                "<span class=\"cited\"><a class=\"cite\" href=\"#ref-{}\" aria-describedby=\"{id}\">{}</a>{preview}</span>",
                escape(key),
                escape(&text)
            ))
        });
        let links = links.collect::<Vec<_>>();
        match (numbered, zh) {
            (Some(_), _) => format!("[{}]", links.join(", ")),
            (None, true) => format!("（{}）", links.join("；")),
            (None, false) => format!("({})", links.join("; ")),
        }
    }

    /// The list items for `keys`, in their order.
    pub fn list(&self, keys: &[&str], lang: &Lang) -> String {
        self.list_with(keys, lang, &|_| None)
    }

    /// The list items for `keys`, each followed by what `more` has to say about it.
    pub fn list_with(&self, keys: &[&str], lang: &Lang, more: &dyn Fn(&str) -> Option<String>) -> String {
        let cited = keys.iter().filter_map(|key| Some((*key, self.references.get(*key)?)));
        let zh = lang.0.starts_with("zh");
        cited.fold(String::new(), |html, (key, reference)| {
            let more = more(key).map(|more| format!(" {more}")).unwrap_or_default();
            html + &format!("<li id=\"ref-{}\">{}{more}</li>\n", escape(key), reference.html(zh))
        })
    }
}

/// What BibTeX writes for authors that are not named.
const OTHERS: &str = "others";

impl Reference {
    /// The authors that are named, and whether there are more.
    fn named(&self) -> (&[(String, String)], bool) {
        match self.authors.split_last() {
            Some(((given, family), named)) if given.is_empty() && family == OTHERS => (named, true),
            _ => (&self.authors, false),
        }
    }

    fn short_authors(&self, zh: bool) -> String {
        let (named, more) = self.named();
        let family = |index: usize| named[index].1.clone();
        // Unnamed ones are at least two more.
        match (named.len() + usize::from(more) * 2, zh) {
            _ if named.is_empty() => self.title.clone(),
            (1, _) => family(0),
            (2, false) => format!("{} & {}", family(0), family(1)),
            (2, true) => format!("{} 和 {}", family(0), family(1)),
            (_, false) => format!("{} et al.", family(0)),
            (_, true) => format!("{} 等", family(0)),
        }
    }

    fn sort_key(&self) -> (String, String) {
        (self.authors.first().map_or(&self.title, |author| &author.1).to_lowercase(), self.year.clone())
    }

    fn html(&self, zh: bool) -> String {
        let (named, more) = self.named();
        let names = named.iter().map(|(given, family)| format!("{given} {family}").trim().to_owned());
        let names: Vec<String> = names.collect();
        let comma = if zh { "、" } else { ", " };
        let names = match names.len() {
            0 => String::new(),
            1..=8 if !more => names.join(comma),
            count => format!("{}{}", names[..count.min(6)].join(comma), if zh { " 等" } else { " et al." }),
        };
        let title = match &self.link {
            Some(link) => {
                format!("<a href=\"{}\" rel=\"noopener\">{}</a>", escape(link), escape(&self.title))
            }
            None => escape(&self.title),
        };
        let mut parts =
            vec![escape(&names), format!("<cite>{title}</cite>"), escape(&self.place), escape(&self.year)];
        parts.retain(|part| !part.is_empty() && part != "<cite></cite>");
        // "et al." brings its own full stop.
        parts.join(". ").replace("al.. ", "al. ") + "."
    }
}

fn reference(entry: &Entry) -> Reference {
    let text = |field: &str| entry.get(field).map(|chunks| chunks.format_verbatim()).unwrap_or_default();
    let first = |fields: &[&str]| fields.iter().map(|field| text(field)).find(|text| !text.is_empty());
    let year = match entry.date() {
        Ok(PermissiveType::Typed(date)) => year_of(&date.value),
        _ => text("year"),
    };
    let link = first(&["url"])
        .or_else(|| first(&["doi"]).map(|doi| format!("https://doi.org/{doi}")))
        .or_else(|| {
            let eprint = first(&["eprint"])?;
            Some(format!("https://arxiv.org/abs/{eprint}"))
        });
    Reference {
        authors: entry.author().unwrap_or_default().iter().map(name).collect(),
        year,
        title: text("title"),
        place: first(&["journal", "journaltitle", "booktitle", "howpublished", "publisher", "institution"])
            .unwrap_or_default(),
        link: link.filter(|link| link.starts_with("https://") || link.starts_with("http://")),
    }
}

fn year_of(date: &biblatex::DateValue) -> String {
    match date {
        biblatex::DateValue::At(at) | biblatex::DateValue::After(at) | biblatex::DateValue::Before(at) => {
            at.year.to_string()
        }
        biblatex::DateValue::Between(from, _) => from.year.to_string(),
    }
}

fn name(person: &Person) -> (String, String) {
    let family = format!("{} {}", person.prefix, person.name).trim().to_owned();
    (person.given_name.clone(), family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sources;

    fn bibliography() -> Bibliography {
        let text = "@inproceedings{v2017, author = {Vaswani, Ashish and Shazeer, Noam and Parmar, Niki}, title = {{Attention <Is> All}}, booktitle = {NIPS}, year = {2017}}\n\
                    @misc{o2023, author = {{OpenAI}}, title = {{Report}}, year = {2023}}";
        let file = Sources::default().add("a.bib", text);
        let parsed = Bibliography::parse(text, file);
        assert_eq!(parsed.diagnostics, []);
        parsed.value
    }

    /// No preview: its place and id are the page's.
    fn no_tip(preview: &str) -> (String, String) {
        assert!(!preview.contains("<a "), "a preview leads nowhere: {preview}");
        ("t".to_owned(), String::new())
    }

    #[test]
    fn citations_follow_the_language() {
        let cite =
            |lang: &str| bibliography().cite(&["v2017", "o2023"], None, &Lang(lang.into()), &mut no_tip);
        assert_eq!(
            cite("en"),
            "(<span class=\"cited\"><a class=\"cite\" href=\"#ref-v2017\" aria-describedby=\"t\">Vaswani et al., 2017</a></span>; <span class=\"cited\"><a class=\"cite\" href=\"#ref-o2023\" aria-describedby=\"t\">OpenAI, 2023</a></span>)"
        );
        assert!(cite("zh").starts_with("（<span class=\"cited\"><a class=\"cite\" href=\"#ref-v2017\" aria-describedby=\"t\">Vaswani 等，2017</a></span>；"));
    }

    #[test]
    fn numbers_are_places_in_the_list() {
        let list = ["o2023", "v2017"];
        let cited = bibliography().cite(&["v2017", "o2023"], Some(&list), &Lang("zh".into()), &mut no_tip);
        assert!(cited.starts_with("[<span") && cited.ends_with("</span>]"), "{cited}");
        assert!(cited.contains(">2</a></span>, <span") && cited.contains(">1</a>"), "{cited}");
    }

    #[test]
    fn others_are_no_person() {
        let text = "@misc{k, author = {Kaplan, Jared and others}, title = {{Laws}}, year = {2020}}";
        let bibliography = Bibliography::parse(text, Sources::default().add("a.bib", text)).value;
        let (en, zh) = (Lang("en".into()), Lang("zh".into()));
        assert!(bibliography.cite(&["k"], None, &en, &mut no_tip).contains("Kaplan et al., 2020"));
        assert!(bibliography.cite(&["k"], None, &zh, &mut no_tip).contains("Kaplan 等，2020"));
        assert!(bibliography.list(&["k"], &en).contains("Jared Kaplan et al. <cite>"));
    }

    #[test]
    fn references_are_sorted_listed_once_and_escaped() {
        let bibliography = bibliography();
        let order = |style| bibliography.order(&["v2017", "o2023", "none", "v2017"], style);
        assert_eq!(order(CitationStyle::Numeric), ["v2017", "o2023"]);
        let list = bibliography.list(&order(CitationStyle::AuthorDate), &Lang("en".into()));
        assert_eq!(list.matches("<li").count(), 2);
        assert!(list.find("OpenAI") < list.find("Vaswani"), "{list}");
        assert!(list.contains("Attention &lt;Is&gt; All"), "{list}");
    }
}
