//! Faults that only show when pages meet: each at its place, with what to do.

use super::*;
use crate::snippet::output::{Bytes, Image};

/// The faults of the page `content/a.en.md`.
#[track_caller]
fn check(page: &str, expect: &[&str]) {
    let built = build(&Site {
        pages: &[
            ("_index.en.md", ""),
            ("a.en.md", page),
            ("s/_index.en.md", ""),
            ("s/b.en.md", "# B\n\n## Two\n"),
        ],
        bakes: vec![("x", Bake::default())],
        bibliography: "@misc{vaswani2017, title = {{T}}, year = {2017}}",
        assets: &[("cat.png", b""), ("s/a b.png", b"")],
        ..Site::default()
    });
    assert_eq!(built.faults.len(), expect.len(), "{page:?}: {:#?}", built.faults);
    for (fault, expect) in built.faults.iter().zip(expect) {
        let (place, rest) = expect.split_once(' ').expect("a place and a message");
        let start = format!("content/a.en.md:{place} ");
        assert!(fault.starts_with(&start), "{fault} is not at {place}");
        for part in rest.split(" … ") {
            assert!(fault.contains(part), "{fault} does not say {part}");
        }
    }
}

#[test]
fn links() {
    check(
        "# A\n\n[b](s/b.en.md#two) [b](/s/b.en.md) [b](s/../s/b.en.md) [x](s/a%20b.png) [a](#a-1)\n\n## A 1\n",
        &[],
    );
    check("x [b](s/c.en.md)", &["1:3 there is no content/s/c.en.md … did you mean `s/b.en.md`?"]);
    check("x\n\n- [b](s/b.en.md#tow)", &["3:3 content/s/b.en.md has no anchor `tow` … did you mean `two`?"]);
    check("[b](../b.en.md)", &["1:1 `../b.en.md` leads out of the folder content/"]);
    check("[b](%2e%2e/b.en.md)", &["1:1 leads out of the folder content/"]);
    check("[b](s/)", &["1:1 there is no content/s … name the other page's .md file"]);
    check("[b](#nowhere)", &["1:1 content/a.en.md has no anchor `nowhere`"]);
    check("[a](https://a.example) <b@a.example> [c](mailto:b@a.example)", &[]);
}

#[test]
fn pictures() {
    check("![A cat](cat.png) ![x](<s/a b.png>) ![x](s/a%20b.png)", &[]);
    check("![](cat.png)", &["1:1 no alternative text … between the square brackets"]);
    check("![A cat](cta.png)", &["1:1 there is no picture content/cta.png … did you mean `cat.png`?"]);
    check("![A cat](https://a.example/cat.png)", &["1:1 not part of the project … beside the page"]);
    check("![A cat](../cat.png)", &["1:1 leads out of the folder content/"]);
    check("![A page](s/b.en.md)", &["1:1 there is no picture content/s/b.en.md"]);
}

#[test]
fn citations_and_formulas() {
    check("[@vaswani2017]", &[]);
    check(
        "x [@vaswani2017; @vaswani2071]",
        &["1:19 references.bib has no entry `vaswani2071` … did you mean `vaswani2017`?"],
    );
    check("a $\\foo$", &["1:4 this formula cannot be set"]);
    check("a\n\n$$\n\\fraction{1}{2}\n$$", &["4:1 this formula cannot be set"]);
    check("```python run\n#| label: x\n#| fig-cap: a $\\foo$\n1\n```", &[]);
}

#[test]
fn a_bibliography_that_cannot_be_read_is_one_fault() {
    let built = build(&Site {
        pages: &[("_index.en.md", ""), ("a.en.md", "[@one] [@two]")],
        bibliography: "@misc{one, title = {",
        ..Site::default()
    });
    assert_eq!(built.faults.len(), 1, "{:?}", built.faults);
    assert!(built.faults[0].starts_with("content/references.bib:1:"), "{:?}", built.faults);
}

#[test]
fn formulas_of_captions_and_pictures_without_words() {
    let image = Image { width: 1, height: 1, scale: 1, png: Bytes(Vec::new()) };
    let page = "```python run\n#| label: x\n#| fig-cap: a $\\foo$\n1\n```\n";
    let built = build(&Site {
        pages: &[("_index.en.md", ""), ("a.en.md", page)],
        bakes: vec![("x", shows(vec![Output::Image(image)]))],
        ..Site::default()
    });
    assert_eq!(built.faults.len(), 2, "{:?}", built.faults);
    assert!(built.faults[0].starts_with("content/a.en.md:2:11 the picture of `x` has no alternative text"));
    assert!(
        built.faults[1].starts_with("content/a.en.md:2:11 in this caption: this formula"),
        "{:?}",
        built.faults
    );
}

#[test]
fn templates_are_named_with_line_and_told_once() {
    let pages = [("_index.en.md", ""), ("a.en.md", ""), ("b.en.md", "")];
    let broken = |text: &str| {
        build(&Site { pages: &pages, templates: &[("chapter.html", text)], ..Site::default() }).faults
    };
    let undefined = broken("<p>\n{{ page.titel }}</p>");
    assert_eq!(undefined.len(), 1, "{undefined:?}");
    assert!(undefined[0].starts_with("templates/chapter.html:2:"), "{undefined:?}");
    let syntax = broken("<p>\n{% if %}</p>");
    assert_eq!(syntax.len(), 1, "{syntax:?}");
    assert!(syntax[0].starts_with("templates/chapter.html:2:"), "{syntax:?}");
}

#[test]
fn every_language_of_a_theme_has_every_string() {
    let words = "[en]\na = \"A\"\n\n[zh]\nb = \"B\"\n";
    let faults = build(&Site { templates: &[("ui.toml", words)], ..Site::default() }).faults;
    assert!(
        faults[0].starts_with("templates/ui.toml:1:1 `en` lacks strings that other languages have: b"),
        "{faults:?}"
    );
    assert!(
        faults[1].starts_with("templates/ui.toml:4:1 `zh` lacks strings that other languages have: a"),
        "{faults:?}"
    );
}

#[test]
fn files_do_not_hide_each_other() {
    let built = build(&Site {
        pages: &[("_index.en.md", "")],
        assets: &[("en/index.html", b"mine")],
        ..Site::default()
    });
    assert_eq!(built.faults.len(), 1, "{:?}", built.faults);
    assert!(
        built.faults[0].contains("two files of the site have the path en/index.html"),
        "{:?}",
        built.faults
    );
}
