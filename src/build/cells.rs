//! The middle of a build: plan every chapter, look its cells up, run what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::Result;
use crate::cache::Store;
use crate::content::lockstep;
use crate::diag::{Diagnostic, FileId, Parsed, Severity};
use crate::models::Cache;
use crate::runtime::library::{self, LibraryRequest, VERSION};
use crate::runtime::worker::available_memory;
use crate::runtime::{LIBRARY, PROVIDER, SESSION_OPTIONS, processor};
use crate::snippet::bake::{Bakes, Status};
use crate::snippet::key::{Key, short};
use crate::snippet::link::link;
use crate::snippet::plan::{InputFile, Plan, Surroundings, candidates, plan as plan_chapter};
use crate::snippet::program::Limits;
use crate::snippet::run::{self, Fired, Firing, Setting};
use crate::snippet::shelf::Shelf;

use super::bench::{Bench, Seat};
use super::queue::Queue;
use super::{Project, Request, locks, stores};

/// The plans of a project, and what keys depend on beside them.
#[derive(Debug)]
pub(super) struct Plans {
    /// One for each chapter that has cells and no fault.
    pub(super) chapters: Vec<Plan>,
    pub(super) around: Surroundings,
    pub(super) setting: Setting,
}

/// Plans every chapter.
///
/// # Errors
/// The library that the caller names is not there.
pub(super) fn plan(request: &Request, project: &Project, diagnostics: &mut Vec<Diagnostic>) -> Result<Plans> {
    // Where texts stand changes with every edit: what pages owe each other is looked at each time.
    let Project { content, config, .. } = project;
    diagnostics.extend(lockstep::check(content, &config.langs(), &config.lints));
    let version = runtime_version(request)?;
    let around = Surroundings {
        models: project.models.entries().iter().map(|e| (e.id.clone(), e.digest().to_string())).collect(),
        facts: project
            .models
            .entries()
            .iter()
            .map(|e| (e.id.clone(), format!("{} {}", e.task, e.parameters)))
            .collect(),
        library: LIBRARY.to_string(),
        runtime: format!("onnxruntime {version}; {PROVIDER}; {SESSION_OPTIONS}"),
        limits: project.config.limits,
        files: inputs(project),
        assets: project.assets.iter().map(|asset| asset.path.clone()).collect(),
    };
    let setting = Setting {
        runtime: format!("onnxruntime {version}"),
        provider: PROVIDER.to_owned(),
        known_models: project.models.ids().map(str::to_owned).collect(),
        cpu: processor::describe(),
    };
    let order = project.config.langs();
    let chapters = &project.content.chapters;
    let plans = chapters.iter().flat_map(|chapter| plan_chapter(chapter, &order, &around).take(diagnostics));
    let plans: Vec<Plan> = plans.collect();
    let paths: Vec<String> = chapters.iter().map(|chapter| chapter.path.clone()).collect();
    let mut plans = link(plans, &paths).take(diagnostics);
    let errors = diagnostics.iter().filter(|fault| fault.severity == Severity::Error);
    let faulty: BTreeSet<FileId> = errors.filter_map(|fault| Some(fault.span?.file)).collect();
    let faulty =
        chapters.iter().filter(|chapter| chapter.pages.values().any(|page| faulty.contains(&page.file)));
    let faulty: BTreeSet<&str> = faulty.map(|chapter| chapter.path.as_str()).collect();
    // The author has to mend a chapter before its cells are worth running, or those that import from it.
    plans.retain(|plan| plan.cells.iter().all(|cell| !faulty.contains(cell.chapter.as_str())));
    if let Some(shard) = request.shard {
        shard.retain(&mut plans, &project.locks);
    }
    Ok(Plans { chapters: plans, around, setting })
}

/// The files that cells declare, by path below `content/`.
fn inputs(project: &Project) -> BTreeMap<String, InputFile> {
    let mut files = BTreeMap::new();
    for chapter in &project.content.chapters {
        let cells = chapter.pages.values().flat_map(|page| &page.cells);
        let wanted = cells.flat_map(|cell| &cell.options.inputs);
        for path in wanted.flat_map(|input| candidates(&chapter.path, &input.path)) {
            let Some(asset) = project.assets.iter().find(|asset| asset.path == path) else { continue };
            files.entry(path).or_insert_with(|| InputFile {
                digest: short(&asset.bytes),
                bytes: asset.bytes.as_slice().into(),
            });
        }
    }
    files
}

