//! Facts: `content/facts.toml`, one entry a date, a size or a name that pages state and no cell can measure.
//!
//! A page says `{{< fact gpt-3.parameters >}}` and gets the value as its language writes it, with a link
//! to the work that it comes from. What is told in two places is told once here.

mod form;
mod shown;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use crate::diag::{Diagnostic, FileId, Parsed, Span, toml_fault};

use super::page::{Lang, Page, Shortcode};

pub use form::Form;
pub use shown::quantity;
pub use value::{Date, Number, Value};
use value::{RawNames, RawTexts, RawValue};

/// The name of the shortcode that states a fact.
pub const FACT: &str = "fact";
/// The name of the shortcode that lists all facts.
pub const FACTS: &str = "facts";

/// Every fact, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    facts: Vec<Fact>,
    by_key: BTreeMap<String, usize>,
    broken: bool,
}

/// A fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its name for pages: `bert-base.parameters`.
    pub key: String,
    /// What is the case.
    pub value: Value,
    /// What the number counts, in each language that writes it; empty where the prose says so.
    pub unit: BTreeMap<Lang, String>,
    /// What it is the value of, in each language.
    pub what: BTreeMap<Lang, String>,
    /// The key of the work that says so.
    pub source: String,
    /// Where that key stands.
    pub source_span: Span,
    /// Where the fact's own key stands.
    pub span: Span,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFacts {
    #[serde(default)]
    fact: Vec<RawFact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFact {
    key: Spanned<String>,
    number: Option<Number>,
    date: Option<Date>,
    names: Option<RawNames>,
    text: Option<RawTexts>,
    unit: Option<RawTexts>,
    what: BTreeMap<Lang, String>,
    source: Spanned<String>,
}

impl Facts {
    /// Reads the facts in `file`, which a site in `langs` states.
    pub fn parse(text: &str, file: FileId, langs: &[Lang]) -> Parsed<Self> {
        let raw = match toml::from_str::<RawFacts>(text) {
            Ok(raw) => raw,
            Err(error) => {
                let value = Self { broken: true, ..Self::default() };
                return Parsed { value, diagnostics: vec![toml_fault(&error, file)] };
            }
        };
        let mut facts = Self::default();
        let mut diagnostics = Vec::new();
        for raw in raw.fact {
            match fact(raw, file, langs) {
                Ok(fact) => {
                    diagnostics.extend(facts.faults(&fact, langs));
                    facts.by_key.entry(fact.key.clone()).or_insert(facts.facts.len());
                    facts.facts.push(fact);
                }
                Err(fault) => {
                    facts.broken = true;
                    diagnostics.push(*fault);
                }
            }
        }
        Parsed { value: facts, diagnostics }
    }

    /// Every fact, in the order of the file.
    pub fn all(&self) -> &[Fact] {
        &self.facts
    }

    /// The fact called `key`.
    pub fn get(&self, key: &str) -> Option<&Fact> {
        self.by_key.get(key).map(|index| &self.facts[*index])
    }

    /// Whether some facts could not be read: what a page states may well be one of them.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The facts that `page` states, in its order; those that do not exist are left out.
    pub fn stated<'a>(&'a self, page: &'a Page) -> impl Iterator<Item = &'a Fact> {
        page.shortcodes.iter().filter_map(|shortcode| self.get(named(shortcode)?))
    }

    /// The keys of what differs between these facts and `other`; where a fact stands does not count.
    pub fn changed<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        let keys = self.by_key.keys().chain(other.by_key.keys()).map(String::as_str);
        let same = |a: &Fact, b: &Fact| {
            let Fact { key: _, value, unit, what, source, source_span: _, span: _ } = a;
            (value, unit, what, source) == (&b.value, &b.unit, &b.what, &b.source)
        };
        keys.filter(|key| match (self.get(key), other.get(key)) {
            (Some(a), Some(b)) => !same(a, b),
            _ => true,
        })
        .collect()
    }

    /// What is wrong with `fact`, which stands after these.
    fn faults(&self, fact: &Fact, langs: &[Lang]) -> Vec<Diagnostic> {
        let mut faults = Vec::new();
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if fact.key.is_empty() || !fact.key.chars().all(fits) {
            let fault = Diagnostic::error(fact.span, format!("`{}` cannot be the key of a fact", fact.key));
            faults.push(
                fault.hint("a key is made of letters, digits, dots and dashes: `bert-base.parameters`"),
            );
        }
        if let Some(other) = self.get(&fact.key) {
            let fault = Diagnostic::error(fact.span, format!("there are two facts `{}`", fact.key));
            faults.push(fault.related(other.span, "here is the other one"));
        }
        for lang in langs.iter().filter(|lang| fact.what.get(*lang).is_none_or(String::is_empty)) {
            let message = format!("the fact `{}` does not say `what` it is in `{lang}`", fact.key);
            faults.push(
                Diagnostic::error(fact.span, message).hint("readers see it when they point at the value"),
            );
        }
        if !matches!(fact.value, Value::Number(_)) && !fact.unit.is_empty() {
            faults.push(Diagnostic::error(
                fact.span,
                format!("the fact `{}` has a unit and no number", fact.key),
            ));
        }
        faults
    }
}

/// The key that `shortcode` names, where it states a fact.
pub fn named(shortcode: &Shortcode) -> Option<&str> {
    shortcode.words.first().filter(|_| shortcode.name == FACT).map(String::as_str)
}

fn fact(raw: RawFact, file: FileId, langs: &[Lang]) -> Result<Fact, Box<Diagnostic>> {
    let span = Span::new(file, raw.key.span());
    let key = raw.key.into_inner();
    let texts = |texts: RawTexts| texts.in_each(langs);
    let values = [
        raw.number.map(RawValue::Number),
        raw.date.map(RawValue::Date),
        raw.names.map(RawValue::Names),
        raw.text.map(RawValue::Text),
    ];
    let mut values = values.into_iter().flatten();
    let (Some(value), None) = (values.next(), values.next()) else {
        let fault = Diagnostic::error(span, format!("the fact `{key}` has no value, or more than one"));
        return Err(Box::new(fault.hint("give it one of `number`, `date`, `names` and `text`")));
    };
    let value = value.in_each(langs).map_err(|lang| {
        Box::new(Diagnostic::error(span, format!("the fact `{key}` has no value in `{lang}`")))
    })?;
    Ok(Fact {
        key,
        value,
        unit: raw.unit.map(texts).unwrap_or_default(),
        what: raw.what,
        source_span: Span::new(file, raw.source.span()),
        source: raw.source.into_inner(),
        span,
    })
}

#[cfg(test)]
mod tests;
