//! One cell, run for itself.

use crate::Result;
use crate::diag::{Diagnostic, FileId, Severity, Sources, Span};
use crate::snippet::bake::Baked;

use super::{Request, cells, load};

/// What a cell shows.
#[derive(Debug)]
pub struct Shown {
    /// What it made; `None` where it failed or does not exist.
    pub baked: Option<Baked>,
    /// The labels of all cells, as `chapter#label`.
    pub known: Vec<String>,
    /// What the author has to know beside.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: Sources,
}

/// Runs the cell `name`, written as `chapter#label`, and before it what it needs and has no bake.
///
/// # Errors
/// Faults of the machine.
pub fn show(request: &Request, name: &str) -> Result<Shown> {
    let mut diagnostics = Vec::new();
    let project = load::load(request)?.take(&mut diagnostics);
    let mut plans = cells::plan(request, &project, &mut diagnostics)?;
    let names = |chapter: &str, label: &str| format!("{chapter}#{label}");
    let known = plans
        .chapters
        .iter()
        .flat_map(|plan| plan.cells.iter().map(|cell| names(&plan.chapter, &cell.label)))
        .collect();
    let (chapter, label) = name.rsplit_once('#').unwrap_or((name, ""));
    let pages = project.content.chapters.iter().filter(|other| other.path == chapter);
    let cells = pages.flat_map(|other| other.pages.values()).flat_map(|page| &page.cells);
    let own: Vec<Span> = cells.filter(|cell| cell.options.label == label).map(|cell| cell.span).collect();
    plans
        .chapters
        .retain(|plan| plan.chapter == chapter && plan.cells.iter().any(|cell| cell.label == label));
    for plan in &mut plans.chapters {
        // What stands below it cannot change what it shows.
        let at = plan.cells.iter().position(|cell| cell.label == label);
        plan.cells.truncate(at.map_or(0, |at| at + 1));
    }
    let mut fired = cells::bake(request, &project, &plans, &mut diagnostics)?;
    let baked = fired.bakes.get_mut(chapter).and_then(|cells| cells.remove(label));
    // Somebody looks at one cell: what the rest of the site might do better is told by a build, and so is what
    // is wrong with other chapters, where the cell ran all the same.
    let others = project.content.chapters.iter().filter(|other| other.path != chapter);
    let others: Vec<FileId> = others.flat_map(|other| other.pages.values()).map(|page| page.file).collect();
    let concerns = |told: &Diagnostic| {
        let here = |span: Span| {
            own.iter().any(|cell| cell.file == span.file && cell.start <= span.start && span.end <= cell.end)
        };
        let near = |span: Span| !others.contains(&span.file);
        match told.severity {
            Severity::Error => baked.is_none() || told.span.is_none_or(near),
            _ => told.span.is_none_or(here),
        }
    };
    diagnostics.retain(concerns);
    Ok(Shown { baked, known, diagnostics, sources: project.sources })
}
