//! References inside the site: `@fig-loss` to what has a label in the page or in one other, `@bert/fig-loss`
//! to what has one in that page, `[[transformer]]` to a page or a term by name.

use std::collections::BTreeMap;

use crate::content::html::escape;
use crate::content::page::{Chapter, Lang, Page};
use crate::diag::{Diagnostic, Span};

use super::links::relative;
use super::numbers::{self, Labelled};
use super::page::Writer;
use super::theme::Words;
use super::{Input, address, embed, terms};

/// Where a name leads: the address and the title.
type Target = (String, String);

impl Writer<'_> {
    /// `Figure 3`, as a link; of another page `Figure 3 in BERT`.
    pub(super) fn reference(&mut self, page: Option<&str>, label: &str, span: Span) {
        match referred(self.input, self.page, &self.numbers, (page, label), span) {
            Ok(Referred { text, way, lang }) => {
                let lang = lang.map(|lang| format!(" hreflang=\"{lang}\"")).unwrap_or_default();
                let html = format!("<a class=\"ref\" href=\"{}\"{lang}>{}</a>", escape(&way), escape(&text));
                self.push(&html);
            }
            Err(fault) => self.rendered.diagnostics.push(*fault),
        }
    }

    /// The number of the formula with this label.
    pub(super) fn equation(&self, label: &str) -> Option<usize> {
        match self.numbers.get(label) {
            Some(Labelled::Equation(number)) => Some(*number),
            _ => None,
        }
    }

    /// A link by name: the opening tag, or, where it has no text of its own, the whole link.
    pub(super) fn wiki(&mut self, to: &str, bare: bool, span: Span) {
        match named(self.input, self.page, to, span) {
            Ok((address, title)) => {
                let open = format!("<a href=\"{}\">", escape(&address));
                self.push(&open);
                if bare {
                    self.push(&format!("{}</a>", escape(&title)));
                }
            }
            Err(fault) => {
                self.rendered.diagnostics.push(*fault);
                self.push(&if bare { escape(to) } else { "<a>".to_owned() });
            }
        }
    }
}

/// What a reference leads to.
pub(super) struct Referred<'a> {
    /// What it says.
    pub(super) text: String,
    /// The address, relative to the page.
    pub(super) way: String,
    /// The language of the other page, where it is another one.
    lang: Option<&'a Lang>,
}

/// What `label`, written in the page `here` whose labels are `own`, leads to: in the page that is named
/// before it, else in this page, else in the one other page that has it.
///
/// # Errors
/// Nothing has that label, or several have.
pub(super) fn referred<'a>(
    input: &Input<'a>,
    here: &Page,
    own: &BTreeMap<String, Labelled>,
    (page, label): (Option<&str>, &str),
    span: Span,
) -> Result<Referred<'a>, Box<Diagnostic>> {
    let words = input.theme.words(&here.lang);
    let owned = |named| Referred { text: told(named, words), way: format!("#{label}"), lang: None };
    let target = match page {
        None => match own.get(label) {
            Some(named) => return Ok(owned(named)),
            None => holder(input, here, own, label, span)?,
        },
        Some(name) => {
            let chapter = embed::chapter(input, name, span)?;
            let mut pages = embed::translations(input, chapter, here);
            pages.next().ok_or_else(|| Diagnostic::error(span, format!("`{name}` has no page")))?
        }
    };
    let numbers = numbers::of(target);
    let Some(named) = numbers.get(label) else {
        let message = format!("nothing in `{}` has the label `{label}`", page.unwrap_or_default());
        let fault = Diagnostic::error(span, message);
        return Err(Box::new(fault.did_you_mean(label, numbers.keys().map(String::as_str)).hint(LABELS)));
    };
    if target.url == here.url {
        return Ok(owned(named));
    }
    let (before, after) = words.get("in_page").split_once("PAGE").unwrap_or_default();
    let named = told(named, words);
    Ok(Referred {
        text: [&before.replace("NAME", &named), &target.title, &*after.replace("NAME", &named)].concat(),
        way: format!("{}#{label}", relative(&here.url, &address::encode(&target.url))),
        lang: Some(&target.lang).filter(|lang| **lang != here.lang),
    })
}

/// What can be referred to.
const LABELS: &str = "labels are those of cells (`#| label: fig-x`), pictures (`![…](…){#fig-x}`), formulas (`$$…$$ {#eq-x}`) and headings (`{#sec-x}`)";

