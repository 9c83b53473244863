//! When files last changed, as git tells it: the one question that a build asks another program.

#![expect(clippy::disallowed_methods, reason = "git says where its history is in a file")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::diag::{Diagnostic, Parsed};
use crate::{Error, Result};

/// The day on which each file below `root` last changed, by path. None where git does not tell, which is then said
/// in a warning: the site lacks dates, and feeds. A shallow clone, whose history starts somewhere, would date every
/// file to that day.
///
/// # Errors
/// Git is there and does not answer.
pub(super) fn read(root: &Path) -> Result<Parsed<BTreeMap<String, String>>> {
    let log = ["-c", "core.quotePath=false", "log", "--format=>%as", "--name-only", "--relative", "--", "."];
    let told = match git(root, &["rev-parse", "--is-shallow-repository"])? {
        Ok(answer) if answer.trim() == "false" => git(root, &log)?,
        Ok(_) => {
            Err("this clone is shallow: it lacks the history (`git fetch --unshallow` brings it; on GitHub \
            `fetch-depth: 0`, on GitLab `GIT_DEPTH: \"0\"`)"
                .to_owned())
        }
        Err(why) => Err(why),
    };
    Ok(match told {
        Ok(log) => Parsed::clean(newest(&log)),
        Err(why) => {
            let fault =
                Diagnostic::warning(None, format!("pages are not dated, as git does not tell when they changed: {why}"))
                    .hint("mend that, or take `last-updated` out of kiln.toml; `updated = DATE` in its front matter dates a page");
            Parsed { value: BTreeMap::new(), diagnostics: vec![fault] }
        }
    })
}

/// The file that changes with every commit, where `root` is the top of a checkout.
pub(super) fn log(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    // In a linked checkout it is a file that says where the history is.
    let folder = match fs::read_to_string(&git) {
        Ok(text) => root.join(text.trim().strip_prefix("gitdir: ")?),
        Err(_) => git,
    };
    Some(folder.join("logs/HEAD")).filter(|log| log.is_file())
}

/// What git says, or why it does not.
fn git(root: &Path, arguments: &[&str]) -> Result<std::result::Result<String, String>> {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(arguments).env("LC_ALL", "C").stdin(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => Ok(Ok(String::from_utf8_lossy(&output.stdout).into_owned())),
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            let first = words.lines().next().unwrap_or("it fails");
            Ok(Err(first.trim_start_matches("fatal: ").to_owned()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(Err("there is no program `git`".to_owned()))
        }
        Err(error) => Err(Error::because("cannot ask git when the pages changed")(error)),
    }
}

/// The first date of each path in a log that goes from the newest commit to the oldest.
fn newest(log: &str) -> BTreeMap<String, String> {
    let mut days = BTreeMap::new();
    let mut day = "";
    for line in log.lines() {
        match line.strip_prefix('>') {
            Some(date) => day = date,
            None if line.is_empty() => {}
            None => {
                days.entry(line.to_owned()).or_insert_with(|| day.to_owned());
            }
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_commit_dates_a_file() {
        let days = newest(">2026-11-25\n\ncontent/a.md\n\n>2026-11-20\n\ncontent/a.md\ncontent/图.md\n");
        assert_eq!(days["content/a.md"], "2026-11-25");
        assert_eq!(days["content/图.md"], "2026-11-20");
    }

    #[test]
    fn a_folder_without_a_history_has_none_and_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |root: &Path| {
            let read = read(root).expect("git answers");
            assert_eq!(read.value, BTreeMap::new());
            read.diagnostics.into_iter().map(|fault| fault.message).collect::<String>()
        };
        assert!(told(folder.path()).contains("not a git repository"), "{}", told(folder.path()));
        // A clone without its history, as CI makes it.
        let run = |root: &Path, arguments: &[&str]| {
            let who = ["-c", "user.name=A", "-c", "user.email=a@kiln.example"];
            git(root, &[&who, arguments].concat()).expect("git starts").expect("it does as told")
        };
        let first = folder.path().join("first");
        fs::create_dir(&first).expect("made");
        run(&first, &["init", "-q"]);
        for word in ["one", "two"] {
            run(&first, &["commit", "-q", "--allow-empty", "-m", word]);
        }
        let from = format!("file://{}", first.display());
        run(folder.path(), &["clone", "-q", "--depth", "1", &from, "second"]);
        assert!(told(&folder.path().join("second")).contains("shallow"));
        assert!(read(&first).expect("git answers").diagnostics.is_empty());
    }
}
