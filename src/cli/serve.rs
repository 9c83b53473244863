//! `kiln serve`: the site while it is being written.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::build::Request;
use crate::diag::{self, Diagnostic, Sources, Style};
use crate::serve::{Listener, ServeRequest, serve};
use crate::snippet::shelf::Reuse;
use crate::{Error, Result};

use super::{Common, StoreArgs, report};

/// Flags of `kiln serve`.
#[derive(Args, Clone, Debug)]
pub(super) struct ServeArgs {
    /// The address to listen on; only this machine can reach the default.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    #[command(flatten)]
    store: StoreArgs,
}

/// Serves the site until it is stopped.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &ServeArgs) -> Result<ExitCode> {
    let sharing = args.store.sharing();
    let build = Request { sharing, ..common.request(None, Reuse::Bakes, None) };
    let request = ServeRequest { build, host: args.host, port: args.port };
    serve(&request, Arc::new(Terminal { style: common.style(), quiet: common.quiet }))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells the person at the terminal.
struct Terminal {
    style: Style,
    quiet: bool,
}

impl Listener for Terminal {
    fn ready(&self, address: SocketAddr) {
        if !self.quiet {
            report::line(&format!("serving http://{address}/ (Ctrl-C stops)"));
        }
    }

    fn built(&self, diagnostics: &[Diagnostic], sources: &Sources, ms: f64) {
        report::diagnostics(diagnostics, sources, self.style);
        if !self.quiet && !diag::has_errors(diagnostics) {
            report::line(&format!("built in {ms:.0} ms"));
        }
    }

    fn failed(&self, error: &Error) {
        report::error(error, self.style);
    }
}
