//! Chapters as notebooks or scripts, without the site around them.

use crate::Result;
use crate::diag::{Diagnostic, Sources, has_errors};
use crate::render::Form;
use crate::write::OutFile;

use super::{Counts, Request, cells, count, load};

/// Chapters in another form.
#[derive(Debug)]
pub struct Exported {
    /// The files, by the path that they have in the site; none where there is an error.
    pub files: Vec<OutFile>,
    /// How many cells ran, and how many were found.
    pub cells: Counts,
    /// The paths of all chapters with cells.
    pub known: Vec<String>,
    /// What the author has to know beside.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: Sources,
}

/// Makes `form` of every chapter with cells, or of the one at `chapter`, with what its cells show; those that
/// have no bake run before.
///
/// # Errors
/// Faults of the machine.
pub fn export(request: &Request, form: Form, chapter: Option<&str>) -> Result<Exported> {
    let mut diagnostics = Vec::new();
    let project = load::load(request)?.take(&mut diagnostics);
    let mut plans = cells::plan(request, &project, &mut diagnostics)?;
    let mut known: Vec<String> = plans.chapters.iter().map(|plan| plan.chapter.clone()).collect();
    known.dedup();
    plans.chapters.retain(|plan| chapter.is_none_or(|wanted| plan.chapter == wanted));
    let all = cells::bake(request, &project, &plans, &mut diagnostics)?;
    let files = match has_errors(&diagnostics) {
        true => Vec::new(),
        false => load::export(&project, &all.bakes, form, chapter),
    };
    Ok(Exported { files, cells: count(&all.bakes), known, diagnostics, sources: project.sources })
}
