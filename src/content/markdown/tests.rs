//! What Markdown becomes.

mod commonmark;

use super::*;
use crate::diag::Sources;
use crate::snippet::plan::span_of;

fn read(text: &str) -> (Body, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("a.md", text);
    let parsed = parse(text, 0, file, &Reading::default());
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
        Piece::Code { lang, text, .. } => format!("{{code {lang} {text}}}"),
        Piece::Math { tex, display, .. } => format!("{{math {tex} {display}}}"),
        Piece::Cell(index) => format!("{{cell {index}}}"),
        Piece::Inline(index) => format!("{{inline {index}}}"),
        Piece::Cite(indices) => format!("{{cite {indices:?}}}"),
        Piece::Word(word) => format!("{{word {word}}}"),
        Piece::Term(index) => format!("{{term {index}}}"),
        Piece::Shortcode(index) => format!("{{shortcode {index}}}"),
        Piece::Reference { page: Some(page), label, .. } => format!("{{reference {page} {label}}}"),
        Piece::Reference { label, .. } => format!("{{reference {label}}}"),
        Piece::Wiki { to, bare, .. } => format!("{{wiki {to} {bare}}}"),
        Piece::Diagram(drawn) => format!("{{diagram {:?}}}", drawn.label),
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
        "<aside class=\"alert alert-note\" role=\"note\"><p class=\"alert-title\">{word alert_note}</p>\n<p>q</p>\n</aside>",
    );
    check("term\n: what it is", "<dl>\n<dt>term</dt>\n<dd>what it is</dd>\n</dl>");
    check(
        "|a|b|\n|-|-:|\n|1|2|",
        "<div class=\"table-wrap\"><table>\n<thead><tr><th scope=\"col\">a</th><th scope=\"col\" class=\"align-right\">b</th></tr></thead>\n<tbody>\n<tr><td>1</td><td class=\"align-right\">2</td></tr>\n</tbody></table></div>",
    );
    check("```rust\nlet x = \"<\";\n```", "{code rust let x = \"<\";\n}");
    check(
        "a[^1]\n\n[^1]: note",
        "<p>a<sup class=\"footnote-ref\" id=\"fnref:1\"><a href=\"#fn:1\">1</a></sup></p>\n<section class=\"footnotes\" aria-label=\"{word footnotes}\"><ol>\n<li id=\"fn:1\"><p>note <a class=\"footnote-back\" href=\"#fnref:1\">↩</a></p>\n</li>\n</ol></section>",
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

/// Addresses that would run code, in every way that Markdown has to write a link.
#[test]
fn no_address_runs_code() {
    let addresses = [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "javascript&colon;alert(1)",
        "java&#115;cript:alert(1)",
        "&#x6A;avascript:alert(1)",
        "java&Tab;script:alert(1)",
        "java&#10;script:alert(1)",
        "&#1;javascript:alert(1)",
        "vbscript:msgbox(1)",
        "data:text/html,%3Cscript%3Ealert(1)%3C/script%3E",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/svg+xml,%3Csvg/onload=alert(1)%3E",
    ];
    for address in addresses {
        for text in [
            format!("[x](<{address}>)"),
            format!("![x](<{address}>)"),
            format!("[x]\n\n[x]: <{address}>"),
            format!("[x][y]\n\n[y]: <{address}> \"t\""),
        ] {
            let (body, faults) = read(&text);
            assert!(faults.iter().any(|fault| fault.contains("links may not use")), "{text:?}: {faults:?}");
            let leads = |piece: &Piece| matches!(piece, Piece::Link { .. } | Piece::Image { .. });
            assert!(!body.pieces.iter().any(leads), "{text:?}");
        }
    }
}

#[test]
fn captions_are_inline_markdown() {
    let set = |text: &str| caption(text, &mut |tex| format!("{{math {tex}}}"));
    assert_eq!(set("a *b* `c<` <i>"), "a <em>b</em> <code>c&lt;</code> &lt;i&gt;");
    assert_eq!(set("1. first"), "1. first");
    assert_eq!(set("# $x_1$ | b"), "# {math x_1} | b");
    assert_eq!(set("[a](javascript:x) ![b](c)"), "a b");
    assert_eq!(set("two\nlines"), "two lines");
    assert_eq!(set(""), "");
}

/// The faults of `text`, as `line:column message`.
#[track_caller]
fn faulty(text: &str, expect: &[&str]) {
    assert_eq!(read(text).1, expect, "{text:?}");
}

#[test]
fn what_would_be_lost_is_told() {
    faulty(
        "| a | b |\n|---|---|\n| `x|y` | z |\n| 1 | 2 | |\n",
        &["3:11 the table has 2 columns: this is left out"],
    );
    faulty("```python {highlight=\"2,4\"}\na\nb\n```", &["1:12 line 4 is not there: the listing has 2"]);
}

#[test]
fn listings_of_hugo_have_their_options() {
    let (body, faults) = read("```go {linenos=table,hl_lines=[1,\"3-4\"], linenostart=7}\na\nb\nc\nd\n```");
    assert_eq!(faults, Vec::<String>::new());
    let [Piece::Code { listing, .. }] = &body.pieces[..] else { panic!("{:?}", body.pieces) };
    assert_eq!((listing.numbers, &listing.highlight), (Some(7), &vec![1..=1, 3..=4]));
}

#[test]
fn a_shortcode_can_be_shown() {
    check("Write `x` or {{</* fact gpt */>}}.", "<p>Write <code>x</code> or {{&lt; fact gpt &gt;}}.</p>");
}

#[test]
fn line_breaks_of_windows_change_nothing() {
    let text = "# T\n\n- x\n\n  ```python run\n  #| label: a\n  #| echo: false\n  if x:\n\n      y\n  ```\n\n[^1]\n\n[^1]: n\n";
    let windows = text.replace('\n', "\r\n");
    let (unix, faults) = read(text);
    assert_eq!(faults, Vec::<String>::new());
    let (other, faults) = read(&windows);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(other.cells[0].code.text, "if x:\n\n    y\n");
    assert_eq!(other.cells[0].code.text, unix.cells[0].code.text);
    assert!(!other.cells[0].options.echo);
    let lines: Vec<&str> = other.cells[0].code.lines.iter().map(|line| &windows[line.range()]).collect();
    assert_eq!(lines, ["if x:", "", "    y"]);
    assert_eq!(html(&windows), html(text));
}

#[test]
fn a_place_in_code_behind_a_part_of_a_tab_is_in_its_line() {
    let text = " ```python run 𝕏\n\tx = é\n ```\n";
    let (body, _) = read(text);
    let code = &body.cells[0].code;
    assert_eq!(code.text, "   x = é\n");
    let at = |range| &text[span_of(code, range).range()];
    assert_eq!((at(0..3), at(3..4), at(7..9)), ("", "x", "é"));
}

#[test]
fn code_lines_know_their_place_in_quotes_and_behind_tabs() {
    for text in [
        "> ```python run\n> #| label: a\n> x\n>\n> y\n> ```\n",
        "-\t```python run\n\t#| label: a\n\tx\n\n\ty\n\t```\n",
        "1. a\n\n   > ```python run\n   > #| label: a\n   > x\n   >\n   > y\n   > ```\n",
    ] {
        let (body, faults) = read(text);
        assert_eq!(faults, Vec::<String>::new(), "{text:?}");
        assert_eq!(body.cells[0].code.text, "x\n\ny\n", "{text:?}");
        let lines: Vec<&str> = body.cells[0].code.lines.iter().map(|line| &text[line.range()]).collect();
        assert_eq!(lines, ["x", "", "y"], "{text:?}");
    }
}

#[test]
fn an_alternative_text_is_words_only() {
    check("![*a* `c` $m$ [l](u) ![n](o)](i.png)", "<p>{image i.png a c m l n}</p>");
    check("![a\nb](i.png)", "<p>{image i.png a b}</p>");
    faulty("![`{python} x`](i.png)", &["1:3 an alternative text cannot hold an inline value"]);
}

#[test]
fn citations_have_their_keys_where_they_stand() {
    let text = "see [@one;  @two], [@three][]";
    let keys: Vec<(String, &str)> =
        read(text).0.citations.into_iter().map(|(key, span)| (key, &text[span.range()])).collect();
    assert_eq!(keys, [("one".into(), "one"), ("two".into(), "two"), ("three".into(), "three")]);
    faulty("![@key]", &["1:1 a citation is no picture"]);
    faulty("[see][@key]", &["1:1 a citation has no text of its own: `[@key]`"]);
    faulty("a [@one, p. 3]", &["1:4 `@one, p. 3` is no citation"]);
    faulty("a [@one; two; ]", &["1:10 `two` is no citation", "1:15 `` is no citation"]);
    check("\\[@one] and [@two]: x", "<p>[@one] and {cite [0]}: x</p>");
    check("[a@b.example](a.md) [@home](a.md)", "<p>{link a.md}a@b.example</a> {link a.md}@home</a></p>");
}

#[test]
fn links_have_an_address() {
    check("<a@b.example>", "<p>{link mailto:a@b.example}a@b.example</a></p>");
    faulty("[x]()", &["1:1 this link has no address"]);
    faulty("![x]()", &["1:1 this link has no address"]);
    check("[x](javascript:alert(1))", "<p><a>x</a></p>");
    check("![x](data:text/html,x)", "");
}

#[test]
fn footnotes_are_written_and_mentioned() {
    faulty("a[^x]", &["1:2 there is no footnote `x`"]);
    faulty("a\\[^x] `[^x]` [^ x]", &[]);
    faulty("a\n\n[^x]: note", &["3:1 nothing mentions the footnote `x`"]);
    faulty("a[^x]\n\n[^x]: one\n\n[^x]: two", &["5:1 the footnote `x` is written twice"]);
    let twice = html("a[^x] b[^x]\n\n[^x]: n");
    assert_eq!(twice.matches("id=\"fnref:1\"").count(), 1, "{twice}");
    // A heading cannot take a footnote's id.
    let both = html("## Fn:1\n\na[^x]\n\n[^x]: n");
    assert!(both.contains("<h2 id=\"fn-1\">") && both.contains("<li id=\"fn:1\">"), "{both}");
}

#[test]
fn headings_take_classes_and_nothing_else() {
    assert!(html("## A {#b .c .d}").starts_with("<h2 id=\"b\" class=\"c d\">A<a"));
    faulty("## A {key=value}", &["1:1 a heading has no attribute `key`"]);
    faulty("## A {#main}", &["1:1 the id `main` is taken already"]);
    faulty("## A\n\n## B {#a}", &["3:1 the id `a` is taken already"]);
    faulty("## X\n\n```python run\n#| label: x\n1\n```\n", &["4:11 the label `x` is taken already"]);
    // An id made from text makes way by itself.
    assert_eq!(read("## A {#b}\n\n## B").0.headings[1].id, "b-2");
    assert_eq!(read("## `a` $b$ *c*\nx").0.headings[0].text, "a b c");
}

#[test]
fn line_breaks_between_chinese_characters_stand_for_nothing() {
    check("> 你好\n> 世界", "<blockquote>\n<p>你好世界</p>\n</blockquote>");
    check("**你好**\n**世界**", "<p><strong>你好</strong><strong>世界</strong></p>");
    check("你好，\n“世界”", "<p>你好，“世界”</p>");
    check("“a”\n“b”", "<p>“a”\n“b”</p>");
    check("你好\nBERT\n世界", "<p>你好\nBERT\n世界</p>");
    check("你好\n`x`\n世界", "<p>你好\n<code>x</code>\n世界</p>");
    check("你好 $x$\n世界", "<p>你好 {math x false}\n世界</p>");
}

#[test]
fn asterisks_that_mark_nothing_are_told() {
    let told = "these asterisks are shown as they stand";
    faulty("**注意：**文本", &[&format!("1:1 {told}"), &format!("1:6 {told}")]);
    faulty("**注意**：文本", &[]);
    faulty("2 ** 3, \\*\\*文 `**文`", &[]);
}

#[test]
fn raw_html_is_told_at_its_first_line() {
    faulty("a\n\n<div>\nx\n</div>\n", &["3:1 raw HTML is off"]);
    faulty("a\n\n<!-- x\n\nb\n", &["3:1 this comment is never closed"]);
    faulty("<!-- a --> <!-- b -->\n\n<!--\nc\n\nd -->\n", &[]);
    faulty("a <!-- b --> c <?php ?>", &["1:16 raw HTML is off"]);
}

#[test]
fn a_fence_that_is_nearly_a_cell_is_told() {
    faulty("```python runn\n1\n```", &["1:11 `runn` means nothing after `python`"]);
    faulty(
        "- a\n\n  ~~~ python run now\n  #| label: a\n  1\n  ~~~",
        &["3:18 `now` means nothing after `python run`"],
    );
    faulty("```pyhton run\n1\n```", &["1:4 `pyhton` does not run"]);
    check("    ```python run\n    x", "{code  ```python run\nx\n}");
}

#[test]
fn no_text_makes_the_reader_fail_or_leave_tags_open() {
    use proptest::prelude::*;
    let part = prop::sample::select(vec![
        "a",
        "文",
        " ",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        "*",
        "**",
        "_",
        "~~",
        "`",
        "```",
        "```python run\n",
        "#| label: a\n",
        "`{python} x`",
        "[",
        "]",
        "(b.md)",
        "![",
        "[@k]",
        "[^1]",
        "[^1]: ",
        "$",
        "$$",
        "<b>",
        "<!--",
        "-->",
        "# ",
        "## ",
        "{#a .b}",
        "> ",
        "> [!NOTE]\n",
        "- ",
        "1. ",
        "- [x] ",
        "|a|b|\n|-|-|\n",
        "|",
        ": ",
        "---\n",
        "\\",
        "&lt;",
        "\0",
    ]);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts = prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat());
    let result = runner.run(&texts, |text| {
        let (body, _) = read(&text);
        let html = html(&text);
        for tag in [
            "p",
            "em",
            "strong",
            "del",
            "ul",
            "ol",
            "li",
            "h1",
            "h2",
            "blockquote",
            "aside",
            "table",
            "dl",
            "dd",
        ] {
            let open = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
            prop_assert_eq!(open, html.matches(&format!("</{tag}>")).count(), "{} in {}", tag, html);
        }
        for (index, cell) in body.cells.iter().enumerate() {
            prop_assert_eq!(cell.code.lines.len(), cell.code.text.lines().count());
            for (line, span) in cell.code.text.lines().zip(&cell.code.lines) {
                prop_assert_eq!(text.get(span.range()).map(str::trim), Some(line.trim()), "cell {}", index);
            }
        }
        Ok(())
    });
    result.expect("every text can be read");
}
