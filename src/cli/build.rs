//! `kiln build`: chapters in, site out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::Result;
use crate::build::{self, Report, Request};
use crate::diag;
use crate::snippet::shelf::Reuse;

use super::deploy::{self, Site};
use super::{Common, Format, StoreArgs, exit_code, finding, report};

/// Flags of `kiln build`.
#[derive(Args, Clone, Debug)]
pub(super) struct BuildArgs {
    /// Run every cell again, whatever the caches hold.
    #[arg(long)]
    rerun: bool,
    /// Run nothing: use the locks and the local store, and end with exit code 4 where they lack a cell.
    #[arg(long, conflicts_with = "rerun")]
    frozen: bool,
    /// Where the site goes; `site` in the project's folder by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How many workers run at once; one a processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    #[command(flatten)]
    store: StoreArgs,
    /// Write into this file, in Markdown, what publishing the site changes.
    #[arg(long, value_name = "FILE")]
    deploy_report: Option<PathBuf>,
    /// The kiln-manifest.json of the site that is published; that of the last build by default.
    #[arg(long, value_name = "FILE", requires = "deploy_report")]
    against: Option<PathBuf>,
}

/// Builds the site.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &BuildArgs) -> Result<ExitCode> {
    let reuse = match (args.rerun, args.frozen) {
        (true, _) => Reuse::Nothing,
        (_, true) => Reuse::Frozen,
        _ => Reuse::Bakes,
    };
    let sharing = args.store.sharing();
    let request = Request { sharing, ..common.request(args.out.clone(), reuse, args.jobs) };
    let before = match (&args.deploy_report, &args.against) {
        (Some(_), Some(manifest)) => Site::read(manifest)?,
        (Some(_), None) => Site::built(&request.out),
        (None, _) => Site::default(),
    };
    let report = build::build(&request)?;
    if let Some(path) = args.deploy_report.as_ref().filter(|_| !diag::has_errors(&report.diagnostics)) {
        deploy::write(path, &deploy::report(&before, &Site::built(&request.out), &report))?;
    }
    match common.format {
        Format::Text => {
            report::diagnostics(
                &report.diagnostics,
                &report.sources,
                common.style(),
                Some("the site was not changed"),
            );
            if !common.quiet && !diag::has_errors(&report.diagnostics) {
                report::line(&summary(&report, Some(&request.out)));
                if common.verbose {
                    steps(&report);
                }
            }
        }
        Format::Json => report::line(&as_json(&report).to_string()),
        Format::Github => finding::github(&finding::of(&report.diagnostics, &report.sources)),
        Format::Sarif => finding::sarif(&finding::of(&report.diagnostics, &report.sources)),
    }
    Ok(exit_code(&report.diagnostics))
}

/// How long each step took, a line each.
pub(super) fn steps(report: &Report) {
    report.steps.iter().for_each(|(name, ms)| report::line(&format!("  {name}: {ms:.0} ms")));
}

pub(super) fn summary(report: &Report, out: Option<&Path>) -> String {
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
    let out = out.map(|out| format!(" -> {}", out.display())).unwrap_or_default();
    format!("{} in {:.2} s{out}", parts.join("; "), report.ms / 1000.0)
}

pub(super) fn as_json(report: &Report) -> serde_json::Value {
    json!({
        "pages": report.pages,
        "cells": { "run": report.cells.run, "cached": report.cells.cached, "locked": report.cells.locked },
        "models": report.models,
        "diagnostics": report::json(&report.diagnostics, &report.sources),
        "ms": report.ms,
    })
}