/// The version that cells will run on, which is part of their keys: the pinned one, unless the caller
/// names a library. Nothing is opened.
fn runtime_version(request: &Request) -> Result<String> {
    let Some(named) = &request.ort_library else { return Ok(VERSION.to_owned()) };
    let wanted = LibraryRequest::new(Some(named.clone()), Cache::of_user()?);
    Ok(library::locate(&wanted)?.map_or_else(|| VERSION.to_owned(), |library| library.version))
}

/// What came of all chapters.
#[derive(Debug, Default)]
pub(super) struct All {
    /// Bakes by chapter and label.
    pub(super) bakes: Bakes,
    /// Keys by chapter and label.
    pub(super) keys: BTreeMap<String, BTreeMap<String, Key>>,
    /// How many bakes the shared store did not get.
    pub(super) unsent: usize,
}

/// Mebibytes that a worker takes as a rule: an interpreter and a model of some hundred megabytes.
/// Few cells come near their limit, and it would leave processors idle to set all of it aside.
const USUAL_MEMORY: u64 = 1024;

/// The bake of every cell of `plans`: found where there is one, else from a run.
///
/// # Errors
/// Faults of the machine.
pub(super) fn bake(
    request: &Request,
    project: &Project,
    plans: &Plans,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<All> {
    if plans.chapters.is_empty() {
        return Ok(All::default());
    }
    let cache = Cache::of_user()?;
    let store = stores::open(request, &project.config.store, &cache)?;
    let bench = Bench::new(request, project, plans, cache);
    let fired = each(request, project, plans, |plan, seat, faults| {
        let shelf = Shelf {
            locks: &project.locks,
            file: &|chapter, name| locks::folder(&request.root, chapter).file(name),
            store: &store,
            reuse: request.reuse,
        };
        let firing = Firing { plan, around: &plans.around, setting: &plans.setting, shelf };
        run::run(&firing, &mut || bench.worker(plan, seat), faults, &mut || bench.step())
    });
    let mut all = All::default();
    for (plan, Fired { bakes, keys }) in plans.chapters.iter().zip(fired.take(diagnostics)?) {
        // The sessions of a chapter are programs of their own.
        all.bakes.entry(plan.chapter.clone()).or_default().extend(bakes);
        all.keys.entry(plan.chapter.clone()).or_default().extend(keys);
    }
    diagnostics.extend(stores::complaint(&store));
    all.unsent = store.unsent();
    keep_small(&store, project, &all)?;
    Ok(all)
}

/// Keeps the local store within its bound after a build that has added to it.
fn keep_small(store: &Store, project: &Project, all: &All) -> Result<()> {
    let added = all.bakes.values().flat_map(BTreeMap::values).any(|baked| baked.status == Status::Run);
    if added {
        store.collect(project.config.store.keep.saturating_mul(1 << 20))?;
    }
    Ok(())
}

/// What `act` makes of every plan, in their order, and what is to be said about it. Chapters are gone
/// through side by side, each worker at a seat of its own; the results do not depend on how many.
pub(super) fn each<T: Send>(
    request: &Request,
    project: &Project,
    plans: &Plans,
    act: impl Fn(&Plan, &Seat, &mut Vec<Diagnostic>) -> Result<T> + Sync,
) -> Parsed<Result<Vec<T>>> {
    let chapters = &plans.chapters;
    let jobs = request.jobs.or(project.config.jobs).unwrap_or_else(|| at_once(&project.config.limits));
    let jobs = jobs.min(chapters.len());
    let queue = Mutex::new(Queue::new(jobs, chapters.iter().map(Plan::models)));
    let done: Vec<Mutex<Option<Parsed<Result<T>>>>> = chapters.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for number in 0..jobs {
            let (queue, done, act) = (&queue, &done, &act);
            scope.spawn(move || {
                let seat = Seat::default();
                loop {
                    let Some(index) = lock(queue).next(number) else { break };
                    let mut diagnostics = Vec::new();
                    let value = act(&chapters[index], &seat, &mut diagnostics);
                    *lock(&done[index]) = Some(Parsed { value, diagnostics });
                }
            });
        }
    });
    let mut diagnostics = Vec::new();
    // Every slot was filled, unless a thread panicked, which ends the build before this.
    let values = done.iter().filter_map(|slot| lock(slot).take()).map(|done| done.take(&mut diagnostics));
    let value = values.collect();
    Parsed { value, diagnostics }
}

/// How many workers run at once where nobody says: one a processor, as far as memory allows.
fn at_once(limits: &Limits) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let share = limits.memory.min(USUAL_MEMORY) << 20;
    let room = available_memory().map_or(processors, |bytes| (bytes / share) as usize);
    processors.min(room).max(1)
}

/// The content of `mutex`: a thread that panicked while holding it ends the whole build anyway.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
