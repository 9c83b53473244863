//! `kiln doctor`: what Kiln finds on this machine, and what is amiss.

#![expect(clippy::disallowed_methods, reason = "the command looks at the machine")]

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::models::say;
use super::{Common, Format};
use crate::diag::Sources;
use crate::interrupt::Recall;
use crate::models::fetch::{Client, IndexConfig, clients, index_config, npm_registry};
use crate::models::{Cache, FileState, Manifest, ModelStore, status};
use crate::runtime::library::{self, Library, LibraryRequest, VERSION};
use crate::runtime::processor;
use crate::runtime::worker::{Confinement, Workers};
use crate::{Error, Result};

/// Show what Kiln finds on this machine.
#[derive(Args, Debug)]
pub(super) struct DoctorArgs {}

/// All that was found.
#[derive(Serialize)]
struct Report {
    kiln: &'static str,
    platform: String,
    cpu: Cpu,
    runtime: Runtime,
    sandbox: Confinement,
    cache: CacheReport,
    models: Vec<Model>,
    clients: Vec<Client>,
    index: IndexConfig,
    npm_registry: Option<String>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Cpu {
    threads: usize,
    features: Vec<&'static str>,
}

#[derive(Serialize)]
struct Runtime {
    wanted: &'static str,
    found: Option<Library>,
    build: Option<String>,
    providers: Vec<&'static str>,
}

#[derive(Serialize)]
struct CacheReport {
    folder: PathBuf,
    bytes: u64,
    writable: bool,
}

#[derive(Serialize)]
struct Model {
    id: String,
    ready: bool,
}

/// Runs the command; exit code 1 where something would keep a build from running.
///
/// # Errors
/// There is no place for a cache, or the output cannot be printed.
pub(super) fn run(common: &Common, _args: &DoctorArgs, out: &mut dyn Write) -> Result<u8> {
    let report = examine(common)?;
    let code = u8::from(!report.problems.is_empty());
    match common.format {
        Format::Json => {
            let text = serde_json::to_string(&report).map_err(Error::because("cannot print the report"))?;
            say(out, &text)?;
        }
        Format::Text | Format::Github | Format::Sarif => print(&report, out)?,
    }
    Ok(code)
}

fn examine(common: &Common) -> Result<Report> {
    let mut problems = Vec::new();
    let mut problem = |error: Error| {
        problems.push(error.to_string());
        problems.extend(error.hints().iter().map(|hint| format!("  {hint}")));
    };
    let cache = Cache::of_user()?;
    let request = LibraryRequest::new(common.ort_lib.clone(), cache.clone());
    let found = library::verify(&cache).and_then(|()| library::locate(&request)).unwrap_or_else(|error| {
        problem(error);
        None
    });
    let opened = found.as_ref().map(|library| library::open(&library.path)).transpose();
    let opened = opened.unwrap_or_else(|error| {
        problem(error);
        None
    });
    let sandbox = std::env::current_exe()
        .map_err(Error::because("cannot find Kiln's own binary"))
        .and_then(|binary| Workers { binary, recall: Recall::default() }.probe())
        .map_err(&mut problem)
        .unwrap_or_default();
    let writable = cache.scratch().map_err(&mut problem).is_ok();
    let (build, providers) = match opened {
        Some(opened) => (Some(opened.build), opened.providers),
        None => (None, Vec::new()),
    };
    Ok(Report {
        kiln: env!("CARGO_PKG_VERSION"),
        platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        cpu: Cpu {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            features: processor::features(),
        },
        runtime: Runtime { wanted: VERSION, found, build, providers },
        sandbox,
        models: models(&common.root, &cache),
        cache: CacheReport { bytes: size(cache.root()), folder: cache.root().to_owned(), writable },
        clients: clients(),
        index: shown(index_config()),
        npm_registry: npm_registry("").map(|url| crate::models::fetch::shown(&url)),
        problems,
    })
}

/// Addresses without their passwords.
fn shown(index: IndexConfig) -> IndexConfig {
    let urls = index.urls.iter().map(|url| crate::models::fetch::shown(url)).collect();
    IndexConfig { urls, ..index }
}

/// The models of the project in `root`; none where there is no sound models.toml.
fn models(root: &Path, cache: &Cache) -> Vec<Model> {
    let Ok(text) = std::fs::read_to_string(root.join("models.toml")) else { return Vec::new() };
    let mut sources = Sources::default();
    let file = sources.add("models.toml", text.as_str());
    let manifest = Manifest::parse(&text, file).value;
    let store = ModelStore::new(cache.clone(), root);
    let ready = |entry| {
        let files = status(entry, &store).unwrap_or_default();
        !files.is_empty() && files.iter().all(|file| matches!(file.state, FileState::Verified(_)))
    };
    manifest.entries().iter().map(|entry| Model { id: entry.id.clone(), ready: ready(entry) }).collect()
}

/// The bytes of all files under `folder`.
fn size(folder: &Path) -> u64 {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    files.filter_map(|file| file.metadata().ok()).filter(|meta| meta.is_file()).map(|meta| meta.len()).sum()
}

fn print(report: &Report, out: &mut dyn Write) -> Result<()> {
    let list = |words: &[&str]| if words.is_empty() { "none".to_owned() } else { words.join(" ") };
    say(out, &format!("kiln          {}  ({})", report.kiln, report.platform))?;
    say(out, &format!("cpu           {} threads, {}", report.cpu.threads, list(&report.cpu.features)))?;
    match &report.runtime.found {
        None => {
            say(out, &format!("onnxruntime   not found; {VERSION} is fetched when a cell first needs it"))?
        }
        Some(library) => {
            let origin = match library.origin {
                library::Origin::Named => "named by you",
                library::Origin::Cache => "in Kiln's cache",
                library::Origin::System => "a system library",
                library::Origin::Python => "of the installed Python package",
            };
            let pin = if library.pinned { "sha256 as pinned" } else { "another build than the pinned one" };
            say(out, &format!("onnxruntime   {}, {origin}, {pin}", library.version))?;
            say(out, &format!("              {}", library.path.display()))?;
            say(out, &format!("              providers: {}", list(&report.runtime.providers)))?;
            for line in report.runtime.build.iter().chain(&library.warning) {
                say(out, &format!("              {line}"))?;
            }
        }
    }
    let sandbox = [
        (report.sandbox.files, "files and network (Landlock)"),
        (report.sandbox.calls, "system calls (seccomp)"),
        (report.sandbox.memory, "memory"),
    ];
    let named = |closed: bool| -> Vec<&str> {
        sandbox.iter().filter(|(is, _)| *is == closed).map(|(_, what)| *what).collect()
    };
    say(out, "sandbox       a worker's Python lacks what reaches the machine; the kernel bounds too:")?;
    say(out, &format!("              {}", named(true).join(", ")))?;
    if !named(false).is_empty() {
        say(out, &format!("              not: {}", named(false).join(", ")))?;
    }
    let cache = &report.cache;
    let state = if cache.writable { "" } else { ", not writable" };
    let megabytes = cache.bytes as f64 / 1e6;
    say(out, &format!("cache         {} ({megabytes:.1} MB{state})", cache.folder.display()))?;
    let named = |ready: bool| -> Vec<&str> {
        report.models.iter().filter(|model| model.ready == ready).map(|model| model.id.as_str()).collect()
    };
    say(out, &format!("models ready  {}", list(&named(true))))?;
    say(out, &format!("models absent {}", list(&named(false))))?;
    if report.clients.is_empty() {
        say(out, "clients       none of uv, pip, npm")?;
    }
    for client in &report.clients {
        say(out, &format!("client        {}: {}", client.name, client.path.display()))?;
    }
    match (&report.index.origin, report.index.urls.as_slice()) {
        (Some(origin), urls) => say(out, &format!("python index  {} ({origin})", urls.join(" ")))?,
        (None, _) => say(out, "python index  none configured; the clients use their own")?,
    }
    if let Some(registry) = &report.npm_registry {
        say(out, &format!("npm registry  {registry}"))?;
    }
    for line in &report.problems {
        say(out, &format!("problem       {line}"))?;
    }
    Ok(())
}
