//! The main job, on the repository's own content: real cells on real models, and the contract of
//! the output that other tools rely on.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use crate::project::{Project, Ran, files, kiln, repository};

/// The repository's own site, built once for all tests into a folder of the target directory.
pub(crate) fn site() -> &'static (tempfile::TempDir, Value) {
    static SITE: OnceLock<(tempfile::TempDir, Value)> = OnceLock::new();
    SITE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        build(&folder.path().join("site"), &[]);
        let manifest = std::fs::read(folder.path().join("site/kiln-manifest.json")).expect("a manifest");
        (folder, serde_json::from_slice(&manifest).expect("the manifest is JSON"))
    })
}

#[track_caller]
fn build(out: &Path, more: &[&str]) -> Value {
    let mut command = kiln();
    command.args(["build", "--format", "json", "--root"]).arg(repository()).arg("--out").arg(out).args(more);
    let ran = Ran::from(command.output().expect("kiln starts"));
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    serde_json::from_str(&ran.stdout).expect("the summary is JSON")
}

fn cells(manifest: &Value) -> &Vec<Value> {
    manifest["cells"].as_array().expect("cells")
}

#[test]
fn chapters_stand_in_both_languages_and_ran_on_real_models() {
    let (folder, manifest) = site();
    let chapters = ["attention/transformer", "language/bert", "language/gpt", "generation/diffusion"];
    for chapter in chapters {
        for lang in ["en", "zh"] {
            let page = folder.path().join(format!("site/{lang}/{chapter}/index.html"));
            assert!(page.is_file(), "{}", page.display());
        }
        let count = cells(manifest).iter().filter(|cell| cell["page"] == chapter).count();
        assert!(count >= 3, "{chapter} has {count} cells");
    }
    let models: BTreeSet<&str> = cells(manifest)
        .iter()
        .flat_map(|cell| cell["models"].as_array().expect("models"))
        .filter_map(|model| model["id"].as_str())
        .collect();
    assert!(models.len() >= 5, "{models:?}");
    let executed =
        cells(manifest).iter().filter(|c| !c["models"].as_array().expect("models").is_empty()).count();
    assert!(executed >= 12, "{executed} cells ran on a model");
}

#[test]
fn every_cell_of_a_page_keeps_the_contract() {
    let (folder, manifest) = site();
    for page in manifest["pages"].as_array().expect("pages") {
        let path = page["path"].as_str().expect("a path");
        let html = std::fs::read_to_string(folder.path().join("site").join(path).join("index.html"))
            .expect("a page");
        let chapter = path.split_once('/').map_or("", |(_, rest)| rest.trim_end_matches('/'));
        for label in page["cells"].as_array().expect("cells") {
            let label = label.as_str().expect("a label");
            let start = html.find(&format!("<section class=\"cell\" id=\"{label}\" data-key=\"b3:"));
            let start = start.unwrap_or_else(|| panic!("{path} does not hold the cell {label}"));
            let end = start + html[start..].find("</section>").expect("the cell ends");
            let cell = &html[start..end];
            let source = cell.find("<code").unwrap_or(0);
            let footer = cell.find("<footer class=\"cell-prov\">").expect("a footer");
            assert!(source < footer, "{label}: the footer comes last");
            let entry = cells(manifest)
                .iter()
                .find(|c| c["page"] == chapter && c["label"] == label)
                .expect("the manifest has the cell");
            for model in entry["models"].as_array().expect("models") {
                assert!(cell[footer..].contains(model["id"].as_str().expect("an id")), "{label}: {model}");
            }
            let outputs = entry["outputs"].as_array().expect("outputs").len();
            assert!(
                cell.matches("<div class=\"cell-out\" data-mime=\"").count() >= usize::from(outputs > 0),
                "{label}"
            );
        }
    }
}

#[test]
fn the_manifest_lists_every_file_with_its_digest() {
    let (folder, manifest) = site();
    let site = files(&folder.path().join("site"));
    let listed = manifest["files"].as_array().expect("files");
    for file in listed {
        let bytes = &site[file["path"].as_str().expect("a path")];
        assert_eq!(file["bytes"], bytes.len());
        assert_eq!(file["digest"], format!("b3:{}", blake3::hash(bytes).to_hex()));
    }
    // Only the file that keeps the folder out of git is not listed.
    assert_eq!(listed.len() + 1, site.len());
}

