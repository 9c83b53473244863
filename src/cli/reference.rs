//! `kiln reference`: the reference of the module `kiln` as pages of the project.

#![expect(clippy::disallowed_methods, reason = "this command writes pages that their author commits")]

use std::process::ExitCode;

use crate::{Error, Result, lang};

use super::{Common, report};

/// Writes the pages; those that say the same already are left alone.
///
/// # Errors
/// A folder or a file cannot be written.
pub(super) fn run(common: &Common) -> Result<ExitCode> {
    let content = common.root.join("content");
    if !content.is_dir() {
        return Err(crate::content::load::absent(&content));
    }
    let mut written = 0_usize;
    for (path, text) in lang::reference::pages() {
        let path = content.join(path);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        let cannot = || Error::because(format!("cannot write {}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(cannot())?;
        }
        std::fs::write(&path, text).map_err(cannot())?;
        written += 1;
    }
    if !common.quiet {
        report::line(&format!("{} of content/reference written", report::plural(written, "page")));
    }
    Ok(ExitCode::SUCCESS)
}
