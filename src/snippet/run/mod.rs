//! Goes through a chapter's cells in their order: gives each its key, looks it up, and runs what is
//! missing, with the cells whose values it needs.

mod faults;
mod walk;

use std::collections::BTreeMap;

use crate::Result;
use crate::diag::Diagnostic;
use crate::runtime::Running;

use super::bake::{Bake, Baked, InlineBake, ModelUse, Provenance, Status};
use super::key::{self, Key};
use super::plan::{Plan, Planned, PlannedInline, Surroundings};
use super::program::{LocalModel, Outcome, Program, ProgramCell, Ran};
use super::shelf::Shelf;
use super::state::Step;
use walk::Walk;

/// What stands around a program when it runs.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The runtime's name and version, as printed under a cell: `onnxruntime 1.32.0`.
    pub runtime: String,
    /// The execution provider, as printed under a cell: `cpu`.
    pub provider: String,
    /// The ids of all models of the manifest.
    pub known_models: Vec<String>,
}

/// A chapter to be gone through.
#[derive(Clone, Copy, Debug)]
pub struct Firing<'a> {
    /// Its plan.
    pub plan: &'a Plan,
    /// What keys depend on beside the pages.
    pub around: &'a Surroundings,
    /// What stands around its program.
    pub setting: &'a Setting,
    /// Where bakes are kept.
    pub shelf: Shelf<'a>,
}

/// Starts a worker, which may mean to bring models and the runtime first.
pub type Start<'a> = dyn FnMut() -> Result<Box<dyn Running>> + 'a;

/// The bakes of a chapter's cells by label; a cell that failed has none. `each` is called after each
/// cell.
///
/// # Errors
/// Faults of the machine. What goes wrong in a cell is added to `diagnostics`; cells that need
/// nothing of it run all the same.
pub fn run(
    firing: &Firing<'_>,
    start: &mut Start<'_>,
    diagnostics: &mut Vec<Diagnostic>,
    each: &mut dyn FnMut(),
) -> Result<BTreeMap<String, Baked>> {
    let mut walk = Walk::new(firing.plan, start);
    let mut bakes = BTreeMap::new();
    for (index, cell) in firing.plan.cells.iter().enumerate() {
        let baked = one_cell(firing, &mut walk, index, diagnostics)?;
        each();
        let mut inlines = BTreeMap::new();
        for (at, inline) in cell.inlines.iter().enumerate() {
            let step = Step { cell: index, inline: Some(at) };
            if let Some(text) = one_inline(firing, &mut walk, step, inline, diagnostics)? {
                inlines.insert(inline.code.clone(), text);
            }
        }
        if let Some((key, status, bake)) = baked {
            bakes.insert(cell.label.clone(), Baked { key, status, bake, inlines });
        }
    }
    Ok(bakes)
}

fn one_cell(
    firing: &Firing<'_>,
    walk: &mut Walk<'_, '_>,
    index: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<(Key, Status, Bake)>> {
    let (cell, step) = (&firing.plan.cells[index], Step { cell: index, inline: None });
    let Some(reading) = walk.reading(&cell.names.reads) else {
        walk.spoil(step);
        return Ok(None);
    };
    let key = key::of_cell(cell, &reading, firing.around);
    walk.read(step, &cell.names.reads);
    match firing.shelf.get::<Bake>(key.cell) {
        Ok(Some((bake, status))) => {
            walk.advance(step, &bake.values);
            return Ok(Some((key, status, bake)));
        }
        Ok(None) => {}
        Err(damaged) => {
            let message = format!("the stored outputs of `{}` {damaged}", cell.label);
            diagnostics.push(Diagnostic::warning(cell.span, message));
        }
    }
    match walk.execute(step)? {
        Outcome::Failed(fault) => {
            diagnostics.push(faults::place(firing.plan, cell.span, &fault));
            walk.spoil(step);
            Ok(None)
        }
        Outcome::Done(mut ran) => {
            walk.name_opaque(step, &key, &mut ran.values);
            walk.advance(step, &ran.values);
            let broken = ran.checks.iter().filter(|check| !check.passes());
            let broken: Vec<Diagnostic> = broken.map(|check| faults::broken(cell, check)).collect();
            let bake = bake(firing, cell, ran);
            // What a cell that broke a promise made is not kept, or the next build would pass.
            if broken.is_empty() {
                firing.shelf.put(key.cell, &bake)?;
            }
            diagnostics.extend(broken);
            Ok(Some((key, Status::Run, bake)))
        }
    }
}

/// The text of an inline value; `None` where it failed, or what it reads did.
fn one_inline(
    firing: &Firing<'_>,
    walk: &mut Walk<'_, '_>,
    step: Step,
    inline: &PlannedInline,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<String>> {
    let Some(reading) = walk.reading(&inline.reads) else { return Ok(None) };
    let key = key::of_inline(inline, &reading, firing.around);
    walk.read(step, &inline.reads);
    // A damaged one is as good as none: it costs next to nothing.
    if let Ok(Some((found, _))) = firing.shelf.get::<InlineBake>(key.cell) {
        walk.advance(step, &found.values);
        return Ok(Some(found.text));
    }
    match walk.execute(step)? {
        Outcome::Failed(fault) => {
            diagnostics.push(faults::place(firing.plan, inline.span, &fault));
            Ok(None)
        }
        Outcome::Done(mut ran) => {
            walk.name_opaque(step, &key, &mut ran.values);
            walk.advance(step, &ran.values);
            let made = InlineBake { text: ran.text, values: ran.values };
            firing.shelf.put(key.cell, &made)?;
            Ok(Some(made.text))
        }
    }
}

/// The program of `plan`, with `models` found on this machine.
pub fn program(
    plan: &Plan,
    models: Vec<LocalModel>,
    library: &std::path::Path,
    setting: &Setting,
) -> Program {
    let cell = |cell: &Planned| ProgramCell {
        label: cell.label.clone(),
        code: cell.code.text.clone(),
        seed: cell.seed,
        must_raise: cell.must_raise,
    };
    Program {
        chapter: plan.chapter.clone(),
        ort_library: library.to_owned(),
        models,
        known_models: setting.known_models.clone(),
        cells: plan.cells.iter().map(cell).collect(),
    }
}

fn bake(firing: &Firing<'_>, cell: &Planned, ran: Ran) -> Bake {
    let used = |id: &String| {
        let sha256 = firing.around.models.get(id)?.clone();
        Some(ModelUse { id: id.clone(), sha256 })
    };
    let models: Vec<ModelUse> = ran.models.iter().filter_map(used).collect();
    let ran_on = |name: &String| ran.runtime.then(|| name.clone());
    let provenance = Provenance {
        runtime: ran_on(&firing.setting.runtime),
        provider: ran_on(&firing.setting.provider),
        models,
        seed: cell.seed,
    };
    Bake { outputs: ran.outputs, checks: ran.checks, values: ran.values, provenance, ms: ran.ms }
}
