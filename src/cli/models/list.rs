//! `kiln models ls`: a line for each model.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::{megabytes, millions, model_json, origin, say, summary};
use crate::Result;
use crate::cli::Format;
use crate::models::manifest::{Entry, FileOrigin, Manifest, ModelFile, Role};
use crate::models::{ModelStore, status};

/// The chapters that name each model, by the model's id.
pub(super) type Uses = BTreeMap<String, Vec<String>>;

const HEADER: [&str; 9] =
    ["id", "family", "parameters", "size", "licence", "sha256", "state", "source", "chapters"];

pub(super) fn list(
    manifest: &Manifest,
    store: &ModelStore,
    uses: &Uses,
    format: Format,
    out: &mut dyn Write,
) -> Result<u8> {
    let none = Vec::new();
    let (mut rows, mut models) = (vec![HEADER.map(str::to_owned)], Vec::new());
    for entry in manifest.entries() {
        let state = summary(&status(entry, store)?);
        let chapters = uses.get(&entry.id).unwrap_or(&none);
        rows.push(row(entry, state, chapters));
        let mut model: Value = model_json(entry, state);
        model["source"] = json!(source(entry));
        model["sha256"] = json!(entry.file(Role::Graph).and_then(|file| file.sha256));
        model["chapters"] = json!(chapters);
        models.push(model);
    }
    if format == Format::Json {
        return say(out, &json!({ "models": models }).to_string()).map(|()| 0);
    }
    let widths: [usize; 9] =
        std::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(text, width)| format!("{text:width$}")).collect();
        say(out, cells.join("  ").trim_end())?;
    }
    Ok(0)
}

fn row(entry: &Entry, state: &str, chapters: &[String]) -> [String; 9] {
    let size = match entry.size() {
        0 => "?".to_owned(),
        size => megabytes(size),
    };
    let pin = entry.file(Role::Graph).and_then(|file| file.sha256);
    [
        entry.id.clone(),
        entry.family.clone(),
        millions(entry.parameters),
        size,
        entry.license.clone(),
        pin.map_or_else(|| "-".to_owned(), |sha256| sha256.to_string()[..12].to_owned()),
        state.to_owned(),
        source(entry),
        if chapters.is_empty() { "-".to_owned() } else { chapters.join(", ") },
    ]
}

/// Where the graph comes from; of one made by a converter, what it is made from.
fn source(entry: &Entry) -> String {
    let Some(graph) = entry.file(Role::Graph) else { return String::new() };
    let FileOrigin::Derived { converter, from } = &graph.origin else { return first(graph) };
    let raw = from.first().and_then(|role| entry.file(*role));
    raw.map_or_else(|| origin(graph), |raw| format!("{} by {converter}", first(raw)))
}

fn first(file: &ModelFile) -> String {
    match &file.origin {
        FileOrigin::Sources(sources) => sources.first().map(ToString::to_string).unwrap_or_default(),
        FileOrigin::Derived { .. } => origin(file),
    }
}
