//! `kiln init`: a project to start from.

#![expect(clippy::disallowed_methods, reason = "the command writes the files of a new project")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::{Error, Result};

use super::{Common, Format, report};

/// Flags of `kiln init`.
#[derive(Args, Clone, Debug)]
pub(super) struct InitArgs {
    /// The folder of the project; the one of `--root` by default.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// What a new project consists of.
const FILES: [(&str, &str); 6] = [
    ("kiln.toml", include_str!("init/kiln.toml")),
    (".gitignore", include_str!("init/gitignore")),
    ("content/_index.en.md", include_str!("init/_index.en.md")),
    ("content/start/_index.en.md", include_str!("init/start.en.md")),
    ("content/start/first/first.en.md", include_str!("init/first.en.md")),
    ("README.md", include_str!("init/README.md")),
];

/// Writes the files of a new project, none of them over one that is there.
///
/// # Errors
/// There is a project already, or the folder cannot be written to.
pub(super) fn run(common: &Common, args: &InitArgs) -> Result<ExitCode> {
    let root = args.folder.as_ref().unwrap_or(&common.root);
    if root.is_file() {
        return Err(Error::usage(format!("{} is a file: a project is a folder", root.display())));
    }
    for there in ["kiln.toml", "content"] {
        if root.join(there).exists() {
            return Err(Error::usage(format!("{} is there already", root.join(there).display()))
                .hint("`kiln new chapter PATH` adds a chapter to a project"));
        }
    }
    let mut written = Vec::new();
    for (path, text) in FILES {
        if write(&root.join(path), text)? {
            written.push(path);
        }
    }
    match common.format {
        Format::Json => {
            report::line(&json!({ "root": root.to_string_lossy(), "written": written }).to_string())
        }
        _ if common.quiet => {}
        Format::Text | Format::Github | Format::Sarif => {
            report::line(&format!("a new project in {}: {}", root.display(), written.join(", ")));
            let go = if root == Path::new(".") { String::new() } else { format!("cd {} && ", quoted(root)) };
            report::line(&format!("next: {go}kiln serve --open"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `path` as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    // `cd -` leads elsewhere.
    let path = if path.starts_with('-') { format!("./{path}") } else { path.into_owned() };
    let plain = |c: char| c.is_alphanumeric() || "-_./\\:".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

/// Writes a file that is not there; says whether it did.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(path: &Path, text: &str) -> Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let cannot = |error| Error::because(format!("cannot write {}", path.display()))(error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    fs::write(path, text).map_err(cannot)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_next_can_be_pasted_into_a_shell() {
        for (path, expect) in [
            ("notes", "notes"),
            ("a/b-c.d", "a/b-c.d"),
            ("中文", "中文"),
            ("my notes", "'my notes'"),
            ("it's", "'it'\\''s'"),
            ("-", "./-"),
        ] {
            assert_eq!(quoted(Path::new(path)), expect);
        }
    }
}
