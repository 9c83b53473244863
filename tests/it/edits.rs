//! Which cells an edit runs: none more than it must, none fewer.

use std::collections::BTreeSet;

use crate::project::{Project, repository};

const MODELS: &str = r#"[[model]]
id = "scale"
task = "feature-extraction"
family = "toy"
parameters = 1
license = "MIT"
provenance = "tests/gen/tiny.py"
card = "It multiplies."

[[model.file]]
role = "graph"
name = "scale.onnx"
sha256 = "DOUBLE"
sources = [{ path = "models/scale.onnx" }]
"#;

const A: &str = r#"+++
title = "A"
description = "Cells that lean on each other."
+++

## One {#one}

```python run
#| label: base
n = 3
```

```python run
#| label: double
m = n * 2
```

```python run
#| label: other
#| tbl-cap: A table
q = 10
```

```python run
#| label: fn
def area(r):
    return FACTOR * r * r
```

```python run
#| label: factor
FACTOR = 3
```

```python run
#| label: use
total = area(m)
total
```

The total is `{python} total`.

```python run
#| label: net
import kiln as k
net = k.model("scale")
```

```python run
#| label: answer
#| fig-cap: A line
#| fig-alt: It rises
k.plot.line(net(x=k.array([1.0, 2.0]))["y"].tolist())
```

```python run
#| label: noise
r = k.rng()
```

```python run
#| label: draw
first = r.normal(size=3)
```

```python run
#| label: draw-again
r.normal(size=3)
```

```python run
#| label: rows
#| inputs: data.csv
rows = k.load("data.csv")
```

```python run
#| label: most
most = rows["n"].max().item()
```

```python run
#| label: told
most
```
"#;

const B: &str = "# B\n\n```python run\n#| label: only\n'b'\n```\n";

