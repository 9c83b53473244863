//! What stands in one page and is shown or named in another: cells, figures, tables, formulas, sections.

use super::*;
use crate::snippet::figure::{Figure, Heatmap};

const A_EN: &str = "# Alpha\n\n## One {#sec-one}\n\n$$x$$ {#eq-x}\n\n![A dot](dot.png){#fig-dot}\n\n\
    ```python run\n#| label: fig-map\n#| fig-cap: A *map*\n#| fig-alt: It is dark\nshow(v)\n```\n\n\
    ```python run\n#| label: quiet\n#| include: false\nshow(w)\n```\n";
const A_ZH: &str = "# 甲\n\n## 一 {#sec-one}\n\n$$x$$ {#eq-x}\n\n![点](dot.png){#fig-dot}\n\n\
    ```python run\n#| label: fig-map\n#| fig-cap: 一张图\n#| fig-alt: 它是暗的\n```\n\n```python run\n#| label: quiet\n```\n";

/// A site whose page `s/b.en.md` is `b`, and whose page `s/c.zh.md` is `c`.
fn site(b: &str, c: &str) -> Built {
    let map = Output::Figure(Figure::Heatmap(Heatmap {
        values: vec![vec![Some(0.5)]],
        vmax: 1.0,
        ..Heatmap::default()
    }));
    let bake = Bake { checks: vec![claim("small")], ..shows(vec![map]) };
    build(&Site {
        pages: &[
            ("_index.en.md", "# Home\n"),
            ("_index.zh.md", "# 首页\n"),
            ("a.en.md", A_EN),
            ("a.zh.md", A_ZH),
            ("only.en.md", "# Only\n\n## Two {#sec-two}\n\n## Same {#sec-same}\n"),
            ("s/_index.en.md", "# Part\n"),
            ("s/_index.zh.md", "# 部分\n"),
            ("s/a2.en.md", "# Other\n\n## Same {#sec-same}\n"),
            ("s/b.en.md", b),
            ("s/c.zh.md", c),
        ],
        bakes: vec![("fig-map", bake), ("quiet", shows(vec![Output::Text { text: "hidden\n".into() }]))],
        assets: &[("dot.png", b"")],
        ..Site::default()
    })
}

#[test]
fn a_cell_of_another_page_is_shown_with_the_way_to_it() {
    for written in ["{{< cell page=\"a\" label=\"fig-map\" >}}", "{{ cell(page=\"a\", label=\"fig-map\") }}"]
    {
        let built = site(
            &format!("# Beta\n\n![A dot](/dot.png){{#fig-first}}\n\n{written}\n\nSee @fig-map.\n"),
            "# 丙\n\n{{< cell page=\"a\" label=\"fig-map\" echo=true >}}\n",
        );
        assert_eq!(built.faults, Vec::<String>::new());
        let page = built.page("en/s/b/index.html");
        for part in [
            "<section class=\"cell\" id=\"fig-map\"",
            "<svg",
            "id=\"fig-map-0-t\"",
            "It is dark",
            "<figcaption><b>Figure\u{a0}2</b> A <em>map</em></figcaption>",
            "<ul class=\"checks\">",
            "<span class=\"prov-page\">From <a href=\"../../a/#fig-map\">Alpha</a></span>",
            "See <a class=\"ref\" href=\"#fig-map\">Figure\u{a0}2</a>.",
        ] {
            assert!(page.contains(part), "no {part} in {page}");
        }
        assert!(!page.contains("show(v)"), "{page}");
        let copy = built.page("en/s/b/index.md");
        assert!(
            copy.contains("*Figure\u{a0}2. A map*") && copy.contains("From [Alpha](../../a/#fig-map)"),
            "{copy}"
        );
        // The page's own language, and the code where it is asked for.
        let zh = built.page("zh/s/c/index.html");
        assert!(zh.contains("一张图") && zh.contains("出自 <a href=\"../../a/#fig-map\">甲</a>"), "{zh}");
        assert!(zh.contains("v</span>") || zh.contains("(v)") || zh.contains("show"), "{zh}");
    }
}

