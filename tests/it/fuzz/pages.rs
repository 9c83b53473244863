//! Pages: Markdown, front matter, fences, options, inline values, and the plan of the cells.

use std::collections::BTreeMap;

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

fn check(input: &[u8]) {
    // Pages that are no UTF-8 are told of before they are parsed.
    let text = String::from_utf8_lossy(input).into_owned();
    let mut sources = Sources::default();
    let file = sources.add("content/a/a.en.md", text.as_str());
    let lang = Lang("en".into());
    let mut found = Vec::new();
    let page = parse_page(file, &lang, "en/a/".to_owned(), &Setting::default(), &sources).take(&mut found);
    let chapter = Chapter {
        path: "a".to_owned(),
        section: String::new(),
        pages: BTreeMap::from([(lang.clone(), page)]),
    };
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
fn pages() {
    fuzz("pages", make, check);
}
