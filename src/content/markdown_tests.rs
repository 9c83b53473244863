//! What Markdown becomes.

use super::*;
use crate::diag::Sources;

fn read(text: &str) -> (Body, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("a.md", text);
    let parsed = parse(text, 0, file);
    let faults = parsed.diagnostics.iter().map(|d| {
        let (line, column) = sources.line_column(file, d.span.expect("a place").start as usize);
        format!("{line}:{column} {}", d.message)
    });
    (parsed.value.clone(), faults.collect())
}

/// The finished HTML, with `{kind}` for every other piece.
fn html(text: &str) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Html(html) => html.clone(),
        Piece::Link { to, .. } => format!("{{link {to}}}"),
        Piece::Image { to, alt, .. } => format!("{{image {to} {alt}}}"),
        Piece::Code { lang, text } => format!("{{code {lang} {text}}}"),
        Piece::Math { tex, display, .. } => format!("{{math {tex} {display}}}"),
        Piece::Cell(index) => format!("{{cell {index}}}"),
        Piece::Inline(index) => format!("{{inline {index}}}"),
        Piece::Cite(indices) => format!("{{cite {indices:?}}}"),
        Piece::Word(word) => format!("{{word {word}}}"),
    };
    read(text).0.pieces.iter().map(piece).collect()
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(html(text).trim_end(), expect, "{text:?}");
}

#[test]
fn blocks() {
    check(
        "one *two* **three** `<4>`",
        "<p>one <em>two</em> <strong>three</strong> <code>&lt;4&gt;</code></p>",
    );
    check("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>");
    check("3. a", "<ol start=\"3\">\n<li>a</li>\n</ol>");
    check("- [x] a", "<ul>\n<li><input type=\"checkbox\" disabled checked> a</li>\n</ul>");
    check("> q", "<blockquote>\n<p>q</p>\n</blockquote>");
    check(
        "> [!NOTE]\n> q",
        "<aside class=\"alert alert-note\"><p class=\"alert-title\">{word alert_note}</p>\n<p>q</p>\n</aside>",
    );
    check("term\n: what it is", "<dl>\n<dt>term</dt>\n<dd>what it is</dd>\n</dl>");
    check(
        "|a|b|\n|-|-:|\n|1|2|",
        "<div class=\"table-wrap\"><table>\n<thead><tr><th scope=\"col\">a</th><th scope=\"col\" class=\"align-right\">b</th></tr></thead>\n<tbody>\n<tr><td>1</td><td class=\"align-right\">2</td></tr>\n</tbody></table></div>",
    );
    check("```rust\nlet x = \"<\";\n```", "{code rust let x = \"<\";\n}");
    check(
        "a[^1]\n\n[^1]: note",
        "<p>a<sup class=\"footnote-ref\" id=\"fnref-1\"><a href=\"#fn-1\">1</a></sup></p>\n<section class=\"footnotes\" aria-label=\"{word footnotes}\"><ol>\n<li id=\"fn-1\"><p>note</p>\n<a class=\"footnote-back\" href=\"#fnref-1\">↩</a></li>\n</ol></section>",
    );
}

#[test]
fn headings_have_ids_and_anchors() {
    check(
        "## A *b* {#x}",
        "<h2 id=\"x\">A <em>b</em><a class=\"anchor\" href=\"#x\" aria-label=\"{word anchor}\">#</a></h2>",
    );
    let (body, faults) = read("## 自注意力\n\n## A {#b}\n\n## C {#b}\n");
    assert_eq!(body.headings[0].id, "自注意力");
    assert_eq!(body.headings[1].text, "A");
    assert_eq!(faults, ["5:1 the id `b` is taken already"]);
}

#[test]
fn chinese_lines_join_without_a_space() {
    check("你好\n世界", "<p>你好世界</p>");
    check("hello\nworld", "<p>hello\nworld</p>");
}

#[test]
fn formulas_links_and_citations() {
    check("$x^2$ and $$y$$", "<p>{math x^2 false} and {math y true}</p>");
    check("[a](b.md \"t\")", "<p>{link b.md}a</a></p>");
    check("![alt `c`](i.png)", "<p>{image i.png alt c}</p>");
    check("see [@one; @two].", "<p>see {cite [0, 1]}.</p>");
    check("`[@one]`", "<p><code>[@one]</code></p>");
    let (body, _) = read("[@vaswani2017attention]");
    assert_eq!(body.citations[0].0, "vaswani2017attention");
}

#[test]
fn cells_and_inline_values() {
    let text = "`{python} 1 + 1`\n\n```python run\n#| label: a\nx = 1\n```\n\nIt is `{python} f\"{x}\"`.\n";
    let (body, faults) = read(text);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(body.cells[0].code.text, "x = 1\n");
    assert_eq!((body.inlines[0].after, body.inlines[1].after), (0, 1));
    assert_eq!(body.inlines[1].code, "f\"{x}\"");
    assert_eq!(&text[body.inlines[1].code_span.range()], "f\"{x}\"");
    check(text, "<p>{inline 0}</p>\n{cell 0}<p>It is {inline 1}.</p>");
}

#[test]
fn code_lines_know_their_place_inside_lists_too() {
    let text = "- item\n\n  ```python run\n  #| label: a\n  x = 1\n  ```\n";
    let (body, faults) = read(text);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(body.cells[0].code.text, "x = 1\n");
    assert_eq!(&text[body.cells[0].code.lines[0].range()], "x = 1");
}

#[test]
fn a_fence_must_be_closed() {
    assert_eq!(read("a\n\n```python run\n#| label: x\n1\n").1, ["3:1 this fence is never closed"]);
    assert_eq!(read("````\n```\n").1, ["1:1 this fence is never closed"]);
    assert_eq!(read("```\n````\n").1, Vec::<String>::new());
    assert_eq!(read("> ```\n> x\n> ```\n").1, Vec::<String>::new());
}

#[test]
fn labels_are_unique() {
    let faults = read("```python run\n#| label: x\n1\n```\n\n```python run\n#| label: x\n2\n```\n").1;
    assert_eq!(faults, ["7:11 the label `x` is taken already"]);
}

#[test]
fn nothing_an_author_writes_becomes_markup() {
    for hostile in [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<a href=\"javascript:alert(1)\">x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "![x](data:text/html,x)",
        "[x](vbscript:x)",
    ] {
        let (_, faults) = read(hostile);
        assert!(!faults.is_empty(), "{hostile}");
        let html = html(hostile);
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains("<a href=\"java"),
            "{html}"
        );
    }
    check("``` \"><script>\nx\n```", "{code \"><script> x\n}");
    check("<!-- a comment -->", "");
    check("## <x> {#a\"b}", html("## <x> {#a\"b}").trim_end());
    assert!(!html("## x {#a\"onclick=\"b}").contains("id=\"a\"on"));
}

#[test]
fn captions_are_inline_markdown() {
    assert_eq!(inline("a *b* `c<` <i>"), "a <em>b</em> <code>c&lt;</code> &lt;i&gt;");
}
