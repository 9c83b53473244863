//! What whole pages look like to a browser and to other tools.

use std::collections::BTreeSet;

use super::*;
use crate::snippet::figure::{Figure, Heatmap};
use crate::snippet::output::{Bytes, Field, Image, ImageGrid, Table};

const BIB: &str =
    "@article{k2017, author = {Vaswani, Ashish and B, C and D, E}, title = {{T}}, year = {2017}}";

/// A site with something of everything.
fn rich() -> Built {
    let en = "# Alpha\n\n## One {#one}\n\nText [@k2017], $x^2$, [b](s/b.en.md#two), [here](#x).\n\n![A dot](dot.png)\n\n```rust\nlet x = 1;\n```\n\n```python run\n#| label: x\n#| fig-cap: \"A *map* of $x$\"\n#| tbl-cap: Rows\n#| fig-alt: A map\n#| code-fold: true\nshow(v)\n```\n\n> [!NOTE]\n> Mind `{python} v`[^1].\n\n[^1]: A note.\n";
    let zh = "# 甲\n\n## 一 {#one}\n\n文本 [@k2017] 里，[乙](s/b.zh.md)。\n\n```python run\n#| label: x\n#| fig-cap: 图\n#| fig-alt: 一张图\n```\n";
    let image = |label: &str| Image { width: 2, height: 3, scale: 4, png: Bytes(label.into()) };
    let number = |text: &str| Field::Number { number: text.into() };
    let outputs = vec![
        Output::Text { text: "a < b\n".into() },
        Output::Table(Table {
            columns: vec!["word".into(), "n".into()],
            rows: vec![vec![Field::Text("cat".into()), number("1.5")]],
        }),
        Output::Figure(Figure::Heatmap(Heatmap {
            values: vec![vec![Some(0.5)]],
            vmax: 1.0,
            ..Heatmap::default()
        })),
        Output::Image(image("one")),
        Output::ImageGrid(ImageGrid {
            images: vec![image("one"), image("two")],
            labels: vec!["first".into(), "second".into()],
            columns: 2,
            filmstrip: true,
        }),
    ];
    let mut bake = Bake {
        checks: vec![claim("small"), Check { control: true, ok: false, ..claim("large") }],
        ..shows(outputs)
    };
    bake.provenance.seed = 7;
    build(&Site {
        pages: &[
            ("_index.en.md", "# Home\n\n[a](a.en.md)\n"),
            ("_index.zh.md", "# 首页\n"),
            ("a.en.md", en),
            ("a.zh.md", zh),
            ("s/_index.en.md", "# Part\n"),
            ("s/_index.zh.md", "# 部分\n"),
            ("s/b.en.md", "# Beta\n\n## Two {#two}\n\n[a](../a.en.md#one), [file](<../a file.txt>)\n"),
            ("s/b.zh.md", "# 乙\n\n[甲](../a.zh.md#x)\n"),
        ],
        bakes: vec![("x", bake)],
        inlines: &[("v", "0.64")],
        bibliography: BIB,
        assets: &[("dot.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x05\0\0\0\x07"), ("a file.txt", b"")],
        ..Site::default()
    })
}

