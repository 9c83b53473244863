//! `kiln explain`: why a cell runs, or does not.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::Result;
use crate::build::{self, Explained, Request};
use crate::diag::has_errors;
use crate::snippet::shelf::Reuse;

use super::{AUTHOR, Common, Format, StoreArgs, named, report};

/// Flags of `kiln explain`.
#[derive(Args, Clone, Debug)]
pub(super) struct ExplainArgs {
    /// The cell, by the folder of its chapter below content/ and its label.
    #[arg(value_name = "CHAPTER#LABEL")]
    cell: String,
    #[command(flatten)]
    store: StoreArgs,
}

/// Tells what the key of a cell is made of.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &ExplainArgs) -> Result<ExitCode> {
    let sharing = args.store.sharing();
    let request = Request { sharing, ..common.request(None, Reuse::Frozen, None) };
    let explained = build::explain(&request, &args.cell)?;
    if !explained.known.contains(&args.cell) {
        // The cells of a chapter with a fault are not known.
        let fault = named::unknown(&args.cell, &explained.known);
        let faults = [explained.diagnostics.as_slice(), &[fault]].concat();
        match common.format {
            Format::Json => {
                let faults = report::json(&faults, &explained.sources);
                report::line(&json!({ "cell": args.cell, "diagnostics": faults }).to_string());
            }
            Format::Text | Format::Github | Format::Sarif => {
                report::diagnostics(&faults, &explained.sources, common.style(), None);
            }
        }
        return Ok(ExitCode::from(AUTHOR));
    }
    match common.format {
        Format::Json => report::line(&as_json(&explained).to_string()),
        Format::Text | Format::Github | Format::Sarif => tell(common, &explained),
    }
    Ok(if has_errors(&explained.diagnostics) { ExitCode::from(AUTHOR) } else { ExitCode::SUCCESS })
}

fn tell(common: &Common, explained: &Explained) {
    report::diagnostics(&explained.diagnostics, &explained.sources, common.style(), None);
    let Some(key) = &explained.key else {
        let first = match explained.waits_for.join(", ") {
            cells if cells.is_empty() => "something that it reads has no bake yet".to_owned(),
            cells => format!("it reads values that come from {cells}, without a bake as yet"),
        };
        return report::line(&format!("its key is not known: {first}"));
    };
    let state = if explained.found { "has a bake" } else { "has no bake and would run" };
    report::line(&format!("{} {state}", key.cell));
    let width = key.parts.iter().map(|part| part.name.chars().count()).max().unwrap_or(0);
    for part in &key.parts {
        report::line(&format!("  {:width$}  {}", part.name, part.value));
    }
    match &explained.changed {
        None => report::line("it is not locked"),
        Some(changed) if changed.is_empty() => report::line("it is as locked"),
        Some(changed) => {
            report::line("since it was locked:");
            changed.iter().for_each(|change| report::line(&format!("  {change}")));
        }
    }
}

fn as_json(explained: &Explained) -> serde_json::Value {
    let parts = explained.key.iter().flat_map(|key| &key.parts);
    json!({
        "key": explained.key.as_ref().map(|key| key.cell.to_string()),
        "found": explained.found,
        "waits_for": explained.waits_for,
        "parts": parts.map(|part| json!({ "name": part.name, "value": part.value })).collect::<Vec<_>>(),
        "changed": explained.changed,
        "diagnostics": report::json(&explained.diagnostics, &explained.sources),
    })
}