/// The one page beside `here` that has `label`, in its language or else in another.
fn holder<'a>(
    input: &Input<'a>,
    here: &Page,
    own: &BTreeMap<String, Labelled>,
    label: &str,
    span: Span,
) -> Result<&'a Page, Box<Diagnostic>> {
    let others = input.config.languages.iter().map(|language| &language.tag).filter(|tag| **tag != here.lang);
    let mut langs = std::iter::once(&here.lang).chain(others);
    let found =
        langs.find_map(|lang| Some(input.index.labelled(lang, label)).filter(|found| !found.is_empty()));
    match found.unwrap_or_default() {
        [page] => Ok(page),
        [] => {
            let fault = Diagnostic::error(span, format!("nothing in this book has the label `{label}`"));
            let known = own.keys().map(String::as_str).chain(input.index.labels(&here.lang));
            Err(Box::new(fault.did_you_mean(label, known).hint(LABELS)))
        }
        several => {
            let fault = Diagnostic::error(span, format!("more than one page has the label `{label}`"));
            let chapters = input.content.chapters.iter();
            let holds = |chapter: &&Chapter| {
                chapter.pages.values().any(|page| several.iter().any(|other| other.file == page.file))
            };
            let ways: Vec<String> =
                chapters.filter(holds).map(|chapter| format!("`@{}/{label}`", chapter.path)).collect();
            Err(Box::new(fault.hint(format!("name the page: {}", ways.join(" or ")))))
        }
    }
}

/// The page or the term called `to`: a folder's name or path, a title, or a name of the glossary.
pub(super) fn named(input: &Input<'_>, here: &Page, to: &str, span: Span) -> Result<Target, Box<Diagnostic>> {
    let (name, anchor) = to.split_once('#').map_or((to, None), |(name, anchor)| (name, Some(anchor)));
    let name = name.trim();
    let found = input.index.named(input.content, &here.lang, name);
    if let [first, second, ..] = found.as_slice() {
        let fault = Diagnostic::error(span, format!("`{name}` names more than one page"));
        return Err(Box::new(fault.hint(format!("write `[[{}]]` or `[[{}]]`", first.0, second.0))));
    }
    if let [(_, page)] = found.as_slice() {
        if let Some(anchor) = anchor.filter(|anchor| !page.headings.iter().any(|h| h.id == *anchor)) {
            let fault = Diagnostic::error(span, format!("`{}` has no heading `{anchor}`", page.title));
            let known = page.headings.iter().map(|heading| heading.id.as_str());
            return Err(Box::new(fault.did_you_mean(anchor, known)));
        }
        let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
        let way = relative(&here.url, &address::encode(&page.url)) + &anchor;
        return Ok((way, page.title.clone()));
    }
    let lang = &here.lang;
    let term = input.glossary.matcher(lang).and_then(|terms| terms.named(name));
    let term = term.and_then(|id| input.glossary.get(id));
    if let Some((term, page)) = term.and_then(|term| Some((term, input.index.glossary(lang, term)?))) {
        let way = format!("{}#{}", relative(&here.url, &page.url), terms::anchor(&term.id));
        return Ok((way, term.name(lang).to_owned()));
    }
    let fault = Diagnostic::error(span, format!("no page and no term is called `{name}`"));
    let pages: Vec<(&str, &Page)> = written(input, &here.lang).collect();
    let slugs = pages.iter().map(|(path, _)| path.rsplit('/').next().unwrap_or(path));
    let titles = pages.iter().map(|(_, page)| page.title.as_str());
    let names = input.glossary.matcher(lang).into_iter().flat_map(|terms| terms.names());
    Err(Box::new(fault.did_you_mean(name, slugs.chain(titles).chain(names))))
}

/// Every page in `lang`, with its path.
fn written<'a>(input: &Input<'a>, lang: &'a Lang) -> impl Iterator<Item = (&'a str, &'a Page)> {
    let content = input.content;
    let sections = content.sections.iter().filter_map(|s| Some((s.path.as_str(), s.pages.get(lang)?)));
    sections.chain(content.chapters.iter().filter_map(|c| Some((c.path.as_str(), c.pages.get(lang)?))))
}

/// What a reference to `named` says: `Figure 3`.
pub(super) fn told(named: &Labelled, words: &Words) -> String {
    let numbered = |word: &str, number: &dyn std::fmt::Display| format!("{}\u{a0}{number}", words.get(word));
    match named {
        Labelled::Figure(number) => numbered("figure", number),
        Labelled::Table(number) => numbered("table", number),
        Labelled::Equation(number) => numbered("equation", &format!("({number})")),
        Labelled::Section(title) => title.clone(),
    }
}
