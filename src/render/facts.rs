//! Facts on the page: the value where it is stated, with its source, and the list of all.

use std::fmt::Write;

use crate::content::facts::{FACTS, Fact, Facts, Form, named};
use crate::content::html::escape;
use crate::content::page::{Lang, Page, Shortcode};
use crate::diag::Diagnostic;

use super::Input;
use super::cite::Bibliography;
use super::page::Writer;

/// Facts whose source is not in `bibliography`.
pub fn check(facts: &Facts, bibliography: &Bibliography) -> Vec<Diagnostic> {
    let unknown = |fact: &&Fact| !bibliography.is_broken() && !bibliography.has(&fact.source);
    let told = |fact: &Fact| {
        let message = format!("content/references.bib has no entry `{}`", fact.source);
        Diagnostic::error(fact.source_span, message).did_you_mean(&fact.source, bibliography.keys())
    };
    facts.all().iter().filter(unknown).map(told).collect()
}

/// The fact that `shortcode` asks for, and the form it asks for; `None` where nobody can know.
///
/// # Errors
/// There is no such fact, or no such form of it.
fn asked<'a>(facts: &'a Facts, shortcode: &Shortcode) -> Result<Option<(&'a Fact, Form)>, Box<Diagnostic>> {
    let fault = |message: String| Diagnostic::error(shortcode.span, message);
    let Some(key) = named(shortcode) else {
        return Err(Box::new(
            fault("this does not say which fact".to_owned())
                .hint("write it as `{{< fact KEY >}}`, with a key of content/facts.toml"),
        ));
    };
    let Some(fact) = facts.get(key) else {
        if facts.is_broken() {
            return Ok(None);
        }
        let known = facts.all().iter().map(|fact| fact.key.as_str());
        let fault = fault(format!("content/facts.toml has no fact `{key}`"));
        return Err(Box::new(fault.did_you_mean(key, known)));
    };
    let extra = shortcode.arguments.first().map(|(name, _)| name).or_else(|| shortcode.words.get(2));
    if let Some(extra) = extra {
        return Err(Box::new(fault(format!("a fact takes no `{extra}`"))));
    }
    let Some(word) = shortcode.words.get(1) else { return Ok(Some((fact, Form::default()))) };
    match Form::named(word).filter(|form| form.fits(&fact.value)) {
        Some(form) => Ok(Some((fact, form))),
        None => {
            let names: Vec<&str> = Form::names_for(&fact.value).collect();
            let told = fault(format!("the fact `{key}` cannot be shown as `{word}`"));
            let told = told.did_you_mean(word, names.iter().copied());
            Err(Box::new(match names.as_slice() {
                [] => told.hint("it has one form only: leave the word out"),
                names => told.hint(format!("it can be shown as {}", names.join(", "))),
            }))
        }
    }
}

impl Writer<'_> {
    /// The value that `shortcode` asks for: a link to its source, which those who stay are told of.
    pub(super) fn fact(&mut self, shortcode: &Shortcode) {
        let input = self.input;
        let (fact, form) = match asked(input.facts, shortcode) {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(fault) => return self.rendered.diagnostics.push(*fault),
        };
        let lang = &self.page.lang;
        let what = fact.what.get(lang).map(String::as_str).unwrap_or_default();
        let source = self.works.told(&fact.source).unwrap_or_default();
        let stop = if lang.0.starts_with("zh") { "。" } else { ". " };
        let (id, tip) = self.tip(&format!("{}{stop}{source}", escape(what)));
        let value = escape(&fact.shown(form, lang));
        self.push(&format!(
            "<span class=\"cited fact\"><a href=\"#ref-{}\" aria-describedby=\"{id}\">{value}</a>{tip}</span>",
            escape(&fact.source)
        ));
    }

    /// Every fact, with its source and the pages that state it.
    pub(super) fn facts(&mut self) {
        let input = self.input;
        let lang = &self.page.lang;
        let heads = ["fact", "fact_value", "fact_source"].map(|word| self.words.get(word));
        let mut html = "<div class=\"table-wrap\"><table>\n<thead><tr>".to_owned();
        heads.iter().for_each(|head| {
            let _ = write!(html, "<th scope=\"col\">{}</th>", escape(head));
        });
        html.push_str("</tr></thead>\n<tbody>\n");
        for fact in input.facts.all() {
            let what = fact.what.get(lang).map(String::as_str).unwrap_or_default();
            let pages = input.index.stating(lang, &fact.key);
            let pages: Vec<&&Page> = pages.iter().filter(|page| page.url != self.page.url).collect();
            let pages = match pages.is_empty() {
                true => String::new(),
                false => self.backlinks(self.words.get("stated_in"), &pages),
            };
            let source = self.works.cite(&[&fact.source], None);
            let value = escape(&fact.shown(Form::Plain, lang));
            let _ = writeln!(
                html,
                "<tr id=\"fact-{}\"><td>{}{pages}</td><td>{value}</td><td>{source}</td></tr>",
                escape(&super::models::anchor(&fact.key)),
                escape(what)
            );
        }
        html.push_str("</tbody></table></div>\n");
        self.push(&html);
    }
}

/// The works that the facts of `page` come from.
pub(super) fn sources<'a>(input: &Input<'a>, page: &'a Page) -> impl Iterator<Item = &'a str> {
    let all = page.shortcodes.iter().any(|shortcode| shortcode.name == FACTS);
    let listed = input.facts.all().iter().filter(move |_| all);
    input.facts.stated(page).chain(listed).map(|fact| fact.source.as_str())
}

/// The value that `shortcode` asks for, as plain text.
pub(super) fn text(input: &Input<'_>, shortcode: &Shortcode, lang: &Lang) -> String {
    let asked = asked(input.facts, shortcode).ok().flatten();
    asked.map(|(fact, form)| fact.shown(form, lang)).unwrap_or_default()
}

/// Every fact as a list in Markdown for readers of `lang`.
pub(super) fn written(input: &Input<'_>, lang: &Lang) -> String {
    let line = |fact: &Fact| {
        let what = fact.what.get(lang).map(String::as_str).unwrap_or_default();
        format!("- {what}: {}", fact.shown(Form::Plain, lang))
    };
    input.facts.all().iter().map(line).collect::<Vec<_>>().join("\n")
}
