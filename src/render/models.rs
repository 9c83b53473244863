//! The page of models: what the site's cells run on, where it comes from, who uses it.

use serde::Serialize;

use crate::content::facts::{Form, quantity};
use crate::content::html::escape;
use crate::content::page::{Lang, Shortcode};
use crate::diag::Diagnostic;

use super::Input;
use super::links::relative;
use super::page::Writer;

/// The name of the shortcode that states what `models.toml` says of a model.
pub(super) const MODEL: &str = "model";
/// What it can state.
const TOLD: [&str; 2] = ["parameters", "license"];

/// A model as the page of models shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelCard {
    /// What cells call it.
    pub id: String,
    /// Its name for readers in each language; the id where there is none.
    pub titles: std::collections::BTreeMap<Lang, String>,
    /// What it does, in transformers' words.
    pub task: String,
    /// The architecture it belongs to.
    pub family: String,
    /// Number of parameters.
    pub parameters: u64,
    /// SPDX expression, or the words of whoever published it.
    pub license: String,
    /// Where the weights come from.
    pub provenance: String,
    /// A paragraph on what it is and can do.
    pub card: String,
    /// Bytes of all files, 0 where they are not known.
    pub bytes: u64,
    /// The digest over its files, in hex.
    pub digest: String,
    /// Its files.
    pub files: Vec<ModelFileCard>,
}

/// A file of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelFileCard {
    /// What it is to the model: `graph`, `tokenizer`, ….
    pub role: String,
    /// Its name.
    pub name: String,
    /// Its sha256 in hex; empty where it is not pinned.
    pub sha256: String,
    /// Its size for readers; empty where it is not known.
    pub size: String,
    /// Where it is had, in words: `pypi NAME VERSION`.
    pub source: String,
    /// Where it can be read or downloaded; empty where that is no address.
    pub link: String,
}

/// `models` in templates: one model.
#[derive(Clone, Debug, Serialize)]
pub struct ModelContext<'a> {
    /// What cells call it.
    pub id: &'a str,
    /// Its anchor on the page of models.
    pub anchor: String,
    /// Its name in the page's language.
    pub title: &'a str,
    /// What it does, in transformers' words.
    pub task: &'a str,
    /// The architecture it belongs to.
    pub family: &'a str,
    /// Number of parameters, for readers: `22.6 M`.
    pub parameters: String,
    /// SPDX expression, or the words of whoever published it.
    pub license: &'a str,
    /// Where the weights come from.
    pub provenance: &'a str,
    /// A paragraph on what it is and can do, in English.
    pub card: &'a str,
    /// The size of all files, for readers; empty where it is not known.
    pub size: String,
    /// The digest over its files, in hex.
    pub digest: &'a str,
    /// Its files.
    pub files: &'a [ModelFileCard],
    /// The chapters whose cells ran on it.
    pub chapters: Vec<super::context::LinkContext<'a>>,
}

/// The address of the page of models in `lang`, below the root of the site.
pub(super) fn url(input: &Input<'_>, lang: &Lang) -> String {
    format!("{}models/", input.config.folder(lang))
}

/// Whether the site has a page of models: it has models, a template for them, and nothing else there.
pub(super) fn exists(input: &Input<'_>, lang: &Lang) -> bool {
    let url = url(input, lang);
    !input.models.is_empty()
        && input.theme.has("models.html")
        && !input.content.pages().any(|page| page.url == url)
}

/// The models for templates, in the order of `models.toml`. `way` leads from the page to an address.
pub(super) fn context<'a>(
    input: &Input<'a>,
    lang: &Lang,
    way: &dyn Fn(&str) -> String,
) -> Vec<ModelContext<'a>> {
    let chapters = |id: &str| {
        let using = input.content.chapters.iter().filter(|chapter| {
            let cells = input.bakes.get(&chapter.path).into_iter().flat_map(|cells| cells.values());
            cells.flat_map(|baked| &baked.bake.provenance.models).any(|model| model.id == id)
        });
        using
            .filter_map(|chapter| chapter.pages.get(lang))
            .map(|page| super::context::LinkContext { title: &page.title, url: way(&page.url) })
            .collect()
    };
    let card = |model: &'a ModelCard| ModelContext {
        id: &model.id,
        anchor: anchor(&model.id),
        title: model.titles.get(lang).map_or(&model.id, |title| title),
        task: &model.task,
        family: &model.family,
        parameters: count(model.parameters),
        license: &model.license,
        provenance: &model.provenance,
        card: &model.card,
        size: if model.bytes == 0 { String::new() } else { size(model.bytes) },
        digest: &model.digest,
        files: &model.files,
        chapters: chapters(&model.id),
    };
    input.models.iter().map(card).collect()
}

