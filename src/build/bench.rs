//! Where workers get what they need: models and the runtime, brought when a cell first has to run.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Mutex;

use crate::models::{Cache, ModelStore, Task, ensure_all};
use crate::runtime::Running;
use crate::runtime::library::{self, LibraryRequest};
use crate::runtime::worker::{Worker, Workers};
use crate::snippet::plan::Plan;
use crate::snippet::program::{Limits, LocalModel, Order, Outcome};
use crate::snippet::run;
use crate::{Error, Result};

use super::cells::{Plans, lock};
use super::{Project, Request};

/// What workers share.
pub(super) struct Bench<'a> {
    request: &'a Request,
    project: &'a Project,
    plans: &'a Plans,
    cache: Cache,
    /// What has been brought and verified so far. Held while something is brought: two chapters never
    /// fetch the same thing.
    ready: Mutex<Ready>,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Ready {
    library: Option<PathBuf>,
    models: BTreeMap<String, LocalModel>,
}

/// Where a worker waits between two chapters, its models loaded.
#[derive(Clone, Default)]
pub(super) struct Seat(Rc<Cell<Option<Worker>>>);

/// A worker that goes back to its seat.
struct Seated {
    worker: Option<Worker>,
    seat: Seat,
}

impl Running for Seated {
    fn step(&mut self, order: &Order, limits: &Limits) -> Result<Outcome> {
        match &mut self.worker {
            Some(worker) => worker.step(order, limits),
            // Only a drop takes it away.
            None => Err(Error::new("the worker has gone back to its seat")),
        }
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.seat.0.set(self.worker.take().filter(Worker::answers));
    }
}

/// Cells gone through, and the bar that says so once a cell runs.
#[derive(Default)]
struct Progress {
    cells: u64,
    bar: Option<Task>,
}

impl<'a> Bench<'a> {
    /// A bench with nothing on it.
    pub(super) fn new(request: &'a Request, project: &'a Project, plans: &'a Plans, cache: Cache) -> Self {
        Self { request, project, plans, cache, ready: Mutex::default(), progress: Mutex::default() }
    }

    /// A worker for `plan`, with its models and the runtime at hand: the one that sits at `seat`,
    /// where it has access to them already, or else a new one.
    ///
    /// # Errors
    /// Something cannot be brought, or the process cannot be started.
    pub(super) fn worker(&self, plan: &Plan, seat: &Seat) -> Result<Box<dyn Running>> {
        let (models, library) = self.bring(plan)?;
        self.begin();
        let program = run::program(plan, models, &library, &self.plans.setting, &self.plans.around);
        let idle = seat.0.take().filter(|worker| worker.suits(&program));
        let worker = match idle {
            Some(mut worker) => {
                worker.begin(&program)?;
                worker
            }
            None => {
                let binary =
                    std::env::current_exe().map_err(Error::because("cannot find Kiln's own binary"))?;
                Workers { binary, recall: self.request.recall.clone() }.start(&program)?
            }
        };
        Ok(Box::new(Seated { worker: Some(worker), seat: seat.clone() }))
    }

    fn bring(&self, plan: &Plan) -> Result<(Vec<LocalModel>, PathBuf)> {
        let mut ready = lock(&self.ready);
        let ids = plan.models();
        let missing: Vec<_> = ids
            .iter()
            .filter(|id| !ready.models.contains_key(*id))
            .filter_map(|id| self.project.models.get(id))
            .collect();
        let root = std::path::absolute(&self.request.root)
            .map_err(Error::because("cannot find the project's folder"))?;
        let store = ModelStore::new(self.cache.clone(), root);
        let brought: Result<Vec<LocalModel>> =
            ensure_all(&missing, &store, &self.request.progress).into_iter().collect();
        ready.models.extend(brought?.into_iter().map(|model| (model.id.clone(), model)));
        let models = ids.iter().filter_map(|id| ready.models.get(id).cloned()).collect();
        let needed = !ids.is_empty() || plan.needs_runtime();
        let library = match (&ready.library, needed) {
            (Some(library), _) => library.clone(),
            (None, false) => PathBuf::new(),
            (None, true) => ready.library.insert(self.library()?).clone(),
        };
        Ok((models, library))
    }

    fn library(&self) -> Result<PathBuf> {
        let wanted = LibraryRequest::new(self.request.ort_library.clone(), self.cache.clone());
        let library = library::locate_or_fetch(&wanted, &self.request.progress)?;
        if let Some(warning) = &library.warning {
            self.request.progress.note(&format!("warning: {warning}"));
        }
        Ok(library.path)
    }

    fn begin(&self) {
        let mut progress = lock(&self.progress);
        if progress.bar.is_none() {
            let own =
                self.plans.chapters.iter().flat_map(|plan| &plan.cells).filter(|cell| !cell.is_foreign());
            let total = own.count() as u64;
            let bar = self.request.progress.steps("cells", total);
            bar.advance(progress.cells);
            progress.bar = Some(bar);
        }
    }

    /// Notes that a cell has been gone through.
    pub(super) fn step(&self) {
        let mut progress = lock(&self.progress);
        progress.cells += 1;
        if let Some(bar) = &progress.bar {
            bar.advance(1);
        }
    }
}
