//! The jobs that projects on GitLab include do what they say: their scripts are run here as a runner runs them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::project::{Project, Ran, repository};

#[test]
fn the_jobs_build_and_check_from_the_locks() {
    let text = std::fs::read_to_string(repository().join("ci/gitlab.yml")).expect("a file");
    let pipeline: Value = serde_saphyr::from_str(&text).expect("YAML");
    // A shallow clone has no dates.
    assert_eq!(pipeline["variables"]["GIT_DEPTH"], "0");
    // The image starts the program; a job needs a shell.
    assert_eq!(pipeline[".kiln"]["image"]["entrypoint"], serde_json::json!([""]));
    let cell = "# A\n\n```python run\n#| label: x\nprint(6 * 7)\n```\n";
    let project = Project::new().with_empty_cache().file("content/a/a.en.md", cell);
    let baked = project.run(&["bake"]);
    assert_eq!(baked.code, Some(0), "{}", baked.stderr);
    let binary = Path::new(env!("CARGO_BIN_EXE_kiln")).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").expect("a path"));
    for job in ["kiln-build", "kiln-check", "pages"] {
        assert_eq!(pipeline[job]["extends"], ".kiln", "{job}");
        let lines = pipeline[job]["script"].as_array().expect("lines");
        let script: Vec<&str> = lines.iter().map(|line| line.as_str().expect("a line")).collect();
        let mut bash = Command::new("bash");
        bash.args(["-e", "-o", "pipefail", "-c", &script.join("\n")]).current_dir(project.path(""));
        bash.env("PATH", &path).env("KILN_ROOT", ".").env("KILN_CHECK", "100%");
        bash.env("CI_PIPELINE_IID", "7").env("KILN_CACHE_DIR", project.path(".jobs"));
        let ran = Ran::from(bash.output().expect("bash runs"));
        assert_eq!(ran.code, Some(0), "{job}: {}{}", ran.stdout, ran.stderr);
    }
    assert!(project.path("public/en/a/index.html").exists());
}
