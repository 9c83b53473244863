//! The words inside outputs, in other languages: `content/wording.toml`.
//!
//! A chapter's cells run once for all its pages. What they write on axes, above columns and beside marks
//! is in one language; this file has the same in the others.
//!
//! ```toml
//! [zh]
//! "position" = "位置"
//! "after {} steps" = "{} 步之后"
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::diag::{Diagnostic, FileId, Parsed, Span, toml_fault};
use crate::snippet::bake::Baked;
use crate::snippet::texts::each_text;

use super::page::Lang;

/// What stands for a number, in what a cell writes and in its other wording.
const NUMBER: &str = "{}";

/// For each language, the wording of a text that a cell writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording(BTreeMap<Lang, BTreeMap<String, String>>);

#[derive(Deserialize)]
#[serde(transparent)]
struct RawWording(BTreeMap<Spanned<String>, BTreeMap<String, Spanned<String>>>);

impl Wording {
    /// Reads the wording in `file`, for a site in `langs`.
    pub fn parse(text: &str, file: FileId, langs: &[Lang]) -> Parsed<Self> {
        let raw = match toml::from_str::<RawWording>(text) {
            Ok(raw) => raw.0,
            Err(error) => {
                return Parsed { value: Self::default(), diagnostics: vec![toml_fault(&error, file)] };
            }
        };
        let mut diagnostics = Vec::new();
        let mut wording = BTreeMap::new();
        for (lang, texts) in raw {
            let span = Span::new(file, lang.span());
            let lang = Lang(lang.into_inner());
            if !langs.contains(&lang) {
                let fault = Diagnostic::error(span, format!("the site has no language `{lang}`"));
                diagnostics.push(fault.did_you_mean(&lang.0, langs.iter().map(|lang| lang.0.as_str())));
            }
            let mut known = BTreeMap::new();
            for (said, other) in texts {
                let span = Span::new(file, other.span());
                let other = other.into_inner();
                if said.matches(NUMBER).count() != other.matches(NUMBER).count() {
                    let message = format!("`{said}` and `{other}` have not the same number of `{NUMBER}`");
                    diagnostics.push(
                        Diagnostic::error(span, message)
                            .hint("each `{}` stands for a number, in both in the same order"),
                    );
                }
                known.insert(said, other);
            }
            wording.insert(lang, known);
        }
        Parsed { value: Self(wording), diagnostics }
    }

    /// `baked` as readers of `lang` see it; `None` where it says nothing that has another wording.
    pub fn of(&self, lang: &Lang, baked: &Baked) -> Option<Baked> {
        let known = self.0.get(lang)?;
        let (mut baked, mut changed) = (baked.clone(), false);
        each_text(&mut baked.bake, &mut |text| {
            if let Some(other) = reworded(text, known) {
                *text = other;
                changed = true;
            }
        });
        changed.then_some(baked)
    }
}

/// The other wording of `text`: of the text itself, or of what it says about any numbers.
fn reworded(text: &str, known: &BTreeMap<String, String>) -> Option<String> {
    if let Some(other) = known.get(text) {
        return Some(other.clone());
    }
    let (pattern, numbers) = without_numbers(text);
    let mut numbers = numbers.into_iter();
    let other = known.get(&pattern)?.split(NUMBER).collect::<Vec<_>>();
    let (first, rest) = other.split_first()?;
    Some(rest.iter().fold((*first).to_owned(), |said, part| said + numbers.next().unwrap_or_default() + part))
}

/// `text` with [`NUMBER`] for each number in it, and the numbers.
fn without_numbers(text: &str) -> (String, Vec<&str>) {
    let (mut pattern, mut numbers, mut rest) = (String::new(), Vec::new(), text);
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let number = &rest[start..];
        let end =
            number.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(number.len());
        // A stop or a comma at the end belongs to the sentence.
        let number = number[..end].trim_end_matches(['.', ',']);
        pattern.push_str(&rest[..start]);
        pattern.push_str(NUMBER);
        numbers.push(number);
        rest = &rest[start + number.len()..];
    }
    pattern.push_str(rest);
    (pattern, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sources;
    use crate::snippet::bake::Bake;
    use crate::snippet::output::{Check, Field, Output, Table};

    fn read(text: &str) -> (Wording, Vec<String>) {
        let mut sources = Sources::default();
        let file = sources.add("content/wording.toml", text);
        let parsed = Wording::parse(text, file, &[Lang("en".into()), Lang("zh".into())]);
        let told = |d: &Diagnostic| {
            let (line, column) = sources.line_column(file, d.span.expect("a place").start as usize);
            format!("{line}:{column} {}", d.message)
        };
        let faults = parsed.diagnostics.iter().map(told).collect();
        (parsed.value, faults)
    }

    #[test]
    fn outputs_are_reworded() {
        let (wording, faults) = read(
            "[zh]\n\"token\" = \"词元\"\n\"after {} of {} steps.\" = \"共 {} 步\"\n\"{}-gram\" = \"{} 元\"\n",
        );
        assert_eq!(faults, ["3:27 `after {} of {} steps.` and `共 {} 步` have not the same number of `{}`"]);
        let table = Table {
            columns: vec!["token".into(), "tokens".into()],
            rows: vec![vec![Field::Text("3-gram".into()), Field::Number { number: "1.5".into() }]],
        };
        let check = Check {
            name: "token".into(),
            measured: 1.into(),
            op: "==".into(),
            bound: 1.into(),
            ok: true,
            control: false,
        };
        let printed = Output::Text { text: "token".into() };
        let bake = Bake {
            outputs: vec![Output::Table(table), printed.clone()],
            checks: vec![check],
            ..Bake::default()
        };
        let baked = Baked { bake, ..Baked::default() };
        let other = wording.of(&Lang("zh".into()), &baked).expect("another wording").bake;
        let Output::Table(table) = &other.outputs[0] else { panic!("a table") };
        assert_eq!(table.columns, ["词元", "tokens"]);
        assert_eq!(table.rows[0][0], Field::Text("3 元".into()));
        assert_eq!(other.outputs[1], printed, "what a cell prints is its own");
        assert_eq!(other.checks[0].name, "词元");
        assert!(wording.of(&Lang("en".into()), &baked).is_none());
    }

    #[test]
    fn numbers_keep_their_places() {
        assert_eq!(
            without_numbers("t = 0.50, 12 of 1,000."),
            ("t = {}, {} of {}.".into(), vec!["0.50", "12", "1,000"])
        );
        let known = [("{} of {}".to_owned(), "{} / {}".to_owned())].into();
        assert_eq!(reworded("3 of 40", &known).as_deref(), Some("3 / 40"));
        assert_eq!(reworded("3 or 40", &known), None);
    }

    #[test]
    fn faults_have_a_place() {
        assert_eq!(read("[zu]\n\"a\" = \"b\"\n").1, ["1:2 the site has no language `zu`"]);
    }
}
