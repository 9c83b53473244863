//! The words inside outputs, in other languages: `content/wording.toml`.
//!
//! A chapter's cells run once for all its pages. What they write on axes, above columns and beside marks
//! is in one language; this file has the same in the others. A word that means something else in one
//! chapter, or in one of its cells, has its own entry there.
//!
//! ```toml
//! [zh]
//! "position" = "位置"
//! "after {} steps" = "{} 步之后"
//!
//! [zh.chapter."vision/cv"]
//! "right" = "右边"
//!
//! [zh.chapter."vision/cv#fig-scores"]
//! "right" = "正确率"
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diag::{Diagnostic, FileId, Parsed, Span, toml_fault};
use crate::snippet::bake::Baked;
use crate::snippet::texts::each_text;

use super::page::Lang;

/// What stands for a number, in what a cell writes and in its other wording.
const NUMBER: &str = "{}";
/// The table of a language that holds the tables of its chapters.
const CHAPTER: &str = "chapter";

/// For each language, the wording of a text that a cell writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording(BTreeMap<Lang, Words>);

/// A text, and how it is said in a language.
type Known = BTreeMap<String, String>;

/// The wording of one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Words {
    everywhere: Known,
    /// By the chapter's folder, or `FOLDER#LABEL` for one cell: where its table starts, and what is in it.
    chapters: BTreeMap<String, (Span, Known)>,
}

impl Wording {
    /// Reads the wording in `file`, for a site in `langs`.
    pub fn parse(text: &str, file: FileId, langs: &[Lang]) -> Parsed<Self> {
        let root = match DeTable::parse(text) {
            Ok(root) => root.into_inner(),
            Err(error) => {
                return Parsed { value: Self::default(), diagnostics: vec![toml_fault(&error, file)] };
            }
        };
        let mut reader = Reader { file, diagnostics: Vec::new() };
        let mut wording = BTreeMap::new();
        for (name, texts) in &root {
            let lang = Lang(name.get_ref().to_string());
            if !langs.contains(&lang) {
                let fault = Diagnostic::error(
                    Span::new(file, name.span()),
                    format!("the site has no language `{lang}`"),
                );
                let langs = langs.iter().map(|lang| lang.0.as_str());
                reader.diagnostics.push(fault.did_you_mean(&lang.0, langs));
            }
            let mut words = Words::default();
            if let Some(texts) = reader.table(texts, "texts and their wording") {
                reader.texts(texts, &mut words.everywhere, Some(&mut words.chapters));
            }
            wording.insert(lang, words);
        }
        Parsed { value: Self(wording), diagnostics: reader.diagnostics }
    }

    /// The tables of chapters that are not among `chapters`: what they say is shown nowhere.
    pub fn strays<'a>(&self, chapters: impl Iterator<Item = &'a str> + Clone) -> Vec<Diagnostic> {
        let tables = self.0.values().flat_map(|words| &words.chapters);
        let folder = |path: &str| path.split('#').next().unwrap_or_default().to_owned();
        let strays = tables.filter(|(path, _)| !chapters.clone().any(|chapter| chapter == folder(path)));
        let told = |(path, (span, _)): (&String, &(Span, Known))| {
            let path = folder(path);
            Diagnostic::warning(*span, format!("no chapter stands in `{path}`"))
                .did_you_mean(&path, chapters.clone())
                .hint("a chapter is named by its folder below content/")
        };
        strays.map(told).collect()
    }

    /// `baked`, made by the cell `label` of `chapter`, as readers of `lang` see it.
    pub fn put<'b>(&self, lang: &Lang, (chapter, label): (&str, &str), baked: &'b Baked) -> Cow<'b, Baked> {
        let Some(words) = self.0.get(lang) else { return Cow::Borrowed(baked) };
        let of_cell = format!("{chapter}#{label}");
        let own = [of_cell.as_str(), chapter].map(|name| words.chapters.get(name).map(|(_, known)| known));
        let known: Vec<&Known> = own.into_iter().flatten().chain([&words.everywhere]).collect();
        let (mut other, mut changed) = (baked.clone(), false);
        each_text(&mut other.bake, &mut |text| {
            if let Some(said) = known.iter().find_map(|known| reworded(text, known)) {
                *text = said;
                changed = true;
            }
        });
        if changed { Cow::Owned(other) } else { Cow::Borrowed(baked) }
    }
}

/// Reads tables of texts.
struct Reader {
    file: FileId,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn fault(&mut self, place: std::ops::Range<usize>, message: impl Into<String>, hint: &str) {
        self.diagnostics.push(Diagnostic::error(Span::new(self.file, place), message).hint(hint));
    }

