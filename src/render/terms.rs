//! Terms on the page: the list of a glossary, and the explanation of a word where it is used.

use std::fmt::Write;

use crate::content::glossary::{Glossary, Term};
use crate::content::html::escape;
use crate::content::page::{Lang, Page};
use crate::diag::{Diagnostic, Span};

use super::links::relative;
use super::page::Writer;
use super::{Input, address};

/// The anchor of a term's entry.
pub(super) fn anchor(id: &str) -> String {
    format!("term-{id}")
}

impl Writer<'_> {
    /// The use of the term with this index: a link to its entry, and the definition for those who stay.
    pub(super) fn term(&mut self, index: usize) {
        let (id, text) = &self.page.terms[index];
        let input = self.input;
        let known = input.glossary.get(id).filter(|_| !input.index.is_glossary(self.page));
        let Some(term) = known.filter(|term| !self.is_about(term)) else {
            return self.push(&escape(text));
        };
        let lang = &self.page.lang;
        let definition = self.definition(term);
        let opening = match input.index.glossary(lang, term) {
            Some(page) => {
                let to = relative(&self.page.url, &page.url);
                format!("<a href=\"{}#{}\"", escape(&to), anchor(id))
            }
            None => "<a tabindex=\"0\"".to_owned(),
        };
        let tip = self.tip(&definition);
        self.push(&format!(
            "<span class=\"term\">{opening} aria-describedby=\"{}\">{}</a>{}</span>",
            tip.0,
            escape(text),
            tip.1
        ));
    }

    /// A text for whoever points at what stands before it, and its id.
    pub(super) fn tip(&mut self, html: &str) -> (String, String) {
        self.tips += 1;
        // Ids made from headings have no two dashes in a row.
        let id = format!("tip--{}", self.tips);
        let tip = format!("<span class=\"tip\" role=\"tooltip\" id=\"{id}\">{html}</span>");
        (id, tip)
    }

    /// Whether the page is the chapter on `term`.
    fn is_about(&self, term: &Term) -> bool {
        let own = self.chapter.map(|chapter| chapter.path.as_str());
        own.is_some() && term.chapter.as_deref().map(|path| path.split('#').next().unwrap_or(path)) == own
    }

    fn definition(&mut self, term: &Term) -> String {
        self.inline(term.definition(&self.page.lang), term.span)
    }

    /// The entries of the glossary, or of one `group` of it.
    pub(super) fn glossary(&mut self, group: Option<&str>, span: Span) {
        let input = self.input;
        let terms: Vec<&Term> = input
            .glossary
            .terms()
            .iter()
            .filter(|term| group.is_none_or(|group| term.group == group))
            .collect();
        if terms.is_empty() {
            let message = match group {
                Some(group) => format!("the glossary has no group `{group}`"),
                None => "there is no glossary: write content/glossary.toml".to_owned(),
            };
            let groups = input.glossary.terms().iter().map(|term| term.group.as_str());
            self.rendered
                .diagnostics
                .push(Diagnostic::error(span, message).did_you_mean(group.unwrap_or(""), groups));
            return;
        }
        self.push("<dl class=\"glossary\">\n");
        for term in terms {
            let mut html = format!("<dt id=\"{}\">", anchor(&term.id));
            self.names(term, &mut html);
            let definition = self.definition(term);
            let _ = write!(html, "</dt>\n<dd>{definition}");
            self.users(term, &mut html);
            html.push_str("</dd>\n");
            self.push(&html);
        }
        self.push("</dl>\n");
    }

    /// `convolutional network · 卷积神经网络 · CNN [池化]`
    fn names(&mut self, term: &Term, html: &mut String) {
        let lang = &self.page.lang;
        let joined = |lang: &Lang, names: &[String]| {
            escape(&names.join(if lang.0.starts_with("zh") { "、" } else { ", " }))
        };
        let own = term.names.get(lang).map(|names| joined(lang, names)).unwrap_or_default();
        match term.chapter.as_deref().and_then(|path| self.chapter_link(path, term.span)) {
            Some(to) => {
                let _ = write!(html, "<a href=\"{}\">{own}</a>", escape(&to));
            }
            None => html.push_str(&own),
        }
        html.push_str("<span class=\"forms\">");
        for other in self.input.config.languages.iter().map(|language| &language.tag) {
            if let Some(names) = term.names.get(other).filter(|_| other != lang) {
                let _ = write!(html, " · <span lang=\"{other}\">{}</span>", joined(other, names));
            }
        }
        if !term.abbreviations.is_empty() {
            let _ = write!(html, " · {}", joined(lang, &term.abbreviations));
        }
        if let Some(aliases) = term.aliases.get(lang).filter(|aliases| !aliases.is_empty()) {
            let _ = write!(html, " [{}]", joined(lang, aliases));
        }
        html.push_str("</span>");
    }

    /// The way to the chapter at `path`, perhaps with an anchor, in the page's language.
    fn chapter_link(&mut self, path: &str, span: Span) -> Option<String> {
        let (path, anchor) = path.split_once('#').map_or((path, None), |(path, anchor)| (path, Some(anchor)));
        let Some(chapter) = self.input.content.chapters.iter().find(|chapter| chapter.path == path) else {
            let known = self.input.content.chapters.iter().map(|chapter| chapter.path.as_str());
            let fault = Diagnostic::error(span, format!("there is no chapter `{path}`"));
            self.rendered.diagnostics.push(fault.did_you_mean(path, known));
            return None;
        };
        let page = chapter.pages.get(&self.page.lang)?;
        let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
        Some(relative(&self.page.url, &page.url) + &anchor)
    }

    /// The pages that use `term`.
    fn users(&mut self, term: &Term, html: &mut String) {
        let input = self.input;
        let pages = input.index.users(&self.page.lang, &term.id);
        let pages: Vec<&&Page> = pages.iter().filter(|page| page.url != self.page.url).collect();
        if !pages.is_empty() {
            let _ = write!(html, " {}", self.backlinks(self.words.get("used_in"), &pages));
        }
    }

    /// `Used in A, B`, with links.
    pub(super) fn backlinks(&self, word: &str, pages: &[&&Page]) -> String {
        let comma = if self.page.lang.0.starts_with("zh") { "、" } else { ", " };
        let links: Vec<String> = pages
            .iter()
            .map(|page| {
                let to = relative(&self.page.url, &address::encode(&page.url));
                format!("<a href=\"{}\">{}</a>", escape(&to), escape(&page.title))
            })
            .collect();
        format!("<span class=\"backlinks\">{} {}</span>", escape(word), links.join(comma))
    }
}

