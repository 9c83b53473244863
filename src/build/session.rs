//! A project that is built again and again in one process: what an edit does not touch stays as it is.
//!
//! Invariant: what a session makes after any row of edits is what a build from nothing would make. Where a
//! change is not understood, everything is read again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use crate::Result;
use crate::diag::{Diagnostic, has_errors};
use crate::render::{Extent, Memo, Pace};
use crate::write::{Listed, Sink};

use super::live::{Hearth, Running};
use super::reach::{Reach, embedding, pages_of};
use super::reread::reread;
use super::{Inputs, Project, Report, Request, cells, count, inputs, load, models, since};

/// What has changed in a project since it was last built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Anything.
    All,
    /// These files, by path below the project's folder; empty where only cells have made progress.
    Files(BTreeSet<PathBuf>),
}

impl Changes {
    /// No file.
    pub const NONE: Self = Self::Files(BTreeSet::new());
}

/// A project under somebody's hands.
#[derive(Debug)]
pub struct Session {
    request: Request,
    project: Option<Project>,
    /// What was wrong with the texts.
    told: Vec<Diagnostic>,
    memo: Memo,
    hearth: Hearth,
    inputs: Inputs,
}

/// The site as it is by now.
#[derive(Debug)]
pub struct Live {
    /// What the build did.
    pub report: Report,
    /// The files of the site by path; incomplete where the report holds an error.
    pub files: Vec<Listed>,
    /// The chapters whose cells still run: their pages lack outputs.
    pub running: Vec<Running>,
    /// How much of it was made.
    pub extent: Extent,
}

impl Session {
    /// A session that has built nothing yet.
    pub fn new(request: Request) -> Self {
        let hearth = Hearth::new(request.clone());
        let (told, memo, inputs) = Default::default();
        Self { request, project: None, told, memo, hearth, inputs }
    }

    /// Makes the site again after `changes`, without waiting for cells: those that have no bake yet run in
    /// the background. Pages that `sink` waits for are made before the others; `pace` says when those are, and
    /// what is made of all pages together.
    ///
    /// # Errors
    /// Faults of the machine.
    pub fn make(&mut self, changes: &Changes, pace: Pace, sink: &dyn Sink) -> Result<Live> {
        let start = Instant::now();
        let reach = self.read(changes)?;
        if reach.all {
            self.memo.forget_all();
        }
        if reach.beside {
            self.memo.forget_beside();
        }
        if reach.beyond {
            self.memo.outdate();
        }
        reach.paths.iter().for_each(|path| self.memo.forget(path));
        let Some(project) = &self.project else { return Ok(Live::default()) };
        let mut diagnostics = self.told.clone();
        let plans = cells::plan(&self.request, project, &mut diagnostics)?;
        let fired = self.hearth.tend(project, plans, &mut diagnostics)?;
        for chapter in &fired.changed {
            let pages = pages_of(project, chapter).chain(embedding(project, chapter));
            pages.for_each(|path| self.memo.forget(&path));
        }
        self.memo.pace = pace;
        self.memo.is_sound = !has_errors(&diagnostics);
        let files = load::render_again(project, &fired.bakes, &mut self.memo, sink).take(&mut diagnostics);
        let report = Report {
            pages: project.content.pages().count(),
            cells: count(&fired.bakes),
            models: models(&fired.bakes),
            unsent: 0,
            diagnostics,
            sources: project.sources.clone(),
            steps: Vec::new(),
            ms: since(start),
        };
        Ok(Live { report, files, running: fired.running, extent: self.memo.extent })
    }

    /// What the project was made of when it was last read whole.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Whether cells run.
    pub fn is_running(&self) -> bool {
        self.hearth.is_running()
    }

    /// Whether pages have yet to be made.
    pub fn is_unfinished(&self) -> bool {
        self.memo.extent != Extent::Whole
    }

    /// Whether what is made of all pages together is older than they are.
    pub fn is_stale(&self) -> bool {
        self.memo.is_stale()
    }

    /// Reads what has changed.
    fn read(&mut self, changes: &Changes) -> Result<Reach> {
        if let (Changes::Files(paths), Some(project)) = (changes, &mut self.project)
            && let Some(reach) = reread(&self.request, project, &mut self.told, paths)
        {
            return Ok(reach);
        }
        let mut told = Vec::new();
        let project = load::load(&self.request)?.take(&mut told);
        self.inputs = inputs::of(&project.config, &project.sources);
        self.project = Some(project);
        self.told = told;
        Ok(Reach::EVERYTHING)
    }
}

impl Default for Live {
    fn default() -> Self {
        let report = Report {
            pages: 0,
            cells: super::Counts::default(),
            models: Vec::new(),
            unsent: 0,
            diagnostics: Vec::new(),
            sources: crate::diag::Sources::default(),
            steps: Vec::new(),
            ms: 0.0,
        };
        Self { report, files: Vec::new(), running: Vec::new(), extent: Extent::Whole }
    }
}

impl Live {
    /// Whether the site may be shown.
    pub fn is_sound(&self) -> bool {
        !has_errors(&self.report.diagnostics)
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
