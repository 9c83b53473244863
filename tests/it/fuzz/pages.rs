//! Pages: Markdown, front matter, fences, options, inline values, and the plan of the cells.

use kiln::content::page::{Chapter, Lang};
use kiln::content::{Setting, parse_page};
use kiln::diag::{Sources, Style, render};
use kiln::snippet::plan::{Surroundings, plan};

use super::{Dice, fuzz};

/// What pages are made of, and what comes close to it.
const PIECES: [&str; 86] = [
    "```python run\n",
    "```python run",
    "```python  run title\n",
    "~~~python run\n",
    "````python run\n",
    "```\n",
    "~~~\n",
    "```",
    "   ```\n",
    "```rust\n",
    "{python}",
    "`{python} x + 1`",
    "`{python}`",
    "`{python} (`",
    "#| ",
    "#|",
    "#| label: x\n",
    "#| label: \"y\"\n",
    "#| label: fig-a\n",
    "#| fig-cap: \"A $x^2$\"\n",
    "#| fig-alt: 'it''s'\n",
    "#| tbl-cap: T\n",
    "#| timeout: 1e400\n",
    "#| timeout: nan\n",
    "#| memory: 99999999999999999999\n",
    "#| memory: 0\n",
    "#| max-output: -0\n",
    "#| max-output: 1e-300\n",
    "#| seed: 18446744073709551616\n",
    "#| tolerance: -1\n",
    "#| echo: maybe\n",
    "#| eval: false\n",
    "#| error: true\n",
    "#| : x\n",
    "#| label:\n",
    "#|label:z\n",
    "#| 图: 标\n",
    "#| code-fold: true\n",
    "x = 1\n",
    "print(x)\n",
    "import kiln as k\n",
    "k.model('minilm')\n",
    "k.pipeline(\"text-generation\", model=\"stories15m\")\n",
    "def f(a, *b, c=1, **d):\n    global x\n    return a\n",
    "class A(B): y = x\n",
    "(",
    ")",
    "'''",
    "\"",
    "\\",
    "lambda: ",
    "[i for i in x if (y := i)]\n",
    "match x:\n    case {'a': [*b], **c}: pass\n",
    "del x\n",
    "async def g(): await h()\n",
    "f'{x!r:>{w}}'\n",
    "\t",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\0",
    "\u{feff}",
    "é",
    "图",
    "𝕏",
    "\u{202e}",
    "+++\n",
    "title = \"T\"\n",
    "weight = 1\n",
    "# H\n",
    "## H {#id}\n",
    "> ",
    "- ",
    "1. ",
    "| a | b |\n|---|---|\n",
    "$x$",
    "$$\nx\n$$\n",
    "[a](b.md)",
    "[@key]",
    "@fig-a",
    "[^1]",
    "[^1]: n\n",
    "![a](b.png)",
    "<div>",
];

fn make(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut text = match dice.once_in(3) {
        true => corpus[dice.below(corpus.len())].clone(),
        false => (0..dice.below(24)).flat_map(|_| dice.pick(&PIECES).bytes()).collect(),
    };
    if dice.once_in(2) {
        let other = corpus[dice.below(corpus.len())].clone();
        dice.mutate(&mut text, &other);
    }
    text
}

/// Fences that open and close in all ways, one in the other and in lists and quotations.
fn fences(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    const BEFORE: [&str; 10] = ["", "", "", " ", "   ", "    ", "> ", "- ", "1. ", "\t"];
    const INFO: [&str; 16] = [
        "python run",
        "python  run",
        "python",
        "python run x",
        "run python",
        "Python run",
        "python\trun",
        "{python}",
        "python run {#id .class key=\"v\"}",
        "python run file=\"a.py\"",
        "graph",
        "text",
        "",
        "\u{feff}python run",
        "python run`",
        "图 run",
    ];
    let mut text = String::new();
    for _ in 0..dice.below(9) {
        let mark = dice.pick(&["`", "~"]).repeat(2 + dice.below(5));
        let before = dice.pick(&BEFORE);
        text += &format!("{before}{mark}{}{}", dice.pick(&INFO), dice.pick(&["\n", "\n", "\r\n", "\r", ""]));
        for _ in 0..dice.below(6) {
            text += &format!("{}{}", dice.pick(&BEFORE), dice.pick(&PIECES));
        }
        if !dice.once_in(5) {
            text += &format!("\n{}{mark}{}\n", dice.pick(&BEFORE), dice.pick(&["", "", " ", "`", " x"]));
        }
    }
    let mut bytes = text.into_bytes();
    if dice.once_in(3) {
        let other = corpus[dice.below(corpus.len())].clone();
        dice.mutate(&mut bytes, &other);
    }
    bytes
}