/// The file that `address`, written in the file `from`, asks a server for.
fn asked(from: &str, address: &str) -> String {
    let path = address.split(['#', '?']).next().unwrap_or("");
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    parts.retain(|part| !part.is_empty());
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => assert!(parts.pop().is_some(), "{address} in {from} leads out of the site"),
            part => parts.push(part),
        }
    }
    let file = parts.join("/").replace("%20", " ");
    match path {
        "" => from.to_owned(),
        _ if path.ends_with('/') || path.ends_with("..") || path == "." => {
            format!("{file}/index.html").trim_start_matches('/').to_owned()
        }
        _ => file,
    }
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    let built = rich();
    assert_eq!(built.faults, Vec::<String>::new());
    let mut checked = 0;
    for (path, html) in built.html() {
        for tag in markup::tags(html) {
            let addresses = ["href", "src"].iter().filter_map(|name| tag.get(name));
            for address in addresses.filter(|address| !address.contains("://")) {
                let file = asked(path, address);
                assert!(built.files.contains_key(&file), "{path}: {address} asks for {file}");
                if let Some((_, anchor)) = address.split_once('#') {
                    let target = built.page(&file);
                    assert!(target.contains(&format!("id=\"{anchor}\"")), "{path}: {address} has no anchor");
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "only {checked} links were seen");
}

#[test]
fn ids_are_unique_and_pictures_have_size_and_words() {
    for (path, html) in rich().html() {
        let mut ids = BTreeSet::new();
        for tag in markup::tags(html) {
            if let Some(id) = tag.get("id") {
                assert!(!id.is_empty() && ids.insert(id.to_owned()), "{path}: the id {id} stands twice");
            }
            if tag.name == "img" {
                assert!(tag.get("alt").is_some(), "{path}: {tag:?}");
                assert!(tag.get("width").is_some() && tag.get("height").is_some(), "{path}: {tag:?}");
            }
        }
    }
    assert!(
        rich()
            .page("en/a/index.html")
            .contains("<img src=\"../../dot.png\" alt=\"A dot\" width=\"5\" height=\"7\"")
    );
}

#[test]
fn figures_and_tables_offer_their_data() {
    let built = rich();
    for (path, summary, title) in [
        ("en/a/index.html", "Data", "Download the data as CSV"),
        ("zh/a/index.html", "数据", "下载数据（CSV）"),
    ] {
        let html = built.page(path);
        // The table is on the page already; the figure's numbers are not.
        assert_eq!(html.matches("<div class=\"data\">").count(), 2, "{html}");
        assert_eq!(html.matches(&format!("<details><summary>{summary}</summary>")).count(), 1, "{html}");
        for name in ["x-1.csv", "x-2.csv"] {
            assert!(html.contains(&format!("download=\"{name}\" title=\"{title}\">CSV</a>")), "{html}");
        }
    }
    let files: Vec<&str> = built
        .files
        .iter()
        .filter(|(path, _)| path.starts_with("assets/cells/") && path.ends_with(".csv"))
        .map(|(_, bytes)| std::str::from_utf8(bytes).expect("text"))
        .collect();
    assert_eq!(files.len(), 2);
    assert!(files.contains(&"word,n\ncat,1.5\n") && files.contains(&",0\n0,0.5\n"), "{files:?}");
}

#[test]
fn a_cell_keeps_the_contract() {
    let built = rich();
    for (path, caption, summary) in [
        ("en/a/index.html", "<figcaption>A <em>map</em> of <math", "Code"),
        ("zh/a/index.html", "<figcaption>图</figcaption>", "代码"),
    ] {
        let html = built.page(path);
        let parts = [
            "<section class=\"cell\" id=\"x\" data-key=\"b3:0000000000000000000000000000000000000000000000000000000000000000\">",
            &format!(
                "<details class=\"cell-code\"><summary>{summary}</summary><pre class=\"code\"><code class=\"lang-python\">"
            ),
            "<figure class=\"cell-fig\">",
            "<div class=\"cell-out\" data-mime=\"text/plain\"><pre><samp>a &lt; b\n</samp></pre></div>",
            "<div class=\"cell-out\" data-mime=\"text/html\"><div class=\"table-wrap\"><table>",
            "<th scope=\"col\">word</th><th scope=\"col\" class=\"num\">n</th>",
            "<td>cat</td><td class=\"num\">1.5</td>",
            "<div class=\"cell-out\" data-mime=\"image/svg+xml\"><svg",
            "<div class=\"cell-out\" data-mime=\"image/png\"><img src=\"../../assets/cells/",
            "width=\"8\" height=\"12\" loading=\"lazy\" decoding=\"async\"",
            "<ol class=\"filmstrip\"><li><img",
            "<span class=\"label\">second</span></li></ol>",
            caption,
            "<ul class=\"checks\">",
            "<li class=\"check pass\"><span class=\"mark\">✔</span> <span class=\"claim\">small</span> <span class=\"measure\"><code>1 &lt; 2</code></span></li>",
            "<li class=\"check control pass\"><span class=\"mark\">✘</span>",
            "<footer class=\"cell-prov\"><span class=\"prov-seed\">",
            " 7</span></footer>",
            "</section>",
        ];
        let mut rest = html;
        for part in parts {
            let at = rest.find(part).unwrap_or_else(|| panic!("{path}: no {part} in {rest}"));
            rest = &rest[at + part.len()..];
        }
    }
    // One caption for the table, where the figure has its own.
    assert!(built.page("en/a/index.html").contains("<table><caption>Rows</caption>"));
    assert!(
        built.page("en/a/index.html").contains("<span class=\"inline-value\" data-cell=\"x\">0.64</span>")
    );
    // Both languages show the same two pictures.
    let picture = |path: &&String| path.starts_with("assets/cells/") && path.ends_with(".png");
    assert_eq!(built.files.keys().filter(picture).count(), 2);
}

#[test]
fn what_the_source_hides_stays_hidden_in_other_languages() {
    let en = "# A\n\n```python run\n#| label: x\n#| echo: false\n#| output: false\nsecret = 1\n```\n";
    let zh = "# A\n\n```python run\n#| label: x\n```\n";
    let image = Image { width: 1, height: 1, scale: 1, png: Bytes(Vec::new()) };
    let bake = shows(vec![Output::Text { text: "shown".into() }, Output::Image(image)]);
    let pages = [("_index.en.md", ""), ("_index.zh.md", ""), ("a.en.md", en), ("a.zh.md", zh)];
    let built = build(&Site { pages: &pages, bakes: vec![("x", bake)], ..Site::default() });
    // What is not shown needs no alternative text either.
    assert_eq!(built.faults, Vec::<String>::new());
    let html = built.page("zh/a/index.html");
    assert!(html.contains("id=\"x\"") && !html.contains("secret") && !html.contains("cell-out"), "{html}");
}

#[test]
fn citations_are_set_in_the_language_of_the_page() {
    let built = rich();
    assert!(
        built
            .page("en/a/index.html")
            .contains("Text (<span class=\"cited\"><a class=\"cite\" href=\"#ref-k2017\" aria-describedby=\"tip--1\">Vaswani et al., 2017</a>")
    );
    assert!(
        built
            .page("zh/a/index.html")
            .contains("文本（<span class=\"cited\"><a class=\"cite\" href=\"#ref-k2017\" aria-describedby=\"tip--1\">Vaswani 等，2017</a>")
    );
    assert!(built.page("zh/a/index.html").contains("<li id=\"ref-k2017\">"));
    assert!(built.page("zh/a/index.html").contains("）里，"), "no space beside a Chinese bracket");
    assert!(!built.page("en/s/b/index.html").contains("id=\"references\""));
}

#[test]
fn a_language_without_a_page_is_offered_only_where_it_has_a_home() {
    let built = build(&Site { pages: &[("_index.en.md", ""), ("a.en.md", "")], ..Site::default() });
    assert!(built.html().all(|(_, html)| !html.contains("zh/")), "a link to pages that do not exist");
    let pages = [("_index.en.md", ""), ("_index.zh.md", ""), ("a.en.md", "")];
    let built = build(&Site { pages: &pages, ..Site::default() });
    assert!(built.page("en/a/index.html").contains("href=\"../../zh/\""));
}

#[test]
fn a_page_that_is_not_found_finds_its_assets_from_any_address() {
    for (config, root) in
        [(String::new(), "/"), (format!("base-url = \"https://a.example/kiln/\"\n{CONFIG}"), "/kiln/")]
    {
        let built = build(&Site { config: &config, pages: &[("_index.en.md", "")], ..Site::default() });
        let html = built.page("404.html");
        for tag in markup::tags(html) {
            let addresses = ["href", "src"].iter().filter_map(|name| tag.get(name));
            for address in addresses.filter(|address| !address.starts_with('#')) {
                assert!(address.starts_with(root), "{address}");
            }
        }
        assert!(!html.contains("canonical"));
    }
}

#[test]
fn two_renderings_give_the_same_bytes() {
    assert!(rich().files == rich().files);
}
