//! Cells of a watched project: what has a bake is shown at once, the rest runs in the background.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread::JoinHandle;

use rayon::prelude::*;

use crate::Result;
use crate::content::Content;
use crate::content::concepts::Concepts;
use crate::content::facts::Facts;
use crate::content::glossary::Glossary;
use crate::content::wording::Wording;
use crate::diag::{Cause, Diagnostic};
use crate::interrupt::Recall;
use crate::render::cite::Bibliography;
use crate::render::theme::Theme;
use crate::snippet::bake::{Baked, Bakes};
use crate::snippet::plan::{Plan, Planned, Surroundings};
use crate::snippet::shelf::Reuse;

use super::cells::{self, Plans};
use super::{Project, Request};

/// The fires of a project: one a chapter.
#[derive(Debug)]
pub(super) struct Hearth {
    request: Request,
    fires: BTreeMap<String, Fire>,
    runs: BTreeMap<String, Run>,
}

/// What is known of a chapter's cells.
#[derive(Debug)]
struct Fire {
    /// Stands for its plan and what is beside it: another plan has other cells, another model other values.
    plan: blake3::Hash,
    bakes: BTreeMap<String, Baked>,
    faults: Vec<Diagnostic>,
    /// Whether cells have yet to run.
    open: bool,
}

/// A chapter whose cells run.
#[derive(Debug)]
struct Run {
    plan: blake3::Hash,
    rows: Rows,
    recall: Recall,
    thread: JoinHandle<Result<Ended>>,
}

/// The cells of each session in their order: the label, where the chapter is the cell's own, and what stands for
/// all that the cell computes. Of two rows those cells come to the same that stand before the first difference.
type Rows = BTreeMap<String, Vec<(Option<String>, blake3::Hash)>>;

/// What came of a run: bakes and faults.
type Ended = (BTreeMap<String, Baked>, Vec<Diagnostic>);

/// A chapter of which some cells have no output yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The chapter's folder below `content/`.
    pub chapter: String,
    /// The addresses of its pages.
    pub pages: Vec<String>,
    /// The labels of the cells that have no output yet.
    pub waiting: Vec<String>,
    /// How many cells it has.
    pub total: usize,
}

/// What the cells show by now.
#[derive(Debug, Default)]
pub(super) struct Tended {
    pub(super) bakes: Bakes,
    /// The chapters that show something else than before.
    pub(super) changed: BTreeSet<String>,
    pub(super) running: Vec<Running>,
}

impl Hearth {
    /// No fires.
    pub(super) fn new(request: Request) -> Self {
        Self { request, fires: BTreeMap::new(), runs: BTreeMap::new() }
    }

