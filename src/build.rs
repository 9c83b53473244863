//! A build, in seven steps: load, parse, plan, run, bake, render, write.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

use crate::Result;
use crate::config::Config;
use crate::content::concepts::Concepts;
use crate::content::facts::Facts;
use crate::content::glossary::Glossary;
use crate::content::load::Asset;
use crate::content::wording::Wording;
use crate::content::{Content, Drafts, Setting, Spelling};
use crate::diag::{Diagnostic, FileId, Sources, has_errors};
use crate::interrupt::Recall;
use crate::models::{Manifest, Progress};
use crate::render::cite::Bibliography;
use crate::render::theme::Theme;
use crate::snippet::bake::{Bakes, Status};
use crate::snippet::lock::Lock;
use crate::snippet::shelf::Reuse;
use crate::write::{self, Listed, Nowhere, Sink, Stage};

use bar::Bar;

mod bar;
mod bench;
mod cards;
mod cells;
mod check;
mod explain;
mod export;
mod fresh;
mod graph;
mod history;
mod inputs;
mod live;
mod load;
mod locks;
mod manifest;
mod outward;
mod queue;
mod reach;
mod reread;
mod review;
mod session;
mod shard;
mod show;
mod stores;
mod tidy;
mod uses;

pub use check::{Checked, CheckedCell, External, Selection, check};
pub use explain::{Explained, explain};
pub use export::{Exported, export};
pub use graph::{Graph, Node, graph};
pub use inputs::{Inputs, inputs};
pub use live::Running;
pub use load::languages;
pub use review::review;
pub use session::{Changes, Live, Session};
pub use shard::Shard;
pub use show::{Shown, show};
pub use stores::{Sharing, local};
pub use tidy::{Tidied, tidy};
pub use uses::uses;

pub use crate::render::theme::Naming;
pub use crate::render::{Extent, Form, Pace};

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// The project's folder.
    pub root: PathBuf,
    /// Where the site goes.
    pub out: PathBuf,
    /// Whether stored bakes may be used.
    pub reuse: Reuse,
    /// The shared store, where the caller names one.
    pub sharing: Sharing,
    /// Only this share of the chapters.
    pub shard: Option<Shard>,
    /// The library of ONNX Runtime that the caller names.
    pub ort_library: Option<PathBuf>,
    /// How many workers run at once; `None` for the project's setting.
    pub jobs: Option<usize>,
    /// How downloads and runs are shown.
    pub progress: Progress,
    /// What becomes of drafts.
    pub drafts: Drafts,
    /// What the theme's files are called.
    pub naming: Naming,
    /// Whether terms of the glossary have to be written as it writes them.
    pub spelling: Spelling,
    /// Calls off the cells that run for this build.
    pub recall: Recall,
}

/// What a build did.
#[derive(Debug)]
pub struct Report {
    /// How many pages were written.
    pub pages: usize,
    /// How many cells ran, and how many were found.
    pub cells: Counts,
    /// The ids of the models that the outputs come from, sorted.
    pub models: Vec<String>,
    /// What the author has to know; with an error among them nothing was written.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: Sources,
    /// How many bakes the shared store should have got and did not.
    pub unsent: usize,
    /// How long each step took, in milliseconds.
    pub steps: Vec<(&'static str, f64)>,
    /// How long the build took, in milliseconds.
    pub ms: f64,
}

/// Cells by where their outputs came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cells that ran.
    pub run: usize,
    /// Cells found in the local store.
    pub cached: usize,
    /// Cells found in the lock.
    pub locked: usize,
}

/// A project as it was read: every text, and what was made of it.
#[derive(Debug)]
pub struct Project {
    /// Every text.
    pub sources: Sources,
    /// The settings.
    pub config: Config,
    /// The models.
    pub models: Manifest,
    /// Sections and chapters.
    pub content: Content,
    /// The files beside the pages.
    pub assets: Vec<Asset>,
    /// What can be cited.
    pub bibliography: Bibliography,
    /// What pages state and no cell measures.
    pub facts: Facts,
    /// The terms.
    pub glossary: Glossary,
    /// What outputs say in other languages.
    pub wording: Wording,
    /// How chapters and terms relate.
    pub concepts: Concepts,
    /// The theme.
    pub theme: Theme,
    /// The committed bakes, by chapter.
    pub locks: BTreeMap<String, Lock>,
    /// The day on which each file last changed, where the settings ask for it.
    pub history: BTreeMap<String, String>,
    /// Why the history says nothing, where it does not.
    pub undated: Vec<Diagnostic>,
    /// The files that pages include.
    pub included: BTreeSet<FileId>,
}