/// The anchors that the shortcodes of `page` make.
pub(super) fn anchors<'a>(glossary: &'a Glossary, page: &'a Page) -> impl Iterator<Item = String> + 'a {
    let lists = page.shortcodes.iter().filter(|shortcode| shortcode.name == super::index::GLOSSARY);
    lists.flat_map(move |list| {
        let group = list.get("group");
        let terms = glossary.terms().iter();
        terms.filter(move |term| group.is_none_or(|group| term.group == group)).map(|term| anchor(&term.id))
    })
}

/// The entries of the glossary, or of one `group` of it, as Markdown for readers of `lang`.
pub(super) fn written(input: &Input<'_>, lang: &Lang, group: Option<&str>) -> String {
    let terms = input.glossary.terms().iter().filter(|term| group.is_none_or(|group| term.group == group));
    let entries = terms.map(|term| {
        let mut forms: Vec<&str> = Vec::new();
        for other in
            input.config.languages.iter().map(|language| &language.tag).filter(|other| *other != lang)
        {
            forms.extend(term.names.get(other).into_iter().flatten().map(String::as_str));
        }
        forms.extend(term.abbreviations.iter().map(String::as_str));
        forms.extend(term.aliases.get(lang).into_iter().flatten().map(String::as_str));
        let own = term.names.get(lang).map(|names| names.join(", ")).unwrap_or_default();
        let forms = if forms.is_empty() { String::new() } else { format!(" ({})", forms.join(", ")) };
        format!("**{own}**{forms}: {}", term.definition(lang))
    });
    entries.collect::<Vec<_>>().join("\n\n")
}
