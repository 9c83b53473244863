//! `kiln fmt`: one spelling for front matter and the options of cells.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::build::{self, Tidied};
use crate::snippet::shelf::Reuse;
use crate::{Error, Result, write};

use super::{AUTHOR, Common, Format, exit_code, report};

/// Flags of `kiln fmt`.
#[derive(Args, Clone, Debug)]
pub(super) struct FmtArgs {
    /// Write nothing: name the pages that are not in order, and end with exit code 1 where there is one.
    #[arg(long)]
    check: bool,
}

/// Puts the front matter and the options of cells in order, in all pages that can be read.
///
/// # Errors
/// A page cannot be read or written.
pub(super) fn run(common: &Common, args: &FmtArgs) -> Result<ExitCode> {
    let Tidied { changed, faults, sources } = build::tidy(&common.request(None, Reuse::Frozen, None))?;
    if !args.check {
        for (path, text) in &changed {
            let full = common.root.join(path);
            // A page may be a link to another one: that one is put in order, in one step.
            let real = std::fs::canonicalize(&full)
                .map_err(Error::because(format!("cannot find {}", full.display())))?;
            write::file(&real, text.as_bytes())?;
        }
    }
    let names: Vec<String> = changed.iter().map(|(path, _)| path.to_string_lossy().into_owned()).collect();
    match common.format {
        Format::Json => {
            let faults = report::json(&faults, &sources);
            report::line(&json!({ "changed": names, "diagnostics": faults }).to_string());
        }
        _ if common.quiet && !args.check => {}
        Format::Text | Format::Github | Format::Sarif => {
            let word = if args.check { "would change" } else { "changed" };
            names.iter().for_each(|name| report::line(&format!("{word} {name}")));
        }
    }
    if common.format != Format::Json {
        report::diagnostics(&faults, &sources, common.style(), None);
    }
    let wants = args.check && !names.is_empty();
    Ok(if wants { ExitCode::from(AUTHOR) } else { exit_code(&faults) })
}
