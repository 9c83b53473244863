//! `kiln check`: whether the cells still show what was locked.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::Result;
use crate::build::{self, Checked, Selection, State};
use crate::diag::has_errors;
use crate::snippet::shelf::Reuse;

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
    let request = common.request(None, Reuse::Nothing, args.jobs);
    let selection = Selection { only: args.only.clone(), sample: args.sample, seed: args.seed };
    let checked = build::check(&request, &selection)?;
    match common.format {
        Format::Text => tell(common, &checked),
        Format::Json => report::line(&as_json(&checked).to_string()),
    }
    if has_errors(&checked.diagnostics) {
        return Ok(exit_code(&checked.diagnostics));
    }
    let any = |is: fn(&State) -> bool| checked.cells.values().any(is);
    Ok(if any(|state| matches!(state, State::Drifted(_))) {
        ExitCode::from(DRIFT)
    } else if any(|state| *state != State::Same) {
        ExitCode::from(AUTHOR)
    } else {
        ExitCode::SUCCESS
    })
}

fn tell(common: &Common, checked: &Checked) {
    report::diagnostics(&checked.diagnostics, &checked.sources, common.style());
    for (name, state) in &checked.cells {
        match state {
            State::Same => {}
            State::Unlocked => report::line(&format!("{name}: not locked; run `kiln bake`")),
            State::Stale(why) => {
                report::line(&format!("{name}: stale, as {}; run `kiln bake`", why.join("; ")));
            }
            State::Drifted(drifts) => {
                report::line(&format!("{name}: drifted"));
                for drift in drifts {
                    report::line(&format!("  {}\n    was {}\n    now {}", drift.place, drift.was, drift.now));
                }
            }
        }
    }
    if !common.quiet {
        let same = checked.cells.values().filter(|state| **state == State::Same).count();
        report::line(&format!("{same} of {} as locked", report::plural(checked.cells.len(), "cell")));
    }
}

fn as_json(checked: &Checked) -> Value {
    let cells = checked.cells.iter().map(|(name, state)| {
        let (word, more) = match state {
            State::Same => ("same", Value::Null),
            State::Unlocked => ("unlocked", Value::Null),
            State::Stale(why) => ("stale", json!(why)),
            State::Drifted(drifts) => ("drifted", json!(drifts)),
        };
        json!({ "cell": name, "state": word, "details": more })
    });
    json!({
        "cells": cells.collect::<Vec<_>>(),
        "diagnostics": report::json(&checked.diagnostics, &checked.sources),
    })
}
