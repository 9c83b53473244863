//! Files that only a host can run are such as it takes: the schemas that GitLab and GitHub publish, and the lint of
//! container files. `workflow` and `gitlab` run what stands in them.

use std::process::Command;

use crate::project::{Ran, repository};
use crate::tools;

#[track_caller]
fn passes(mut lint: Command) {
    let ran = Ran::from(lint.current_dir(repository()).output().expect("it starts"));
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn jobs_and_the_action_fit_their_schemas() {
    let folder = tools::lints();
    for (schema, file) in [("vendor.gitlab-ci", "ci/gitlab.yml"), ("vendor.github-actions", "action.yml")] {
        let mut check = Command::new("python3");
        check.env("PYTHONPATH", &folder).args(["-m", "check_jsonschema", "--builtin-schema", schema, file]);
        passes(check);
    }
}

#[test]
fn the_container_file_has_no_faults() {
    let mut lint = Command::new(tools::lints().join("bin/hadolint"));
    lint.arg("Containerfile");
    passes(lint);
}
