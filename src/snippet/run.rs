//! Runs what is missing: looks every cell of a plan up in the store, hands the rest to a runtime,
//! and turns faults of programs into diagnostics on the page.

use crate::Result;
use crate::cache::{Found, Store};
use crate::diag::{Diagnostic, Span};
use crate::runtime::Runtime;

use super::bake::{Bake, Baked, ModelUse, Provenance, Status};
use super::cell::Code;
use super::output::Check;
use super::plan::{Plan, Planned};
use super::program::{Fault, Frame, LocalModel, Outcome, Program, ProgramCell, Ran};

/// Whether bakes that the store holds may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// A cell runs only where the store does not have it.
    Bakes,
    /// Every cell runs.
    Nothing,
}

/// The bakes that the store has for `plan`: `None` where a cell has to run.
///
/// A bake that lacks the text of an inline value which a page asks for counts as missing.
pub fn look_up(
    plan: &Plan,
    store: &Store,
    reuse: Reuse,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Option<Baked>> {
    plan.cells
        .iter()
        .map(|cell| {
            if reuse == Reuse::Nothing {
                return None;
            }
            match store.get::<Bake>(cell.key) {
                Found::Entry(bake) => {
                    let complete = cell.inlines.iter().all(|(code, _)| bake.inlines.contains_key(code));
                    complete.then(|| Baked { key: cell.key.to_string(), status: Status::Cached, bake })
                }
                Found::Nothing => None,
                Found::Damaged => {
                    let message =
                        format!("the stored outputs of `{}` were damaged and are made again", cell.label);
                    diagnostics.push(Diagnostic::warning(cell.span, message));
                    None
                }
            }
        })
        .collect()
}

/// How far a program has to run: one past the last cell that is missing.
///
/// The cells before it run too, because the missing one may read what they defined.
pub fn reach(found: &[Option<Baked>]) -> usize {
    found.iter().rposition(Option::is_none).map_or(0, |last| last + 1)
}

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

/// One run of a chapter's program, and where its bakes go.
#[derive(Clone, Copy, Debug)]
pub struct Firing<'a> {
    /// The plan of the whole chapter.
    pub plan: &'a Plan,
    /// The program of its first cells.
    pub program: &'a Program,
    /// What stands around it.
    pub setting: &'a Setting,
    /// Where bakes are kept.
    pub store: &'a Store,
}

/// Runs the program of `firing` and stores what its cells make; returns the bakes of the plan, those
/// that were `found` among them. `step` is called after each cell.
///
/// # Errors
/// Faults of the machine. What goes wrong in a cell is added to `diagnostics` and ends the program.
pub fn run(
    firing: &Firing<'_>,
    mut found: Vec<Option<Baked>>,
    runtime: &mut dyn Runtime,
    diagnostics: &mut Vec<Diagnostic>,
    step: &mut dyn FnMut(),
) -> Result<Vec<Option<Baked>>> {
    let Firing { plan, program, setting, store } = *firing;
    let mut stored: Result<()> = Ok(());
    runtime.run(program, &mut |index, outcome| {
        let cell = &plan.cells[index];
        step();
        match outcome {
            Outcome::Failed(fault) => diagnostics.push(diagnose(plan, cell, &fault)),
            Outcome::Done(ran) => {
                let faults = diagnostics.len();
                let bake = bake(plan, cell, ran, program, setting, diagnostics);
                // What a cell that broke a promise made is not kept, or the next build would pass.
                if diagnostics.len() == faults {
                    stored = std::mem::replace(&mut stored, Ok(())).and_then(|()| store.put(cell.key, &bake));
                }
                let fresh = found[index].is_none();
                if fresh {
                    found[index] = Some(Baked { key: cell.key.to_string(), status: Status::Run, bake });
                }
            }
        }
    })?;
    stored?;
    Ok(found)
}

/// The program of the first `reach` cells of `plan`, with `models` found on this machine.
pub fn program(
    plan: &Plan,
    reach: usize,
    models: Vec<LocalModel>,
    library: &std::path::Path,
    setting: &Setting,
) -> Program {
    Program {
        chapter: plan.chapter.clone(),
        ort_library: library.to_owned(),
        models,
        known_models: setting.known_models.clone(),
        cells: plan.cells[..reach]
            .iter()
            .map(|cell| ProgramCell {
                label: cell.label.clone(),
                code: cell.code.text.clone(),
                seed: cell.seed,
                must_raise: cell.must_raise,
                timeout: cell.timeout,
                inlines: cell.inlines.iter().map(|(code, _)| code.clone()).collect(),
            })
            .collect(),
    }
}

