//! Whether what was locked is still what the cells show.

use std::collections::BTreeMap;

use crate::Result;
use crate::cache::Store;
use crate::diag::{Diagnostic, Span, has_errors};
use crate::models::Cache;
use crate::snippet::bake::Bakes;
use crate::snippet::plan::{Plan, Planned};
use crate::snippet::run::{Again, Firing, again};
use crate::snippet::shelf::{Reuse, Shelf};
use crate::write::Nowhere;

use super::bench::Bench;
use super::{Project, Request, cells, load, locks, outward};

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

/// What becomes of links that lead out of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum External {
    /// Nothing.
    Leave,
    /// The other site is asked whether it has what they lead to.
    Ask,
}

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// Each cell that was looked at, as `chapter#label`.
    pub cells: BTreeMap<String, CheckedCell>,
    /// What the author has to know beside.
    pub diagnostics: Vec<Diagnostic>,
    /// The project, for reports.
    pub project: Project,
}

/// A cell that was looked at.
#[derive(Debug)]
pub struct CheckedCell {
    /// Where it stands.
    pub span: Span,
    /// What became of it, and what it shows.
    pub again: Again,
}

/// The cells of `plans`, as `chapter#label`, without those of other chapters.
fn names(plans: &[Plan]) -> impl Iterator<Item = String> {
    let own = |plan: &Plan| {
        let cells = plan.cells.iter().filter(|cell| !cell.is_foreign());
        cells.map(|cell| format!("{}#{}", plan.chapter, cell.label)).collect::<Vec<_>>()
    };
    plans.iter().flat_map(own)
}

/// Runs the cells of `selection` again and compares them with the locks; `links` says whether other sites are
/// asked too. Nothing is written.
///
/// # Errors
/// Faults of the machine.
pub fn check(request: &Request, selection: &Selection, links: External) -> Result<Checked> {
    let mut diagnostics = Vec::new();
    let project = load::load(request)?.take(&mut diagnostics);
    // What goes into pages unread shall at least be seen.
    let raw = project.content.pages().flat_map(|page| &page.raw_html);
    diagnostics.extend(raw.map(|span| Diagnostic::warning(*span, "raw HTML, which nothing checks")));
    let mut plans = cells::plan(request, &project, &mut diagnostics)?;
    // Cells of other chapters are looked at there; a frozen one is what its author wants it to be.
    let wanted = |chapter: &str, cell: &Planned| {
        !cell.is_foreign() && !cell.freeze && selection.has(chapter, &cell.label)
    };
    let known: Vec<String> = names(&plans.chapters).collect();
    plans.chapters.retain(|plan| plan.cells.iter().any(|cell| wanted(&plan.chapter, cell)));
    let nowhere = Store::nowhere();
    let bench = Bench::new(request, &project, &plans, Cache::of_user()?);
    let ran = cells::each(request, &project, &plans, |plan, seat, faults| {
        let shelf = Shelf {
            locks: &project.locks,
            file: &|chapter, name| locks::folder(&request.root, chapter).file(name),
            store: &nowhere,
            reuse: Reuse::Nothing,
        };
        let firing = Firing { plan, around: &plans.around, setting: &plans.setting, shelf };
        let chosen = |cell: &Planned| wanted(&plan.chapter, cell);
        again(&firing, &chosen, &mut || bench.worker(plan, seat), faults, &mut || bench.step())
    });
    let mut found = BTreeMap::new();
    let mut bakes = Bakes::new();
    for (plan, mut ran) in plans.chapters.iter().zip(ran.take(&mut diagnostics)?) {
        let shown = bakes.entry(plan.chapter.clone()).or_default();
        shown.extend(ran.kept);
        for cell in plan.cells.iter().filter(|cell| !cell.is_foreign()) {
            if let Some(again) = ran.cells.remove(&cell.label) {
                shown.insert(cell.label.clone(), again.now.clone());
                let name = format!("{}#{}", plan.chapter, cell.label);
                found.insert(name, CheckedCell { span: cell.span, again });
            }
        }
    }
    if *selection == Selection::default() && request.shard.is_none() {
        // What only shows when pages are drawn: links, alternative texts.
        let _ = load::render(&project, &bakes, &Nowhere).take(&mut diagnostics);
    }
    if links == External::Ask {
        diagnostics.extend(outward::check(request, &project)?);
    }
    if let Some(only) = selection.only.as_ref().filter(|_| found.is_empty() && !has_errors(&diagnostics)) {
        diagnostics.push(match known.contains(only) {
            true => Diagnostic::error(None, format!("`{only}` is not chosen"))
                .hint("a cell with `#| freeze: true` is not run again, nor one that `--sample` or `--shard` leaves out"),
            false => Diagnostic::error(None, format!("there is no cell `{only}`"))
                .did_you_mean(only, known.iter().map(String::as_str))
                .hint("name one as `--only CHAPTER#LABEL`"),
        });
    }
    drop(bench);
    Ok(Checked { cells: found, diagnostics, project })
}
