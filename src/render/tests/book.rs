//! What makes pages a book: the graph of concepts, the glossary, languages in lock-step.

use super::*;
use crate::snippet::output::{Field, Output, Table};

const GLOSSARY: &str = "[[term]]\nid = \"net\"\nname = { en = \"network\", zh = \"网络\" }\ndefinition = { en = \"A function.\", zh = \"函数。\" }\nchapter = \"s/b\"\n";
const LOUD: &str = "title = \"Site\"\nlanguages = [{ tag = \"en\", name = \"English\" }, { tag = \"zh\", name = \"中文\" }]\n";

#[test]
fn planned_chapters_are_listed_and_have_no_page() {
    let built = build(&Site {
        pages: &[
            ("_index.en.md", "# Home"),
            ("s/_index.en.md", "# Part"),
            ("s/b.en.md", "+++\nweight = 2\n+++\n# B"),
        ],
        outline: "[[planned]]\nslug = \"c\"\npart = \"s\"\nweight = 1\ntitle = { en = \"See later\" }\n",
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    let side = built.page("en/s/b/index.html").split("<ul class=\"parts\">").nth(1).expect("a sidebar");
    let (planned, written) = (side.find("<span class=\"planned\">See later</span>"), side.find(">B</a>"));
    assert!(planned.expect("it is listed") < written.expect("it is listed"), "{side}");
    assert!(!built.files.contains_key("en/s/c/index.html"));
    assert!(built.page("en/s/index.html").contains("See later"));
}

#[test]
fn a_chapter_knows_its_neighbours() {
    let built = build(&Site {
        pages: &[
            ("_index.en.md", "# Home"),
            ("a.en.md", "+++\ntitle = \"A\"\n[relations]\nuses = [\"b\", \"c\", \"net\"]\n+++\n"),
            ("s/_index.en.md", "# Part"),
            ("s/b.en.md", "# B"),
            ("s/map.en.md", "# Map\n\n{{< concept-map >}}"),
            ("s/g.en.md", "# Terms\n\n{{< glossary >}}"),
        ],
        glossary: GLOSSARY,
        outline: "[[planned]]\nslug = \"c\"\npart = \"s\"\ntitle = { en = \"C\" }\n",
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    let section = |path: &str| {
        let page = built.page(path);
        page.split("<section class=\"concept\"")
            .nth(1)
            .expect("a section")
            .split("</section>")
            .next()
            .expect("its end")
            .to_owned()
    };
    let a = section("en/a/index.html");
    assert!(a.contains("Read first") && a.contains("href=\"../s/b/\">B</a>"), "{a}");
    assert!(
        a.contains("<span class=\"planned\">C</span>") && a.contains("href=\"../s/g/#term-net\">network</a>"),
        "{a}"
    );
    let b = section("en/s/b/index.html");
    assert!(b.contains("Leads to") && b.contains("href=\"../../a/\">A</a>"), "{b}");
    let map = built.page("en/s/map/index.html");
    assert!(
        map.contains("<a href=\"../b/\"><rect class=\"box\"") && map.contains("stroke-dasharray"),
        "{map}"
    );
    assert!(map.contains("uses <a href=\"../g/#term-net\">network</a>"), "{map}");
}

#[test]
fn terms_are_explained_once_and_know_who_uses_them() {
    let built = build(&Site {
        pages: &[
            ("_index.en.md", "# Home"),
            ("a.en.md", "# A\n\nA network, a network and a {network}.\n"),
            ("g.en.md", "# Terms\n\n{{< glossary >}}\n\nA network.\n"),
            ("s/_index.en.md", "# S"),
            ("s/b.en.md", "# B\n\nThe network itself.\n"),
        ],
        glossary: GLOSSARY,
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    let a = built.page("en/a/index.html");
    assert_eq!(a.matches("href=\"../g/#term-net\"").count(), 2, "{a}");
    assert!(a.contains("role=\"tooltip\" id=\"tip--1\">A function.</span>"), "{a}");
    let entry = built.page("en/g/index.html");
    assert!(entry.contains("<dt id=\"term-net\"><a href=\"../s/b/\">network</a>"), "{entry}");
    assert!(entry.contains("Used in <a href=\"../a/\">A</a>, <a href=\"../s/b/\">B</a>"), "{entry}");
    // The chapter on a term does not explain it.
    assert!(!built.page("en/s/b/index.html").contains("class=\"term\""));
    // Copies for other tools hold the entries.
    assert!(built.page("en/g/index.md").contains("**network** (网络): A function."));
}

/// What is said of the two pages of a chapter.
#[track_caller]
fn lock_step(en: &str, zh: &str, expect: &[&str]) {
    let built = build(&Site {
        config: LOUD,
        pages: &[("_index.en.md", "# H"), ("_index.zh.md", "# H"), ("a.en.md", en), ("a.zh.md", zh)],
        bibliography: "@misc{k2017, title = {{T}}, year = {2017}}",
        ..Site::default()
    });
    assert_eq!(built.faults.len(), expect.len(), "{:#?}", built.faults);
    for (fault, expect) in built.faults.iter().zip(expect) {
        assert!(fault.starts_with(expect), "{fault} is not {expect}");
    }
}

#[test]
fn languages_go_in_lock_step() {
    lock_step("# A\n\n## One {#one}\n\nText [@k2017].\n", "# 甲\n\n## 一 {#one}\n\n文 [@k2017]。\n", &[]);
    lock_step(
        "# A\n\n## One\n",
        "# 甲\n\n### 一\n",
        &["content/a.zh.md:3:1 this heading has level 3, its counterpart in `en` level 2"],
    );
    lock_step(
        "# A\n\n## One {#x}\n",
        "# 甲\n\n## 一 {#y}\n",
        &["content/a.zh.md:3:1 this heading is called `y`, its counterpart in `en` `x`"],
    );
    lock_step("# A\n\n## One\n", "# 甲\n", &["content/a.en.md:3:1 the page in `zh` lacks this heading"]);
    lock_step(
        "# A\n\nText [@k2017].\n",
        "# 甲\n",
        &["content/a.en.md:3:8 the page in `zh` has no citation `k2017`"],
    );
    lock_step(
        "# A\n",
        "# 甲\n\n```python run\n#| label: x\n1\n```\n",
        &["content/a.zh.md:4:11 the page in `en` has no cell `x`"],
    );
}

#[test]
fn gaps_and_typed_numbers_are_warned_of() {
    let built = build(&Site {
        config: LOUD,
        pages: &[
            ("_index.en.md", "# H"),
            ("_index.zh.md", "# H"),
            ("s/_index.en.md", "# S"),
            ("s/_index.zh.md", "# 部"),
            (
                "s/b.en.md",
                "# Only in English\n\nIt is 0.77, or 12 %, since 2017.\n\n```python run\n#| label: x\n1\n```\n",
            ),
        ],
        ..Site::default()
    });
    let expect = [
        "content/s/b.en.md:1:1 the chapter `s/b` is not written in zh",
        "content/s/b.en.md:3:7 this number is typed by hand, and so are 1 more in this page",
    ];
    assert_eq!(built.faults.len(), 2, "{:#?}", built.faults);
    for (fault, expect) in built.faults.iter().zip(expect) {
        assert!(fault.starts_with(expect), "{fault} is not {expect}");
    }
    let list = built.page("zh/s/index.html");
    assert!(list.contains("untranslated\" lang=\"en\" hreflang=\"en\" href=\"../../en/s/b/\""), "{list}");
}

#[test]
fn templates_read_data_and_extras() {
    let built = build(&Site {
        config: "title = \"S\"\nlanguages = [{ tag = \"en\", name = \"English\" }]\n[extra]\nmotto = \"Read <on>\"\n",
        pages: &[
            ("_index.en.md", "# H"),
            ("a.en.md", "+++\ntemplate = \"own.html\"\n[extra]\nmood = \"calm\"\n+++\n# A\n"),
        ],
        templates: &[("own.html", "{{ site.extra.motto }} {{ page.extra.mood }}")],
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    assert_eq!(built.page("en/a/index.html"), "Read &lt;on&gt; calm");
    let wrong = build(&Site {
        pages: &[
            ("_index.en.md", ""),
            ("a.en.md", "+++\ntemplate = \"chapters.html\"\n+++\n# A\n"),
            ("b.en.md", "+++\ntemplate = \"data.html\"\n+++\n# B\n"),
        ],
        templates: &[("data.html", "<p>\n{{ load_data(path=\"../secret.toml\") }}</p>")],
        ..Site::default()
    });
    assert_eq!(wrong.faults.len(), 2, "{:#?}", wrong.faults);
    assert!(
        wrong.faults[0].starts_with(
            "content/a.en.md:1:1 there is no template `chapters.html` did you mean `chapter.html`?"
        ),
        "{:#?}",
        wrong.faults
    );
    assert!(
        wrong.faults[1].starts_with("templates/data.html:2:")
            && wrong.faults[1].contains("no data file `../secret.toml`"),
        "{:#?}",
        wrong.faults
    );
}

#[test]
fn outputs_speak_the_language_of_their_page() {
    let table = Table { columns: vec!["step 3".into()], rows: vec![vec![Field::Text("x".into())]] };
    let bake = Bake { outputs: vec![Output::Table(table)], ..Bake::default() };
    let built = build(&Site {
        pages: &[
            ("a.en.md", "# A\n\n```python run\n#| label: t\nshow()\n```\n"),
            ("a.zh.md", "# 甲\n\n```python run\n#| label: t\n```\n"),
        ],
        bakes: vec![("t", bake)],
        wording: "[zh]\n\"step {}\" = \"第 {} 步\"\n",
        config: LOUD,
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    assert!(built.page("en/a/index.html").contains(">step 3</th>"));
    assert!(built.page("zh/a/index.html").contains(">第 3 步</th>"));
}