fn bake(
    plan: &Plan,
    cell: &Planned,
    ran: Ran,
    program: &Program,
    setting: &Setting,
    diagnostics: &mut Vec<Diagnostic>,
) -> Bake {
    for check in ran.checks.iter().filter(|check| !check.passes()) {
        diagnostics.push(broken(cell, check));
    }
    let mut bake = Bake { outputs: ran.outputs, checks: ran.checks, ms: ran.ms, ..Bake::default() };
    for ((code, span), text) in cell.inlines.iter().zip(ran.inlines) {
        match text {
            Ok(text) => {
                bake.inlines.insert(code.clone(), text);
            }
            Err(fault) => diagnostics.push(diagnose_inline(plan, *span, &fault)),
        }
    }
    let used = |id: &String| program.models.iter().find(|model| model.id == *id);
    bake.provenance = Provenance {
        models: ran
            .models
            .iter()
            .filter_map(used)
            .map(|model| ModelUse { id: model.id.clone(), sha256: model.sha256.clone() })
            .collect(),
        runtime: (!ran.models.is_empty()).then(|| setting.runtime.clone()),
        provider: (!ran.models.is_empty()).then(|| setting.provider.clone()),
        seed: cell.seed,
    };
    bake
}

/// A claim that came out false, or a control that came out true.
fn broken(cell: &Planned, check: &Check) -> Diagnostic {
    let Check { name, measured, op, bound, .. } = check;
    let line = cell.code.text.lines().position(|line| line.contains(name.as_str()));
    let span = line.and_then(|line| cell.code.lines.get(line)).map_or(cell.span, |start| *start);
    if check.control {
        Diagnostic::error(
            span,
            format!("the control \"{name}\" passes, but must fail: {measured} {op} {bound}"),
        )
        .hint("a control shows what the check beside it would say if the claim were false")
    } else {
        Diagnostic::error(span, format!("the check \"{name}\" fails: measured {measured}, not {op} {bound}"))
    }
}

fn diagnose(plan: &Plan, cell: &Planned, fault: &Fault) -> Diagnostic {
    place(plan, cell.span, fault)
}

fn diagnose_inline(plan: &Plan, span: Span, fault: &Fault) -> Diagnostic {
    // The innermost frame is the inline expression itself unless a cell's function raised.
    place(plan, span, fault)
}

fn place(plan: &Plan, otherwise: Span, fault: &Fault) -> Diagnostic {
    let title = match (fault.kind.as_str(), fault.message.as_str()) {
        ("", message) => message.to_owned(),
        (kind, "") => kind.to_owned(),
        (kind, message) => format!("{kind}: {message}"),
    };
    let mut places = fault.frames.iter().filter_map(|frame| {
        let cell = plan.cells.iter().find(|cell| cell.label == frame.cell)?;
        Some((frame_span(&cell.code, frame)?, frame.function.clone()))
    });
    let first = places.next();
    let mut diagnostic = Diagnostic::error(first.as_ref().map_or(otherwise, |(span, _)| *span), title);
    for (span, _) in places {
        diagnostic = diagnostic.related(span, "called from here");
    }
    diagnostic.hints.extend(fault.hints.iter().cloned());
    diagnostic
}

fn frame_span(code: &Code, frame: &Frame) -> Option<Span> {
    let index = (frame.line as usize).checked_sub(1)?;
    let (start, text) = (code.lines.get(index)?, code.text.lines().nth(index)?);
    let byte = |column: u32| text.char_indices().nth(column as usize - 1).map_or(text.len(), |(at, _)| at);
    let (from, to) = match (frame.column, frame.end_column) {
        (0, _) => (text.len() - text.trim_start().len(), text.trim_end().len()),
        (column, 0) => (byte(column), text.trim_end().len()),
        (column, end) if end > column => (byte(column), byte(end)),
        (column, _) => (byte(column), text.trim_end().len()),
    };
    let base = start.start as usize;
    Some(Span::new(start.file, base + from..base + to.max(from)))
}
