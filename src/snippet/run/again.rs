//! Runs chosen cells again, to be compared with what was locked.
//!
//! Keys are made of the locked values, as in a build that finds the lock: a processor that rounds in
//! other places makes no cell stale. What runs sees the values that this machine makes.

use std::collections::BTreeMap;

use crate::Result;
use crate::diag::Diagnostic;

use super::super::bake::{Bake, Baked, BakedInline, InlineBake};
use super::super::drift::{Drift, drift, drift_of_text};
use super::super::key::{self, Key};
use super::super::plan::Planned;
use super::super::program::Outcome;
use super::super::shelf::Held;
use super::super::state::Step;
use super::walk::{Rerun, Walk};
use super::{Firing, Start, bake, faults};

/// What became of a cell since it was locked.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It shows the same.
    Same,
    /// It shows something else.
    Drifted(Vec<Drift>),
    /// Something it is made of has changed, in words.
    Stale(Vec<String>),
    /// It was never locked.
    Unlocked,
}

/// A cell that ran again.
#[derive(Clone, Debug)]
pub struct Again {
    /// What became of it.
    pub verdict: Verdict,
    /// What was locked, where that can be read.
    pub was: Option<Bake>,
    /// What it shows now.
    pub now: Baked,
}

/// What came of a chapter.
#[derive(Debug, Default)]
pub struct RanAgain {
    /// The chosen cells by label, without those that failed.
    pub cells: BTreeMap<String, Again>,
    /// The locked bakes of the others.
    pub kept: BTreeMap<String, Baked>,
}

/// Runs the cells that `chosen` chooses, and what they need. A cell that fails is told of in
/// `diagnostics`. Nothing is stored. `each` is called after each cell.
///
/// # Errors
/// Faults of the machine.
pub fn again(
    firing: &Firing<'_>,
    chosen: &dyn Fn(&Planned) -> bool,
    start: &mut Start<'_>,
    diagnostics: &mut Vec<Diagnostic>,
    each: &mut dyn FnMut(),
) -> Result<RanAgain> {
    let mut walk = Walk::new(firing.plan, start, Rerun::AsItIs, &|_| None);
    let mut ran = RanAgain::default();
    // What went wrong in cells that are not asked about: of interest where one that is needs them.
    let mut hidden = Vec::new();
    for (index, cell) in firing.plan.cells.iter().enumerate() {
        let step = Step { cell: index, inline: None };
        // What goes wrong in a cell of another chapter is told there.
        let mut elsewhere = Vec::new();
        let told = match (cell.is_foreign(), chosen(cell)) {
            (true, _) => &mut elsewhere,
            (false, true) => &mut *diagnostics,
            (false, false) => &mut hidden,
        };
        let mut one = one_cell(firing, &mut walk, step, chosen(cell), told)?;
        for at in 0..cell.inlines.len() {
            let step = Step { cell: index, inline: Some(at) };
            if let Some((inline, drifts)) = one_inline(firing, &mut walk, step, chosen(cell), told)? {
                one.add(inline, drifts);
            }
        }
        if cell.is_foreign() {
            continue;
        }
        each();
        match one {
            One::Ran(again) => drop(ran.cells.insert(cell.label.clone(), *again)),
            One::Kept(baked) => drop(ran.kept.insert(cell.label.clone(), *baked)),
            One::Spoilt if chosen(cell) => diagnostics.append(&mut hidden),
            One::Spoilt | One::Nothing => {}
        }
    }
    Ok(ran)
}

/// What came of a cell.
enum One {
    /// It was chosen and ran.
    Ran(Box<Again>),
    /// It was not chosen and is as locked.
    Kept(Box<Baked>),
    /// Something that it reads has failed.
    Spoilt,
    /// It failed, or ran only because its values are needed.
    Nothing,
}

impl One {
    /// Adds an inline value that stands after the cell.
    fn add(&mut self, inline: BakedInline, drifts: Vec<Drift>) {
        match self {
            Self::Ran(again) => {
                again.now.inlines.push(inline);
                match &mut again.verdict {
                    Verdict::Same if !drifts.is_empty() => again.verdict = Verdict::Drifted(drifts),
                    Verdict::Drifted(more) => more.extend(drifts),
                    Verdict::Same | Verdict::Stale(_) | Verdict::Unlocked => {}
                }
            }
            Self::Kept(baked) => baked.inlines.push(inline),
            Self::Spoilt | Self::Nothing => {}
        }
    }
}

