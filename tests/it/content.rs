//! The reference itself: what the research on the article asks for is there, and every chapter has the
//! shape that readers rely on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::contract::site;
use crate::project::repository;

/// The parts whose chapters explain a concept each.
const PARTS: [&str; 7] = ["goals", "foundations", "attention", "language", "vision", "generation", "scaling"];
/// The sections of every such chapter, by the ids of their headings.
const SECTIONS: [&str; 10] = [
    "definition",
    "intuition",
    "math",
    "steps",
    "limits",
    "article",
    "history",
    "related",
    "exercises",
    "models",
];
/// A verdict of the research, and the words that the pages have for it.
const VERDICTS: [(&str, &str, &str); 5] = [
    ("right", "Right", "正确"),
    ("imprecise", "Imprecise", "不准确"),
    ("wrong", "Wrong", "错误"),
    ("disputed", "Disputed", "有争议"),
    ("slip", "Slip", "笔误"),
];

fn read(path: impl AsRef<Path>) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folders of chapters, as `goals/ai`.
fn chapters() -> Vec<String> {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).expect("a part");
        let mut found: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|p| p.is_dir()).collect();
        found.sort();
        found
    };
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    let of = |part: &&str| {
        let found = folders(&repository().join("content").join(part));
        found.iter().map(|folder| format!("{part}/{}", name(folder))).collect::<Vec<_>>()
    };
    let found: Vec<String> = PARTS.iter().flat_map(of).collect();
    assert!(found.len() >= 32, "{found:?}");
    found
}

/// The page of `chapter` in `lang`.
fn page(chapter: &str, lang: &str) -> String {
    let slug = chapter.rsplit('/').next().expect("a name");
    read(format!("content/{chapter}/{slug}.{lang}.md"))
}

/// What stands outside of code and front matter.
fn prose(text: &str) -> String {
    let mut text = text.splitn(3, "+++\n").nth(2).unwrap_or(text).lines();
    let mut prose = String::new();
    while let Some(line) = text.next() {
        if line.starts_with("```") {
            text.by_ref().take_while(|line| !line.starts_with("```")).for_each(drop);
        } else {
            prose += line;
            prose.push('\n');
        }
    }
    prose
}

/// The text between the heading with `id` and the next one of its level.
fn section<'a>(text: &'a str, id: &str) -> Option<&'a str> {
    let at = text.find(&format!("{{#{id}}}\n"))?;
    let rest = &text[at..];
    Some(&rest[..rest.find("\n## ").unwrap_or(rest.len())])
}

/// The rows of a table in which the research is kept, without its comments.
fn rows(path: &str) -> Vec<Vec<String>> {
    let text = read(path);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Section 1 of the research: the article names 130 things. Each has a row, what a row names exists, and
/// its chapter is written or planned.
#[test]
fn every_concept_of_the_article_has_a_page_or_a_plan() {
    let (readme, manifest) = (read("models/README.md"), read("models.toml"));
    let outline: toml::Table = read("content/concepts.toml").parse().expect("TOML");
    let plans = outline.get("planned").map(|plans| plans.as_array().expect("plans").as_slice());
    let place = |plan: &toml::Value| {
        format!("{}/{}", plan["part"].as_str().expect("a part"), plan["slug"].as_str().expect("a slug"))
    };
    let planned: BTreeSet<String> = plans.unwrap_or_default().iter().map(place).collect();
    let (mut next, mut open) = (1, Vec::new());
    for row in readme.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| #")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" |").map(str::trim).collect();
        let [number, zh, en, shown, chapter] = cells[..] else { panic!("not five cells: {row}") };
        assert_eq!(number.parse(), Ok(next), "{row}");
        assert!(!zh.is_empty() && !en.is_empty() && !shown.is_empty(), "{row}");
        for id in shown.split('`').skip(1).step_by(2) {
            assert!(manifest.contains(&format!("\nid = \"{id}\"\n")), "no model `{id}`: {row}");
        }
        let written = repository().join("content").join(chapter).is_dir();
        assert!(
            !chapter.is_empty() && (written || planned.contains(chapter)),
            "neither page nor plan: {row}"
        );
        if !written {
            open.push(format!("{number:>3} {en}: {chapter} is planned"));
        }
        next += 1;
    }
    assert_eq!(next, 131);
    say(&format!("{} of 130 concepts have no page yet\n{}", open.len(), open.join("\n")));
}

