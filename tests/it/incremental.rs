//! Whatever was edited, in whatever order: a build over the site of an earlier one gives the same bytes
//! as a build from nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::project::{Project, files};

/// An edit of a project: a file, and its new content; `None` removes it.
type Edit = (&'static str, Option<&'static str>);

const EDITS: &[Edit] = &[
    ("content/a/a.en.md", Some("# A\n\nA network (NET) and [b](../b/b.en.md).\n")),
    (
        "content/a/a.en.md",
        Some("+++\ntitle = \"A\"\nweight = 9\n[relations]\nuses = [\"net\"]\n+++\n\n## One\n\nText [@k].\n"),
    ),
    (
        "content/a/a.en.md",
        Some(
            "# A\n\n{{< include ../_part.md >}}\n\n`{python} 1`\n\n```python run\n#| label: x\n6 * 7\n```\n",
        ),
    ),
    ("content/a/a.zh.md", Some("# 甲\n\n网络。\n")),
    ("content/a/a.zh.md", None),
    ("content/b/b.en.md", Some("# B\n\n> [!NOTE]- Folded\n> text\n\n[[a]]\n")),
    ("content/b/b.en.md", Some("# B\n\n{{< cell page=\"a\" label=\"x\" >}}\n\n@a/sec-one says it.\n")),
    ("content/a/a.en.md", Some("# A\n\n## One {#sec-one}\n\n```python run\n#| label: x\n6 * 8\n```\n")),
    ("content/b/b.en.md", Some("# Renamed\n\n$$x^2$$ {#eq-x}\n\nBy @eq-x.\n")),
    ("content/b/data.csv", Some("1,2\n")),
    ("content/b/data.csv", None),
    ("content/c.en.md", Some("# C\n")),
    ("content/c.en.md", None),
    ("content/_part.md", Some("A *part*.\n")),
    ("content/_part.md", Some("Another part, with a network.\n")),
    ("content/p/_index.en.md", Some("# Part\n")),
    ("content/p/d.en.md", Some("# D\n\n{{< glossary >}}\n\n{{< bibliography >}}\n\n{{< concept-map >}}\n")),
    ("content/p/d.en.md", None),
    (
        "content/glossary.toml",
        Some(
            "[[term]]\nid = \"net\"\nname = { en = \"network\", zh = \"网络\" }\nabbr = [\"NET\"]\ndefinition = { en = \"A function.\", zh = \"函数。\" }\n",
        ),
    ),
    (
        "content/glossary.toml",
        Some(
            "[[term]]\nid = \"net\"\nname = { en = \"network\", zh = \"网络\" }\ndefinition = { en = \"Something else.\", zh = \"别的。\" }\n",
        ),
    ),
    (
        "content/concepts.toml",
        Some(
            "[[planned]]\nslug = \"e\"\npart = \"p\"\ntitle = { en = \"E\" }\n\n[relations.e]\nuses = [\"a\"]\n",
        ),
    ),
    ("content/concepts.toml", None),
    ("content/wording.toml", Some("[zh]\n\"one\" = \"甲\"\n")),
    ("content/wording.toml", Some("[zh]\n\"one\" = \"乙\"\n")),
    ("content/wording.toml", None),
    ("content/b/b.en.md", Some("# B\n\nFrom {{< fact b.day >}}.\n")),
    (
        "content/facts.toml",
        Some(
            "[[fact]]\nkey = \"b.day\"\ndate = 1997\nwhat = { en = \"day\", zh = \"日\" }\nsource = \"k\"\n",
        ),
    ),
    (
        "content/facts.toml",
        Some(
            "[[fact]]\nkey = \"b.day\"\ndate = 1998\nwhat = { en = \"day\", zh = \"日\" }\nsource = \"k\"\n",
        ),
    ),
    ("content/references.bib", Some("@misc{k, author = {Author, An}, title = {{T}}, year = {2017}}\n")),
    ("content/references.bib", Some("@misc{k, author = {Author, An}, title = {{U}}, year = {2018}}\n")),
    ("templates/partials/footer.html", Some("<footer>mine</footer>\n")),
    ("templates/partials/footer.html", None),
    ("templates/assets/style.css", Some("body { color: red }\n")),
    (
        "kiln.toml",
        Some(
            "title = \"Other\"\nlanguages = [{ tag = \"en\", name = \"English\" }, { tag = \"zh\", name = \"中文\" }]\n[lint]\nlock-step = \"off\"\n",
        ),
    ),
    (
        "kiln.toml",
        Some(
            "title = \"One\"\nlanguages = [{ tag = \"en\", name = \"English\" }, { tag = \"zh\", name = \"中文\" }]\nbase-url = \"https://example.org/sub\"\n[lint]\nlock-step = \"warn\"\n",
        ),
    ),
];

