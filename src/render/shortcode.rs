//! Shortcodes: drawn by Kiln, or by the template `shortcodes/NAME.html` of the theme.

use crate::content::embed;
use crate::content::facts::{FACT, FACTS};
use crate::content::html::escape;
use crate::content::page::{Page, Shortcode};
use crate::diag::{Diagnostic, Severity};

use super::Input;
use super::index::{BIBLIOGRAPHY, CONCEPT_MAP, GLOSSARY};
use super::links::relative;
use super::models::MODEL;
use super::page::Writer;

/// The shortcodes that need no template.
const OWN: [&str; 7] = [GLOSSARY, BIBLIOGRAPHY, CONCEPT_MAP, embed::NAME, FACT, FACTS, MODEL];

/// The template of the shortcode `name`.
fn name_of(name: &str) -> String {
    format!("shortcodes/{name}.html")
}

/// What the theme makes of `shortcode` in `page`; `None` where it has no template for it.
pub(super) fn template(
    input: &Input<'_>,
    page: &Page,
    shortcode: &Shortcode,
) -> Option<Result<String, tera::Error>> {
    let name = name_of(&shortcode.name);
    if !input.theme.has(&name) {
        return None;
    }
    let mut context = tera::Context::new();
    let arguments: serde_json::Map<String, serde_json::Value> =
        shortcode.arguments.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    context.insert("args", &arguments);
    context.insert("words", &shortcode.words);
    context.insert("lang", &page.lang);
    context.insert("root", relative(&page.url, "").trim_start_matches("./"));
    context.insert("ui", input.theme.words(&page.lang).table());
    Some(input.theme.tera.render(&name, &context))
}

/// Whether `shortcode` lists facts, or the works that they come from.
pub fn lists_sources(shortcode: &Shortcode) -> bool {
    [FACTS, BIBLIOGRAPHY].contains(&shortcode.name.as_str())
}

impl Writer<'_> {
    pub(super) fn shortcode(&mut self, index: usize) {
        let shortcode = &self.page.shortcodes[index];
        match shortcode.name.as_str() {
            GLOSSARY => self.glossary(shortcode.get("group"), shortcode.span),
            BIBLIOGRAPHY => self.bibliography(),
            CONCEPT_MAP => self.concept_map(),
            embed::NAME => self.embed(shortcode),
            FACT => self.fact(shortcode),
            FACTS => self.facts(),
            MODEL => self.model(shortcode),
            _ => self.draw(shortcode),
        }
    }

    fn draw(&mut self, shortcode: &Shortcode) {
        let theme = self.input.theme;
        let name = name_of(&shortcode.name);
        if theme.is_broken() {
            return;
        }
        if !theme.has(&name) {
            let mut fault =
                Diagnostic::error(shortcode.span, format!("there is no shortcode `{}`", shortcode.name));
            if self.input.config.layout.is_foreign() {
                // The other generator brings shortcodes of its own: what they say is shown, not lost.
                fault.severity = Severity::Warning;
                let words = [std::slice::from_ref(&shortcode.name), &shortcode.words].concat().join(" ");
                let pairs = shortcode.arguments.iter().map(|(key, value)| format!(" {key}=\"{value}\""));
                let said = escape(&(words + &pairs.collect::<String>()));
                let tag = if shortcode.block { ["<p>", "</p>"] } else { ["", ""] };
                self.push(&format!("{}<code>{{{{&lt; {said} &gt;}}}}</code>{}", tag[0], tag[1]));
            }
            let known = theme.shortcodes().chain(OWN);
            self.rendered.diagnostics.push(
                fault
                    .did_you_mean(&shortcode.name, known)
                    .hint(format!("a shortcode of your own is a template templates/{name}")),
            );
            return;
        }
        match template(self.input, self.page, shortcode) {
            None => {}
            Some(Ok(html)) => self.push(html.trim_end()),
            Some(Err(error)) => {
                let fault = theme.fault(&error, &self.page.url);
                self.rendered.diagnostics.push(fault.related(shortcode.span, "for this shortcode"));
            }
        }
    }

    /// Every work that pages of this language cite, each with the pages that do.
    fn bibliography(&mut self) {
        let input = self.input;
        let keys = input.index.cited(&self.page.lang);
        let backlinks = |key: &str| {
            let key = keys.iter().find(|known| **known == key)?;
            let pages = input.index.citing(&self.page.lang, key);
            let pages: Vec<&&Page> = pages.iter().filter(|page| page.url != self.page.url).collect();
            (!pages.is_empty()).then(|| self.backlinks(self.words.get("cited_in"), &pages))
        };
        let list = self.works.list(&backlinks);
        self.push(&format!("<ol class=\"bibliography\">\n{list}</ol>\n"));
    }
}