/// Section 2 of the research: 62 claims. Each has an entry with its verdict and a source in both languages,
/// and a page beside the corrections that comes back to it.
#[test]
fn every_claim_of_the_article_has_its_verdict_and_a_source() {
    let claims = rows("tests/cases/research/claims.tsv");
    let ids: Vec<&str> = claims.iter().map(|claim| claim[0].as_str()).collect();
    assert_eq!(ids, (1..=62).map(|number| format!("F{number:02}")).collect::<Vec<_>>());
    let mut open = Vec::new();
    for lang in ["en", "zh"] {
        let corrections = page("together/seed-corrections", lang);
        let others: String = chapters().iter().map(|chapter| page(chapter, lang)).collect();
        for claim in &claims {
            let [id, _lines, verdict, keys] = claim.as_slice() else { panic!("not four cells: {claim:?}") };
            let start = corrections.find(&format!("{{#{id}}}\n"));
            let entry = &corrections[start.unwrap_or_else(|| panic!("no #{id} in {lang}"))..];
            let entry = entry.split("\n#").next().expect("a text");
            let known = VERDICTS.iter().find(|(name, ..)| name == verdict).expect("a verdict");
            let word = if lang == "en" { known.1 } else { known.2 };
            let told = entry.split("**").nth(1).unwrap_or("").trim_end_matches(['.', '。']);
            assert_eq!(told, word, "{id} in {lang}");
            assert!(entry.contains("[@"), "{id} has no source in {lang}");
            let lost: Vec<&str> =
                keys.split_whitespace().filter(|key| !entry.contains(&format!("@{key}"))).collect();
            assert!(lost.is_empty(), "{id} in {lang} does not cite {lost:?}");
            if !others.contains(&format!("#{id})")) {
                open.push(format!("{id} in {lang}"));
            }
        }
    }
    assert!(open.is_empty(), "no chapter comes back to {open:?}");
}

