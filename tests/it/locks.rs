//! Locks: what is committed builds without anything, and what has drifted is found.

use crate::project::{Project, Ran, files};

const PAGE: &str = "# Numbers\n\n```python run\n#| label: n\nn = 1 / 3\n```\n\n```python run\n#| label: shown\nimport kiln as k\nk.plot.table([[\"third\", n]], columns=[\"name\", \"value\"])\n```\n\n```python run\n#| label: line\n#| fig-alt: A line\ncheck(\"small\", n, \"<=\", 1)\nk.plot.line([n, 2 * n])\n```\n\nA third is `{python} n`.\n";

fn project() -> Project {
    Project::new().file("content/a/a.en.md", PAGE).with_empty_cache()
}

/// Runs `kiln ARGS` where nothing is at hand but the project: no cache, no package client.
fn bare(project: &Project, args: &[&str]) -> Ran {
    let empty = tempfile::tempdir().expect("a folder");
    let mut command = project.command(args);
    command.env("KILN_CACHE_DIR", empty.path()).env("PATH", "/nowhere").env("HOME", empty.path());
    Ran::from(command.output().expect("kiln starts"))
}

#[track_caller]
fn ends(ran: &Ran, code: i32, texts: &[&str]) {
    let all = format!("{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, Some(code), "{all}");
    for text in texts {
        assert!(all.contains(text), "no {text:?} in {all}");
    }
}

#[test]
fn a_frozen_build_needs_nothing_but_the_lock() {
    let project = project();
    ends(
        &bare(&project, &["build", "--frozen"]),
        4,
        &["a.en.md:4:11", "has no bake", "no bake.lock", "`kiln bake`"],
    );
    assert!(!project.path("site").exists(), "a frozen build that misses a bake writes nothing");
    ends(&project.run(&["bake"]), 0, &["3 cells run", "locked content/a/bake.lock"]);
    project.build();
    let whole = files(&project.path("site"));
    std::fs::remove_dir_all(project.path("site")).expect("removed");
    ends(&bare(&project, &["build", "--frozen"]), 0, &["0 cells run", "3 from the lock"]);
    assert!(files(&project.path("site")) == whole, "the lock holds all that a page shows");
    assert!(whole.keys().all(|path| !path.contains("bake")), "locks are not published");
    let manifest = project.manifest();
    assert!(manifest["cells"].as_array().expect("cells").iter().all(|cell| cell["status"] == "locked"));
}

#[test]
fn a_frozen_build_says_which_part_of_a_key_has_changed() {
    let project = project();
    ends(&project.run(&["bake"]), 0, &[]);
    project.put("content/a/a.en.md", PAGE.replace("1 / 3", "1 / 4").as_bytes());
    ends(&bare(&project, &["build", "--frozen"]), 4, &["the cell `n`", "source was"]);
    ends(
        &project.run(&["explain", "a#n"]),
        0,
        &["has no bake and would run", "since it was locked", "source was"],
    );
    ends(&project.run(&["explain", "a#shown"]), 0, &["its key is not known"]);
    ends(&project.run(&["explain", "a#nn"]), 1, &["there is no cell `a#nn`", "did you mean `a#n`?"]);
    ends(&project.run(&["check"]), 1, &["a#n: stale", "source was", "a#shown: stale", "reads n was"]);
    ends(&project.run(&["bake"]), 0, &["locked content/a/bake.lock"]);
    ends(&bare(&project, &["build", "--frozen"]), 0, &[]);
    ends(&project.run(&["explain", "a#n"]), 0, &["has a bake", "it is as locked"]);
}

#[test]
fn display_options_and_prose_need_no_new_lock() {
    let project = project();
    ends(&project.run(&["bake"]), 0, &[]);
    let lock = std::fs::read(project.path("content/a/bake.lock")).expect("a lock");
    let page = PAGE.replace("A line", "Two points").replace("A third is", "A third of one is");
    project.put("content/a/a.en.md", page.as_bytes());
    ends(&bare(&project, &["build", "--frozen"]), 0, &[]);
    let again = project.run(&["bake"]);
    ends(&again, 0, &["3 from the lock"]);
    assert!(!again.stdout.contains("locked content"), "{}", again.stdout);
    assert_eq!(std::fs::read(project.path("content/a/bake.lock")).expect("a lock"), lock);
}

/// Changes what is locked for the cell `label`, as if it had shown something else.
fn tamper(project: &Project, label: &str, from: &str, to: &str) {
    let lock = std::fs::read_to_string(project.path("content/a/bake.lock")).expect("a lock");
    let (_, cell) = lock.split_once(&format!("[cell.{label}]")).expect("the cell");
    let name = cell.split("bake = \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a digest");
    let file = project.path("content/a/.bakes").join(format!("{name}.json"));
    let bake = std::fs::read_to_string(&file).expect("a bake");
    assert!(bake.contains(from), "{bake}");
    let bake = bake.replace(from, to);
    let new = &blake3::hash(bake.as_bytes()).to_hex()[..32];
    project.put(&format!("content/a/.bakes/{new}.json"), bake.as_bytes());
    project.put("content/a/bake.lock", lock.replace(name, new).as_bytes());
}

#[test]
fn drift_is_found_within_its_tolerance() {
    let project = project();
    ends(&project.run(&["bake"]), 0, &[]);
    ends(&project.run(&["check"]), 0, &["3 of 3 cells as locked"]);
    ends(&project.run(&["check", "--only", "a#line"]), 0, &["1 of 1 cell as locked"]);
    ends(&project.run(&["check", "--only", "a#lime"]), 1, &["no cell `a#lime`", "`a#line`?"]);
    ends(&project.run(&["check", "--sample", "many"]), 2, &["10%"]);

    tamper(&project, "line", "0.666666", "0.666667");
    ends(&project.run(&["check"]), 0, &["3 of 3 cells as locked"]);
    tamper(&project, "line", "0.666667", "0.766667");
    ends(
        &project.run(&["check"]),
        3,
        &["a#line: drifted", "was 0.76666", "now 0.66666", "2 of 3 cells as locked"],
    );
    let json = project.run(&["check", "--format", "json"]);
    ends(&json, 3, &["\"state\":\"drifted\""]);
    project.put(
        "content/a/a.en.md",
        PAGE.replace("#| label: line", "#| label: line\n#| tolerance: 0.2").as_bytes(),
    );
    ends(&project.run(&["check"]), 0, &["3 of 3 cells as locked"]);

    project.put("content/a/a.en.md", PAGE.as_bytes());
    ends(&project.run(&["bake"]), 0, &[]);
    ends(&project.run(&["check"]), 3, &["a#line: drifted"]);
    ends(&project.run(&["bake", "--accept"]), 0, &["locked content/a/bake.lock"]);
    ends(&project.run(&["check"]), 0, &["3 of 3 cells as locked"]);
}

#[test]
fn drift_is_reported_in_the_languages_of_other_tools() {
    let project = project();
    ends(&project.run(&["bake"]), 0, &[]);
    tamper(&project, "line", "0.666666", "0.766666");
    tamper(&project, "shown", "0.333333", "0.433333");
    let github = project.run(&["check", "--format", "github"]);
    ends(
        &github,
        3,
        &["::error file=content/a/a.en.md,line=", "title=kiln: drift::a#line: drifted: outputs[0]"],
    );

    let sarif = project.run(&["check", "--format", "sarif", "--report", "reports/drift.html"]);
    assert_eq!(sarif.code, Some(3), "{}", sarif.stderr);
    let log: serde_json::Value = serde_json::from_str(&sarif.stdout).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert!(results.iter().any(|result| result["ruleId"] == "drift"
        && result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "content/a/a.en.md"));

    let page = std::fs::read_to_string(project.path("reports/drift.html")).expect("a page");
    for part in ["<h2>a#line: drifted</h2>", "0.766666", "locked</h4>", "now</h4>", "<svg"] {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    // Faults of a build, too; a command without findings says so.
    project.put("content/a/a.en.md", PAGE.replace("1 / 3", "1 / 0").as_bytes());
    ends(
        &project.run(&["build", "--format", "github"]),
        1,
        &["::error file=content/a/a.en.md,line=5", "ZeroDivisionError"],
    );
    ends(&project.run(&["doctor", "--format", "sarif"]), 2, &["text or json"]);
}

#[test]
fn only_the_chosen_cell_and_what_it_needs_runs_again() {
    let page = "# A\n\n```python run\n#| label: one\nx = 1\n```\n\n```python run\n#| label: two\nraise ValueError(x)\n```\n\n```python run\n#| label: three\ny = x + 1\ny\n```\n";
    let sound = page.replace("raise ValueError(x)", "z = x");
    let project = Project::new().file("content/a/a.en.md", &sound).with_empty_cache();
    ends(&project.run(&["bake"]), 0, &[]);
    project.put("content/a/a.en.md", page.as_bytes());
    ends(&project.run(&["check", "--only", "a#three"]), 0, &["1 of 1 cell as locked"]);
    ends(&project.run(&["check", "--only", "a#two"]), 1, &["ValueError"]);
}

#[test]
fn a_lock_that_cannot_be_used_is_told() {
    let project = project();
    ends(&project.run(&["bake"]), 0, &[]);
    let lock = std::fs::read_to_string(project.path("content/a/bake.lock")).expect("a lock");
    project.put("content/a/bake.lock", format!("<<<<<<< main\n{lock}").as_bytes());
    ends(&project.run(&["build"]), 1, &["content/a/bake.lock:1:9"]);
    project.put("content/a/bake.lock", lock.as_bytes());
    tamper(&project, "line", "0.666666", "0.5");
    for entry in std::fs::read_dir(project.path("content/a/.bakes")).expect("bakes").flatten() {
        let mut bake = std::fs::read(entry.path()).expect("a bake");
        bake.truncate(10);
        std::fs::write(entry.path(), bake).expect("damaged");
    }
    ends(&bare(&project, &["build", "--frozen"]), 4, &["missing or damaged"]);
    ends(&project.run(&["build"]), 0, &["3 from cache"]);
}

#[test]
fn the_store_can_be_looked_after() {
    let project = project();
    project.build();
    ends(&project.run(&["cache", "ls"]), 0, &["4 bakes", ".cache/bakes"]);
    ends(&project.run(&["cache", "verify"]), 0, &["0 bakes"]);
    ends(&project.run(&["cache", "gc", "--keep", "100"]), 0, &["0 bakes"]);
    ends(&project.run(&["cache", "clear"]), 0, &["4 bakes"]);
    ends(&project.run(&["cache", "ls", "--format", "json"]), 0, &["\"entries\":0"]);
    ends(&project.run(&["build"]), 0, &["3 cells run"]);
}