/// What to change where, and the cells that run for it.
struct Edit(&'static str, &'static str, &'static str, &'static str, &'static str);

const A_MD: &str = "content/a/a.en.md";
const DATA: &str = "content/a/data.csv";

const EDITS: &[Edit] = &[
    Edit("nothing", A_MD, "", "", ""),
    Edit("a comment", A_MD, "n = 3", "# three\nn = 3  # really", ""),
    Edit("blank lines", A_MD, "m = n * 2", "\n\nm = n * 2\n\n", ""),
    Edit("white space", A_MD, "m = n * 2", "m  =  n*2", ""),
    Edit("an indentation", A_MD, "    return FACTOR", "  return FACTOR", ""),
    Edit("a constant", A_MD, "n = 3", "n = 4", "base double use"),
    Edit("another constant", A_MD, "q = 10", "q = 11", "other"),
    Edit("the same value in other words", A_MD, "n = 3", "n = 1 + 2", "base"),
    Edit("brackets", A_MD, "n = 3", "n = (3)", "base"),
    Edit("a value of another type", A_MD, "n = 3", "n = 3.0", "base double use"),
    Edit("a refactored step", A_MD, "m = n * 2", "t = n\nm = t + t", "double"),
    Edit("a renamed name", A_MD, "n = 3", "n = nn = 3", "base"),
    Edit("a constant that a function reads", A_MD, "FACTOR = 3", "FACTOR = 4", "factor use"),
    Edit("that constant in other words", A_MD, "FACTOR = 3", "FACTOR = 9 // 3", "factor"),
    Edit("a function's body", A_MD, "FACTOR * r * r", "r * FACTOR * r", "fn use"),
    Edit("a function's comment", A_MD, "    return FACTOR", "    # the area\n    return FACTOR", ""),
    Edit(
        "a function's parameter",
        A_MD,
        "def area(r):\n    return FACTOR * r * r",
        "def area(x):\n    return FACTOR * x * x",
        "fn use",
    ),
    Edit("a function's default", A_MD, "def area(r)", "def area(r=1)", "fn use"),
    Edit("a function's docstring", A_MD, "    return FACTOR", "    'The area.'\n    return FACTOR", "fn use"),
    Edit("another function beside it", A_MD, "def area", "def edge(r): return 4 * r\ndef area", "fn"),
    Edit(
        "a function of the same code",
        A_MD,
        "def area(r):\n    return FACTOR * r * r",
        "def area(r):\n    return (FACTOR\n            * r * r)",
        "fn",
    ),
    Edit("the last cell alone", A_MD, "total = area(m)\n", "total = area(m) + 0\n", "use"),
    Edit("a seed that nobody uses", A_MD, "#| label: base", "#| label: base\n#| seed: 7", "base"),
    Edit("a seed", A_MD, "#| label: noise", "#| label: noise\n#| seed: 7", "noise draw draw-again"),
    Edit(
        "how much is drawn",
        A_MD,
        "first = r.normal(size=3)",
        "first = r.normal(size=5)",
        "draw draw-again",
    ),
    Edit(
        "what is done with the draw",
        A_MD,
        "first = r.normal(size=3)",
        "first = r.normal(size=3) * 2",
        "draw",
    ),
    Edit("a caption", A_MD, "#| fig-cap: A line", "#| fig-cap: Another line", ""),
    Edit("a table's caption", A_MD, "#| tbl-cap: A table", "#| tbl-cap: No table", ""),
    Edit("an alternative text", A_MD, "It rises", "It goes up", ""),
    Edit("echo", A_MD, "#| label: use", "#| label: use\n#| echo: false", ""),
    Edit("output", A_MD, "#| label: use", "#| label: use\n#| output: false", ""),
    Edit("folding", A_MD, "#| label: use", "#| label: use\n#| code-fold: true\n#| code-summary: Code", ""),
    Edit("a time limit", A_MD, "#| label: use", "#| label: use\n#| timeout: 30", ""),
    Edit("a tolerance", A_MD, "#| label: use", "#| label: use\n#| tolerance: 0.01", ""),
    Edit("a label", A_MD, "#| label: other", "#| label: another", ""),
    Edit("a title", A_MD, "title = \"A\"", "title = \"The first\"", ""),
    Edit("a description", A_MD, "lean on", "rest on", ""),
    Edit("prose", A_MD, "The total is", "The sum is", ""),
    Edit("a heading", A_MD, "## One", "## Two", ""),
    Edit("an inline value", A_MD, "`{python} total`", "`{python} total + 1`", ""),
    Edit("one more inline value", A_MD, "`{python} total`", "`{python} total` of `{python} n`", ""),
    Edit(
        "a cell above",
        A_MD,
        "```python run\n#| label: base",
        "```python run\n#| label: new\nz = 1\n```\n\n```python run\n#| label: base",
        "new",
    ),
    Edit(
        "a cell moved down",
        A_MD,
        "```python run\n#| label: base\nn = 3\n```\n\n```python run\n#| label: double\nm = n * 2\n```\n\n```python run\n#| label: other\n#| tbl-cap: A table\nq = 10\n```\n",
        "```python run\n#| label: other\n#| tbl-cap: A table\nq = 10\n```\n\n```python run\n#| label: base\nn = 3\n```\n\n```python run\n#| label: double\nm = n * 2\n```\n",
        "",
    ),
    Edit("a cell less", A_MD, "```python run\n#| label: other\n#| tbl-cap: A table\nq = 10\n```\n", "", ""),
    Edit("an import of its own", A_MD, "n = 3", "import kiln as k\nn = 3", "base"),
    Edit("a model of other weights", "models.toml", "DOUBLE", "TRIPLE", "net answer"),
    Edit(
        "a tokenizer",
        "models.toml",
        "[[model.file]]\n",
        "[[model.file]]\nrole = \"tokenizer\"\nname = \"tokenizer.json\"\nsha256 = \"DOUBLE\"\nsources = [{ path = \"models/scale.onnx\" }]\n\n[[model.file]]\n",
        "net answer",
    ),
    Edit(
        "external data of a model",
        "models.toml",
        "[[model.file]]\n",
        "[[model.file]]\nrole = \"data\"\nname = \"scale.data\"\nsha256 = \"DOUBLE\"\nsources = [{ path = \"models/scale.onnx\" }]\n\n[[model.file]]\n",
        "net answer",
    ),
    Edit("a model's number of parameters", "models.toml", "parameters = 1", "parameters = 2", "net answer"),
    Edit("a model's task", "models.toml", "feature-extraction", "fill-mask", "net answer"),
    Edit("where a model comes from", "models.toml", "tests/gen/tiny.py", "somewhere", ""),
    Edit("a model's card", "models.toml", "It multiplies.", "It scales.", ""),
    Edit("a model's licence", "models.toml", "\"MIT\"", "\"Apache-2.0\"", ""),
    Edit("the other page", "content/b/b.en.md", "'b'", "'B'", "only"),
    Edit("a page in another language", "content/a/a.zh.md", "四", "五", ""),
    Edit("a caption in another language", "content/a/a.zh.md", "一条线", "一根线", ""),
    Edit("a line's end", A_MD, "m = n * 2\n", "m = n * 2\r\n", ""),
    Edit("quotation marks", "content/b/b.en.md", "'b'", "\"b\"", "only"),
    Edit("a type beside a name", A_MD, "n = 3", "n: int = 3", "base"),
    Edit(
        "a name, wherever it stands",
        A_MD,
        "    return FACTOR * r * r\n```\n\n```python run\n#| label: factor\nFACTOR = 3",
        "    return SCALE * r * r\n```\n\n```python run\n#| label: factor\nSCALE = 3",
        "fn factor use",
    ),
    Edit("a declared file", DATA, "2,y", "3,y", "rows most told"),
    Edit("a declared file that leaves a value as it was", DATA, "1,x", "0,x", "rows most"),
    Edit(
        "a file that is declared in vain",
        A_MD,
        "#| label: other",
        "#| label: other\n#| inputs: data.csv",
        "other",
    ),
    Edit("a file beside the page", "content/a/notes.csv", "1,2", "1,3", ""),
    Edit(
        "a model's weights at run time",
        A_MD,
        "k.model(\"scale\")",
        "k.model(\"scale\").patched({\"factor\": k.array([5.0])})",
        "net answer",
    ),
    Edit(
        "an exception that must be raised",
        A_MD,
        "#| tbl-cap: A table\nq = 10",
        "#| error: true\n1 / 0",
        "other",
    ),
    Edit("a session of its own", A_MD, "#| label: other", "#| label: other\n#| session: apart", ""),
    Edit("a bound on memory", A_MD, "#| label: use", "#| label: use\n#| memory: 2048", ""),
    Edit("a bound on output", A_MD, "#| label: use", "#| label: use\n#| max-output: 4", ""),
    Edit("what a text must match", A_MD, "#| label: use", "#| label: use\n#| expect: \\d+", ""),
    Edit("how many lines are shown", A_MD, "#| label: use", "#| label: use\n#| max-lines: 5", ""),
    Edit("whether it is shown", A_MD, "#| label: use", "#| label: use\n#| include: false", ""),
    Edit("whether it runs", A_MD, "#| label: other", "#| label: other\n#| eval: false", ""),
    Edit("a term", "content/glossary.toml", "A sum", "The sum", ""),
    Edit("a date", A_MD, "title = \"A\"", "title = \"A\"\nupdated = 2026-11-25", ""),
    Edit("the site's time limit", "kiln.toml", "[lint]", "[cells]\ntimeout = 50\n[lint]", ""),
    Edit("a template", "templates/base.html", "<head>", "<head><!-- a comment -->", ""),
    Edit("the style sheet", "templates/assets/style.css", "", "/* a comment */", ""),
    Edit("the site's title", "kiln.toml", "Test", "Tested", ""),
    Edit("the number of workers", "kiln.toml", "title", "jobs = 1\ntitle", ""),
    Edit("a new bibliography", "content/references.bib", "2017", "2018", ""),
];

fn sha256(file: &str) -> String {
    use sha2::{Digest, Sha256};
    let bytes = std::fs::read(repository().join("tests/cases/tiny").join(file)).expect("a model");
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of a file of the project, with the model it names.
fn resolve(text: &str) -> String {
    text.replace("DOUBLE", &sha256("double.onnx")).replace("TRIPLE", &sha256("triple.onnx"))
}

fn project() -> Project {
    let project = Project::new()
        .file("models.toml", &resolve(MODELS))
        .file("content/_index.zh.md", "# 首页\n")
        .file("content/a/a.en.md", A)
        .file("content/a/a.zh.md", "# 甲\n\n第四章。\n\n```python run\n#| label: answer\n#| fig-cap: 一条线\n#| fig-alt: 它上升\n```\n")
        .file(DATA, "n,word\n1,x\n2,y\n")
        .file("content/a/notes.csv", "1,2\n")
        .file("content/glossary.toml", "[[term]]\nid = \"total\"\nname = { en = \"total\", zh = \"总和\" }\ndefinition = { en = \"A sum.\", zh = \"和。\" }\n")
        .file("content/b/b.en.md", B)
        .file("content/references.bib", "@misc{a, title = {A}, year = {2017}}\n");
    for (name, file) in [("models/scale.onnx", "double.onnx"), ("models/other.onnx", "triple.onnx")] {
        let bytes = std::fs::read(repository().join("tests/cases/tiny").join(file)).expect("a model");
        project.put(name, &bytes);
    }
    // The user's cache brings the runtime; the bakes are the project's own.
    project.build();
    let user = kiln::models::Cache::of_user().expect("a cache");
    project.with_cache_beside(user.root())
}

fn ran(project: &Project) -> BTreeSet<String> {
    let manifest = project.manifest();
    let cells = manifest["cells"].as_array().expect("cells").clone();
    let ran = cells.into_iter().filter(|cell| cell["status"] == "run");
    ran.map(|cell| cell["label"].as_str().expect("a label").to_owned()).collect()
}

#[test]
fn an_edit_runs_exactly_the_cells_that_it_concerns() {
    let project = project();
    project.build();
    assert_eq!(ran(&project).len(), 15, "the first build runs everything");
    assert!(EDITS.len() >= 40);
    let mut wrong = String::new();
    for Edit(what, path, from, to, expect) in EDITS {
        let before = std::fs::read_to_string(project.path(path)).expect("a file");
        let (from, to) = (resolve(from), resolve(to));
        assert!(before.contains(&from), "{what}: {path} has no {from}");
        project.put(path, before.replacen(&from, &to, 1).as_bytes());
        if *what == "a model of other weights" {
            project.put(
                "models/scale.onnx",
                &std::fs::read(project.path("models/other.onnx")).expect("a model"),
            );
        }
        project.build();
        let expect: BTreeSet<String> = expect.split_whitespace().map(str::to_owned).collect();
        if ran(&project) != expect {
            wrong += &format!("{what}: ran {:?}, expected {expect:?}\n", ran(&project));
        }
        project.put(path, before.as_bytes());
        let double = std::fs::read(repository().join("tests/cases/tiny/double.onnx")).expect("a model");
        project.put("models/scale.onnx", &double);
        project.build();
        if !ran(&project).is_empty() {
            wrong += &format!("{what}: taking it back ran {:?}\n", ran(&project));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The cells that a frozen build misses, with what it says of them.
fn missed(project: &Project, args: &[&str]) -> Vec<String> {
    let ran = project.run(&[&["build", "--frozen", "--format", "json"], args].concat());
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let found = report["diagnostics"].as_array().expect("diagnostics").clone();
    found.iter().map(|fault| fault["message"].as_str().expect("a message").to_owned()).collect()
}

/// A page of a cell that takes long and one that reads what it leaves. The time limit is in no key: with a
/// short one the first cell cannot run again.
fn dear_page(limit: &str, bound: &str, read: &str) -> String {
    format!(
        "# A\n\n```python run\n#| label: dear\n{limit}import kiln as k\n\ntotal = 0\nfor i in range(8000000):\n    \
         total += i\n{bound}\n```\n\n```python run\n#| label: use\n{read}\n```\n"
    )
}

/// Builds a page of a dear cell, then one in which its reader is another; what runs for that.
fn read_back(bound: &str, first: &str, second: &str) -> (BTreeSet<String>, Project) {
    let project = Project::new().file(A_MD, &dear_page("", bound, first)).with_empty_cache();
    project.build();
    project.put(A_MD, dear_page("#| timeout: 1\n", bound, second).as_bytes());
    project.build();
    (ran(&project), project)
}

#[test]
fn values_of_a_dear_cell_are_read_back() {
    let bound = "t = k.array([total, 2])\nboth = {'t': t, 'words': ['a', (1, None, 0.1)]}";
    let (ran, project) = read_back(bound, "t.tolist(), both['words']", "(t + 5).tolist(), both['words'], 2");
    assert_eq!(ran, BTreeSet::from(["use".to_owned()]));
    let stored = project.run(&["cache", "ls"]).stdout;
    assert!(stored.starts_with("4 bakes"), "the values of one cell beside three bakes: {stored}");
    assert!(project.site("en/a/index.html").contains("31999996000005"));
}

#[test]
fn what_is_defined_beside_dear_values_is_defined_again() {
    let bound = "def plus(n, to=total):\n    return to + n + len(words)\n\nclass Sum:\n    value = 7\n\n\
                 words = ['a', 'b']\nmodel = lambda n: n";
    let (ran, project) = read_back(bound, "plus(1)", "k.array([plus(1), Sum.value]).tolist()");
    assert_eq!(ran, BTreeSet::from(["use".to_owned()]));
    assert!(project.site("en/a/index.html").contains("[31999996000003, 7]"));
    // A name that is neither data nor defined needs its cell, whoever has been given what.
    let third =
        dear_page("", bound, "plus(model(2))") + "\n```python run\n#| label: last\nmodel(words)\n```\n";
    project.put(A_MD, third.as_bytes());
    project.build();
    let site = project.site("en/a/index.html");
    assert!(site.contains("31999996000004") && site.contains("[&#39;a&#39;, &#39;b&#39;]"), "{site}");
}

#[test]
fn another_version_of_the_runtime_concerns_the_cells_that_use_it() {
    let project = project();
    assert_eq!(project.run(&["bake"]).code, Some(0));
    assert_eq!(missed(&project, &[]), Vec::<String>::new());
    project.put("libonnxruntime.so.1.31.0", b"never opened");
    let library = project.path("libonnxruntime.so.1.31.0").to_string_lossy().into_owned();
    let missed = missed(&project, &["--ort-lib", &library]);
    // What reads `net` waits for it: its key is not known before.
    assert_eq!(missed.len(), 1, "{missed:?}");
    let expect = ["the cell `net`", "onnxruntime 1.32.0", "and is onnxruntime 1.31.0"];
    assert!(expect.iter().all(|part| missed[0].contains(part)), "{missed:?}");
}

#[test]
fn values_that_pass_through_a_damaged_or_partial_store_are_made_again() {
    let project = project();
    project.build();
    let whole = project.site("en/a/index.html");
    for remove in 0..4 {
        // Every fourth bake is gone: the others need values of cells that are only found.
        let mut bakes: Vec<_> = walkdir::WalkDir::new(project.path(".cache/bakes"))
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.into_path())
            .collect();
        bakes.sort();
        for bake in bakes.iter().skip(remove).step_by(4) {
            std::fs::remove_file(bake).expect("removed");
        }
        project.build();
        assert_eq!(project.site("en/a/index.html"), whole, "{remove}");
    }
}
