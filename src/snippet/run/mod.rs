//! Goes through a chapter's cells in their order: gives each its key, looks it up, and runs what is
//! missing, with the cells whose values it needs.

mod again;
mod faults;
mod walk;

pub use again::{Again, RanAgain, Verdict, again};

use std::collections::BTreeMap;

use crate::Result;
use crate::cache::{Making, Place};
use crate::diag::{Cause, Diagnostic, Span};
use crate::runtime::Running;

use super::bake::{Bake, Baked, BakedInline, InlineBake, ModelUse, Provenance, Status};
use super::key::{self, Key};
use super::output::Bytes;
use super::plan::{Plan, Planned, PlannedInline, Surroundings};
use super::program::{LocalModel, Outcome, Program, ProgramCell, Ran};
use super::shelf::{Held, Reuse, Shelf};
use super::state::Step;
use walk::{Rerun, Walk};

/// What stands around a program when it runs.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The runtime's name and version, as printed under a cell: `onnxruntime 1.32.0`.
    pub runtime: String,
    /// The execution provider, as printed under a cell: `cpu`.
    pub provider: String,
    /// The ids of all models of the manifest.
    pub known_models: Vec<String>,
    /// The processor that cells run on.
    pub cpu: String,
}

impl Setting {
    /// How something was made that took `ms` milliseconds here.
    fn making(&self, ms: f64) -> Making {
        Making { ms, cpu: self.cpu.clone() }
    }
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

/// What came of a chapter.
#[derive(Debug, Default)]
pub struct Fired {
    /// The bake of each cell by its label; a cell that failed has none.
    pub bakes: BTreeMap<String, Baked>,
    /// The key of each cell that could be given one.
    pub keys: BTreeMap<String, Key>,
}

/// Goes through a chapter. `each` is called after each cell.
///
/// # Errors
/// Faults of the machine. What goes wrong in a cell is added to `diagnostics`; cells that need
/// nothing of it run all the same.
pub fn run(
    firing: &Firing<'_>,
    start: &mut Start<'_>,
    diagnostics: &mut Vec<Diagnostic>,
    each: &mut dyn FnMut(),
) -> Result<Fired> {
    let written = |key| firing.shelf.values(key);
    let rerun = Rerun::AsBefore(firing.setting.cpu.clone());
    let mut walk = Walk::new(firing.plan, start, rerun, &written);
    let mut fired = Fired::default();
    for (index, cell) in firing.plan.cells.iter().enumerate() {
        // What goes wrong in a cell of another chapter is told there.
        let mut elsewhere = Vec::new();
        let told = if cell.is_foreign() { &mut elsewhere } else { &mut *diagnostics };
        let (key, held) = one_cell(firing, &mut walk, index, told)?;
        let mut inlines = Vec::new();
        for (at, inline) in cell.inlines.iter().enumerate() {
            let step = Step { cell: index, inline: Some(at) };
            inlines.extend(one_inline(firing, &mut walk, step, inline, told)?);
        }
        if cell.is_foreign() {
            continue;
        }
        each();
        fired.keys.extend(key.map(|key| (cell.label.clone(), key)));
        if let Some(Held { key, status, bake, making }) = held {
            diagnostics.extend(faults::unexpected(cell, &bake));
            fired.bakes.insert(cell.label.clone(), Baked { key, status, bake, making, inlines });
        }
    }
    Ok(fired)
}

/// A cell's key, unless something that it reads has failed, and its bake, unless it has failed itself.
type OneCell = (Option<Key>, Option<Held>);

fn one_cell(
    firing: &Firing<'_>,
    walk: &mut Walk<'_, '_>,
    index: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<OneCell> {
    let (cell, step) = (&firing.plan.cells[index], Step { cell: index, inline: None });
    let Some(reading) = walk.reading(&cell.names.reads) else {
        walk.spoil(step);
        return Ok((None, None));
    };
    let key = key::of_cell(cell, &reading, firing.around);
    walk.read(step, &cell.names.reads);
    walk.keyed(step, key.cell);
    let look = firing.shelf.cell(&key, cell);
    if let Some(place) = look.damaged {
        diagnostics.push(damaged(cell, place, look.found.is_some()));
    }
    if let Some(held) = look.found {
        walk.advance(step, &held.bake.values, &held.making);
        return Ok((Some(key), Some(held)));
    }
    if firing.shelf.reuse == Reuse::Frozen {
        let why = firing.shelf.why(&key, cell);
        diagnostics.push(missing(cell.span, &format!("the cell `{}`", cell.label), &why));
        walk.spoil(step);
        return Ok((Some(key), None));
    }
    match walk.execute(step)? {
        Outcome::Failed(fault) => {
            diagnostics.push(faults::place(firing.plan, cell.span, &fault));
            walk.spoil(step);
            Ok((Some(key), None))
        }
        Outcome::Done(mut ran) => {
            walk.name_opaque(step, &key, &mut ran.values);
            let making = firing.setting.making(ran.ms);
            walk.advance(step, &ran.values, &making);
            let broken = ran.checks.iter().filter(|check| !check.passes());
            let broken: Vec<Diagnostic> = broken.map(|check| faults::broken(cell, check)).collect();
            let bake = bake(firing, cell, ran);
            // What a cell that broke a promise made is not kept, or the next build would pass.
            if broken.is_empty() {
                firing.shelf.put(key.cell, &bake, &making)?;
                if let Some(written) = walk.write(step)? {
                    firing.shelf.put(key::of_values(key.cell), &written, &making)?;
                }
            }
            diagnostics.extend(broken);
            Ok((Some(key.clone()), Some(Held { key, bake, making, status: Status::Run })))
        }
    }
}

/// An inline value; `None` where it failed, or what it reads did.
fn one_inline(
    firing: &Firing<'_>,
    walk: &mut Walk<'_, '_>,
    step: Step,
    inline: &PlannedInline,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<BakedInline>> {
    let Some(reading) = walk.reading(&inline.reads) else { return Ok(None) };
    let cell = &firing.plan.cells[step.cell];
    let key = key::of_inline(cell, inline, &reading, firing.around);
    walk.read(step, &inline.reads);
    let made = |bake: InlineBake| BakedInline { code: inline.code.clone(), key: key.cell, bake };
    if let Some(bake) = firing.shelf.inline(key.cell, &cell.chapter) {
        walk.advance(step, &bake.values, &firing.setting.making(0.0));
        return Ok(Some(made(bake)));
    }
    if firing.shelf.reuse == Reuse::Frozen {
        diagnostics.push(missing(inline.span, &format!("the inline value `{}`", inline.code), &[]));
        return Ok(None);
    }
    match walk.execute(step)? {
        Outcome::Failed(fault) => {
            diagnostics.push(faults::place(firing.plan, inline.span, &fault));
            Ok(None)
        }
        Outcome::Done(mut ran) => {
            walk.name_opaque(step, &key, &mut ran.values);
            let making = firing.setting.making(ran.ms);
            walk.advance(step, &ran.values, &making);
            let bake = InlineBake { text: ran.text, values: ran.values };
            firing.shelf.put(key.cell, &bake, &making)?;
            Ok(Some(made(bake)))
        }
    }
}

/// What is said of stored outputs that were damaged; `found` where they were whole elsewhere.
fn damaged(cell: &Planned, place: Place, found: bool) -> Diagnostic {
    let store = match place {
        Place::Local => "the local store",
        Place::Shared => "the shared store",
    };
    let end = if found { "were dropped" } else { "were dropped and have to be made again" };
    let message = format!("the outputs of `{}` in {store} were damaged and {end}", cell.label);
    Diagnostic::warning(cell.span, message)
}

/// What a frozen build says about something without a bake.
fn missing(span: Span, what: &str, why: &[String]) -> Diagnostic {
    let reason = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
    Diagnostic::error(span, format!("{what} has no bake, and a frozen build runs nothing{reason}"))
        .hint("run `kiln bake` where models and the runtime are at hand, and commit the lock")
        .because(Cause::MissingBake)
}

/// The program of `plan`, with `models` found on this machine.
pub fn program(
    plan: &Plan,
    models: Vec<LocalModel>,
    library: &std::path::Path,
    setting: &Setting,
    around: &Surroundings,
) -> Program {
    let input = |(name, path): (&String, &String)| {
        Some((name.clone(), Bytes(around.files.get(path)?.bytes.to_vec())))
    };
    let cell = |cell: &Planned| ProgramCell {
        label: cell.label.clone(),
        space: cell.space.clone(),
        code: cell.code.text.clone(),
        seed: cell.seed,
        must_raise: cell.must_raise,
        inputs: cell.inputs.iter().filter_map(input).collect(),
    };
    Program {
        chapter: plan.chapter.clone(),
        ort_library: library.to_owned(),
        models,
        known_models: setting.known_models.clone(),
        cells: plan.cells.iter().map(cell).collect(),
        modules: plan.modules.clone(),
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
    let Ran { outputs, raws, margin, checks, warnings, values, .. } = ran;
    Bake { outputs, raws, margin, checks, warnings, values, provenance }
}
