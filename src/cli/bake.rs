//! `kiln bake`: what the cells show, committed.

use std::process::ExitCode;

use clap::Args;

use crate::snippet::shelf::Reuse;
use crate::{Result, build, diag};

use super::build::{as_json, summary};
use super::{Common, Format, exit_code, report};

/// Flags of `kiln bake`.
#[derive(Args, Clone, Debug)]
pub(super) struct BakeArgs {
    /// Run every cell again and lock what it shows now, whether it has drifted or not.
    #[arg(long)]
    accept: bool,
    /// How many workers run at once; one a processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

/// Runs what has no bake and writes the locks.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &BakeArgs) -> Result<ExitCode> {
    let reuse = if args.accept { Reuse::Nothing } else { Reuse::Bakes };
    let request = common.request(None, reuse, args.jobs);
    let (made, written) = build::bake(&request)?;
    match common.format {
        Format::Text => {
            report::diagnostics(&made.diagnostics, &made.sources, common.style());
            if !common.quiet && !diag::has_errors(&made.diagnostics) {
                report::line(&summary(&made, None));
                let written = written.iter().map(|chapter| format!("locked content/{chapter}/bake.lock"));
                written.for_each(|text| report::line(&text));
            }
        }
        Format::Json => {
            let mut json = as_json(&made);
            json["locked"] = written.into();
            report::line(&json.to_string());
        }
    }
    Ok(exit_code(&made.diagnostics))
}