#[test]
fn nothing_waits_to_be_written() {
    let words = ["TODO", "FIXME", "TBD", "XXX", "lorem ipsum", "placeholder text", "待补", "待写", "占位文"];
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(repository().join("content")).sort_by_file_name() {
        let entry = entry.expect("content can be walked");
        if entry.path().extension().is_some_and(|extension| extension == "md") {
            let text = read(entry.path()).to_lowercase();
            let words = words.iter().filter(|word| text.contains(&word.to_lowercase()));
            found.extend(words.map(|word| format!("{}: {word}", entry.path().display())));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_chapter_has_its_shape() {
    let mut faults = Vec::new();
    for chapter in chapters() {
        for lang in ["en", "zh"] {
            let text = page(&chapter, lang);
            let mut tell = |holds: bool, what: &str| {
                if !holds {
                    faults.push(format!("{chapter} in {lang}: {what}"));
                }
            };
            for id in SECTIONS {
                tell(section(&text, id).is_some(), &format!("no section #{id}"));
            }
            let prose = prose(&text);
            let formulas = prose.matches("$$").count() / 2;
            tell((1..=5).contains(&formulas), &format!("{formulas} formulas stand in lines of their own"));
            let cites = section(&prose, "history").unwrap_or("").matches('@').count();
            tell(cites >= 2, "its history rests on fewer than two works");
            let exercises = section(&prose, "exercises").unwrap_or("");
            let (asked, answered) = exercises.split_once("\n::: {.callout-tip").unwrap_or((exercises, ""));
            let items = |text: &str| ["\n1. ", "\n2. ", "\n3. "].iter().all(|item| text.contains(item));
            tell(items(asked) && !asked.contains("\n4. "), "it does not ask three exercises");
            tell(items(answered) && answered.contains("collapse=true"), "their three answers are not folded");
            let card = section(&prose, "models").unwrap_or("").lines().skip(1).any(|line| !line.is_empty());
            tell(card, "it has no model card");
            let cells = |id: &str| section(&text, id).unwrap_or("").matches("```python run").count();
            tell(cells("steps") >= 1, "nothing is computed by hand and by a cell");
            tell(cells("limits") >= 1, "nothing fails in `what goes wrong`");
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The years in `text` that its author typed: not in code, formulas, addresses or shortcodes.
fn years(text: &str) -> Vec<String> {
    let mut bare = text.to_owned();
    for (open, close) in [("{{<", ">}}"), ("`", "`"), ("$", "$"), ("](", ")"), ("[@", "]"), ("{#", "}")] {
        while let Some(start) = bare.find(open) {
            let Some(length) = bare[start + open.len()..].find(close) else { break };
            bare.replace_range(start..start + open.len() + length + close.len(), " ");
        }
    }
    let numbers = bare.split_inclusive(|c: char| !c.is_ascii_digit());
    let year = |part: &&str| {
        let number = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        let decade = part.ends_with('s');
        number.len() == 4
            && !decade
            && number.parse().is_ok_and(|n: u32| (1800..2000).contains(&n) || (2001..2040).contains(&n))
    };
    numbers.filter(year).map(str::to_owned).collect()
}

#[test]
fn years_are_told_from_other_numbers() {
    assert_eq!(years("In 1986, and 1990s; `2017`, $2018$, [a](b-2019.md), 2000 and 12017."), ["1986,"]);
    assert_eq!(years("{{< fact a.b >}} 出自 2017 年 {#2018}"), ["2017 "]);
}

/// When something happened is a fact with a source; only what the article claims is told in its own words.
#[test]
fn no_chapter_types_a_date() {
    let mut faults = Vec::new();
    for chapter in chapters() {
        for lang in ["en", "zh"] {
            let prose = prose(&page(&chapter, lang));
            let article = section(&prose, "article").unwrap_or("");
            let own = prose.replace(article, "");
            faults.extend(years(&own).into_iter().map(|year| format!("{chapter} in {lang}: {year}")));
        }
    }
    assert!(faults.is_empty(), "write them as facts, `{{{{< fact key >}}}}`: {faults:#?}");
}

#[test]
fn every_chapter_shows_and_proves_what_it_says() {
    let (folder, manifest) = site();
    let mut by_chapter: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for cell in manifest["cells"].as_array().expect("cells") {
        by_chapter.entry(cell["page"].as_str().expect("a page")).or_default().push(cell);
    }
    let (mut faults, mut models, mut count) = (Vec::new(), BTreeSet::new(), 0);
    for chapter in chapters() {
        let cells = by_chapter.get(chapter.as_str()).map(Vec::as_slice).unwrap_or_default();
        count += cells.len();
        let mut tell = |holds: bool, what: String| {
            if !holds {
                faults.push(format!("{chapter}: {what}"));
            }
        };
        let list = |value: &Value| value.as_array().expect("a list").clone();
        let picture = |cell: &&&Value| {
            list(&cell["outputs"])
                .iter()
                .any(|out| out["mime"].as_str().is_some_and(|m| m.starts_with("image/")))
        };
        let proof = |cell: &Value, control: bool| {
            list(&cell["checks"]).iter().any(|check| check["control"] == control)
        };
        tell(cells.iter().filter(picture).count() >= 1, "no cell draws a picture".to_owned());
        tell(cells.iter().any(|cell| proof(cell, true)), "nothing has a control".to_owned());
        let text = page(&chapter, "en");
        let (steps, limits) = (section(&text, "steps").unwrap_or(""), section(&text, "limits").unwrap_or(""));
        let mut run = 0;
        for cell in cells {
            let label = cell["label"].as_str().expect("a label");
            let line = format!("#| label: {label}\n");
            run += usize::from(!steps.contains(&line) && !limits.contains(&line));
            tell(proof(cell, false), format!("`{label}` checks nothing"));
            for lang in ["en", "zh"] {
                let text = page(&chapter, lang);
                let options = text.split(&line).nth(1).unwrap_or("");
                let options: Vec<&str> = options.lines().take_while(|line| line.starts_with("#| ")).collect();
                let has = |name: &str| options.iter().any(|line| line.starts_with(&format!("#| {name}: ")));
                tell(has("fig-cap") || has("tbl-cap"), format!("`{label}` has no caption in {lang}"));
                tell(
                    !picture(&cell) || has("fig-alt"),
                    format!("`{label}` has no alternative text in {lang}"),
                );
            }
            models.extend(
                list(&cell["models"]).iter().filter_map(|model| model["id"].as_str().map(str::to_owned)),
            );
        }
        tell((3..=6).contains(&run), format!("{run} cells between what is done by hand and what goes wrong"));
        let html = std::fs::read_to_string(folder.path().join(format!("site/en/{chapter}/index.html")));
        let html = html.expect("a page");
        let concept = html.split("<section class=\"concept\"").nth(1).unwrap_or("");
        let concept = concept.split("</section>").next().unwrap_or("");
        let ends = concept.split("<dl>").nth(1).unwrap_or("");
        let ends = ends.matches("<a ").count() + ends.matches("class=\"planned\"").count();
        tell(ends >= 2, format!("it has {ends} relations to other concepts"));
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count >= 80, "{count} cells");
    assert!(models.len() >= 20, "{} models: {models:?}", models.len());
}

#[expect(clippy::print_stdout, reason = "what is still to be written is for whoever runs the test")]
fn say(text: &str) {
    println!("{text}");
}
