//! Files that were made to do harm: pages that nest without end, models and tokenizers that lie about
//! themselves. Each ends in a clear error with its place, and the build goes on.

use kiln::onnx::{Attribute, Builder, ElementType};
use serde_json::Value;

use crate::machine::with_files;
use crate::project::{Project, Ran};

/// The diagnostics of a build that must end by itself and say what is wrong.
#[track_caller]
fn diagnostics(name: &str, ran: &Ran) -> Vec<Value> {
    assert!(matches!(ran.code, Some(0 | 1)), "{name}: {:?}\n{}\n{}", ran.code, ran.stdout, ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{name}: {}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("the report is JSON");
    report["diagnostics"].as_array().expect("diagnostics").clone()
}

#[test]
fn pages_that_nest_without_end() {
    let cell = |open: &str, close: &str| {
        format!(
            "# A\n\n```python run\n#| label: x\nx = {}1{}\n```\n",
            open.repeat(20_000),
            close.repeat(20_000)
        )
    };
    for (name, page, expect) in [
        ("brackets", cell("(", ")"), "nests too deep"),
        ("lists", cell("[", "]"), "nests too deep"),
        ("signs", cell("-", ""), "nests too deep"),
        ("lambdas", cell("lambda: ", ""), "nests too deep"),
        ("conditions", cell("1 if 1 else ", ""), "nests too deep"),
        ("powers", cell("1**", ""), "nests too deep"),
        ("comparisons", cell("1<", ""), "nests too deep"),
        ("f-strings", cell("f'{", "}'"), "nests too deep"),
        ("calls", cell("", "()"), "nests too deep"),
        ("formula", format!("# A\n\n${}x{}$\n", "{".repeat(20_000), "}".repeat(20_000)), "nests too deep"),
        (
            "fractions",
            format!("# A\n\n${}x{}$\n", "\\frac{".repeat(20_000), "}".repeat(20_000)),
            "nests too deep",
        ),
        (
            "inline",
            format!("# A\n\n```python run\n#| label: x\n1\n```\n\n`{{python}} {}`\n", "(".repeat(20_000)),
            "nests too deep",
        ),
        ("front matter", format!("+++\nx = {}\n+++\n", "[".repeat(20_000)), "recurs"),
        ("quotes", format!("{} a\n", ">".repeat(20_000)), ""),
        ("stars", format!("{}a{}\n", "*".repeat(20_000), "*".repeat(20_000)), ""),
        ("links", format!("{}a{}\n", "[".repeat(20_000), "](b)".repeat(20_000)), "leads nowhere"),
        ("tags", "<div>".repeat(20_000), "HTML"),
        ("cells of a table", format!("{}\n{}\n", "|".repeat(20_000), "|-".repeat(20_000)), ""),
    ] {
        let project = Project::new().file("content/a/a.en.md", &page).with_empty_cache();
        let found = diagnostics(name, &project.run(&["build", "--format", "json"]));
        if !expect.is_empty() {
            assert!(
                found[0]["message"].as_str().is_some_and(|text| text.contains(expect)),
                "{name}: {found:?}"
            );
            assert_eq!(found[0]["place"]["file"], "content/a/a.en.md", "{name}: {found:?}");
        }
    }
}

/// A graph with the input `x`, made by `make`, whose last value is its output.
fn graph(make: impl FnOnce(&mut Builder) -> String) -> Vec<u8> {
    let mut builder = Builder::new("hostile", 18);
    builder.input("x", ElementType::Float32, &["n"]);
    let last = make(&mut builder);
    builder.output(&last, ElementType::Float32, &["n"]);
    builder.finish()
}

/// Every part of a model that a cell can look at.
const LOOK: &str = "import kiln as k\nm = k.model('tiny')\nprint(m.inputs, m.outputs, m.num_params, [n.op_type for n in m.nodes])\n\
                    x = k.arange(3.0)\nprint(m.run({'x': x}))";

#[test]
fn models_that_lie() {
    let sound = graph(|b| b.node("Relu", "r", &["x"], &[]));
    let cut = sound[..sound.len() / 2].to_vec();
    let flipped = sound.iter().map(|byte| byte ^ 0x55).collect();
    let huge = |b: &mut Builder| {
        let shape = b.ints(&[1 << 40, 1 << 20]);
        b.node("ConstantOfShape", "c", &[&shape], &[])
    };
    let large = |b: &mut Builder| {
        let shape = b.ints(&[1 << 34]);
        b.node("ConstantOfShape", "c", &[&shape], &[])
    };
    for (name, bytes, expect) in [
        ("cut off", cut, "not an ONNX model"),
        ("noise", flipped, "not an ONNX model"),
        ("empty", Vec::new(), "not an ONNX model"),
        (
            "a cycle",
            graph(|b| {
                b.node_into("Add", "a", &["x", "loop"], &[], &["mid"]);
                b.node_into("Relu", "b", &["mid"], &[], &["loop"]);
                "loop".to_owned()
            }),
            "x",
        ),
        (
            "itself",
            graph(|b| {
                b.node_into("Add", "a", &["x", "y"], &[], &["y"]);
                "y".to_owned()
            }),
            "",
        ),
        ("an axis beyond memory", graph(huge), ""),
        ("an axis beyond the limit", graph(large), "emory"),
        ("an operator that does not exist", graph(|b| b.node("Explode", "e", &["x"], &[])), "Explode"),
        ("an output that nobody makes", graph(|_| "nothing".to_owned()), "nothing"),
        ("an input that nobody makes", graph(|b| b.node("Relu", "r", &["nothing"], &[])), "nothing"),
        (
            "an attribute of the wrong type",
            graph(|b| b.node("Softmax", "s", &["x"], &[("axis", Attribute::Text("x".to_owned()))])),
            "",
        ),
        (
            "an axis that is not there",
            graph(|b| b.node("Softmax", "s", &["x"], &[("axis", Attribute::Int(99))])),
            "axis",
        ),
        (
            "weights outside the folder",
            graph(|b| {
                let w = b.outside("w", &[3], "../../../../../../../../etc/hostname", 0);
                b.node("Add", "a", &["x", &w], &[])
            }),
            "External data path",
        ),
        (
            "weights at an absolute path",
            graph(|b| {
                let w = b.outside("w", &[3], "/etc/hostname", 0);
                b.node("Add", "a", &["x", &w], &[])
            }),
            "",
        ),
        (
            "weights in a file that is not there",
            graph(|b| {
                let w = b.outside("w", &[3], "gone.data", 0);
                b.node("Add", "a", &["x", &w], &[])
            }),
            "gone.data",
        ),
        (
            "weights beyond the end of the file",
            graph(|b| {
                let w = b.outside("w", &[3], "tiny.onnx", 1 << 60);
                b.node("Add", "a", &["x", &w], &[])
            }),
            "",
        ),
    ] {
        let project = with_files(LOOK, &[("graph", "tiny.onnx", &bytes)]);
        let found = diagnostics(name, &project.run(&["build", "--format", "json"]));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!(found[0]["place"]["file"], "content/a/a.en.md", "{name}: {found:?}");
        assert!(found[0]["place"]["line"].as_u64() >= Some(4), "{name}: {found:?}");
        assert!(found[0]["message"].as_str().is_some_and(|text| text.contains(expect)), "{name}: {found:?}");
    }
}

#[test]
fn tokenizers_that_lie() {
    let nested = "[".repeat(100_000);
    let regex = serde_json::json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null, "decoder": null,
        "pre_tokenizer": { "type": "Split", "pattern": { "Regex": "((((" }, "behavior": "Isolated", "invert": false },
        "model": { "type": "WordLevel", "vocab": { "a": 0 }, "unk_token": "a" }
    })
    .to_string();
    let unknown = regex.replace("((((", "a").replace("\"unk_token\":\"a\"", "\"unk_token\":\"gone\"");
    let merges = serde_json::json!({
        "version": "1.0", "added_tokens": [],
        "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": ["b c"] }
    })
    .to_string();
    let sound = graph(|b| b.node("Relu", "r", &["x"], &[]));
    for (name, json) in [
        ("empty", ""),
        ("cut off", "{\"model\": {"),
        ("text", "I am a poem."),
        ("nested", nested.as_str()),
        ("a number", "1e999"),
        ("a broken pattern", regex.as_str()),
        ("an unknown token that is not there", unknown.as_str()),
        ("merges of what is not there", merges.as_str()),
        (
            "ids out of range",
            "{\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 99999999999999}, \"unk_token\": \"a\"}}",
        ),
    ] {
        let cell = "import kiln as k\nt = k.model('tiny').tokenizer\nprint(t.encode('a b c'), t.decode([0, 1, 99999999]))";
        let project = with_files(
            cell,
            &[("graph", "tiny.onnx", &sound), ("tokenizer", "tokenizer.json", json.as_bytes())],
        );
        let found = diagnostics(name, &project.run(&["build", "--format", "json"]));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!(found[0]["place"]["file"], "content/a/a.en.md", "{name}: {found:?}");
        assert!(found[0]["place"]["line"].as_u64() >= Some(4), "{name}: {found:?}");
    }
}
