//! Whether what was locked is still what the cells show.

use std::collections::BTreeMap;

use crate::Result;
use crate::diag::{Diagnostic, has_errors};
use crate::snippet::drift::{Drift, drift};
use crate::snippet::plan::Planned;
use crate::snippet::shelf::Reuse;
use crate::write::Nowhere;

use super::{Request, cells, load, locks};

/// Which cells to look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Only this cell, as `chapter#label`.
    pub only: Option<String>,
    /// Only about this share of all cells, from 0 to 1.
    pub sample: Option<f64>,
    /// Which share that is.
    pub seed: u64,
}

impl Selection {
    fn has(&self, chapter: &str, label: &str) -> bool {
        let name = format!("{chapter}#{label}");
        if self.only.as_ref().is_some_and(|only| *only != name) {
            return false;
        }
        self.sample.is_none_or(|share| {
            let hash = blake3::keyed_hash(blake3::hash(&self.seed.to_le_bytes()).as_bytes(), name.as_bytes());
            let number = hash.as_bytes().iter().take(4).fold(0, |n: u32, byte| n << 8 | u32::from(*byte));
            f64::from(number) < share * f64::from(u32::MAX)
        })
    }
}

/// What became of a cell since it was locked.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// It shows the same.
    Same,
    /// It shows something else.
    Drifted(Vec<Drift>),
    /// Something it is made of has changed, in words.
    Stale(Vec<String>),
    /// It was never locked.
    Unlocked,
}

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// Each cell that was looked at, as `chapter#label`.
    pub cells: BTreeMap<String, State>,
    /// What the author has to know beside.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: crate::diag::Sources,
}

/// Runs the cells of `selection` again and compares them with the locks. Nothing is written.
///
/// # Errors
/// Faults of the machine.
pub fn check(request: &Request, selection: &Selection) -> Result<Checked> {
    let mut diagnostics = Vec::new();
    let project = load::load(&request.root)?.take(&mut diagnostics);
    let mut plans = cells::plan(request, &project, &mut diagnostics)?;
    // Cells of other chapters are looked at there; a frozen one is what its author wants it to be.
    let wanted = |chapter: &str, cell: &Planned| {
        !cell.is_foreign() && !cell.freeze && selection.has(chapter, &cell.label)
    };
    plans.chapters.retain(|plan| plan.cells.iter().any(|cell| wanted(&plan.chapter, cell)));
    let again = Request { reuse: Reuse::Nothing, ..request.clone() };
    let fired = cells::bake(&again, &project, &plans, &mut diagnostics)?;
    let mut found = BTreeMap::new();
    for plan in &plans.chapters {
        let files = locks::folder(&request.root, &plan.chapter);
        let lock = project.locks.get(&plan.chapter);
        for cell in plan.cells.iter().filter(|cell| wanted(&plan.chapter, cell)) {
            let Some(now) = fired.bakes.get(&plan.chapter).and_then(|cells| cells.get(&cell.label)) else {
                // It has failed, and that has been told.
                continue;
            };
            let state = match lock.and_then(|lock| lock.cells.get(&cell.label)) {
                None => State::Unlocked,
                Some(locked) if locked.key != now.key.cell.to_string() => {
                    State::Stale(locked.differences(&now.key))
                }
                Some(locked) => {
                    let was = files.file(&locked.bake).and_then(|file| serde_json::from_slice(&file).ok());
                    match was.map(|was| drift(&was, &now.bake, cell.tolerance)) {
                        None => State::Stale(vec![format!(
                            "the file {}.json beside the lock cannot be read",
                            locked.bake
                        )]),
                        Some(drifts) if drifts.is_empty() => State::Same,
                        Some(drifts) => State::Drifted(drifts),
                    }
                }
            };
            found.insert(format!("{}#{}", plan.chapter, cell.label), state);
        }
    }
    if *selection == Selection::default() {
        // What only shows when pages are drawn: links, alternative texts.
        let _ = load::render(&project, &fired.bakes, &Nowhere).take(&mut diagnostics);
    }
    if found.is_empty() && !has_errors(&diagnostics) {
        diagnostics
            .push(Diagnostic::error(None, "no cell is chosen").hint("name one as `--only CHAPTER#LABEL`"));
    }
    Ok(Checked { cells: found, diagnostics, sources: project.sources })
}
