//! Tests of fences and options.

use super::*;
use crate::diag::Sources;
use crate::snippet::cell::Fold;

fn cell(code: &str) -> (Cell, Vec<String>) {
    let mut sources = Sources::default();
    let text = format!("```python run\n{code}```\n");
    let file = sources.add("a.md", text.as_str());
    let mut at = 14;
    let mut lines = Vec::new();
    for line in code.lines() {
        lines.push(Line { text: line, start: at, from: at });
        at += line.len() + 1;
    }
    let info = Line { text: "python run", start: 3, from: 3 };
    let parsed = parse(file, Span::new(file, 0..text.len()), info, &lines, 0);
    let faults = parsed.diagnostics.iter().map(|d| {
        let (line, column) = sources.line_column(file, d.span.expect("a place").start as usize);
        format!("{line}:{column} {} {}", d.message, d.hints.join(" "))
    });
    (parsed.value.clone(), faults.collect())
}

#[test]
fn options_and_code_are_told_apart() {
    let (cell, faults) = cell(
        "#| label: fig-a\n#| fig-cap: \"A \\\"b\\\"\"\n#| echo: false\n#| seed: 7\nx = 1\n#| not: an option\n",
    );
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(cell.options.label, "fig-a");
    assert_eq!(cell.options.fig_cap.as_deref(), Some("A \"b\""));
    assert!(!cell.options.echo);
    assert_eq!(cell.options.seed, 7);
    assert_eq!(cell.code.text, "x = 1\n#| not: an option\n");
    assert_eq!(cell.code.lines.len(), 2);
}

#[test]
fn code_is_folded_as_in_quarto() {
    for (value, fold) in [("true", Fold::Closed), ("false", Fold::No), ("show", Fold::Open)] {
        let (cell, faults) = cell(&format!("#| label: a\n#| code-fold: {value}\n1\n"));
        assert_eq!((cell.options.code_fold, faults), (fold, Vec::new()), "{value}");
    }
}

#[test]
fn a_cell_without_code_is_shared() {
    assert!(cell("#| label: a\n").0.is_shared());
    assert!(!cell("#| label: a\n1\n").0.is_shared());
}

#[test]
fn faults_have_their_column() {
    for (code, expect) in [
        ("#| label: a\n#| fig-capp: x\n", "3:4 there is no option `fig-capp` did you mean `fig-cap`?"),
        ("#| label: a\n#| echo: yes\n", "3:10 `yes` is neither"),
        ("#| label: 1a\n", "2:11 `1a` cannot be a label"),
        ("#| label: a\n#| label: b\n", "3:4 the option `label` is set twice"),
        ("#| label: a\n#| fig-cap: \"x\n", "3:13 this text is not closed"),
        ("#| label: a\n#| echo\n", "3:4 this option has no value"),
        ("1\n", "1:1 this cell has no label"),
        ("#| label: a\n#| timeout: -1\n1\n", "3:13 `-1` is no number of seconds"),
        ("#| label: a\n#| timeout: 1e300\n1\n", "3:13 `1e300` is no number of seconds"),
        ("#| label: a\n#| max-output: 0\n1\n", "3:16 `0` is no number of MiB"),
        ("#| label: a\n#| seed: -1\n1\n", "3:10 `-1` is no seed"),
        ("#| label: a\n#| fig-cap:\n", "3:4 the option `fig-cap` has no value"),
        ("#| label: a\n#| fig-cap: 'x\n", "3:13 this text is not closed"),
        ("#| lable: a\n", "2:4 there is no option `lable` did you mean `label`?"),
        ("#| label: 图\n", "2:11 `图` cannot be a label"),
        ("#| label: a\n#| seed: 3\n", "3:4 `seed` says how a cell runs"),
        ("\n#| label: a\n\n#| echo: no\n1\n", "5:10 `no` is neither"),
        ("#| label: a\n#| expect: '(a'\n1\n", "3:12 this is no regular expression: unclosed group"),
        ("#| label: a\n#| session: a b\n1\n", "3:13 `a b` cannot be a session"),
        ("#| label: a\n#| inputs: a.csv, , b.npy\n1\n", "3:19 an input has no name"),
        ("#| label: a\n#| memory: 2GB\n1\n", "3:12 `2GB` is no number of MiB"),
        ("#| label: a\n#| max-lines: 0\n1\n", "3:15 `0` is no number of lines"),
        ("#| label: a\n#| freeze: auto\n1\n", "3:12 `auto` is neither"),
        ("#| label: a\n#| includ: false\n1\n", "3:4 there is no option `includ` did you mean `include`?"),
        ("#| label: a\n#| expect: x\n", "3:4 `expect` says how a cell runs"),
    ] {
        let faults = cell(code).1;
        assert_eq!(faults.len(), 1, "{code:?}: {faults:?}");
        assert!(faults[0].starts_with(expect), "{:?} is not {expect:?}", faults[0]);
    }
}

#[test]
fn every_option_is_read() {
    let (cell, faults) = cell(
        "#| label: a\n#| include: false\n#| warning: false\n#| expect: '\\d+'\n#| session: b\n#| inputs: [x.csv, 'y.npy']\n#| memory: 512\n#| max-lines: 4\n#| freeze: true\n1\n",
    );
    assert_eq!(faults, Vec::<String>::new());
    let options = cell.options;
    assert!(!options.include && !options.warning && options.freeze);
    assert_eq!(options.expect.map(|expect| expect.pattern).as_deref(), Some("\\d+"));
    assert_eq!((options.session.as_str(), options.memory, options.max_lines), ("b", Some(512), Some(4)));
    let inputs: Vec<&str> = options.inputs.iter().map(|input| input.path.as_str()).collect();
    assert_eq!(inputs, ["x.csv", "y.npy"]);
}

#[test]
fn every_fault_of_a_cell_is_told() {
    let faults = cell("#| fig-capp: x\n1\n").1;
    assert!(faults[0].starts_with("2:4 there is no option `fig-capp`"), "{faults:?}");
    assert!(faults[1].starts_with("1:1 this cell has no label"), "{faults:?}");
}

#[test]
fn apostrophes_are_doubled_between_apostrophes() {
    let (cell, faults) = cell("#| label: a\n#| fig-cap: 'it''s'\n#| fig-alt: it's\n");
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(cell.options.fig_cap.as_deref(), Some("it's"));
    assert_eq!(cell.options.fig_alt.as_deref(), Some("it's"));
}

#[test]
fn what_is_nearly_a_cell_is_a_fault() {
    let file = Sources::default().add("a.md", "");
    let check = |info: &str, expect: Option<(u32, &str)>| {
        let found = check_info(file, Line { text: info, start: 3, from: 3 });
        let found =
            found.map(|d| (d.span.expect("a place").start, format!("{} {}", d.message, d.hints.join(" "))));
        match (&found, expect) {
            (None, None) => {}
            (Some((at, text)), Some((start, part))) if *at == start && text.contains(part) => {}
            _ => panic!("{info:?}: {found:?} is not {expect:?}"),
        }
    };
    check("", None);
    check("rust", None);
    check("rust,ignore", None);
    check("python", None);
    check("python runn", Some((10, "did you mean `run`?")));
    check("python title=x", Some((10, "`title=x` means nothing")));
    check("pyhton run", Some((3, "did you mean `python`?")));
    check("Python run", Some((3, "did you mean `python`?")));
    check("rust run", Some((8, "cells are in Python")));
    check("{python} run", Some((3, "a cell starts with")));
    check("rust linenos", Some((8, "`linenos` means nothing after `rust`")));
}