/// One cell after the other whose options have names and values that fit and that do not.
fn options(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    const VALUES: [&str; 40] = [
        "true",
        "false",
        "True",
        "yes",
        "",
        " ",
        "0",
        "-0",
        "1",
        "-1",
        "0.5",
        "1e400",
        "-1e-400",
        "nan",
        "inf",
        "1_000",
        "18446744073709551615",
        "18446744073709551616",
        "x",
        "fig-a",
        "tbl-a",
        "'x'",
        "\"x\"",
        "'it''s'",
        "\"\\\"\"",
        "'",
        "\"",
        "[a, b]",
        "[a",
        "{a: 1}",
        "a: b",
        "# c",
        "x # c",
        "图",
        "\u{202e}",
        "\\",
        "(+",
        "(a+)+$",
        "data.csv",
        "../x",
    ];
    let mut text = String::new();
    for _ in 0..=dice.below(3) {
        text += "```python run\n";
        for _ in 0..dice.below(8) {
            let mut name = dice.pick(&kiln::snippet::fence::OPTIONS).to_owned();
            if dice.once_in(6) {
                let cut = dice.below(name.len());
                name.truncate(cut);
            }
            let mark = dice.pick(&["#| ", "#| ", "#| ", "#|", " #| ", "# | ", "#|  "]);
            let colon = dice.pick(&[": ", ": ", ": ", ":", " : ", "", "::", "= "]);
            text += &format!("{mark}{name}{colon}{}\n", dice.pick(&VALUES));
        }
        text += &format!("{}\n```\n\n", dice.pick(&["x = 1", "", "x", "import kiln as k"]));
    }
    let mut bytes = text.into_bytes();
    if dice.once_in(3) {
        let other = corpus[dice.below(corpus.len())].clone();
        dice.mutate(&mut bytes, &other);
    }
    bytes
}

fn check(input: &[u8]) {
    // Pages that are no UTF-8 are told of before they are parsed.
    let text = String::from_utf8_lossy(input).into_owned();
    let mut sources = Sources::default();
    let file = sources.add("content/a/a.en.md", text.as_str());
    let lang = Lang("en".into());
    let mut found = Vec::new();
    let page = parse_page(file, &lang, "en/a/".to_owned(), &Setting::default(), &sources).take(&mut found);
    let chapter =
        Chapter { path: "a".to_owned(), section: String::new(), pages: [page].into_iter().collect() };
    let plans = plan(&chapter, &[lang], &Surroundings::default()).take(&mut found);
    for span in plans.iter().flat_map(|plan| &plan.cells).flat_map(|cell| &cell.code.lines) {
        assert!(text.get(span.range()).is_some(), "a line of code at {:?}", span.range());
    }
    for fault in &found {
        let spans = fault.span.iter().chain(fault.related.iter().map(|(span, _)| span));
        for span in spans {
            assert!(text.get(span.range()).is_some(), "{fault:?}");
        }
        assert!(!render(fault, &sources, Style::Plain).is_empty());
    }
}

#[test]
fn whole_pages() {
    fuzz("pages", make, check);
}

#[test]
fn the_fences_of_pages() {
    fuzz("fences", fences, check);
}

#[test]
fn the_options_of_cells() {
    fuzz("options", options, check);
}
