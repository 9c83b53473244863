//! A frozen build opens no model, no runtime and no socket: seen from outside, by the system calls it makes.

use std::process::Command;

use crate::project::{Project, Ran, files, repository};

const PAGE: &str = "# A net\n\n```python run\n#| label: net\n#| fig-alt: A line\nimport kiln as k\nnet = k.model(\"scale\")\nk.plot.line(net(x=k.array([1.0, 2.0]))[\"y\"].tolist())\n```\n\nIt has `{python} len(net.inputs)` input.\n";

/// Another page shows what that cell made: nothing of it runs for that.
const SHOWN: &str = "# B\n\n{{< cell page=\"a\" label=\"net\" >}}\n";

fn project() -> Project {
    let model = std::fs::read(repository().join("tests/cases/tiny/double.onnx")).expect("a model");
    let sha256 = {
        use sha2::{Digest, Sha256};
        Sha256::digest(&model).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let manifest = format!(
        "[[model]]\nid = \"scale\"\ntask = \"feature-extraction\"\nfamily = \"toy\"\nparameters = 1\nlicense = \"MIT\"\n\
         provenance = \"tests/gen/tiny.py\"\ncard = \"It multiplies.\"\n\n[[model.file]]\nrole = \"graph\"\nname = \"scale.onnx\"\n\
         sha256 = \"{sha256}\"\nsources = [{{ path = \"models/scale.onnx\" }}]\n"
    );
    let project = Project::new()
        .file("models.toml", &manifest)
        .file("content/a/a.en.md", PAGE)
        .file("content/b/b.en.md", SHOWN);
    project.put("models/scale.onnx", &model);
    project
}

/// The system calls of `kiln build --frozen` that open files, start programs or touch the network, one a line.
fn traced(project: &Project) -> (Ran, String) {
    let log = project.path("calls");
    let kiln = project.command(&["build", "--frozen"]);
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-e", "trace=open,openat,openat2,execve,socket,connect,%network", "-o"])
        .arg(&log)
        .arg(kiln.get_program())
        .args(kiln.get_args())
        .current_dir(project.path(""))
        .env("KILN_CACHE_DIR", project.path("empty"));
    let output = strace.output().expect("strace is needed for this test: `apt-get install strace`");
    (Ran::from(output), std::fs::read_to_string(log).expect("the calls"))
}

#[test]
fn a_frozen_build_opens_no_model_no_runtime_and_no_socket() {
    let project = project();
    let baked = project.run(&["bake"]);
    assert_eq!(baked.code, Some(0), "{}", baked.stderr);
    project.build();
    let whole = files(&project.path("site"));
    std::fs::remove_dir_all(project.path("site")).expect("removed");
    // A trap: the model is there to be opened, and it is not what it was.
    project.put("models/scale.onnx", b"not a model");

    let (ran, calls) = traced(&project);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(files(&project.path("site")) == whole, "the lock holds all that a page shows");
    assert!(calls.contains("bake.lock"), "the trace shows what is opened:\n{calls}");
    for forbidden in [".onnx", "libonnxruntime", "socket(", "connect("] {
        let found: Vec<&str> = calls.lines().filter(|line| line.contains(forbidden)).collect();
        assert!(found.is_empty(), "{forbidden}: {found:?}");
    }
    let programs = calls.lines().filter(|line| line.contains("execve(")).count();
    assert_eq!(programs, 1, "no worker is started:\n{calls}");
}

/// Runs git in the project, which must succeed.
#[track_caller]
fn git(project: &Project, args: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]);
    let ran = Ran::from(git.args(args).current_dir(project.path("")).output().expect("git runs"));
    assert_eq!(ran.code, Some(0), "git {args:?}\n{}{}", ran.stdout, ran.stderr);
}

/// A page of three cells that do not need each other.
fn page(values: [&str; 3]) -> String {
    let cells = ["one", "two", "three"].iter().zip(values);
    let cells: String = cells
        .map(|(label, value)| format!("```python run\n#| label: {label}\n{value}\n```\n\nText.\n\n"))
        .collect();
    format!("# Cells\n\n{cells}")
}

#[test]
fn locks_of_two_branches_merge() {
    let project = Project::new().file("content/a/a.en.md", &page(["1", "2", "3"])).with_empty_cache();
    let bake_and_commit = |values: [&str; 3], message: &str| {
        project.put("content/a/a.en.md", page(values).as_bytes());
        let baked = project.run(&["bake"]);
        assert_eq!(baked.code, Some(0), "{}", baked.stderr);
        git(&project, &["add", "content"]);
        git(&project, &["commit", "-qm", message]);
    };
    git(&project, &["init", "-q"]);
    bake_and_commit(["1", "2", "3"], "start");
    git(&project, &["checkout", "-qb", "other"]);
    bake_and_commit(["1", "2", "30"], "the third");
    git(&project, &["checkout", "-q", "main"]);
    bake_and_commit(["10", "2", "3"], "the first");
    git(&project, &["merge", "-q", "--no-edit", "other"]);
    let frozen = Ran::from(
        project
            .command(&["build", "--frozen"])
            .env("KILN_CACHE_DIR", project.path("empty"))
            .output()
            .expect("kiln"),
    );
    assert_eq!(frozen.code, Some(0), "{}", frozen.stderr);
    assert!(frozen.stdout.contains("3 from the lock"), "{}", frozen.stdout);
    let site = project.site("en/a/index.html");
    assert!(site.contains(">10\n<") && site.contains(">30\n<"), "{site}");
}
