//! The other forms of a page.

use serde_json::Value;

use crate::render::tests::{Site, build, claim, shows};
use crate::snippet::output::{Field, Output, Table};

const PAGE: &str = "+++\ntitle = \"A\"\ndescription = \"One sentence.\"\n+++\n\nSee [home](_index.en.md), $x^2$.\n\n\
## First\n\n```python run\n#| label: x\n#| tbl-cap: Some numbers\nx = 6 * 7\n```\n\nThe value is `{python} x`.\n\n\
## Second {#two}\n\nEnd.\n";

fn files() -> std::collections::BTreeMap<String, Vec<u8>> {
    let rows = vec![vec![Field::Text("a|b".into()), Field::Number { number: "42".into() }]];
    let table = Table { columns: vec!["name".into(), "value".into()], rows };
    let mut bake = shows(vec![Output::Text { text: "forty-two\n```\n".into() }, Output::Table(table)]);
    bake.checks.push(claim("it holds"));
    let pages = [("_index.en.md", "+++\ntitle = \"Home\"\n+++\n"), ("a.en.md", PAGE)];
    let built =
        build(&Site { pages: &pages, bakes: vec![("x", bake)], inlines: &[("x", "42")], ..Site::default() });
    assert_eq!(built.faults, Vec::<String>::new());
    built.files
}

fn text(path: &str) -> String {
    String::from_utf8(files().remove(path).expect("the file")).expect("text")
}

#[test]
fn a_page_has_a_copy_in_markdown() {
    insta::assert_snapshot!(text("en/a/index.md"));
}

#[test]
fn a_chapter_has_a_script() {
    insta::assert_snapshot!(text("en/a/a.py"));
}

#[test]
fn a_chapter_has_a_notebook_with_its_outputs() {
    let notebook: Value = serde_json::from_str(&text("en/a/a.ipynb")).expect("JSON");
    let kinds: Vec<&str> =
        notebook["cells"].as_array().expect("cells").iter().filter_map(|c| c["cell_type"].as_str()).collect();
    assert_eq!(kinds, ["markdown", "markdown", "code", "markdown"]);
    let code = &notebook["cells"][2];
    assert_eq!(code["id"], "run-x");
    assert_eq!(code["source"][0], "x = 6 * 7");
    assert_eq!(code["outputs"][0]["text"][0], "forty-two\n");
    assert!(code["outputs"][1]["data"]["text/html"].to_string().contains("<td>a|b</td>"));
    assert_eq!(notebook["cells"][3]["source"][0], "The value is 42.\n");
}

#[test]
fn containers_are_titles_in_a_copy() {
    let built = build(&Site {
        pages: &[(
            "a.en.md",
            "# A\n\n::: {.callout-tip title=\"Try *it*\" collapse=true}\nDo.\n:::\n\n::: {.callout-note}\nSee.\n\n:::: panel-tabset\n### One\n1\n\n### Two\n2\n::::\n:::\n",
        )],
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    assert_eq!(
        built.page("en/a/index.md"),
        "# A\n\n**Try *it***\n\nDo.\n\n\n**Note**\n\nSee.\n\n\n### One\n1\n\n### Two\n2\n"
    );
}

#[test]
fn a_copy_has_the_words_of_its_language() {
    let rows = vec![vec![Field::Text("x".into()), Field::Number { number: "1".into() }]];
    let table = Table { columns: vec!["step".into(), "right".into()], rows };
    let built = build(&Site {
        pages: &[
            ("a.en.md", "# A\n\n```python run\n#| label: t\nshow()\n```\n"),
            ("a.zh.md", "# 甲\n\n```python run\n#| label: t\n```\n"),
        ],
        bakes: vec![("t", shows(vec![Output::Table(table)]))],
        wording: "[zh]\n\"step\" = \"步\"\n\"right\" = \"对\"\n\n[zh.chapter.a]\n\"right\" = \"右\"\n",
        ..Site::default()
    });
    assert!(built.page("en/a/index.md").contains("| step | right |"));
    assert!(built.page("zh/a/index.md").contains("| 步 | 右 |"), "{}", built.page("zh/a/index.md"));
    assert!(built.page("zh/a/index.html").contains(">右</th>"));
    assert!(built.page("zh/a/a.ipynb").contains("<th scope=\\\"col\\\" class=\\\"num\\\">右</th>"));
}

#[test]
fn a_copy_holds_what_its_marks_stand_for() {
    let built = build(&Site {
        pages: &[
            ("_index.en.md", "# Home"),
            (
                "a.en.md",
                "# A\n\nA {CNN} and a {state}.\n\n{{< include _part.md >}}\n\n{{< badge \"new & old\" >}}\n\n{{< bibliography >}}\n\n\
                 ```rust\n{{< include main.rs >}}\n```\n\n{{< include main.rs >}}\n\nBy [@k].\n",
            ),
            ("b.en.md", "# B\n"),
        ],
        glossary: "[[term]]\nid = \"cnn\"\nname = { en = \"network\", zh = \"网络\" }\nabbr = [\"CNN\"]\ndefinition = { en = \"It slides.\", zh = \"滑。\" }\n\n\
                   [[term]]\nid = \"state\"\nauto = false\nname = { en = \"state\", zh = \"状态\" }\ndefinition = { en = \"Where.\", zh = \"处。\" }\n",
        bibliography: "@misc{k, author = {Kaplan, Jared}, title = {{Laws}}, year = {2020}}",
        templates: &[("shortcodes/badge.html", "<b>{{ words[0] }}</b>")],
        files: &[
            ("content/_part.md", "## Part\n\nThe {CNN} of [b](b.en.md).\n"),
            ("content/main.rs", "fn main() {}\n"),
        ],
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    assert_eq!(
        built.page("en/a/index.md"),
        "# A\n\nA CNN and a state.\n\n## Part {#part}\n\nThe CNN of [b](../b/).\n\n\nnew & old\n\n- Jared Kaplan. Laws. 2020.\n\n\n\
         ```rust\nfn main() {}\n```\n\n```rs\nfn main() {}\n```\n\nBy (Kaplan, 2020).\n"
    );
}

#[test]
fn a_copy_cites_in_words() {
    let built = build(&Site {
        pages: &[
            ("a.en.md", "# A\n\nBy [@k; @l], see [@fig-x; @k].\n\n![X](x.png){#fig-x}\n"),
            ("a.zh.md", "# 甲\n\n由 [@k; @l] 提出，见 [@fig-x; @k]。\n\n![X](x.png){#fig-x}\n"),
        ],
        bibliography: "@misc{k, author = {Kaplan, Jared}, title = {{Laws}}, year = {2020}, url = {https://kiln.example/k}}\n\
                       @misc{l, author = {Lin, A and Wu, B and Xu, C}, title = {{More}}, year = {2021}}",
        assets: &[("x.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x05\0\0\0\x07")],
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    let (en, zh) = (built.page("en/a/index.md"), built.page("zh/a/index.md"));
    assert!(en.starts_with("# A\n\nBy (Kaplan, 2020; Lin et al., 2021), see ["), "{en}");
    assert!(
        en.ends_with(
            "## References {#references}\n\n1. Jared Kaplan. Laws. 2020. <https://kiln.example/k>\n2. A Lin, B Wu, C Xu. More. 2021.\n"
        ),
        "{en}"
    );
    assert!(zh.starts_with("# 甲\n\n由（Kaplan，2020；Lin 等，2021）提出"), "{zh}");
}
