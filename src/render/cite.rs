//! Citations: `[@key]` in the text, and the list of references at the end of a page.
//!
//! The two styles of Kiln's own follow the language of the page; the others are those of institutions.

mod authors;
mod named;
mod own;

use std::collections::{BTreeMap, BTreeSet};

use crate::config::CitationStyle;
use crate::content::html::escape;
use crate::content::page::Lang;
use crate::diag::{Diagnostic, FileId, Parsed, Span};

use own::{Reference, reference};

/// A bibliography, read.
#[derive(Clone, Debug, Default)]
pub struct Bibliography {
    references: BTreeMap<String, Reference>,
    broken: bool,
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

    /// Where the work `key` can be read, if it says so.
    pub fn link(&self, key: &str) -> Option<&str> {
        self.references.get(key)?.link.as_deref()
    }

    /// The keys of all works.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.references.keys().map(String::as_str)
    }

    /// The works of a page in `lang`: those that it has `cited`, in the order of its text, and `others`.
    pub fn works<'a>(
        &'a self,
        cited: impl IntoIterator<Item = &'a str>,
        others: impl IntoIterator<Item = &'a str>,
        style: CitationStyle,
        lang: &Lang,
    ) -> Works<'a> {
        let mut known = BTreeSet::new();
        let all = cited.into_iter().chain(others).filter(|key| self.has(key));
        let keys = all.filter(|key| known.insert(*key)).collect();
        let works = Works { bibliography: self, keys, style, zh: lang.0.starts_with("zh") };
        if style.is_numeric() { works } else { works.by_author() }
    }
}

/// The works of a page, in the style of the site and the language of the page.
#[derive(Debug)]
pub struct Works<'a> {
    bibliography: &'a Bibliography,
    /// In the order of the list.
    keys: Vec<&'a str>,
    style: CitationStyle,
    zh: bool,
}

/// Makes the preview of a work: the id of the element, and the element.
pub(super) type Tip<'t> = &'t mut dyn FnMut(&str) -> (String, String);

/// A piece of a citation, as HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Brackets, and what stands between works.
    Text(String),
    /// What stands for the work with this key.
    Work(String, String),
}

