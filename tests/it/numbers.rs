//! No number in the prose of the reference is typed: it is an inline value that a cell has, a fact with a source, what
//! models.toml knows of a model, or a formula where it is merely given.
//!
//! Looked at is what stands outside of front matter, fences, shortcodes, inline code, formulas, targets of links,
//! citations, attributes and quotation marks. A number is typed where it has two digits or more, is a percentage, or
//! counts layers, heads, steps, experts or blocks; in words, where it is a count above ten. Parts of names (GPT-2, F12,
//! 8-bit, Apache-2.0), widths of number formats (32 bits), centuries and decades, and what somebody is quoted to have
//! said are none; nor are `a hundred` and `thousands`.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

use crate::project::repository;

/// The parts of the reference whose prose is looked at.
const PARTS: [&str; 9] =
    ["goals", "foundations", "attention", "language", "vision", "generation", "scaling", "start", "together"];
/// What opens and closes text that is not the author's own prose; earlier ones are taken out first.
const PAIRS: [(&str, &str); 12] = [
    ("{{<", ">}}"),
    ("`", "`"),
    ("$$", "$$"),
    ("$", "$"),
    ("](", ")"),
    ("[@", "]"),
    ("{#", "}"),
    ("<", ">"),
    ("\"", "\""),
    ("“", "”"),
    ("‘", "’"),
    ("「", "」"),
];

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

static MARKER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*(?:\d+\.|[-*]|#+)\s+"));
static DIGITS: LazyLock<Regex> = LazyLock::new(|| pattern(r"[0-9]+(?:[.,\u{a0}\u{202f}][0-9]+)*"));
/// Digits before these are part of a name, a century or a decade.
static NAME_GOES_ON: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[A-Za-z_]|-[A-Za-z]|\s?(?:年代|世纪))"));
static BITS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s?(?:bits?\b|位)"));
static PERCENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s?(?:%|％|percent\b)"));
static SIZE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?: (?:[a-z]+ )?(?:layers?|heads?|steps?|experts?|blocks?)\b| ?(?:层|个头|头|步|块|轮|个专家))",
    )
});
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-[a-z]+)?)\b",
        r"|\b(?:two|three|four|five|six|seven|eight|nine|ten) (?:hundred|thousand|million|billion|trillion)\b",
        r"|[二三四五六七八九]?十[一二三四五六七八九]|[二三四五六七八九]十|[二两三四五六七八九]十?[百千万亿]",
    ))
});
static CENTURY: LazyLock<Regex> = LazyLock::new(|| pattern("^(?:世纪|年代)"));

/// The lines of `text` outside of front matter and fences, each with its number.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line)).peekable();
    if lines.next_if(|(_, line)| *line == "+++").is_some() {
        lines.by_ref().take_while(|(_, line)| *line != "+++").for_each(drop);
    }
    let mut prose = Vec::new();
    while let Some((number, line)) = lines.next() {
        let fence: String = line.trim_start().chars().take_while(|c| *c == '`').collect();
        if fence.len() >= 3 {
            lines.by_ref().take_while(|(_, line)| line.trim() != fence).for_each(drop);
        } else {
            prose.push((number, line));
        }
    }
    prose
}

/// `line` with a NUL for its marker and for everything in `PAIRS`.
fn bare(line: &str) -> String {
    let mut bare = MARKER.replace(line, "\0").into_owned();
    for (open, close) in PAIRS {
        let mut from = 0;
        while let Some(start) = bare[from..].find(open).map(|at| from + at) {
            let inner = start + open.len();
            let Some(length) = bare[inner..].find(close) else { break };
            bare.replace_range(start..inner + length + close.len(), "\0");
            from = start + 1;
        }
    }
    bare
}

/// Whether digits behind `before` belong to a name: `F12`, `GPT-2`, `v1.5`.
fn in_name(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        Some('-') => back.next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '²'),
        Some(c) => c.is_ascii_alphanumeric() || c == '_' || c == '.',
        None => false,
    }
}

/// The numbers that the author of `line` typed.
fn typed(line: &str) -> Vec<String> {
    let bare = bare(line);
    let digits = DIGITS.find_iter(&bare).filter(|found| {
        let (before, number, after) = (&bare[..found.start()], found.as_str(), &bare[found.end()..]);
        if in_name(before) || NAME_GOES_ON.is_match(after) {
            return false;
        }
        let width = matches!(number, "8" | "16" | "32" | "64") && BITS.is_match(after);
        let which = number.len() == 1 && before.trim_end_matches(' ').ends_with('第');
        let of = after.starts_with(" of ");
        !width && (number.len() > 1 || PERCENT.is_match(after) || (!which && !of && SIZE.is_match(after)))
    });
    let words = WORDS.find_iter(&bare).filter(|found| !CENTURY.is_match(&bare[found.end()..]));
    digits.chain(words).map(|found| found.as_str().to_owned()).collect()
}

#[test]
fn typed_numbers_are_told_from_others() {
    for (line, expect) in [
        ("1. It has 12 heads, 6 layers, 9 query heads and 5 words.", "12 6 9"),
        ("At 97.5 % or 3 percent of 10,000, 1 in 4.", "97.5 3 10,000"),
        ("GPT-2, F12, U²-Net, 8-bit, SmolLM2-135M, Apache-2.0, all-MiniLM-L6-v2, head 3 of layer 1", ""),
        ("`{python} 12` [a 1](b-22.md) {{< fact a.b22 >}} $33$ [@x1999] {#fig-44} \"55\" 16 bits, 32 位", ""),
        ("In the 1970s, in 1986; 19 世纪，20 世纪 70 年代，二十世纪", "1986"),
        (
            "Twelve, sixty-four, two hundred; a hundred, thousands, ten of each, two layers",
            "Twelve sixty-four two hundred",
        ),
        ("第 3 层，6 层，12 个头，第 12 层", "6 12 12"),
        ("十二个，二十条，四千，七十二；一百张，几百条，十个，百分之一，成千上万", "十二 二十 四千 七十二"),
        ("“340 万”，‘12’", ""),
    ] {
        assert_eq!(typed(line).join(" "), expect, "{line}");
    }
    let text = "+++\nweight = 12\n+++\nOne.\n````python run\n```\n13\n````\nTwo.\n";
    assert_eq!(prose(text), [(4, "One."), (9, "Two.")]);
}

/// The corrections restate in their headings what the article claims; there alone numbers are typed.
#[test]
fn no_chapter_types_a_number() {
    let (mut faults, mut pages) = (String::new(), 0);
    for part in PARTS {
        let folder = repository().join("content").join(part);
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.expect("content can be walked");
            if entry.path().extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            pages += 1;
            let claims = entry.path().parent().is_some_and(|folder| folder.ends_with("seed-corrections"));
            let restates = |line: &str| claims && line.starts_with("### F");
            let text = std::fs::read_to_string(entry.path()).expect("a page");
            for (number, line) in prose(&text) {
                let found = typed(line);
                if !found.is_empty() && !restates(line) {
                    let file = entry.file_name().to_string_lossy();
                    writeln!(faults, "{file}:{number}: {}", found.join(", ")).expect("memory");
                }
            }
        }
    }
    assert!(pages >= 100, "{pages} pages");
    assert!(faults.is_empty(), "write values, facts or formulas in place of\n{faults}");
}
