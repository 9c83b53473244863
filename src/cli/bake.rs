//! `kiln bake`: what the cells show, committed.

use std::process::ExitCode;

use clap::Args;

use crate::build::{Request, Shard};
use crate::snippet::shelf::Reuse;
use crate::{Result, build, diag};

use super::build::{as_json, steps, summary};
use super::{Common, Format, MACHINE, StoreArgs, exit_code, finding, report};

/// Flags of `kiln bake`.
#[derive(Args, Clone, Debug)]
pub(super) struct BakeArgs {
    /// Run every cell again and lock what it shows now, whether it has drifted or not.
    #[arg(long)]
    accept: bool,
    /// How many workers run at once; one a processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Bake only this share of the chapters: `1/4` to `4/4` on four machines bake all.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs what has no bake and writes the locks.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &BakeArgs) -> Result<ExitCode> {
    let reuse = if args.accept { Reuse::Nothing } else { Reuse::Bakes };
    let sharing = args.store.sharing();
    let request = Request { sharing, shard: args.shard, ..common.request(None, reuse, args.jobs) };
    let (made, written) = build::bake(&request)?;
    match common.format {
        Format::Text => {
            report::diagnostics(
                &made.diagnostics,
                &made.sources,
                common.style(),
                Some("no lock was changed"),
            );
            if !common.quiet && !diag::has_errors(&made.diagnostics) {
                report::line(&summary(&made, None));
                if common.verbose {
                    steps(&made);
                }
                let written = written.iter().map(|chapter| format!("locked content/{chapter}/bake.lock"));
                written.for_each(|text| report::line(&text));
            }
        }
        Format::Json => {
            let mut json = as_json(&made);
            json["locked"] = written.into();
            report::line(&json.to_string());
        }
        Format::Github => finding::github(&finding::of(&made.diagnostics, &made.sources)),
        Format::Sarif => finding::sarif(&finding::of(&made.diagnostics, &made.sources)),
    }
    // A machine that bakes for others has not done so where they do not get it.
    Ok(match made.unsent {
        0 => exit_code(&made.diagnostics),
        _ => ExitCode::from(MACHINE),
    })
}