#[test]
fn what_is_hidden_at_home_is_shown_where_it_is_asked_for() {
    let shown = "# Beta\n\n{{< cell page=\"a\" label=\"quiet\" id=\"loud\" >}}\n\n{{< cell page=\"a\" label=\"quiet\" id=\"loud-again\" tbl-cap=\"Twice\" >}}\n";
    let built = site(shown, "");
    assert_eq!(built.faults, Vec::<String>::new());
    let page = built.page("en/s/b/index.html");
    assert_eq!(page.matches("<samp>hidden\n</samp>").count(), 2, "{page}");
    assert!(page.contains("id=\"loud\"") && page.contains("id=\"loud-again\"") && page.contains("Twice"));
    assert!(!built.page("en/a/index.html").contains("hidden\n"));
}

#[test]
fn figures_formulas_and_sections_of_other_pages_have_their_numbers() {
    let built = site(
        "# Beta\n\n@a/fig-map, @fig-dot, @eq-x, @a/sec-one, @only/sec-same.\n",
        "# 丙\n\n见@a/fig-map，@sec-two。\n",
    );
    assert_eq!(built.faults, Vec::<String>::new());
    let page = built.page("en/s/b/index.html");
    for part in [
        "<a class=\"ref\" href=\"../../a/#fig-map\">Figure\u{a0}2 in Alpha</a>",
        "<a class=\"ref\" href=\"../../a/#fig-dot\">Figure\u{a0}1 in Alpha</a>",
        "<a class=\"ref\" href=\"../../a/#eq-x\">Equation\u{a0}(1) in Alpha</a>",
        "<a class=\"ref\" href=\"../../a/#sec-one\">One in Alpha</a>",
        "<a class=\"ref\" href=\"../../only/#sec-same\">Same in Only</a>",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    let zh = built.page("zh/s/c/index.html");
    assert!(zh.contains("<a class=\"ref\" href=\"../../a/#fig-map\">《甲》图\u{a0}2</a>"), "{zh}");
    // Not written in Chinese: the page in the other language.
    let other = "<a class=\"ref\" href=\"../../../en/only/#sec-two\" hreflang=\"en\">《Only》Two</a>";
    assert!(zh.contains(other), "{zh}");
    assert!(built.page("en/s/b/index.md").contains("[Figure\u{a0}2 in Alpha](../../a/#fig-map)"));
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    for (text, expect) in [
        ("{{< cell page=\"aa\" label=\"x\" >}}", "no chapter is called `aa` did you mean `a"),
        (
            "{{< cell page=\"a\" label=\"fig-mop\" >}}",
            "`a` has no cell with the label `fig-mop` did you mean `fig-map`?",
        ),
        ("{{< cell page=\"b\" label=\"x\" >}}", "`b` is this page"),
        ("{{< cell page=\"a\" >}}", "`cell` needs a label"),
        (
            "## B {#fig-map}\n\n{{< cell page=\"a\" label=\"fig-map\" >}}",
            "the label `fig-map` is taken already",
        ),
        ("@fig-mop", "nothing in this book has the label `fig-mop` did you mean `fig-map`?"),
        ("@a/fig-mop", "nothing in `a` has the label `fig-mop` did you mean `fig-map`?"),
        ("@aa/fig-map", "no chapter is called `aa`"),
        (
            "@sec-same",
            "more than one page has the label `sec-same` name the page: `@only/sec-same` or `@s/a2/sec-same`",
        ),
    ] {
        let built = site(&format!("# Beta\n\n{text}\n"), "");
        assert_eq!(built.faults.len(), 1, "{text}: {:#?}", built.faults);
        let place = format!("content/s/b.en.md:{}", if text.starts_with("##") { "5:1" } else { "3:1" });
        let fault = &built.faults[0];
        assert!(fault.starts_with(&format!("{place} {expect}")), "{text}: {fault}");
    }
}
