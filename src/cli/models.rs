//! `kiln models`: what there is, fetching it, checking it.

#![expect(clippy::disallowed_methods, reason = "the command reads models.toml itself")]

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::build;
use crate::diag::{self, Sources, Style};
use crate::models::manifest::{Entry, FileOrigin, Manifest, ModelFile, Profile};
use crate::models::{Cache, FileState, FileStatus, ModelStore, Network, ensure_all, status, verify};
use crate::snippet::shelf::Reuse;
use crate::{Error, Result};

use super::{Common, Format};

mod list;

/// List, fetch and verify the models of `models.toml`.
#[derive(Args, Debug)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    command: Command,
    /// Do not fetch anything.
    #[arg(long, global = true)]
    offline: bool,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List the models and what of them is on this machine.
    Ls,
    /// Fetch models: those named, else all of the default profile.
    Fetch(Which),
    /// Hash every file of the models that are on this machine.
    Verify(Which),
    /// Show all that is known of one model.
    Info {
        /// The model's id.
        id: String,
    },
}

#[derive(Args, Debug)]
struct Which {
    /// Ids of models.
    ids: Vec<String>,
    /// All models, full-size ones too.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

/// Runs the command and gives its exit code: 0, or 1 where models.toml or a file is at fault.
///
/// # Errors
/// A file cannot be read, or an id is unknown. What could not be fetched is printed, and then the
/// last such fault is the error.
pub(super) fn run(common: &Common, args: &ModelsArgs, out: &mut dyn Write) -> Result<u8> {
    let manifest = match load(&common.root, out)? {
        Ok(manifest) => manifest,
        Err(code) => return Ok(code),
    };
    let mut store = ModelStore::new(Cache::of_user()?, absolute(&common.root)?);
    if args.offline {
        store.network = Network::Forbidden;
    }
    match &args.command {
        Command::Ls => {
            // A folder may hold models and no site.
            let uses = build::uses(&common.request(None, Reuse::Frozen, None)).unwrap_or_default();
            list::list(&manifest, &store, &uses, common.format, out)
        }
        Command::Fetch(which) => fetch(&chosen(&manifest, which)?, &store, common, out),
        Command::Verify(which) => check(&chosen(&manifest, which)?, &store, common.format, out),
        Command::Info { id } => info(find(&manifest, id)?, &store, common.format, out),
    }
}

fn absolute(root: &Path) -> Result<PathBuf> {
    std::path::absolute(root).map_err(Error::because(format!("bad folder `{}`", root.display())))
}

/// The manifest, or the exit code after its faults have been printed.
fn load(root: &Path, out: &mut dyn Write) -> Result<Result<Manifest, u8>> {
    let path = root.join("models.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        // A project whose cells use no models needs no such file.
        Err(cause) if cause.kind() == ErrorKind::NotFound && root.join("content").is_dir() => String::new(),
        Err(cause) => {
            let message = format!("cannot read `{}`: {cause}", path.display());
            return Err(match cause.kind() {
                ErrorKind::NotFound => Error::usage(message)
                    .hint("run Kiln in the folder that holds models.toml, or name it with --root"),
                _ => Error::new(message),
            });
        }
    };
    let mut sources = Sources::default();
    let file = sources.add("models.toml", text.as_str());
    let parsed = Manifest::parse(&text, file);
    for diagnostic in &parsed.diagnostics {
        say(out, &diag::render(diagnostic, &sources, Style::Plain))?;
    }
    Ok(if diag::has_errors(&parsed.diagnostics) { Err(1) } else { Ok(parsed.value) })
}

fn find<'m>(manifest: &'m Manifest, id: &str) -> Result<&'m Entry> {
    manifest.get(id).ok_or_else(|| {
        let error = Error::usage(format!("models.toml has no model `{id}`"));
        match diag::closest(id, manifest.ids()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`kiln models ls` lists them"),
        }
    })
}

fn chosen<'m>(manifest: &'m Manifest, which: &Which) -> Result<Vec<&'m Entry>> {
    if !which.ids.is_empty() {
        let mut chosen: Vec<&Entry> = Vec::new();
        for id in &which.ids {
            let entry = find(manifest, id)?;
            if !chosen.iter().any(|other| other.id == entry.id) {
                chosen.push(entry);
            }
        }
        return Ok(chosen);
    }
    let wanted = |entry: &&Entry| which.all || entry.profile == Profile::Default;
    Ok(manifest.entries().iter().filter(wanted).collect())
}

/// One word for the state of a whole model.
fn summary(files: &[FileStatus]) -> &'static str {
    let count = |is: fn(&FileState) -> bool| files.iter().filter(|file| is(&file.state)).count();
    match (count(|s| matches!(s, FileState::Wrong(_))), count(|s| *s == FileState::Missing)) {
        (0, 0) => "ready",
        (0, missing) if missing == files.len() => "absent",
        (0, _) => "partial",
        _ => "wrong",
    }
}

