//! Nothing that an author, a model or a bibliography says becomes markup.

use super::*;
use crate::snippet::bake::{ModelUse, Provenance};
use crate::snippet::figure::{Arrow, Chart, Figure, Flow, Graph, Heatmap, Mark, Node, Sankey, Series};
use crate::snippet::output::{
    Animation, Bytes, Field, Frames, Image, ImageGrid, Mask, Outline, Overlay, Table, Token, Tokens,
};

/// Texts that would run a script, or break out of where they stand, if one escape were missing.
const PAYLOADS: [&str; 9] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "\" onmouseover=\"alert(1)",
    "</title><script>alert(1)</script>",
    "</style><svg/onload=alert(1)>",
    "<!--<script>alert(1)//-->",
    "{{ 7331 * 2 }}{% raw %}&lt;script&gt;",
];

fn picture(label: &str) -> Image {
    Image { width: 1, height: 1, scale: 2, png: Bytes(label.as_bytes().to_vec()) }
}

fn outputs(x: &str) -> Vec<Output> {
    let heatmap = Heatmap {
        title: x.into(),
        x_label: x.into(),
        y_label: x.into(),
        columns: vec![x.into()],
        rows: vec![x.into()],
        values: vec![vec![Some(1.0)]],
        vmin: 0.0,
        vmax: 1.0,
        diverging: false,
        annotate: Some(1),
    };
    let series =
        Series { name: x.into(), mark: Mark::Bar, x: vec![0.0], y: vec![Some(1.0)], labels: vec![x.into()] };
    let chart = Chart {
        title: x.into(),
        x_label: x.into(),
        y_label: x.into(),
        categories: vec![x.into()],
        series: vec![series.clone(), Series { name: format!("{x}2"), ..series }],
        ..Chart::default()
    };
    let number = Field::Number { number: x.into() };
    vec![
        Output::Text { text: x.into() },
        Output::Table(Table {
            columns: vec![x.into(), x.into()],
            rows: vec![vec![Field::Text(x.into()), number]],
        }),
        Output::Image(picture("a")),
        Output::Figure(Figure::Heatmap(heatmap)),
        Output::Figure(Figure::Chart(chart)),
        Output::Tokens(Tokens { tokens: vec![Token { text: x.into(), id: Some(1), weight: Some(0.5) }] }),
        Output::ImageGrid(ImageGrid {
            images: vec![picture("b")],
            labels: vec![x.into()],
            columns: 1,
            filmstrip: false,
        }),
        Output::Figure(Figure::Graph(Graph {
            title: x.into(),
            nodes: ["a", "b"].map(|name| Node { name: name.into(), label: x.into() }).into(),
            edges: vec![Arrow { from: 0, to: 1, label: x.into() }],
            across: false,
        })),
        Output::Figure(Figure::Sankey(Sankey {
            title: x.into(),
            unit: x.into(),
            nodes: vec![x.into(), x.into()],
            flows: vec![Flow { from: 0, to: 1, value: 1.0 }],
        })),
        Output::Overlay(Overlay {
            image: picture("c"),
            boxes: vec![Outline { xmin: 0.0, ymin: 0.0, xmax: 1.0, ymax: 1.0, label: x.into(), score: None }],
            masks: vec![Mask::new(x.into(), [true])],
        }),
        Output::Animation(Animation {
            frames: Frames::Images(vec![picture("d"), picture("e")]),
            labels: vec![x.into(), x.into()],
            fps: 4,
        }),
    ]
}

