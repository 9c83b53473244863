//! `kiln serve`: the same build into memory, a watcher that repeats it, a server that shows it.
//!
//! The last good site stays while the author mends a fault; nothing is written to disk.

mod http;
mod site;
mod watch;

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::build::{self, Changes, Extent, Pace, Report, Request, Session};
use crate::diag::{Cause, Diagnostic, Severity};
use crate::{Error, Result, interrupt};

pub use site::Site;
pub use watch::Eye;

/// How often the site is looked at while cells run, whose outputs are shown one by one, how often the server
/// looks up to see whether it is to end, and how long a browser has for what it was sent before pages are made
/// that nobody looks at.
const GLANCE: Duration = Duration::from_millis(150);

/// How long nothing has to change before the search index and the like are made again.
const REST: Duration = Duration::from_secs(1);

/// The stack for a build, whose parsers go deeper with every bracket.
const STACK_BYTES: usize = 16 << 20;

/// Where and what to serve.
#[derive(Clone, Debug)]
pub struct ServeRequest {
    /// What to build.
    pub build: Request,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// How the project is watched.
    pub eye: Eye,
}

/// What a person who runs `kiln serve` is told.
pub trait Listener: Send + Sync {
    /// The server listens.
    fn ready(&self, address: SocketAddr);
    /// A build has ended; cells may still run.
    fn built(&self, report: &Report, running: usize);
    /// A build could not be made.
    fn failed(&self, error: &Error);
    /// Something that is good to know.
    fn note(&self, text: &str);
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
        let hint = match cause.kind() {
            ErrorKind::AddrNotAvailable => {
                "this machine has no such address; `--host 0.0.0.0` listens on all it has"
            }
            ErrorKind::PermissionDenied => {
                "ports below 1024 are the system's: choose another one with `--port`"
            }
            _ => "choose another port with `--port`; 0 takes any free one",
        };
        Error::new(format!("cannot listen on {address}: {cause}")).hint(hint)
    })?;
    let address = socket.local_addr().map_err(Error::because("cannot tell the port"))?;
    // Before anything is read: what changes meanwhile is not missed.
    let inputs = build::inputs(&request.build.root)?;
    let (mut watch, note) =
        watch::Watch::start(&request.build.root, &request.build.out, inputs, request.eye, &site)?;
    if let Some(note) = note {
        listener.note(&note);
    }
    listener.ready(address);
    let mut session = Session::new(request.build.clone());
    let shown = Arc::clone(&site);
    let build = move || {
        let mut changes = Changes::All;
        let mut last = Instant::now();
        let mut told = Told::default();
        loop {
            // While somebody writes, nobody searches, and few pages are looked at: the rest can wait.
            let pace = match changes == Changes::NONE {
                true if last.elapsed() >= REST => Pace::Now,
                true => Pace::Later,
                false => Pace::Seen,
            };
            let extent = rebuild(&mut session, &changes, pace, &shown, &*listener, &mut told);
            // What lies elsewhere and was not watched when it was read may have changed since.
            if watch.cover(session.inputs()) {
                changes = Changes::All;
                continue;
            }
            changes = loop {
                if interrupt::asked() {
                    return;
                }
                let patience = if extent == Extent::Some { Duration::ZERO } else { GLANCE };
                let heard = watch.next(patience);
                shown.stir(false);
                match heard {
                    Ok(Some(changes)) => {
                        last = Instant::now();
                        break changes;
                    }
                    Ok(None) if session.is_running() || session.is_unfinished() => break Changes::NONE,
                    Ok(None) if session.is_stale() && last.elapsed() >= REST => break Changes::NONE,
                    Ok(None) => {}
                    Err(_) => return,
                }
            };
        }
    };
    let builder = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(build)
        .map_err(Error::because("cannot start the builder's thread"))?;
    let server = http::run(socket, site, request.host);
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = server => ended.map_err(Error::because("the server ended")),
            () = interrupted() => Ok(()),
        }
    });
    if ended.is_ok() {
        // A build that is under way ends its workers; one that panicked has told so.
        let _ = builder.join();
    }
    ended
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() {
    while !interrupt::asked() {
        tokio::time::sleep(GLANCE).await;
    }
}

/// What the person at the terminal knows.
#[derive(Debug, Default)]
struct Told {
    /// The faults.
    faults: Vec<Diagnostic>,
    /// Whether something has changed since a build was last told of that has ended.
    due: bool,
}

/// Builds once and shows the result; after a fault the last good site stays.
fn rebuild(
    session: &mut Session,
    changes: &Changes,
    pace: Pace,
    site: &Site,
    listener: &dyn Listener,
    told: &mut Told,
) -> Extent {
    told.due |= *changes != Changes::NONE;
    match session.make(changes, pace, site) {
        Ok(live) if live.extent == Extent::Some => Extent::Some,
        Ok(mut live) => {
            // An author looks at a picture before describing it.
            for fault in live.report.diagnostics.iter_mut().filter(|fault| fault.cause == Cause::MissingAlt) {
                fault.severity = Severity::Warning;
            }
            let (sound, whole) = (live.is_sound(), live.extent == Extent::Whole);
            let Report { diagnostics, sources, .. } = &live.report;
            match whole {
                true if sound => site.show(&live.files, live.running.clone()),
                false if sound => site.show_seen(live.running.clone()),
                _ => site.show_faults(whole.then_some(&live.files), diagnostics, sources),
            }
            // Between two cells, between the pages that somebody looks at and all others, and when what can wait
            // is made too, there is nothing to tell at the terminal but faults.
            let between = !whole || !told.due || (*changes == Changes::NONE && !live.running.is_empty());
            let known = *changes == Changes::NONE && told.faults == *diagnostics;
            if !(sound && between || !sound && known) {
                listener.built(&live.report, live.running.len());
                told.faults.clone_from(diagnostics);
                told.due = !live.running.is_empty();
            }
            live.extent
        }
        Err(error) => {
            let hints = error.hints().iter().map(|hint| format!("\nhelp: {hint}"));
            site.show_error(format!("error: {error}{}", hints.collect::<String>()));
            listener.failed(&error);
            Extent::Whole
        }
    }
}
