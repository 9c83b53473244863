//! `kiln build`: chapters in, site out.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::Result;
use crate::build::{self, Report, Request};
use crate::diag;
use crate::snippet::shelf::Reuse;

use super::{AUTHOR, Common, Format, report};

/// Flags of `kiln build`.
#[derive(Args, Clone, Debug)]
pub(super) struct BuildArgs {
    /// Run every cell again, whatever the caches hold.
    #[arg(long)]
    rerun: bool,
    /// Where the site goes; `site` in the project's folder by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How many workers run at once; one a processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

/// Builds the site.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &BuildArgs) -> Result<ExitCode> {
    let request = Request {
        root: common.root.clone(),
        out: args.out.clone().unwrap_or_else(|| common.root.join("site")),
        reuse: if args.rerun { Reuse::Nothing } else { Reuse::Bakes },
        ort_library: common.ort_lib.clone(),
        jobs: args.jobs.map(usize::from),
        progress: common.progress(),
    };
    let report = build::build(&request)?;
    match common.format {
        Format::Text => {
            report::diagnostics(&report.diagnostics, &report.sources, common.style());
            if !common.quiet && !diag::has_errors(&report.diagnostics) {
                report::line(&summary(&report, &request));
            }
        }
        Format::Json => report::line(&as_json(&report).to_string()),
    }
    let faulty = diag::has_errors(&report.diagnostics);
    Ok(if faulty { ExitCode::from(AUTHOR) } else { ExitCode::SUCCESS })
}

fn summary(report: &Report, request: &Request) -> String {
    let cells = &report.cells;
    let mut parts = vec![
        report::plural(report.pages, "page"),
        format!("{} run", report::plural(cells.run, "cell")),
        format!("{} from cache", cells.cached),
    ];
    if cells.locked > 0 {
        parts.push(format!("{} from the lock", cells.locked));
    }
    if !report.models.is_empty() {
        parts.push(format!("{}: {}", report::plural(report.models.len(), "model"), report.models.join(", ")));
    }
    format!("{} in {:.2} s -> {}", parts.join("; "), report.ms / 1000.0, request.out.display())
}

fn as_json(report: &Report) -> serde_json::Value {
    json!({
        "pages": report.pages,
        "cells": { "run": report.cells.run, "cached": report.cells.cached, "locked": report.cells.locked },
        "models": report.models,
        "diagnostics": report::json(&report.diagnostics, &report.sources),
        "ms": report.ms,
    })
}
