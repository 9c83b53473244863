//! The middle of a build: plan every chapter, look its cells up, run what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cache::Store;
use crate::content::page::Chapter;
use crate::diag::{Diagnostic, Severity, Span};
use crate::models::{Cache, ModelStore, Task, ensure_all};
use crate::runtime::library::{self, Library, LibraryRequest};
use crate::runtime::worker::Workers;
use crate::runtime::{PROVIDER, RUNTIME, SESSION_OPTIONS};
use crate::snippet::bake::{Baked, Bakes};
use crate::snippet::plan::{Plan, Surroundings, plan as plan_chapter};
use crate::snippet::program::LocalModel;
use crate::snippet::run::{self, Firing, Setting};
use crate::{Error, Result};

use super::{Project, Request};

/// The plan of every chapter that has cells and no fault.
pub(super) fn plan(project: &Project, diagnostics: &mut Vec<Diagnostic>) -> Vec<Plan> {
    let around = Surroundings {
        models: project.models.entries().iter().map(|e| (e.id.clone(), e.digest().to_string())).collect(),
        runtime: format!("{RUNTIME}; {PROVIDER}; {SESSION_OPTIONS}"),
        timeout: project.config.limits.timeout,
    };
    let order = project.config.langs();
    let mut plans = Vec::new();
    for chapter in &project.content.chapters {
        let faulty = has_fault(chapter, diagnostics);
        let before = diagnostics.len();
        let plan = plan_chapter(chapter, &order, &around).take(diagnostics);
        let clean = !faulty && diagnostics.len() == before;
        if clean && !plan.cells.is_empty() {
            plans.push(plan);
        }
    }
    plans
}

/// Whether the author has to mend `chapter` before its cells are worth running.
fn has_fault(chapter: &Chapter, diagnostics: &[Diagnostic]) -> bool {
    let of_chapter = |span: Span| chapter.pages.values().any(|page| page.file == span.file);
    diagnostics.iter().any(|d| d.severity == Severity::Error && d.span.is_some_and(of_chapter))
}

/// The bake of every cell of `plans`: from the store where it has them, else from a run.
pub(super) fn bake(
    request: &Request,
    project: &Project,
    plans: &[Plan],
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Bakes> {
    let cache = Cache::of_user()?;
    let store = Store::new(cache.root().join("bakes"));
    let mut bakes = Bakes::new();
    let mut missing = Vec::new();
    for plan in plans {
        let found = run::look_up(plan, &store, request.reuse, diagnostics);
        match run::reach(&found) {
            0 => keep(&mut bakes, plan, found),
            reach => missing.push(Job { plan, found, reach }),
        }
    }
    if missing.is_empty() {
        return Ok(bakes);
    }
    let ready = Ready::prepare(request, project, &missing, cache)?;
    let jobs = request.jobs.or(project.config.jobs);
    for (plan, found, faults) in ready.run(request, project, missing, &store, jobs)? {
        diagnostics.extend(faults);
        keep(&mut bakes, plan, found);
    }
    Ok(bakes)
}

fn keep(bakes: &mut Bakes, plan: &Plan, found: Vec<Option<Baked>>) {
    let labels = plan.cells.iter().map(|cell| cell.label.clone());
    let cells = labels.zip(found).filter_map(|(label, baked)| Some((label, baked?))).collect();
    bakes.insert(plan.chapter.clone(), cells);
}

/// A chapter with cells to run.
struct Job<'a> {
    plan: &'a Plan,
    found: Vec<Option<Baked>>,
    /// How many of its cells run.
    reach: usize,
}

type Finished<'a> = (&'a Plan, Vec<Option<Baked>>, Vec<Diagnostic>);

/// What workers need, on this machine and verified.
struct Ready {
    library: Library,
    models: BTreeMap<String, LocalModel>,
}

impl Ready {
    /// Brings the runtime and every model that `jobs` name.
    fn prepare(request: &Request, project: &Project, jobs: &[Job<'_>], cache: Cache) -> Result<Self> {
        let ids: BTreeSet<String> = jobs.iter().flat_map(|job| job.plan.models()).collect();
        let entries: Vec<_> = ids.iter().filter_map(|id| project.models.get(id)).collect();
        let root =
            std::path::absolute(&request.root).map_err(Error::because("cannot find the project's folder"))?;
        let store = ModelStore::new(cache.clone(), root);
        let models: Result<Vec<LocalModel>> =
            ensure_all(&entries, &store, &request.progress).into_iter().collect();
        let models = models?.into_iter().map(|model| (model.id.clone(), model)).collect();
        let wanted = LibraryRequest::new(request.ort_library.clone(), cache);
        let library = library::locate_or_fetch(&wanted, &request.progress)?;
        if let Some(warning) = &library.warning {
            request.progress.note(&format!("warning: {warning}"));
        }
        Ok(Self { library, models })
    }

    /// Runs `jobs` side by side, the longest first; the results come in the order of `jobs`.
    fn run<'a>(
        &self,
        request: &Request,
        project: &Project,
        jobs: Vec<Job<'a>>,
        store: &Store,
        workers: Option<usize>,
    ) -> Result<Vec<Finished<'a>>> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = workers.unwrap_or(processors).min(jobs.len());
        let cells = jobs.iter().map(|job| job.reach as u64).sum();
        let bar = request.progress.steps("cells", cells);
        let next = AtomicUsize::new(0);
        let slots: Vec<Mutex<Option<Job<'a>>>> = jobs.into_iter().map(|job| Mutex::new(Some(job))).collect();
        let done: Vec<Mutex<Option<Result<Finished<'a>>>>> = slots.iter().map(|_| Mutex::new(None)).collect();
        let setting = self.setting(project);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(slot) = slots.get(index) else { break };
                        let Some(job) = lock(slot).take() else { continue };
                        let result = self.one(project, job, store, &setting, &bar);
                        *lock(&done[index]) = Some(result);
                    }
                });
            }
        });
        done.iter().filter_map(|slot| lock(slot).take()).collect()
    }

    fn one<'a>(
        &self,
        project: &Project,
        job: Job<'a>,
        store: &Store,
        setting: &Setting,
        bar: &Task,
    ) -> Result<Finished<'a>> {
        let limits = project.config.limits;
        let binary = std::env::current_exe().map_err(Error::because("cannot find Kiln's own binary"))?;
        let mut workers = Workers { binary, memory: limits.memory, output: limits.output };
        let models = job.plan.models().iter().filter_map(|id| self.models.get(id).cloned()).collect();
        let program = run::program(job.plan, job.reach, models, &self.library.path, setting);
        let mut faults = Vec::new();
        let firing = Firing { plan: job.plan, program: &program, setting, store };
        let found = run::run(&firing, job.found, &mut workers, &mut faults, &mut || bar.advance(1))?;
        Ok((job.plan, found, faults))
    }

    fn setting(&self, project: &Project) -> Setting {
        Setting {
            runtime: format!("onnxruntime {}", self.library.version),
            provider: PROVIDER.to_owned(),
            known_models: project.models.ids().map(str::to_owned).collect(),
        }
    }
}

/// The content of `mutex`: a thread that panicked while holding it ends the whole build anyway.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