fn fetch(entries: &[&Entry], store: &ModelStore, common: &Common, out: &mut dyn Write) -> Result<u8> {
    let progress = common.progress();
    let results = ensure_all(entries, store, &progress);
    let mut models = Vec::new();
    let mut failures = Vec::new();
    for (entry, result) in entries.iter().zip(results) {
        match result {
            Ok(model) => {
                if common.format == Format::Text {
                    let digest = model.sha256.get(..16).unwrap_or(&model.sha256);
                    say(out, &format!("{}  ready  {digest}", entry.id))?;
                }
                models.push(json!({ "id": model.id, "sha256": model.sha256, "files": model.files }));
            }
            Err(error) => failures.push((entry.id.clone(), error)),
        }
    }
    if common.format == Format::Json {
        let failed: Vec<Value> = failures
            .iter()
            .map(|(id, error)| json!({ "id": id, "message": error.to_string(), "hints": error.hints() }))
            .collect();
        say(out, &json!({ "models": models, "failed": failed }).to_string())?;
    }
    let Some((_, last)) = failures.pop() else { return Ok(0) };
    let count = failures.len();
    for (_, error) in failures {
        progress.note(&format!("error: {error}"));
        for hint in error.hints() {
            progress.note(&format!("  help: {hint}"));
        }
    }
    Err(match count {
        0 => last,
        n => last.hint(format!("{} more could not be fetched, see above", plural(n, "model"))),
    })
}

fn check(entries: &[&Entry], store: &ModelStore, format: Format, out: &mut dyn Write) -> Result<u8> {
    let mut code = 0;
    let mut models = Vec::new();
    for entry in entries {
        let files = verify(entry, store)?;
        let state = summary(&files);
        if state == "wrong" {
            code = 1;
        }
        if format == Format::Text {
            say(out, &format!("{}  {state}", entry.id))?;
            for file in &files {
                if let FileState::Wrong(got) = file.state {
                    say(out, &format!("  {}  has sha256 {got}", file.path.display()))?;
                }
            }
        }
        models.push(json!({ "id": entry.id, "state": state, "files": files }));
    }
    if format == Format::Json {
        say(out, &json!({ "models": models }).to_string())?;
    } else if code != 0 {
        say(out, "a wrong file of the cache is brought again by `kiln models fetch`")?;
    }
    Ok(code)
}

fn info(entry: &Entry, store: &ModelStore, format: Format, out: &mut dyn Write) -> Result<u8> {
    let files = status(entry, store)?;
    let state = summary(&files);
    if format == Format::Json {
        let mut model = model_json(entry, state);
        model["provenance"] = json!(entry.provenance);
        model["card"] = json!(entry.card);
        model["files"] = json!(files);
        return say(out, &model.to_string()).map(|()| 0);
    }
    let title = entry.title.as_ref().map_or(String::new(), |title| format!("  {} / {}", title.en, title.zh));
    say(out, &format!("{}{title}", entry.id))?;
    for (name, value) in [
        ("task", entry.task.clone()),
        ("family", entry.family.clone()),
        ("parameters", entry.parameters.to_string()),
        ("license", entry.license.clone()),
        ("provenance", entry.provenance.clone()),
        ("profile", entry.profile.as_str().to_owned()),
        ("digest", entry.digest().to_string()),
        ("state", state.to_owned()),
    ] {
        say(out, &format!("  {name:11} {value}"))?;
    }
    say(out, &format!("  {}", entry.card))?;
    for (file, status) in entry.files.iter().zip(&files) {
        say(out, &format!("  {} ({}): {}", file.name, status.role, status.path.display()))?;
        let pin = file.sha256.map_or("recorded at first fetch".to_owned(), |sha256| sha256.to_string());
        say(out, &format!("    sha256 {pin}"))?;
        say(out, &format!("    {}", origin(file)))?;
    }
    Ok(0)
}

fn origin(file: &ModelFile) -> String {
    match &file.origin {
        FileOrigin::Sources(sources) => {
            let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
            format!("from {}", sources.join(", else "))
        }
        FileOrigin::Derived { converter, .. } => format!("made by the converter `{converter}`"),
    }
}

fn model_json(entry: &Entry, state: &str) -> Value {
    json!({
        "id": entry.id, "task": entry.task, "family": entry.family, "parameters": entry.parameters,
        "license": entry.license, "profile": entry.profile.as_str(), "digest": entry.digest(),
        "bytes": entry.size(), "state": state,
    })
}

fn millions(parameters: u64) -> String {
    format!("{:.1} M", parameters as f64 / 1e6)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") }
}

/// Prints one line.
pub(super) fn say(out: &mut dyn Write, line: &str) -> Result<()> {
    writeln!(out, "{line}").map_err(Error::because("cannot print"))
}
