//! Where workers get what they need: models and the runtime, brought when a cell first has to run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::models::{Cache, ModelStore, Task, ensure_all};
use crate::runtime::Running;
use crate::runtime::library::{self, LibraryRequest};
use crate::runtime::worker::Workers;
use crate::snippet::plan::Plan;
use crate::snippet::program::LocalModel;
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

    /// A worker for `plan`, with its models and the runtime at hand.
    ///
    /// # Errors
    /// Something cannot be brought, or the process cannot be started.
    pub(super) fn worker(&self, plan: &Plan) -> Result<Box<dyn Running>> {
        let (models, library) = self.bring(plan)?;
        self.begin();
        let limits = self.project.config.limits;
        let binary = std::env::current_exe().map_err(Error::because("cannot find Kiln's own binary"))?;
        let memory = plan.cells.iter().filter_map(|cell| cell.memory).fold(limits.memory, u64::max);
        let workers = Workers { binary, memory, output: limits.output };
        let program = run::program(plan, models, &library, &self.plans.setting, &self.plans.around);
        Ok(Box::new(workers.start(&program)?))
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
