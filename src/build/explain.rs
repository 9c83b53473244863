//! What a cell's key is made of, and why its bake does or does not fit.

use crate::Result;
use crate::diag::{Diagnostic, Sources};
use crate::snippet::key::Key;
use crate::snippet::plan::{Plan, Planned};
use crate::snippet::shelf::Reuse;

use super::{Request, Sharing, cells, load};

/// What is known of a cell without a run.
#[derive(Debug)]
pub struct Explained {
    /// Its key; `None` where something that it reads has no bake.
    pub key: Option<Key>,
    /// Whether a bake was found under that key.
    pub found: bool,
    /// The cells that have to be baked before its key is known, as `chapter#label`.
    pub waits_for: Vec<String>,
    /// What has changed since the cell was locked, in words; `None` where it is not locked.
    pub changed: Option<Vec<String>>,
    /// The labels of all cells, as `chapter#label`.
    pub known: Vec<String>,
    /// What the author has to know beside.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: Sources,
}

fn own(plan: &Plan) -> impl Iterator<Item = &Planned> {
    plan.cells.iter().filter(|cell| !cell.is_foreign())
}

/// The cells of `plan` that the cell `label` rests on and that `missed` chooses, as `chapter#label`.
fn waits_for(plan: &Plan, label: &str, missed: &dyn Fn(&Planned) -> bool) -> Vec<String> {
    let own = |cell: &Planned| !cell.is_foreign() && cell.label == label;
    let Some(at) = plan.cells.iter().position(own) else { return Vec::new() };
    let mut wanted = plan.cells[at].names.reads.clone();
    let mut found = Vec::new();
    for cell in plan.cells[..at].iter().rev().filter(|cell| !cell.is_foreign()) {
        if cell.names.binds.is_disjoint(&wanted) {
            continue;
        }
        match missed(cell) {
            true => found.push(format!("{}#{}", plan.chapter, cell.label)),
            false => {
                wanted.extend(cell.names.reads.iter().chain(cell.names.late.values().flatten()).cloned())
            }
        }
    }
    found.reverse();
    found
}

/// Explains the cell `name`, written as `chapter#label`. Nothing is run.
///
/// # Errors
/// Faults of the machine.
pub fn explain(request: &Request, name: &str) -> Result<Explained> {
    let mut diagnostics = Vec::new();
    let project = load::load(request)?.take(&mut diagnostics);
    let mut plans = cells::plan(request, &project, &mut diagnostics)?;
    let known = plans
        .chapters
        .iter()
        .flat_map(|plan| own(plan).map(|cell| format!("{}#{}", plan.chapter, cell.label)));
    let known: Vec<String> = known.collect();
    let (chapter, label) = name.rsplit_once('#').unwrap_or((name, ""));
    plans.chapters.retain(|plan| plan.chapter == chapter);
    // Who only asks changes nothing.
    let sharing = Sharing { readonly: true, ..request.sharing.clone() };
    let frozen = Request { reuse: Reuse::Frozen, sharing, ..request.clone() };
    // What has no bake is the question here, not a fault.
    let fired = cells::bake(&frozen, &project, &plans, &mut Vec::new())?;
    let key = fired.keys.get(chapter).and_then(|keys| keys.get(label)).cloned();
    let found = fired.bakes.get(chapter).is_some_and(|cells| cells.contains_key(label));
    let has = |cells: Option<bool>| cells.unwrap_or_default();
    let missed = |cell: &Planned| {
        has(fired.keys.get(chapter).map(|keys| keys.contains_key(&cell.label)))
            && !has(fired.bakes.get(chapter).map(|bakes| bakes.contains_key(&cell.label)))
    };
    let waits_for = match key {
        Some(_) => Vec::new(),
        None => plans.chapters.iter().flat_map(|plan| waits_for(plan, label, &missed)).collect(),
    };
    let locked = project.locks.get(chapter).and_then(|lock| lock.cells.get(label));
    let changed = locked.zip(key.as_ref()).map(|(locked, key)| locked.differences(key));
    Ok(Explained { key, found, waits_for, changed, known, diagnostics, sources: project.sources })
}