    pub(super) fn is_running(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Looks every cell of `plans` up, and has those run that have no bake.
    ///
    /// # Errors
    /// The stores of bakes cannot be read.
    pub(super) fn tend(
        &mut self,
        project: &Project,
        plans: Plans,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Tended> {
        let plans = Arc::new(plans);
        let mut by_chapter: BTreeMap<&str, Vec<&Plan>> = BTreeMap::new();
        for plan in &plans.chapters {
            by_chapter.entry(&plan.chapter).or_default().push(plan);
        }
        let around = beside(&plans.around);
        let digests: BTreeMap<&str, blake3::Hash> = by_chapter
            .iter()
            .map(|(chapter, plans)| (*chapter, blake3::hash(format!("{around} {plans:?}").as_bytes())))
            .collect();
        let mut tended = Tended::default();
        self.collect(&digests, &mut tended);
        let gone: Vec<String> =
            self.fires.keys().filter(|chapter| !digests.contains_key(chapter.as_str())).cloned().collect();
        for chapter in gone {
            self.fires.remove(&chapter);
            tended.changed.insert(chapter);
        }
        let fires = &self.fires;
        let open: Vec<(&str, blake3::Hash)> = digests
            .iter()
            .filter(|(chapter, plan)| {
                fires.get(**chapter).is_none_or(|fire| fire.open || fire.plan != **plan)
            })
            .map(|(chapter, plan)| (*chapter, *plan))
            .collect();
        let request = Request { reuse: Reuse::Frozen, ..self.request.clone() };
        let looked: Vec<Result<Ended>> =
            open.par_iter().map(|(chapter, _)| fire(&request, project, &plans, chapter)).collect();
        for ((chapter, plan), looked) in open.into_iter().zip(looked) {
            let (bakes, mut faults) = looked?;
            let before = faults.len();
            faults.retain(|fault| fault.cause != Cause::MissingBake);
            let fire = Fire { plan, bakes, open: faults.len() < before, faults };
            if self.fires.get(chapter).is_none_or(|old| old.bakes != fire.bakes) {
                tended.changed.insert(chapter.to_owned());
            }
            self.fires.insert(chapter.to_owned(), fire);
        }
        self.call_off(project, &by_chapter, around);
        self.start(project, &plans, around);
        for (chapter, fire) in &self.fires {
            diagnostics.extend(fire.faults.iter().cloned());
            tended.bakes.insert(chapter.clone(), fire.bakes.clone());
            if fire.open {
                tended.running.extend(running(project, by_chapter.get(chapter.as_str()), fire, chapter));
            }
        }
        Ok(tended)
    }

    /// Takes over what runs that have ended have made, unless the chapter has another plan by now.
    fn collect(&mut self, plans: &BTreeMap<&str, blake3::Hash>, tended: &mut Tended) {
        let ended = self.runs.extract_if(.., |_, run| run.thread.is_finished());
        for (chapter, run) in ended.collect::<Vec<_>>() {
            // A thread that panicked has told so; the chapter runs again.
            let Ok(made) = run.thread.join() else { continue };
            let (bakes, faults) = made.unwrap_or_else(|error| {
                let fault = Diagnostic::error(None, format!("the cells of {chapter} cannot run: {error}"));
                (BTreeMap::new(), vec![error.hints().iter().fold(fault, |fault, hint| fault.hint(hint))])
            });
            // The author may have come back to what was called off.
            if plans.get(chapter.as_str()) == Some(&run.plan) && run.recall.check().is_ok() {
                tended.changed.insert(chapter.clone());
                self.fires.insert(chapter, Fire { plan: run.plan, bakes, faults, open: false });
            }
        }
    }

    /// Ends runs that compute nothing any more that somebody waits for: an endless loop that was mended would
    /// keep what has come in its place from running until its time is over.
    fn call_off(&self, project: &Project, plans: &BTreeMap<&str, Vec<&Plan>>, around: blake3::Hash) {
        for (chapter, run) in &self.runs {
            let awaited = match (plans.get(chapter.as_str()), self.fires.get(chapter)) {
                (Some(plans), Some(fire)) => {
                    run.plan == fire.plan
                        || shared(&run.rows, &rows(plans, around))
                            .any(|label| !fire.bakes.contains_key(label))
                }
                // Its pages may have a fault that was made while it ran.
                _ => project.content.chapters.iter().any(|known| known.path == *chapter),
            };
            if !awaited {
                run.recall.call_off();
            }
        }
    }

    /// Starts the runs of chapters that have open cells, as many at once as the project allows.
    fn start(&mut self, project: &Project, plans: &Arc<Plans>, around: blake3::Hash) {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let limit = self.request.jobs.or(project.config.jobs).unwrap_or(processors);
        for (chapter, fire_) in self.fires.iter().filter(|(_, fire)| fire.open) {
            if self.runs.len() >= limit || self.runs.contains_key(chapter) {
                continue;
            }
            let recall = Recall::default();
            let own: Vec<&Plan> = plans.chapters.iter().filter(|plan| plan.chapter == *chapter).collect();
            let rows = rows(&own, around);
            let request = Request { recall: recall.clone(), ..self.request.clone() };
            let (plans, project, name) = (Arc::clone(plans), light(project), chapter.clone());
            let thread = std::thread::spawn(move || fire(&request, &project, &plans, &name));
            self.runs.insert(chapter.clone(), Run { plan: fire_.plan, rows, recall, thread });
        }
    }
}

/// What keys depend on beside the cells: a chapter is looked up again when any of it changes.
fn beside(around: &Surroundings) -> blake3::Hash {
    let Surroundings { models, facts, library, runtime, limits, files, assets } = around;
    let files: Vec<(&String, &String)> = files.iter().map(|(path, file)| (path, &file.digest)).collect();
    let text = format!("{models:?} {facts:?} {library} {runtime} {limits:?} {files:?} {assets:?}");
    blake3::hash(text.as_bytes())
}

/// The rows of a chapter's `plans`; `around` stands for what is beside them.
fn rows(plans: &[&Plan], around: blake3::Hash) -> Rows {
    let one = |cell: &Planned| {
        // The values that sentences show of it run by themselves.
        let (space, normal, limits) = (&cell.space, &cell.normal, &cell.limits);
        let all = (around, space, normal, limits, cell.seed, cell.must_raise, &cell.inputs);
        let own = (!cell.is_foreign()).then(|| cell.label.clone());
        (own, blake3::hash(format!("{} {all:?}", cell.label).as_bytes()))
    };
    plans.iter().map(|plan| (plan.session.clone(), plan.cells.iter().map(one).collect())).collect()
}

/// The labels of the chapter's own cells that come to the same in both.
fn shared<'a>(was: &'a Rows, now: &'a Rows) -> impl Iterator<Item = &'a String> {
    was.iter().flat_map(|(session, was)| {
        let now = now.get(session).map(Vec::as_slice).unwrap_or_default();
        was.iter().zip(now).take_while(|(was, now)| was == now).filter_map(|(cell, _)| cell.0.as_ref())
    })
}

/// The bakes of one chapter.
fn fire(request: &Request, project: &Project, plans: &Plans, chapter: &str) -> Result<Ended> {
    let chapters = plans.chapters.iter().filter(|plan| plan.chapter == chapter).cloned().collect();
    let only = Plans { chapters, around: plans.around.clone(), setting: plans.setting.clone() };
    let mut faults = Vec::new();
    let mut all = cells::bake(request, project, &only, &mut faults)?;
    Ok((all.bakes.remove(chapter).unwrap_or_default(), faults))
}

/// As much of `project` as running cells takes.
fn light(project: &Project) -> Project {
    Project {
        sources: project.sources.clone(),
        config: project.config.clone(),
        models: project.models.clone(),
        content: Content::default(),
        assets: Vec::new(),
        bibliography: Bibliography::default(),
        facts: Facts::default(),
        glossary: Glossary::default(),
        wording: Wording::default(),
        concepts: Concepts::default(),
        theme: Theme::default(),
        locks: project.locks.clone(),
        history: BTreeMap::new(),
        undated: Vec::new(),
        included: BTreeSet::new(),
    }
}

fn running(project: &Project, plans: Option<&Vec<&Plan>>, fire: &Fire, chapter: &str) -> Option<Running> {
    let labels = plans?.iter().flat_map(|plan| &plan.cells).map(|cell| &cell.label);
    let labels: Vec<&String> = labels.collect();
    let pages = project.content.chapters.iter().find(|known| known.path == chapter)?;
    Some(Running {
        chapter: chapter.to_owned(),
        pages: pages.pages.values().map(|page| page.url.clone()).collect(),
        total: labels.len(),
        waiting: labels.into_iter().filter(|label| !fire.bakes.contains_key(*label)).cloned().collect(),
    })
}
