//! When files last changed, as git tells it: the one question that a build asks another program.

#![expect(clippy::disallowed_methods, reason = "git says where its history is in a file")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Error, Result};

/// The day on which each file below `root` last changed, by path. Empty outside of a checkout, without
/// git, and in a shallow clone, whose history starts somewhere and would date every file to that day.
///
/// # Errors
/// Git is there and does not answer.
pub(super) fn read(root: &Path) -> Result<BTreeMap<String, String>> {
    let whole = git(root, &["rev-parse", "--is-shallow-repository"])?;
    if whole.as_deref().map(str::trim) != Some("false") {
        return Ok(BTreeMap::new());
    }
    let log = ["-c", "core.quotePath=false", "log", "--format=>%as", "--name-only", "--relative", "--", "."];
    Ok(git(root, &log)?.map(|log| newest(&log)).unwrap_or_default())
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

/// What git says; `None` where there is no git, or no repository.
fn git(root: &Path, arguments: &[&str]) -> Result<Option<String>> {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(arguments).stdin(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => {
            Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned()))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
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
    fn a_folder_without_a_history_has_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path()).expect("no fault"), BTreeMap::new());
    }
}
