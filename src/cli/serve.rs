//! `kiln serve`: the site while it is being written.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use crate::build::{Naming, Report, Request};
use crate::content::Drafts;
use crate::diag::{self, Style};
use crate::serve::{Eye, Listener, ServeRequest, serve};
use crate::snippet::shelf::Reuse;
use crate::{Error, Result};

use super::{Common, Format, StoreArgs, browser, report};

/// Flags of `kiln serve`.
#[derive(Args, Clone, Debug)]
pub(super) struct ServeArgs {
    /// The address to listen on: only this machine can reach the default, all of its network `0.0.0.0`.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_parser = address)]
    host: IpAddr,
    /// The port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    #[command(flatten)]
    store: StoreArgs,
    /// Open the site in the browser.
    #[arg(long)]
    open: bool,
    /// Show drafts too.
    #[arg(long)]
    drafts: bool,
    /// Look at the files again and again: for network and container file systems that tell nothing.
    #[arg(long)]
    poll: bool,
}

/// An address as people write it.
fn address(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let digits = text.trim_start_matches('[').trim_end_matches(']');
    digits
        .parse()
        .map_err(|_| "an address is `localhost` or digits: 127.0.0.1, 0.0.0.0 for all, ::1".to_owned())
}

/// Serves the site until it is stopped.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &ServeArgs) -> Result<ExitCode> {
    let drafts = if args.drafts { Drafts::Show } else { Drafts::Hide };
    let sharing = args.store.sharing();
    let naming = Naming::Plain;
    let build = Request { drafts, sharing, naming, ..common.request(None, Reuse::Bakes, None) };
    let eye = if args.poll { Eye::Poll } else { Eye::System };
    let request = ServeRequest { build, host: args.host, port: args.port, eye };
    let json = common.format == Format::Json;
    let terminal = Terminal { style: common.style(), quiet: common.quiet, open: args.open, json };
    serve(&request, Arc::new(terminal))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells the person at the terminal, or with `json` a program: one object a line.
struct Terminal {
    style: Style,
    quiet: bool,
    open: bool,
    json: bool,
}

impl Listener for Terminal {
    fn ready(&self, address: SocketAddr) {
        if self.json {
            report::line(&json!({ "event": "serving", "url": format!("http://{address}/") }).to_string());
        } else if !self.quiet {
            report::line(&format!("serving http://{address}/ (Ctrl-C stops)"));
        }
        if self.open && !browser::open(&format!("http://{address}/")) {
            self.note("no browser could be opened");
        }
    }

    fn built(&self, built: &Report, running: usize) {
        if self.json {
            let faults = report::json(&built.diagnostics, &built.sources);
            let told = json!({ "event": "built", "ms": built.ms, "running": running, "diagnostics": faults });
            return report::line(&told.to_string());
        }
        report::diagnostics(&built.diagnostics, &built.sources, self.style, None);
        if !self.quiet && !diag::has_errors(&built.diagnostics) {
            let cells = match running {
                0 => String::new(),
                _ => format!(", cells of {} run", report::plural(running, "chapter")),
            };
            report::line(&format!("built in {:.0} ms{cells}", built.ms));
        }
    }

    fn failed(&self, error: &Error) {
        if self.json {
            let mut told = report::error_json(error);
            told["event"] = "failed".into();
            return report::line(&told.to_string());
        }
        report::error(error, self.style);
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            eprintln!("note: {text}");
        }
    }
}