/// Builds into `out`; the exit code, and the files where it succeeded.
fn build(project: &Project, out: &str) -> (Option<i32>, BTreeMap<String, Vec<u8>>) {
    let folder = project.path(out);
    let ran = project.run(&["build", "--out", folder.to_str().expect("a path")]);
    let made = if ran.code == Some(0) { files(&folder) } else { BTreeMap::new() };
    (ran.code, made)
}

#[test]
fn a_build_over_an_earlier_one_equals_a_build_from_nothing() {
    let edits = prop::collection::vec(prop::collection::vec(0..EDITS.len(), 1..5), 1..4);
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 10, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let mut succeeded = std::cell::Cell::new(0);
    let result = runner.run(&edits, |rounds| {
        let project = Project::new()
            .file("content/b/b.en.md", "# B\n")
            .file("content/a/a.en.md", "# A\n")
            .with_empty_cache();
        build(&project, "site");
        for (round, edits) in rounds.into_iter().enumerate() {
            for (path, text) in edits.into_iter().map(|edit| EDITS[edit]) {
                match text {
                    Some(text) => project.put(path, text.as_bytes()),
                    None => drop(std::fs::remove_file(project.path(path))),
                }
            }
            let (code, over) = build(&project, "site");
            let (clean_code, clean) = build(&project, &format!("clean-{round}"));
            prop_assert_eq!(code, clean_code);
            prop_assert_eq!(over.keys().collect::<Vec<_>>(), clean.keys().collect::<Vec<_>>());
            for (path, bytes) in &clean {
                prop_assert!(over[path] == *bytes, "{} differs", path);
            }
            succeeded.set(succeeded.get() + usize::from(code == Some(0)));
        }
        Ok(())
    });
    result.expect("both builds give the same bytes");
    assert!(*succeeded.get_mut() > 2, "some edits leave a project that builds");
}

/// Builds until the project is known to be as it was: only then does a build ask no more than that.
#[track_caller]
fn settle(project: &Project) {
    std::thread::sleep(std::time::Duration::from_millis(150));
    for _ in 0..2 {
        project.build();
    }
    let records = std::fs::read_dir(project.path(".cache/builds")).map_or(0, Iterator::count);
    assert_eq!(records, 1, "the build has noted what it saw");
}

#[test]
fn a_change_is_seen_wherever_it_stands() {
    let page = "# A\n\n{{< include ../../listings/part.md >}}\n\n{{< include ../_own.md >}}\n\n```python run\n#| label: x\n1\n```\n";
    let project = Project::new()
        .file("content/a/a.en.md", page)
        .file("content/_own.md", "Own.\n")
        .file("listings/part.md", "Before.\n")
        .file("data/numbers.toml", "n = 1\n")
        .file(
            "templates/partials/footer.html",
            "{% set data = load_data(path=\"data/numbers.toml\") %}<footer>{{ data.n }}</footer>\n",
        )
        .with_empty_cache();
    let shows = |text: &str| {
        project.build();
        assert!(project.site("en/a/index.html").contains(text), "{text}");
    };
    settle(&project);
    shows("Before.");
    project.put("listings/part.md", b"After.\n");
    shows("After.");
    settle(&project);
    project.put("data/numbers.toml", b"n = 27\n");
    shows("<footer>27</footer>");
    settle(&project);
    project.put("content/_own.md", b"Another.\n");
    shows("Another.");
    settle(&project);
    // A store that is named now is asked, and it makes no sense.
    assert_eq!(project.run(&["build", "--store", "ftp://a"]).code, Some(5));
    project.build();
    std::fs::remove_file(project.path("listings/part.md")).expect("removed");
    assert_eq!(project.run(&["build"]).code, Some(1), "what is included is gone");
}

#[test]
fn a_change_of_a_book_is_seen() {
    let project = Project::new()
        .file("kiln.toml", "title = \"B\"\nlayout = \"mdbook\"\n")
        .file("src/SUMMARY.md", "# Summary\n\n- [One](one.md)\n")
        .file("src/one.md", "# One\n\nBefore.\n")
        .with_empty_cache();
    settle(&project);
    project.put("src/one.md", b"# One\n\nAfter.\n");
    project.build();
    let site = files(&project.path("site"));
    assert!(site.values().any(|bytes| bytes.windows(6).any(|part| part == b"After.")));
}
