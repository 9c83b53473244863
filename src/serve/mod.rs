//! `kiln serve`: the same build into memory, a watcher that repeats it, a server that shows it.
//!
//! The last good site stays while the author mends a fault; nothing is written to disk.

mod http;
mod site;
mod watch;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::build::{Request, make};
use crate::diag::{Cause, Diagnostic, Severity, Sources, has_errors};
use crate::write::Memory;
use crate::{Error, Result};

pub use site::Site;

/// Where and what to serve.
#[derive(Clone, Debug)]
pub struct ServeRequest {
    /// What to build.
    pub build: Request,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
}

/// What a person who runs `kiln serve` is told.
pub trait Listener: Send + Sync {
    /// The server listens.
    fn ready(&self, address: SocketAddr);
    /// A build has ended, with these diagnostics.
    fn built(&self, diagnostics: &[Diagnostic], sources: &Sources, ms: f64);
    /// A build could not be made.
    fn failed(&self, error: &Error);
}

/// Serves the site until the process is ended.
///
/// # Errors
/// The port is taken, or the folder cannot be watched.
pub fn serve(request: &ServeRequest, listener: Arc<dyn Listener>) -> Result<()> {
    let site = Arc::new(Site::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::because("cannot start the server"))?;
    let address = SocketAddr::new(request.host, request.port);
    let socket = runtime.block_on(tokio::net::TcpListener::bind(address)).map_err(|cause| {
        Error::new(format!("cannot listen on {address}: {cause}")).hint("choose another port with `--port`")
    })?;
    let address = socket.local_addr().map_err(Error::because("cannot tell the port"))?;
    listener.ready(address);

    let changes = watch::Watch::start(&request.build.root, &request.build.out)?;
    let builder = {
        let (site, build, listener) = (Arc::clone(&site), request.build.clone(), Arc::clone(&listener));
        move || {
            rebuild(&build, &site, &*listener);
            while changes.next() {
                rebuild(&build, &site, &*listener);
            }
        }
    };
    std::thread::spawn(builder);
    runtime.block_on(http::run(socket, site, request.host)).map_err(Error::because("the server ended"))
}

/// Builds once and shows the result; after a fault the last good site stays.
fn rebuild(request: &Request, site: &Site, listener: &dyn Listener) {
    let memory = Memory::default();
    match make(request, &memory) {
        Ok(mut made) => {
            // An author looks at a picture before describing it.
            let written = |told: &&mut Diagnostic| told.cause == Cause::MissingAlt;
            made.report
                .diagnostics
                .iter_mut()
                .filter(written)
                .for_each(|told| told.severity = Severity::Warning);
            let report = &made.report;
            listener.built(&report.diagnostics, &report.sources, report.ms);
            if has_errors(&report.diagnostics) {
                site.show_faults(&report.diagnostics, &report.sources);
            } else {
                site.replace(memory.files());
            }
        }
        Err(error) => listener.failed(&error),
    }
}
