//! `kiln check`: whether the cells still show what was locked.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::Result;
use crate::build::{self, Checked, External, Request, Selection, Shard};
use crate::content::Spelling;
use crate::diag::has_errors;
use crate::snippet::drift::Drift;
use crate::snippet::run::Verdict;
use crate::snippet::shelf::Reuse;

use super::finding::{self, Finding, Place, Rule};
use super::{AUTHOR, Common, DRIFT, Format, exit_code, report};

/// Flags of `kiln check`.
#[derive(Args, Clone, Debug)]
pub(super) struct CheckArgs {
    /// Only this cell.
    #[arg(long, value_name = "CHAPTER#LABEL")]
    only: Option<String>,
    /// Only about this share of the cells: `10%`.
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    sample: Option<f64>,
    /// Which share `--sample` takes.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Only this share of the chapters: `1/4` to `4/4` on four machines check all.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Also write a page that shows what has changed, before and after side by side.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Also ask other sites whether they still have what pages link to.
    #[arg(long)]
    external: bool,
    /// How many workers run at once; one a processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>();
    match number {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err("a share is a number of percent: 10%".to_owned()),
    }
}

/// Runs cells again and compares them with their locks.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &CheckArgs) -> Result<ExitCode> {
    let spelling = Spelling::Check;
    let request = Request { shard: args.shard, spelling, ..common.request(None, Reuse::Nothing, args.jobs) };
    let selection = Selection { only: args.only.clone(), sample: args.sample, seed: args.seed };
    let links = if args.external { External::Ask } else { External::Leave };
    let checked = build::check(&request, &selection, links)?;
    match common.format {
        Format::Text => tell(common, &checked),
        Format::Json => report::line(&as_json(&checked).to_string()),
        Format::Github => finding::github(&findings(&checked)),
        Format::Sarif => finding::sarif(&findings(&checked)),
    }
    if let Some(page) = &args.report {
        build::review(&checked, page)?;
    }
    if has_errors(&checked.diagnostics) {
        return Ok(exit_code(&checked.diagnostics));
    }
    let any = |is: fn(&Verdict) -> bool| checked.cells.values().any(|cell| is(&cell.again.verdict));
    Ok(if any(|verdict| matches!(verdict, Verdict::Drifted(_))) {
        ExitCode::from(DRIFT)
    } else if any(|verdict| *verdict != Verdict::Same) {
        ExitCode::from(AUTHOR)
    } else {
        ExitCode::SUCCESS
    })
}

fn tell(common: &Common, checked: &Checked) {
    report::diagnostics(&checked.diagnostics, &checked.project.sources, common.style(), None);
    for (name, cell) in &checked.cells {
        match &cell.again.verdict {
            Verdict::Same if common.verbose => report::line(&format!("{name}: as locked")),
            Verdict::Same => {}
            Verdict::Drifted(drifts) => {
                report::line(&format!("{name}: drifted"));
                for drift in drifts {
                    report::line(&format!("  {}\n    was {}\n    now {}", drift.place, drift.was, drift.now));
                    if let Some(margin) = drift.margin {
                        report::line(&format!("    the locked choice was ahead by {margin:.3e}"));
                    }
                }
            }
            other => report::line(&format!("{name}: {}", in_words(other))),
        }
    }
    if !common.quiet {
        let same = checked.cells.values().filter(|cell| cell.again.verdict == Verdict::Same).count();
        report::line(&format!("{same} of {} as locked", report::plural(checked.cells.len(), "cell")));
    }
}

/// What became of a cell, in one line.
fn in_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Same => "as locked".to_owned(),
        Verdict::Unlocked => "not locked; run `kiln bake`".to_owned(),
        Verdict::Stale(why) => format!("stale, as {}; run `kiln bake`", why.join("; ")),
        Verdict::Drifted(drifts) => {
            let one = |drift: &Drift| {
                let margin =
                    drift.margin.map(|margin| format!(" (the locked choice was ahead by {margin:.3e})"));
                format!(
                    "{} was {} and is {}{}",
                    drift.place,
                    drift.was,
                    drift.now,
                    margin.unwrap_or_default()
                )
            };
            format!("drifted: {}", drifts.iter().map(one).collect::<Vec<_>>().join("; "))
        }
    }
}

fn findings(checked: &Checked) -> Vec<Finding> {
    let mut findings = finding::of(&checked.diagnostics, &checked.project.sources);
    for (name, cell) in &checked.cells {
        let rule = match &cell.again.verdict {
            Verdict::Same => continue,
            Verdict::Drifted(_) => Rule::Drift,
            Verdict::Stale(_) | Verdict::Unlocked => Rule::Stale,
        };
        let message = format!("{name}: {}", in_words(&cell.again.verdict));
        let place = Place::of(cell.span, &checked.project.sources);
        findings.push(Finding { rule, is_error: true, message, place: Some(place) });
    }
    findings
}

fn as_json(checked: &Checked) -> Value {
    let cells = checked.cells.iter().map(|(name, cell)| {
        let (word, more) = match &cell.again.verdict {
            Verdict::Same => ("same", Value::Null),
            Verdict::Unlocked => ("unlocked", Value::Null),
            Verdict::Stale(why) => ("stale", json!(why)),
            Verdict::Drifted(drifts) => ("drifted", json!(drifts)),
        };
        json!({ "cell": name, "state": word, "details": more, "cpu": cell.again.now.making.cpu })
    });
    json!({
        "cells": cells.collect::<Vec<_>>(),
        "diagnostics": report::json(&checked.diagnostics, &checked.project.sources),
    })
}
