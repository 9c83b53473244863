//! What publishing a build changes, for whoever reviews it.

#![expect(clippy::disallowed_methods, reason = "the command reads manifests and writes its report")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

use crate::build::Report;
use crate::write::{Listed, MANIFEST};
use crate::{Error, Result};

/// How many files are named before the rest is counted.
const NAMED: usize = 30;

/// The files of a site, by path.
#[derive(Debug, Default)]
pub(super) struct Site(BTreeMap<String, Listed>);

impl Site {
    /// The files that the manifest at `path` lists.
    ///
    /// # Errors
    /// There is no such manifest.
    pub(super) fn read(path: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Manifest {
            files: Vec<Listed>,
        }
        let name = || format!("cannot read the manifest {}", path.display());
        let hint = |error: Error| error.hint(format!("name the {MANIFEST} of a built site"));
        let bytes = std::fs::read(path).map_err(|cause| {
            let message = format!("{}: {cause}", name());
            hint(match cause.kind() {
                std::io::ErrorKind::NotFound => Error::usage(message),
                _ => Error::new(message),
            })
        })?;
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|cause| hint(Error::usage(format!("{}: {cause}", name()))))?;
        Ok(Self(manifest.files.into_iter().map(|file| (file.path.clone(), file)).collect()))
    }

    /// The files of the site in `out`; none where there is no site.
    pub(super) fn built(out: &Path) -> Self {
        Self::read(&out.join(MANIFEST)).unwrap_or_default()
    }

    fn bytes(&self) -> u64 {
        self.0.values().map(|file| file.bytes).sum()
    }
}

/// The report on `after` taking the place of `before`, in Markdown.
pub(super) fn report(before: &Site, after: &Site, report: &Report) -> String {
    let added: Vec<&Listed> = after.0.values().filter(|file| !before.0.contains_key(&file.path)).collect();
    let removed: Vec<&Listed> = before.0.values().filter(|file| !after.0.contains_key(&file.path)).collect();
    let changed: Vec<&Listed> = after
        .0
        .values()
        .filter(|file| before.0.get(&file.path).is_some_and(|old| old.digest != file.digest))
        .collect();
    let cells = &report.cells;
    let rows = [
        ("pages", report.pages.to_string()),
        ("files added", added.len().to_string()),
        ("files changed", changed.len().to_string()),
        ("files removed", removed.len().to_string()),
        ("size", format!("{} ({})", megabytes(after.bytes()), difference(before.bytes(), after.bytes()))),
        ("cells from the lock", cells.locked.to_string()),
        ("cells from a cache", cells.cached.to_string()),
        ("cells that ran", cells.run.to_string()),
        ("models", report.models.join(", ")),
        ("warnings", report.diagnostics.len().to_string()),
    ];
    let mut text = String::from("## What this deployment changes\n\n| | |\n| --- | ---: |\n");
    for (what, value) in rows {
        let _ = writeln!(text, "| {what} | {value} |");
    }
    for (title, files) in [("Added", added), ("Changed", changed), ("Removed", removed)] {
        if files.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n### {title}\n");
        for file in files.iter().take(NAMED) {
            let _ = writeln!(text, "- `{}` ({} bytes)", file.path, file.bytes);
        }
        if files.len() > NAMED {
            let _ = writeln!(text, "- and {} more", files.len() - NAMED);
        }
    }
    text
}

/// Writes the report to `path`.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(Error::because(format!("cannot write {}", path.display())))
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

fn difference(before: u64, after: u64) -> String {
    let sign = if after < before { '-' } else { '+' };
    format!("{sign}{}", megabytes(after.abs_diff(before)))
}