    /// The table that `value` should be.
    fn table<'v, 't>(&mut self, value: &'v Spanned<DeValue<'t>>, of: &str) -> Option<&'v DeTable<'t>> {
        let DeValue::Table(table) = value.get_ref() else {
            self.fault(value.span(), format!("this should be a table of {of}"), "write it as `[zh]`");
            return None;
        };
        Some(table)
    }

    /// Adds the texts in `table` to `known`, and those of chapters to `chapters`, where it may have some.
    fn texts(
        &mut self,
        table: &DeTable<'_>,
        known: &mut Known,
        mut chapters: Option<&mut BTreeMap<String, (Span, Known)>>,
    ) {
        for (said, other) in table {
            let text = said.get_ref().to_string();
            match (other.get_ref(), chapters.as_deref_mut()) {
                (DeValue::String(wording), _) => {
                    if text.matches(NUMBER).count() != wording.matches(NUMBER).count() {
                        let message =
                            format!("`{text}` and `{wording}` have not the same number of `{NUMBER}`");
                        let hint = "each `{}` stands for a number, in both in the same order";
                        self.fault(other.span(), message, hint);
                    }
                    known.insert(text, wording.to_string());
                }
                (DeValue::Table(tables), Some(chapters)) if text == CHAPTER => {
                    for (path, texts) in tables {
                        let mut own = Known::new();
                        if let Some(texts) = self.table(texts, "texts and their wording") {
                            self.texts(texts, &mut own, None);
                        }
                        let span = Span::new(self.file, path.span());
                        chapters.insert(path.get_ref().to_string(), (span, own));
                    }
                }
                _ => self.fault(
                    said.span(),
                    format!("the wording of `{text}` should be a text"),
                    "the words of one chapter stand under `[zh.chapter.\"PART/SLUG\"]`",
                ),
            }
        }
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
        let other = wording.put(&Lang("zh".into()), ("a", "x"), &baked).into_owned().bake;
        let Output::Table(table) = &other.outputs[0] else { panic!("a table") };
        assert_eq!(table.columns, ["词元", "tokens"]);
        assert_eq!(table.rows[0][0], Field::Text("3 元".into()));
        assert_eq!(other.outputs[1], printed, "what a cell prints is its own");
        assert_eq!(other.checks[0].name, "词元");
        assert!(matches!(wording.put(&Lang("en".into()), ("a", "x"), &baked), Cow::Borrowed(_)));
    }

    #[test]
    fn a_chapter_may_mean_something_else() {
        let (wording, faults) = read(
            "[zh]\n\"right\" = \"对\"\n\"left\" = \"左\"\n\n[zh.chapter.\"vision/cv\"]\n\"right\" = \"右\"\n\n[zh.chapter.\"vision/cv#y\"]\n\"right\" = \"正确率\"\n",
        );
        assert_eq!(faults, Vec::<String>::new());
        let check = |name: &str| Check {
            name: name.into(),
            measured: 1.into(),
            op: "==".into(),
            bound: 1.into(),
            ok: true,
            control: false,
        };
        let bake = Bake { checks: vec![check("right"), check("left")], ..Bake::default() };
        let baked = Baked { bake, ..Baked::default() };
        let said = |cell: (&str, &str)| {
            let put = wording.put(&Lang("zh".into()), cell, &baked).into_owned();
            put.bake.checks.into_iter().map(|check| check.name).collect::<Vec<_>>()
        };
        assert_eq!(said(("vision/cv", "x")), ["右", "左"]);
        assert_eq!(said(("vision/cv", "y")), ["正确率", "左"]);
        assert_eq!(said(("vision/other", "y")), ["对", "左"]);
        let told = |chapter| -> Vec<String> {
            wording.strays([chapter].into_iter()).into_iter().map(|fault| fault.message).collect()
        };
        assert_eq!(told("vision/cv"), Vec::<String>::new());
        assert_eq!(told("vision/cw"), ["no chapter stands in `vision/cv`"; 2]);
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
        assert_eq!(read("zh = 1\n").1, ["1:6 this should be a table of texts and their wording"]);
        assert_eq!(read("[zh]\n\"a\" = 1\n").1, ["2:1 the wording of `a` should be a text"]);
        assert_eq!(
            read("[zh.chapters.x]\na = \"b\"\n").1,
            ["1:5 the wording of `chapters` should be a text"]
        );
        assert_eq!(
            read("[zh.chapter.x]\na = { b = \"c\" }\n").1,
            ["2:1 the wording of `a` should be a text"]
        );
    }
}