fn one_cell(
    firing: &Firing<'_>,
    walk: &mut Walk<'_, '_>,
    step: Step,
    chosen: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<One> {
    let cell = &firing.plan.cells[step.cell];
    let Some(reading) = walk.reading(&cell.names.reads) else {
        walk.spoil(step);
        return Ok(One::Spoilt);
    };
    let key = key::of_cell(cell, &reading, firing.around);
    walk.read(step, &cell.names.reads);
    let was = firing.shelf.locked(cell);
    let fits = was.as_ref().filter(|held| cell.freeze || held.key.cell == key.cell);
    if let (Some(held), false) = (fits, chosen) {
        walk.advance(step, &held.bake.values, &held.making);
        let Held { key, bake, making, status } = held.clone();
        return Ok(One::Kept(Box::new(Baked { key, bake, making, status, ..Baked::default() })));
    }
    let mut ran = match walk.execute(step)? {
        Outcome::Done(ran) => ran,
        Outcome::Failed(fault) => {
            diagnostics.push(faults::place(firing.plan, cell.span, &fault));
            walk.spoil(step);
            return Ok(One::Nothing);
        }
    };
    walk.name_opaque(step, &key, &mut ran.values);
    let values = fits.map_or(&ran.values, |held| &held.bake.values);
    let making = firing.setting.making(ran.ms);
    walk.advance(step, values, &making);
    if !chosen {
        return Ok(One::Nothing);
    }
    let now = bake(firing, cell, ran);
    diagnostics
        .extend(now.checks.iter().filter(|check| !check.passes()).map(|check| faults::broken(cell, check)));
    diagnostics.extend(faults::unexpected(cell, &now));
    let verdict = match fits {
        Some(held) => match drift(&held.bake, &now, cell.tolerance) {
            drifts if drifts.is_empty() => Verdict::Same,
            drifts => Verdict::Drifted(drifts),
        },
        None => unlocked(firing, cell, &key),
    };
    let now = Baked { key, bake: now, making, ..Baked::default() };
    Ok(One::Ran(Box::new(Again { verdict, was: was.map(|held| held.bake), now })))
}

/// Why there is nothing locked to compare `cell` with.
fn unlocked(firing: &Firing<'_>, cell: &Planned, key: &Key) -> Verdict {
    let lock = firing.shelf.locks.get(&cell.chapter);
    match lock.is_some_and(|lock| lock.cells.contains_key(&cell.label)) {
        true => Verdict::Stale(firing.shelf.why(key, cell)),
        false => Verdict::Unlocked,
    }
}

/// The inline value at `step`, and how it differs from the locked one where it has been chosen and locked;
/// `None` where it failed.
fn one_inline(
    firing: &Firing<'_>,
    walk: &mut Walk<'_, '_>,
    step: Step,
    chosen: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<(BakedInline, Vec<Drift>)>> {
    let cell = &firing.plan.cells[step.cell];
    let Some(inline) = step.inline.and_then(|at| cell.inlines.get(at)) else { return Ok(None) };
    let Some(reading) = walk.reading(&inline.reads) else { return Ok(None) };
    let key = key::of_inline(cell, inline, &reading, firing.around);
    walk.read(step, &inline.reads);
    let locked = firing.shelf.locked_inline(key.cell, &cell.chapter);
    let made = |bake: InlineBake| BakedInline { code: inline.code.clone(), key: key.cell, bake };
    if let (Some(locked), false) = (&locked, chosen) {
        walk.advance(step, &locked.values, &firing.setting.making(0.0));
        return Ok(Some((made(locked.clone()), Vec::new())));
    }
    let mut ran = match walk.execute(step)? {
        Outcome::Done(ran) => ran,
        Outcome::Failed(fault) => {
            diagnostics.push(faults::place(firing.plan, inline.span, &fault));
            return Ok(None);
        }
    };
    walk.name_opaque(step, &key, &mut ran.values);
    let values = locked.as_ref().map_or(&ran.values, |inline| &inline.values);
    walk.advance(step, values, &firing.setting.making(ran.ms));
    let place = format!("the inline value `{}`", inline.code);
    let drifts = locked.map(|locked| drift_of_text(&place, &locked.text, &ran.text, cell.tolerance));
    Ok(Some((made(InlineBake { text: ran.text, values: ran.values }), drifts.unwrap_or_default())))
}
