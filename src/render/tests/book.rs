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

const STATED: &str = "[[fact]]\nkey = \"net.size\"\nnumber = 340_000_000\nwhat = { en = \"size of the net\", zh = \"网络的大小\" }\nsource = \"k2017\"\n";
const WORK: &str = "@misc{k2017, author = {Author, An}, title = {{T}}, year = {2017}}\n";

#[test]
fn facts_are_stated_with_their_source() {
    let built = build(&Site {
        pages: &[
            ("_index.en.md", "# Home"),
            ("_index.zh.md", "# 首页"),
            ("a.en.md", "# A\n\nIt has {{< fact net.size >}}.\n"),
            ("a.zh.md", "# 甲\n\n有 {{< fact net.size >}}。\n"),
            ("f.en.md", "# Facts\n\n{{< facts >}}"),
            ("r.en.md", "# Sources\n\n{{< bibliography >}}"),
        ],
        facts: STATED,
        bibliography: WORK,
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    let (en, zh) = (built.page("en/a/index.html"), built.page("zh/a/index.html"));
    assert!(en.contains("href=\"#ref-k2017\" aria-describedby=\"tip--1\">340\u{a0}million</a>"), "{en}");
    assert!(en.contains("size of the net. An Author.") && en.contains("<li id=\"ref-k2017\">"), "{en}");
    assert!(zh.contains(">3.4\u{a0}亿</a>") && zh.contains("网络的大小。"), "{zh}");
    assert!(built.page("en/a/index.md").contains("It has 340\u{a0}million."));
    let list = built.page("en/f/index.html");
    assert!(
        list.contains("<tr id=\"fact-net-size\">") && list.contains("Stated in <a href=\"../a/\">A</a>"),
        "{list}"
    );
    assert!(list.contains("<li id=\"ref-k2017\">"), "{list}");
    let sources = built.page("en/r/index.html");
    assert!(sources.contains("Cited in <a href=\"../a/\">A</a>"), "{sources}");
}

#[test]
fn facts_need_a_source_and_a_page_needs_facts() {
    let site = |facts: &'static str, text: &'static str| {
        let pages = &[("_index.en.md", "# Home"), ("a.en.md", text)];
        build(&Site { pages, facts, bibliography: WORK, ..Site::default() }).faults
    };
    assert_eq!(
        site(STATED, "# A\n\nIt has {{< fact net.sise >}}.\n"),
        ["content/a.en.md:3:8 content/facts.toml has no fact `net.sise` did you mean `net.size`?"]
    );
    let lost = "[[fact]]\nkey = \"a\"\nnumber = 1\nwhat = { en = \"A\", zh = \"甲\" }\nsource = \"k2018\"\n";
    assert_eq!(
        site(lost, "# A\n"),
        ["content/facts.toml:5:10 content/references.bib has no entry `k2018` did you mean `k2017`?"]
    );
    // What cannot be read may well hold the fact.
    let faults = site("[[fact]]\nkey = \"net.size\"\n", "# A\n\n{{< fact net.size >}}\n");
    assert!(faults.len() == 1 && faults[0].starts_with("content/facts.toml:1:1 missing field"), "{faults:?}");
}

#[test]
fn languages_state_the_same_facts() {
    let built = build(&Site {
        config: LOUD,
        pages: &[
            ("_index.en.md", "# Home"),
            ("_index.zh.md", "# 首页"),
            ("a.en.md", "# A\n\nIt has {{< fact net.size >}}.\n"),
            ("a.zh.md", "# 甲\n\n很多。\n"),
        ],
        facts: STATED,
        bibliography: WORK,
        ..Site::default()
    });
    assert_eq!(
        built.faults,
        ["content/a.en.md:3:8 the page in `zh` has no fact `net.size` both languages state the same facts"]
    );
}

#[test]
fn what_the_manifest_says_of_a_model_can_be_stated() {
    let card = |id: &str, parameters| ModelCard {
        id: id.into(),
        parameters,
        license: "MIT".into(),
        ..ModelCard::default()
    };
    let text = "# A\n\n{{< model big parameters >}} or {{< model big parameters digits >}}, {{< model big license >}}.\n";
    let site = |text: &str| {
        build(&Site {
            pages: &[
                ("_index.en.md", "# Home"),
                ("a.en.md", text),
                ("_index.zh.md", "# 首"),
                ("a.zh.md", text),
            ],
            models: &[card("big", 124_439_808), card("small", 0)],
            ..Site::default()
        })
    };
    let built = site(text);
    assert_eq!(built.faults, Vec::<String>::new());
    let page = built.page("en/a/index.html");
    assert!(page.contains("<a href=\"../models/#big\">124\u{a0}million</a>"), "{page}");
    assert!(built.page("zh/a/index.md").contains("1.24\u{a0}亿 or 124\u{202f}439\u{202f}808, MIT."));
    for (wrong, expect) in [
        ("{{< model bgi parameters >}}", "models.toml has no model `bgi` did you mean `big`?"),
        ("{{< model big parametres >}}", "a model has no `parametres` did you mean `parameters`?"),
        ("{{< model small parameters >}}", "models.toml does not say the parameters of `small`"),
        ("{{< model big >}}", "this does not say what of which model"),
        ("{{< model big license now >}}", "`now` says nothing here"),
    ] {
        let faults = site(&format!("# A\n\n{wrong}\n")).faults;
        assert!(faults[0].contains(expect), "{faults:?}");
    }
}