impl Works<'_> {
    /// The same works, listed by their authors.
    #[must_use]
    pub(super) fn by_author(mut self) -> Self {
        let references = &self.bibliography.references;
        self.keys.sort_by_key(|key| (references.get(*key).map(Reference::sort_key), *key));
        self
    }

    /// The citation of `keys`, in parts: `(`, `Vaswani et al., 2017`, `)`, or by places in the list, `[`, `1`, `]`.
    fn parts(&self, keys: &[&str]) -> Vec<Part> {
        let own = match (self.style.is_numeric(), self.zh) {
            (true, _) => ["[", ", ", "]"],
            (false, true) => ["（", "；", "）"],
            (false, false) => ["(", "; ", ")"],
        };
        let named = named::cites(self.style);
        let [open, between, close] = named.as_ref().map_or(own, |cites| cites.around);
        let [before, after] = named.as_ref().map_or(["", ""], |cites| cites.each);
        let mut parts = Vec::new();
        for key in keys {
            let Some(reference) = self.bibliography.references.get(*key) else { continue };
            let number = self.keys.iter().position(|listed| listed == key);
            let text = match number.filter(|_| self.style.is_numeric()) {
                Some(number) => (number + 1).to_string(),
                None if named.is_some() => named::cited(self.style, reference),
                None => escape(&reference.short(self.zh)),
            };
            parts.push(Part::Text(format!("{}{before}", if parts.is_empty() { open } else { between })));
            parts.push(Part::Work((*key).to_owned(), text));
            parts.push(Part::Text(after.to_owned()));
        }
        parts.push(Part::Text(close.to_owned()));
        parts
    }

    /// The citation of `keys` in a text, each one a link to its reference. `tip` makes the preview of a work: the id
    /// of the element, and the element; a page that is a list of works itself has none.
    pub(super) fn cite(&self, keys: &[&str], mut tip: Option<Tip<'_>>) -> String {
        let parts = self.parts(keys).into_iter().map(|part| match part {
            Part::Text(text) => text,
            Part::Work(key, text) => {
                let preview = tip.as_mut().map(|tip| tip(&self.told(&key).unwrap_or_default()));
                let key = escape(&key);
                match preview {
                    None => format!("<a class=\"cite\" href=\"#ref-{key}\">{text}</a>"),
                    Some((id, preview)) => format!(
                        "<span class=\"cited\"><a class=\"cite\" href=\"#ref-{key}\" aria-describedby=\"{id}\">{text}</a>{preview}</span>"
                    ),
                }
            }
        });
        parts.collect()
    }

    /// The same without links.
    pub(super) fn cite_plainly(&self, keys: &[&str]) -> String {
        let parts = self.parts(keys).into_iter();
        parts
            .map(|part| match part {
                Part::Text(text) | Part::Work(_, text) => text,
            })
            .collect()
    }

    /// The work `key` in words, without a link.
    pub(super) fn told(&self, key: &str) -> Option<String> {
        let reference = self.bibliography.references.get(key)?;
        Some(self.entry(&Reference { link: None, ..reference.clone() }))
    }

    /// The items of the list, each with its key.
    pub(super) fn items(&self) -> impl Iterator<Item = (&str, String)> {
        self.keys.iter().filter_map(move |key| {
            let reference = self.bibliography.references.get(*key)?;
            Some((*key, self.entry(reference)))
        })
    }

    fn entry(&self, reference: &Reference) -> String {
        match named::cites(self.style) {
            Some(_) => named::entry(self.style, reference),
            None => reference.html(self.zh),
        }
    }

    /// The list, each item followed by what `more` has to say about it.
    pub(super) fn list(&self, more: &dyn Fn(&str) -> Option<String>) -> String {
        self.items().fold(String::new(), |html, (key, item)| {
            let more = more(key).map(|more| format!(" {more}")).unwrap_or_default();
            html + &format!("<li id=\"ref-{}\">{item}{more}</li>\n", escape(key))
        })
    }
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

    fn lang(tag: &str) -> Lang {
        Lang(tag.into())
    }

    /// No preview: its place and id are the page's.
    fn no_tip(preview: &str) -> (String, String) {
        assert!(!preview.contains("<a "), "a preview leads nowhere: {preview}");
        ("t".to_owned(), String::new())
    }

    #[test]
    fn citations_follow_the_language() {
        let bibliography = bibliography();
        let keys = ["v2017", "o2023"];
        let cite = |tag: &str| {
            let works = bibliography.works(keys, [], CitationStyle::AuthorDate, &lang(tag));
            works.cite(&keys, Some(&mut no_tip))
        };
        assert_eq!(
            cite("en"),
            "(<span class=\"cited\"><a class=\"cite\" href=\"#ref-v2017\" aria-describedby=\"t\">Vaswani et al., 2017</a></span>; <span class=\"cited\"><a class=\"cite\" href=\"#ref-o2023\" aria-describedby=\"t\">OpenAI, 2023</a></span>)"
        );
        assert!(cite("zh").starts_with("（<span class=\"cited\"><a class=\"cite\" href=\"#ref-v2017\" aria-describedby=\"t\">Vaswani 等，2017</a></span>；"));
    }

    #[test]
    fn numbers_are_places_in_the_list() {
        let bibliography = bibliography();
        let works = bibliography.works(["o2023", "v2017", "o2023"], [], CitationStyle::Numeric, &lang("zh"));
        assert_eq!(works.cite_plainly(&["v2017", "o2023"]), "[2, 1]");
        let cited = works.cite(&["v2017"], Some(&mut no_tip));
        assert!(cited.starts_with("[<span") && cited.ends_with(">2</a></span>]"), "{cited}");
    }

    #[test]
    fn others_are_no_person() {
        let text = "@misc{k, author = {Kaplan, Jared and others}, title = {{Laws}}, year = {2020}}";
        let bibliography = Bibliography::parse(text, Sources::default().add("a.bib", text)).value;
        let works = |tag: &str| bibliography.works([], ["k"], CitationStyle::AuthorDate, &lang(tag));
        assert_eq!(works("en").cite_plainly(&["k"]), "(Kaplan et al., 2020)");
        assert_eq!(works("zh").cite_plainly(&["k"]), "（Kaplan 等，2020）");
        assert!(works("en").list(&|_| None).contains("Jared Kaplan et al. <cite>"));
    }

    #[test]
    fn a_title_keeps_its_own_mark() {
        let text = "@misc{k, title = {Is it so?}, year = {2020}, url = {https://x.example}}\n@misc{b, title = {Bare!}}";
        let bibliography = Bibliography::parse(text, Sources::default().add("a.bib", text)).value;
        let list = bibliography.works(["k", "b"], [], CitationStyle::Numeric, &lang("en")).list(&|_| None);
        assert!(list.contains("Is it so?</a></cite> 2020.</li>"), "{list}");
        assert!(list.contains("<cite>Bare!</cite></li>"), "{list}");
    }

    #[test]
    fn references_are_sorted_listed_once_and_escaped() {
        let bibliography = bibliography();
        let works = |style| {
            let works = bibliography.works(["v2017", "o2023", "none", "v2017"], [], style, &lang("en"));
            works.list(&|_| None)
        };
        let numeric = works(CitationStyle::Numeric);
        assert!(numeric.find("Vaswani") < numeric.find("OpenAI"), "{numeric}");
        let list = works(CitationStyle::AuthorDate);
        assert_eq!(list.matches("<li").count(), 2);
        assert!(list.find("OpenAI") < list.find("Vaswani"), "{list}");
        assert!(list.contains("Attention &lt;Is&gt; All"), "{list}");
    }
}