/// The anchor of the model `id` on the page of models. Ids may have points, as those of facts: style sheets
/// and scripts take them for the beginning of a class.
pub(super) fn anchor(id: &str) -> String {
    id.replace('.', "-")
}

/// What `shortcode` asks for: the model, and what `models.toml` says of it.
///
/// # Errors
/// There is no such model, or nothing of that kind is known of it.
fn asked<'a>(
    input: &Input<'a>,
    shortcode: &Shortcode,
    lang: &Lang,
) -> Result<(&'a ModelCard, String), Box<Diagnostic>> {
    let fault = |message: String| Diagnostic::error(shortcode.span, message);
    let usage = "write it as `{{< model ID parameters >}}` or `{{< model ID license >}}`";
    let [id, what, more @ ..] = shortcode.words.as_slice() else {
        return Err(Box::new(fault("this does not say what of which model".to_owned()).hint(usage)));
    };
    let Some(card) = input.models.iter().find(|card| card.id == *id) else {
        let known = input.models.iter().map(|card| card.id.as_str());
        return Err(Box::new(fault(format!("models.toml has no model `{id}`")).did_you_mean(id, known)));
    };
    let form = match more {
        [] => Form::Rounded,
        [word] if word == "digits" => Form::Digits,
        [word, ..] => return Err(Box::new(fault(format!("`{word}` says nothing here")).hint(usage))),
    };
    match what.as_str() {
        "parameters" if card.parameters > 0 => {
            let count = i64::try_from(card.parameters).unwrap_or(i64::MAX);
            Ok((card, quantity(count, form, lang)))
        }
        "license" if !card.license.is_empty() => Ok((card, card.license.clone())),
        what if TOLD.contains(&what) => {
            Err(Box::new(fault(format!("models.toml does not say the {what} of `{id}`"))))
        }
        what => {
            let fault = fault(format!("a model has no `{what}`")).did_you_mean(what, TOLD);
            Err(Box::new(fault.hint(usage)))
        }
    }
}

impl Writer<'_> {
    /// What `models.toml` says of a model, with a link to its card.
    pub(super) fn model(&mut self, shortcode: &Shortcode) {
        let input = self.input;
        let lang = &self.page.lang;
        let (card, told) = match asked(input, shortcode, lang) {
            Ok(told) => told,
            Err(fault) => return self.rendered.diagnostics.push(*fault),
        };
        let told = escape(&told);
        if !exists(input, lang) {
            return self.push(&told);
        }
        let to = relative(&self.page.url, &url(input, lang));
        let html = format!(
            "<span class=\"fact\"><a href=\"{}#{}\">{told}</a></span>",
            escape(&to),
            escape(&anchor(&card.id))
        );
        self.push(&html);
    }
}

/// What `shortcode` asks for, as plain text.
pub(super) fn text(input: &Input<'_>, shortcode: &Shortcode, lang: &Lang) -> String {
    asked(input, shortcode, lang).map(|(_, told)| told).unwrap_or_default()
}

/// A count for readers, with three digits.
fn count(number: u64) -> String {
    scaled(number, 1000.0, &["", " k", " M", " G"])
}

/// A number of bytes for readers.
pub fn size(bytes: u64) -> String {
    scaled(bytes, 1024.0, &[" B", " KiB", " MiB", " GiB"])
}

fn scaled(number: u64, step: f64, units: &[&str]) -> String {
    let (mut value, mut unit) = (number as f64, 0);
    while value >= step && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let decimals = if unit == 0 || value >= 100.0 { 0 } else { 1 };
    format!("{value:.decimals$}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (number, expect) in [(7, "7"), (999, "999"), (22_565_376, "22.6 M"), (431_080, "431 k")] {
            assert_eq!(count(number), expect);
        }
        assert_eq!(size(22_928_619), "21.9 MiB");
        assert_eq!(size(350), "350 B");
    }
}