/// A site with `x` in every place that holds text from outside.
fn site_of(x: &str) -> Built {
    let quoted = serde_json::to_string(x).expect("a string");
    let config = format!(
        "title = {quoted}\ndescription = {quoted}\nbase-url = \"https://a.example/{}\"\nlanguages = [{{ tag = \"en\", name = {quoted} }}]\n",
        "b"
    );
    let front = format!("+++\ntitle = {quoted}\ndescription = {quoted}\n+++\n");
    let cell = format!(
        "```python run\n#| label: x\n#| fig-cap: {quoted}\n#| fig-alt: {quoted}\n#| tbl-cap: {quoted}\n#| code-fold: true\n#| code-summary: {quoted}\n# {x}\nshow({quoted})\n```\n"
    );
    let title = quoted.replace('\n', " ");
    let escaped: String =
        x.chars().flat_map(|c| if c.is_ascii_punctuation() { vec!['\\', c] } else { vec![c] }).collect();
    let page = format!(
        "{front}\n## {escaped}\n\n{escaped} `{x}` $\\text{{a}}$\n\n![{escaped}](p.png {title})\n[{escaped}](<https://a.example/{escaped}> {title})\n\n~~~ {x}\n{x}\n~~~\n\n{cell}\n`{{python}} v` [@k]\n\n[^1]\n\n[^1]: {escaped}\n"
    );
    // Attributes are quoted with the mark that the text does not hold.
    let mark = if x.contains('"') { '\'' } else { '"' };
    let held = format!("{mark}{x}{mark}");
    let page = format!(
        "{page}\n::: {{.callout-tip title={held}}}\nx\n:::\n\n> [!NOTE]- {escaped}\n> x\n\n::: {{.panel-tabset}}\n## {escaped}\nx\n:::\n\n\
         ~~~python {{filename={held} code-line-numbers=true}}\n{x}\n~~~\n\n{{{{< badge {held} kind={held} >}}}}\n\n\
         ![{escaped}](p.png {title}){{#fig-p}}\n\n@fig-p [[b|{escaped}]] ABBR and term.\n\n*[ABBR]: {x}\n\n\
         ```graph\n#| fig-cap: {x}\n#| fig-alt: {x}\n#| title: {x}\na: {x}\na -> b: {x}\n```\n\n{{{{< include ../part.md >}}}}\n"
    );
    let lists =
        format!("{front}\n{{{{< glossary >}}}}\n\n{{{{< concept-map >}}}}\n\n{{{{< bibliography >}}}}\n");
    let glossary = format!(
        "[[term]]\nid = \"term\"\nname = {{ en = [\"term\", {quoted}] }}\nabbr = [{quoted}]\naliases = {{ en = [{quoted}] }}\ndefinition = {{ en = {quoted} }}\n"
    );
    let outline = format!(
        "[[planned]]\nslug = \"plan\"\npart = \"s\"\ntitle = {{ en = {quoted} }}\ndescription = {{ en = {quoted} }}\n\n[relations.plan]\nuses = [\"a\", \"term\"]\n"
    );
    let part = format!("{escaped} `{x}`\n");
    let bibliography = format!(
        "@misc{{k, author = {{{{{0}}}}}, title = {{{{{0}}}}}, howpublished = {{{0}}}, year = {{2020}}, url = {{https://a.example/{0}}}}}",
        x.replace(['{', '}', '%', '&', '#', '\\'], "")
    );
    let bake = Bake {
        checks: vec![Check {
            op: x.into(),
            measured: x.into(),
            bound: x.into(),
            control: true,
            ok: false,
            ..claim(x)
        }],
        provenance: Provenance {
            models: vec![ModelUse { id: x.into(), sha256: x.into() }],
            runtime: Some(x.into()),
            provider: Some(x.into()),
            seed: 0,
        },
        ..shows(outputs(x))
    };
    build(&Site {
        config: &config,
        pages: &[
            ("_index.en.md", &front),
            ("s/_index.en.md", &front),
            ("s/b.en.md", &lists),
            ("a.en.md", &page),
        ],
        bakes: vec![("x", bake)],
        inlines: &[("v", x)],
        bibliography: &bibliography,
        glossary: &glossary,
        outline: &outline,
        files: &[("part.md", &part)],
        templates: &[(
            "shortcodes/badge.html",
            "<b class=\"{{ args.kind }}\" title=\"{{ words[0] }}\">{{ words[0] }}</b>",
        )],
        assets: &[("p.png", b"")],
        ..Site::default()
    })
}

#[test]
fn texts_never_become_markup() {
    // What a site without any payload has: its own scripts, and no handlers.
    let scripts = |built: &Built| -> usize {
        built.html().flat_map(|(_, html)| markup::tags(html)).filter(|tag| tag.name == "script").count()
    };
    let calm = site_of("calm");
    assert_eq!(calm.faults, Vec::<String>::new());
    for payload in PAYLOADS {
        let built = site_of(payload);
        // An info string that is no language is worth a warning; nothing else is wrong.
        let faults: Vec<&String> =
            built.faults.iter().filter(|f| !f.contains("means nothing after")).collect();
        assert_eq!(faults, Vec::<&String>::new(), "{payload}");
        assert_eq!(scripts(&built), scripts(&calm), "{payload}");
        for (path, html) in built.html() {
            for tag in markup::tags(html) {
                for (name, value) in &tag.attributes {
                    assert!(!name.starts_with("on"), "{path}: {tag:?}");
                    assert!(!name.contains(['<', '\'', '{']), "{path}: {tag:?}");
                    assert!(name != "style", "{path}: the content security policy forbids {tag:?}");
                    let address = value.trim().to_ascii_lowercase();
                    let link = matches!(name.as_str(), "href" | "src");
                    assert!(!link || !address.starts_with("javascript:"), "{path}: {tag:?}");
                }
            }
            assert!(!html.contains("14662"), "{path}: a text was taken for a template");
        }
    }
}