#[test]
fn every_check_holds_and_every_control_fails() {
    let (_, manifest) = site();
    let checks: Vec<&Value> =
        cells(manifest).iter().flat_map(|c| c["checks"].as_array().expect("checks")).collect();
    assert!(checks.len() >= 12, "{} checks", checks.len());
    assert!(checks.iter().any(|check| check["control"] == true), "no control");
    for check in checks {
        assert_ne!(check["ok"], check["control"], "{check}");
    }
}

#[test]
fn a_second_build_runs_nothing() {
    let (folder, manifest) = site();
    let out = folder.path().join("again");
    let summary = build(&out, &[]);
    assert_eq!(summary["cells"]["run"], 0);
    // The site's own bakes are committed.
    assert_eq!(summary["cells"]["locked"], cells(manifest).len());
    assert!(files(&out) == files(&folder.path().join("site")), "a build from the cache differs");
}

#[test]
fn every_cell_shows_what_is_locked() {
    // On whichever processor: texts, tokens and whole numbers exactly, other numbers within their tolerance.
    let (_, manifest) = site();
    let mut command = kiln();
    let ran = command.args(["check", "--format", "json", "--root"]).arg(repository()).output();
    let ran = Ran::from(ran.expect("kiln starts"));
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("the report is JSON");
    let states: BTreeSet<&str> = cells(&report).iter().filter_map(|cell| cell["state"].as_str()).collect();
    assert_eq!(states, BTreeSet::from(["same"]));
    assert_eq!(cells(&report).len(), cells(manifest).len());
}

/// Models, tokens that are drawn, noise.
const DRAWN: &str = r#"# Drawn

```python run
#| label: near
#| fig-alt: Three sentences.
import kiln as k
embed = k.pipeline("feature-extraction", "minilm")
vectors = embed(["A cat sleeps.", "A kitten naps.", "Markets fell."])
k.plot.heatmap(vectors @ vectors.T)
```

```python run
#| label: told
write = k.pipeline("text-generation", "stories15m")
print(write("Once upon a time", max_new_tokens=20, do_sample=True, temperature=0.8, seed=3)[0]["generated_text"])
```

```python run
#| label: digit
#| fig-alt: A digit.
painter, dice = k.model("ddpm-mnist"), k.rng(5)
walk = k.schedulers.DDPMScheduler(num_train_timesteps=1000)
walk.set_timesteps(3)
x = dice.normal(size=(1, 1, 28, 28))
for t in walk.timesteps:
    fed = {"sample": x, "class_labels": k.array([3]), "timestep": k.full((1,), int(t), dtype="int64")}
    x = walk.step(painter.run(fed)["out_sample"], t, x, generator=dice).prev_sample
k.plot.image(x[0, 0], cmap="gray")
```
"#;

#[test]
fn two_runs_on_one_processor_give_the_same_bytes() {
    let project = Project::with_models().file("content/a/a.en.md", DRAWN);
    let rerun = || {
        let ran = project.run(&["build", "--rerun"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        files(&project.path("site"))
    };
    assert!(rerun() == rerun(), "a second run differs");
}

#[test]
fn a_build_from_the_cache_opens_neither_runtime_nor_model() {
    let (folder, _) = site();
    // The bakes alone, on a machine without models, runtime or package clients.
    let cache = folder.path().join("cache");
    let user = kiln::models::Cache::of_user().expect("a cache");
    let bakes = user.root().join("bakes");
    for entry in walkdir::WalkDir::new(&bakes).into_iter().flatten().filter(|e| e.file_type().is_file()) {
        let copy = cache.join("bakes").join(entry.path().strip_prefix(&bakes).expect("below"));
        std::fs::create_dir_all(copy.parent().expect("a folder")).expect("made");
        std::fs::copy(entry.path(), copy).expect("copied");
    }
    let mut command = kiln();
    command
        .args(["build", "--format", "json", "--root"])
        .arg(repository())
        .arg("--out")
        .arg(folder.path().join("cached"));
    command.env("KILN_CACHE_DIR", &cache).env("PATH", "/nowhere").env("HOME", folder.path());
    let ran = Ran::from(command.output().expect("kiln starts"));
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("the summary is JSON");
    assert_eq!(summary["cells"]["run"], 0);
    assert!(!cache.join("models").exists() && !cache.join("runtime").exists());
}
