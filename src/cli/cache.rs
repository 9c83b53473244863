//! `kiln cache`: the local store of bakes.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::Result;
use crate::build;
use crate::cache::Contents;
use crate::config::StoreConfig;
use crate::models::Cache;

use super::{Common, Format, report};

/// Arguments of `kiln cache`.
#[derive(Args, Clone, Debug)]
pub(super) struct CacheArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand, Clone, Copy, Debug)]
enum Act {
    /// Say where the store is and what is in it.
    Ls,
    /// Remove the bakes that were not used for longest, until the rest fits.
    Gc {
        /// How many mebibytes may stay.
        #[arg(long, value_name = "MIB", default_value_t = StoreConfig::default().keep)]
        keep: u64,
    },
    /// Read every bake, and remove those that are damaged.
    Verify,
    /// Remove every bake.
    Clear,
}

/// Does what is asked of the store.
///
/// # Errors
/// The store cannot be read or written to.
pub(super) fn run(common: &Common, args: &CacheArgs) -> Result<ExitCode> {
    let store = build::local(&Cache::of_user()?);
    let (what, Contents { entries, bytes }) = match args.act {
        Act::Ls => ("in the store", store.contents()?),
        Act::Gc { keep } => ("removed", store.collect(keep.saturating_mul(1 << 20))?),
        Act::Verify => ("damaged and removed", store.verify()?),
        Act::Clear => ("removed", store.collect(0)?),
    };
    match common.format {
        Format::Json => report::line(
            &json!({ "folder": store.folder().to_string_lossy(), "entries": entries, "bytes": bytes })
                .to_string(),
        ),
        Format::Text | Format::Github | Format::Sarif if common.quiet => {}
        Format::Text | Format::Github | Format::Sarif => {
            let megabytes = bytes as f64 / 1e6;
            let count = report::plural(entries, "bake");
            report::line(&format!("{count} ({megabytes:.1} MB) {what}: {}", store.folder().display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
