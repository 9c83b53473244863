//! `kiln reference`: the reference of the module `kiln` as pages of the project.

#![expect(clippy::disallowed_methods, reason = "this command writes pages that their author commits")]

use std::process::ExitCode;

use serde_json::json;

use crate::{Error, Result, lang};

use super::{Common, Format, report};

/// Writes the pages; those that say the same already are left alone.
///
/// # Errors
/// A folder or a file cannot be written.
pub(super) fn run(common: &Common) -> Result<ExitCode> {
    let content = common.root.join("content");
    if !content.is_dir() {
        return Err(crate::content::load::absent(&content));
    }
    let mut written = Vec::new();
    for (path, text) in lang::reference::pages() {
        let name = format!("content/{path}");
        let path = content.join(path);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        let cannot = || Error::because(format!("cannot write {}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(cannot())?;
        }
        std::fs::write(&path, text).map_err(cannot())?;
        written.push(name);
    }
    match common.format {
        Format::Json => report::line(&json!({ "written": written }).to_string()),
        _ if common.quiet => {}
        Format::Text | Format::Github | Format::Sarif => {
            let pages = report::plural(written.len(), "page");
            report::line(&format!("{pages} of content/reference written"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
