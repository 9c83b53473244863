//! `kiln fmt`: one spelling for front matter and the options of cells.

#![expect(clippy::disallowed_methods, reason = "the command writes the pages that it has put in order")]

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::build;
use crate::snippet::shelf::Reuse;
use crate::{Error, Result};

use super::{AUTHOR, Common, Format, report};

/// Flags of `kiln fmt`.
#[derive(Args, Clone, Debug)]
pub(super) struct FmtArgs {
    /// Write nothing: name the pages that are not in order, and end with exit code 1 where there is one.
    #[arg(long)]
    check: bool,
}

/// Puts the front matter and the options of cells in order, in all pages.
///
/// # Errors
/// A page cannot be read or written.
pub(super) fn run(common: &Common, args: &FmtArgs) -> Result<ExitCode> {
    let changed = build::tidy(&common.request(None, Reuse::Frozen, None))?;
    if !args.check {
        for (path, text) in &changed {
            let full = common.root.join(path);
            std::fs::write(&full, text)
                .map_err(Error::because(format!("cannot write {}", full.display())))?;
        }
    }
    let names: Vec<String> = changed.iter().map(|(path, _)| path.to_string_lossy().into_owned()).collect();
    match common.format {
        Format::Json => report::line(&json!({ "changed": names }).to_string()),
        _ if common.quiet && !args.check => {}
        Format::Text | Format::Github | Format::Sarif => {
            let word = if args.check { "would change" } else { "changed" };
            names.iter().for_each(|name| report::line(&format!("{word} {name}")));
        }
    }
    Ok(if args.check && !names.is_empty() { ExitCode::from(AUTHOR) } else { ExitCode::SUCCESS })
}
