//! `kiln-manifest.json`: what a build made, for other tools.
//!
//! Dates and durations stand here and never in a page, so that two builds give the same pages.

use serde_json::{Value, json};

use crate::snippet::bake::{Baked, Bakes};
use crate::write::Listed;

use super::Project;

/// The manifest as the bytes of a JSON file.
pub(super) fn manifest(project: &Project, bakes: &Bakes, files: &[Listed]) -> Vec<u8> {
    let pages: Vec<Value> = project
        .content
        .pages()
        .map(|page| {
            let labels: Vec<&str> = page.cells.iter().map(|cell| cell.options.label.as_str()).collect();
            json!({
                "path": page.url,
                "lang": page.lang,
                "title": page.title,
                "source": project.sources.path(page.file).to_string_lossy().replace('\\', "/"),
                "cells": labels,
            })
        })
        .collect();
    let cells: Vec<Value> = bakes
        .iter()
        .flat_map(|(chapter, cells)| cells.iter().map(move |(label, baked)| cell(chapter, label, baked)))
        .collect();
    let manifest = json!({
        "kiln": env!("CARGO_PKG_VERSION"),
        "pages": pages,
        "cells": cells,
        "files": files,
    });
    let mut bytes = format!("{manifest:#}").into_bytes();
    bytes.push(b'\n');
    bytes
}

fn cell(chapter: &str, label: &str, baked: &Baked) -> Value {
    let bake = &baked.bake;
    let outputs: Vec<Value> = bake
        .outputs
        .iter()
        .map(|output| {
            // An output is plain data: it can always be written.
            let bytes = serde_json::to_vec(output).unwrap_or_default();
            json!({
                "mime": output.mime(),
                "digest": format!("b3:{}", blake3::hash(&bytes).to_hex()),
                "bytes": bytes.len(),
            })
        })
        .collect();
    json!({
        "page": chapter,
        "label": label,
        "key": baked.key.cell.to_string(),
        "status": baked.status,
        "models": bake.provenance.models,
        "runtime": bake.provenance.runtime,
        "provider": bake.provenance.provider,
        "seed": bake.provenance.seed,
        "outputs": outputs,
        "checks": bake.checks,
        "ms": baked.making.ms,
    })
}
