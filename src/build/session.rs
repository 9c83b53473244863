//! A project that is built again and again in one process: what an edit does not touch stays as it is.
//!
//! Invariant: what a session makes after any row of edits is what a build from nothing would make. Where a
//! change is not understood, everything is read again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use crate::Result;
use crate::content::page::{Page, Piece};
use crate::content::{self, Change};
use crate::diag::{Diagnostic, has_errors};
use crate::render::{Memo, Pace};
use crate::write::{Listed, Sink};

use super::live::{Hearth, Running};
use super::{Project, Report, Request, cells, count, load, models, since};

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
}

/// How far a change reaches.
enum Reach {
    All,
    Pages(BTreeSet<String>),
}

impl Session {
    /// A session that has built nothing yet.
    pub fn new(request: Request) -> Self {
        let hearth = Hearth::new(request.clone());
        Self { request, project: None, told: Vec::new(), memo: Memo::default(), hearth }
    }

    /// Makes the site again after `changes`, without waiting for cells: those that have no bake yet run in
    /// the background. Pages whose files are among `first` are made before the others. What is made of all
    /// pages together is made again when nothing has changed.
    ///
    /// # Errors
    /// Faults of the machine.
    pub fn make(&mut self, changes: &Changes, first: BTreeSet<String>, sink: &dyn Sink) -> Result<Live> {
        let start = Instant::now();
        match self.read(changes)? {
            Reach::All => self.memo.forget_all(),
            Reach::Pages(paths) => paths.iter().for_each(|path| self.memo.forget(path)),
        }
        let Some(project) = &self.project else { return Ok(Live::default()) };
        let mut diagnostics = self.told.clone();
        let plans = cells::plan(&self.request, project, &mut diagnostics)?;
        let fired = self.hearth.tend(project, plans, &mut diagnostics)?;
        for chapter in &fired.changed {
            let pages = pages_of(project, chapter).chain(showing(project, chapter));
            pages.for_each(|path| self.memo.forget(&path));
        }
        self.memo.first = first;
        self.memo.pace = if *changes == Changes::NONE { Pace::Now } else { Pace::Later };
        let files = load::render_again(project, &fired.bakes, &mut self.memo, sink).take(&mut diagnostics);
        let report = Report {
            pages: project.content.pages().count(),
            cells: count(&fired.bakes),
            models: models(&fired.bakes),
            unsent: 0,
            diagnostics,
            sources: project.sources.clone(),
            ms: since(start),
        };
        Ok(Live { report, files, running: fired.running })
    }

    /// Whether there is more to make, though nothing changes.
    pub fn is_restless(&self) -> bool {
        self.hearth.is_running() || self.memo.is_stale()
    }

    /// Reads what has changed.
    fn read(&mut self, changes: &Changes) -> Result<Reach> {
        if let (Changes::Files(paths), Some(_)) = (changes, &self.project)
            && let Some(reach) = self.reread(paths)
        {
            return Ok(reach);
        }
        let mut told = Vec::new();
        self.project = Some(load::load(&self.request)?.take(&mut told));
        self.told = told;
        Ok(Reach::All)
    }

    /// Reads only `paths`. `None` where that is not enough to know the project.
    fn reread(&mut self, paths: &BTreeSet<PathBuf>) -> Option<Reach> {
        let project = self.project.as_mut()?;
        let root = &self.request.root;
        if !paths.is_empty() && paths.iter().all(|path| path.starts_with("templates")) {
            let of_theme = |fault: &Diagnostic| {
                fault.span.is_none_or(|span| project.sources.path(span.file).starts_with("templates"))
            };
            if self.told.iter().any(of_theme) {
                return None;
            }
            self.told.extend(load::reload_theme(root, project)?);
            return Some(Reach::All);
        }
        let (mut reach, mut pages) = (Change::Own, BTreeSet::new());
        let langs = project.config.langs();
        for path in paths {
            let Some(file) = project.sources.find(path) else {
                // A file that an editor has made and removed again.
                let gone = !root.join(path).exists();
                let asset = path.strip_prefix("content").ok()?.to_string_lossy().replace('\\', "/");
                if gone && !project.assets.iter().any(|known| known.path == asset) {
                    continue;
                }
                return None;
            };
            let before = std::sync::Arc::clone(&project.sources.file(file).text);
            let raw = content::load::reread(root, path, &langs, &mut project.sources)?;
            if *before == *project.sources.text(file) {
                continue;
            }
            // What a page includes is not looked at here.
            if before.contains("{{") || project.sources.text(file).contains("{{") {
                return None;
            }
            let setting = project.setting(self.request.drafts);
            let Project { content, sources, .. } = project;
            reach = reach.max(content::again(content, &raw, &before, &setting, sources, &mut self.told)?);
            let (content::load::Place::Chapter(folder) | content::load::Place::Section(folder)) = &raw.place;
            pages.extend(pages_of(project, folder).chain(showing(project, folder)));
        }
        if reach == Change::Seen {
            return Some(Reach::All);
        }
        if reach == Change::Anchors {
            pages.extend(project.content.pages().filter(|page| looks_into_others(page)).map(file_of));
        }
        Some(Reach::Pages(pages))
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
            ms: 0.0,
        };
        Self { report, files: Vec::new(), running: Vec::new() }
    }
}

impl Live {
    /// Whether the site may be shown.
    pub fn is_sound(&self) -> bool {
        !has_errors(&self.report.diagnostics)
    }
}

/// The files of the pages in `folder`, in all languages.
fn pages_of<'a>(project: &'a Project, folder: &'a str) -> impl Iterator<Item = String> + 'a {
    let slash = if folder.is_empty() { "" } else { "/" };
    let langs = project.config.languages.iter();
    langs.map(move |lang| format!("{}{folder}{slash}index.html", project.config.folder(&lang.tag)))
}

/// The file of `page` below the output folder.
fn file_of(page: &Page) -> String {
    format!("{}index.html", page.url)
}

/// The files of the pages that show cells of the chapter in `folder`.
fn showing<'a>(project: &'a Project, folder: &'a str) -> impl Iterator<Item = String> + 'a {
    let content = &project.content;
    let of_it = move |name: &str| content.called(name).iter().any(|chapter| chapter.path == folder);
    content.pages().filter(move |page| page.embeds().any(|embed| of_it(embed.page))).map(file_of)
}

/// Whether `page` links to places inside other pages, or names their numbers.
fn looks_into_others(page: &Page) -> bool {
    page.body.iter().any(|piece| match piece {
        Piece::Link { to, .. } | Piece::Wiki { to, .. } => !to.starts_with('#') && to.contains('#'),
        Piece::Reference { page: named, label, .. } => named.is_some() || !has(page, label),
        _ => false,
    })
}

/// Whether something in `page` has `label`.
fn has(page: &Page, label: &str) -> bool {
    page.labels().any(|own| own == label) || page.headings.iter().any(|heading| heading.id == label)
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