impl Project {
    /// How a page that includes nothing is read.
    fn setting(&self, drafts: Drafts) -> Setting {
        Setting {
            dialect: self.config.markdown,
            glossary: self.glossary.clone(),
            layout: self.config.layout,
            drafts,
            bare: self.config.is_bare(),
            ..Setting::default()
        }
    }
}

/// A site that was made, and how.
#[derive(Debug)]
pub struct Made {
    /// What the build did.
    pub report: Report,
    /// The files of the site by path; incomplete where the report holds an error.
    pub files: Vec<Listed>,
    /// The content of `kiln-manifest.json`.
    pub manifest: Vec<u8>,
    /// What every cell made.
    bakes: Bakes,
    /// The committed bakes as they were.
    locks: BTreeMap<String, Lock>,
}

/// Builds the site and writes it to the output folder.
///
/// # Errors
/// Faults of the machine. Faults of the author are in the report, all of them, and leave the old
/// site as it was.
pub fn build(request: &Request) -> Result<Report> {
    let start = Instant::now();
    write::check(&request.out)?;
    let look = fresh::look(request);
    if let Some(report) = look.as_ref().and_then(|look| look.unchanged(&request.out)) {
        return Ok(Report { ms: since(start), ..report });
    }
    let stage = Stage::new(&request.out);
    let mut made = make(request, &stage)?;
    let mut steps = Steps::default();
    if !has_errors(&made.report.diagnostics) {
        stage.finish(&made.files, &made.manifest)?;
        if let Some(look) = look {
            look.record(&made.report, &request.out);
        }
    }
    steps.end("write");
    made.report.steps.append(&mut steps.taken);
    Ok(Report { ms: since(start), ..made.report })
}

/// Runs what has no bake and writes the locks; returns the chapters whose locks have changed.
///
/// # Errors
/// Faults of the machine. With a fault of the author no lock is touched.
pub fn bake(request: &Request) -> Result<(Report, Vec<String>)> {
    let made = make(request, &Nowhere)?;
    let written = match has_errors(&made.report.diagnostics) {
        true => Vec::new(),
        false => locks::write(&request.root, &made.locks, &made.bakes)?,
    };
    Ok((made.report, written))
}

/// Makes the files of the site and hands them to `sink`: every step but the last.
///
/// # Errors
/// Faults of the machine.
pub fn make(request: &Request, sink: &dyn Sink) -> Result<Made> {
    let start = Instant::now();
    let mut diagnostics = Vec::new();
    let mut steps = Steps::default();
    let project = load::load(request)?.take(&mut diagnostics);
    diagnostics.extend(project.undated.iter().cloned());
    steps.end("load and parse");
    let plans = cells::plan(request, &project, &mut diagnostics)?;
    steps.end("plan");
    let all = cells::bake(request, &project, &plans, &mut diagnostics)?;
    let bakes = all.bakes;
    steps.end("run and bake");
    let files = match request.shard {
        // The pages of the other shares have no outputs here.
        Some(_) => Vec::new(),
        None => {
            let bar = Bar::new(sink, &request.progress, project.content.pages().count());
            load::render(&project, &bakes, &bar).take(&mut diagnostics)
        }
    };
    steps.end("render");
    let manifest = manifest::manifest(&project, &bakes, &files);
    let report = Report {
        pages: project.content.pages().count(),
        cells: count(&bakes),
        models: models(&bakes),
        diagnostics,
        sources: project.sources,
        unsent: all.unsent,
        steps: steps.taken,
        ms: since(start),
    };
    Ok(Made { report, files, manifest, bakes, locks: project.locks })
}

/// How long the steps of a build take.
struct Steps {
    start: Instant,
    taken: Vec<(&'static str, f64)>,
}

impl Default for Steps {
    fn default() -> Self {
        Self { start: Instant::now(), taken: Vec::new() }
    }
}

impl Steps {
    /// The step that ends here began where the last one ended.
    fn end(&mut self, name: &'static str) {
        self.taken.push((name, since(self.start)));
        self.start = Instant::now();
    }
}

fn since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

fn count(bakes: &Bakes) -> Counts {
    let mut counts = Counts::default();
    for baked in bakes.values().flat_map(BTreeMap::values) {
        match baked.status {
            Status::Run => counts.run += 1,
            Status::Cached => counts.cached += 1,
            Status::Locked => counts.locked += 1,
        }
    }
    counts
}

fn models(bakes: &Bakes) -> Vec<String> {
    let mut ids: Vec<String> = bakes
        .values()
        .flat_map(BTreeMap::values)
        .flat_map(|baked| baked.bake.provenance.models.iter().map(|model| model.id.clone()))
        .collect();
    ids.sort();
    ids.dedup();
    ids
}
