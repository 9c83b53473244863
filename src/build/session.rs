//! A project that is built again and again in one process: what an edit does not touch stays as it is.
//!
//! Invariant: what a session makes after any row of edits is what a build from nothing would make. Where a
//! change is not understood, everything is read again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::Result;
use crate::content::load::{Place, RawPage};
use crate::content::page::{Page, Piece};
use crate::content::{self, Change, facts};
use crate::diag::{Diagnostic, has_errors};
use crate::render::{self, Memo, Pace, showing};
use crate::write::{Listed, Sink};

use super::live::{Hearth, Running};
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
    /// Whether something more urgent came before the site was whole: it is not to be shown.
    pub unfinished: bool,
}

/// How far a change reaches.
enum Reach {
    All,
    Pages {
        /// Their files.
        paths: BTreeSet<String>,
        /// Whether it shows in what is made of all pages together, though in none of these.
        beyond: bool,
    },
}

impl Session {
    /// A session that has built nothing yet.
    pub fn new(request: Request) -> Self {
        let hearth = Hearth::new(request.clone());
        let (told, memo, inputs) = Default::default();
        Self { request, project: None, told, memo, hearth, inputs }
    }

    /// Makes the site again after `changes`, without waiting for cells: those that have no bake yet run in
    /// the background. Pages that `sink` waits for are made before the others; `pace` says when what is made
    /// of all pages together is made again.
    ///
    /// # Errors
    /// Faults of the machine.
    pub fn make(&mut self, changes: &Changes, pace: Pace, sink: &dyn Sink) -> Result<Live> {
        let start = Instant::now();
        match self.read(changes)? {
            Reach::All => self.memo.forget_all(),
            Reach::Pages { paths, beyond } => {
                paths.iter().for_each(|path| self.memo.forget(path));
                if beyond {
                    self.memo.outdate();
                }
            }
        }
        let Some(project) = &self.project else { return Ok(Live::default()) };
        let mut diagnostics = self.told.clone();
        let plans = cells::plan(&self.request, project, &mut diagnostics)?;
        let fired = self.hearth.tend(project, plans, &mut diagnostics)?;
        for chapter in &fired.changed {
            let pages = pages_of(project, chapter).chain(embedding(project, chapter));
            pages.for_each(|path| self.memo.forget(&path));
        }
        self.memo.pace = pace;
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
        Ok(Live { report, files, running: fired.running, unfinished: self.memo.unfinished })
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
        self.memo.unfinished
    }

    /// Whether what is made of all pages together is older than they are.
    pub fn is_stale(&self) -> bool {
        self.memo.is_stale()
    }

    /// Reads what has changed.
    fn read(&mut self, changes: &Changes) -> Result<Reach> {
        if let (Changes::Files(paths), Some(_)) = (changes, &self.project)
            && let Some(reach) = self.reread(paths)
        {
            return Ok(reach);
        }
        let mut told = Vec::new();
        let project = load::load(&self.request)?.take(&mut told);
        self.inputs = inputs::of(&project.config, &project.sources);
        self.project = Some(project);
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
        let (mut edited, mut stating) = (Vec::new(), BTreeSet::new());
        let langs = project.config.langs();
        for path in paths {
            if path == Path::new(load::FACTS) && project.sources.find(path).is_some() {
                stating.extend(reread_facts(root, project, &mut self.told)?);
                continue;
            }
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
            // What a page includes is not looked at here, nor who includes it.
            if project.included.contains(&file)
                || content::includes(&before)
                || content::includes(project.sources.text(file))
            {
                return None;
            }
            let setting = project.setting(self.request.drafts);
            let Project { content, sources, .. } = project;
            let change = content::again(content, &raw, &before, &setting, sources, &mut self.told)?;
            edited.push((raw, change));
        }
        Some(match reach(project, &edited) {
            Reach::Pages { mut paths, beyond } => {
                paths.append(&mut stating);
                Reach::Pages { paths, beyond }
            }
            Reach::All => Reach::All,
        })
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
        Self { report, files: Vec::new(), running: Vec::new(), unfinished: false }
    }
}

impl Live {
    /// Whether the site may be shown.
    pub fn is_sound(&self) -> bool {
        !has_errors(&self.report.diagnostics)
    }
}

/// How far the changes of the pages `edited` reach.
fn reach(project: &Project, edited: &[(RawPage, Change)]) -> Reach {
    let Project { config, content, concepts, sources, .. } = project;
    let (mut paths, mut beyond) = (BTreeSet::new(), false);
    for (raw, change) in edited {
        let (Place::Chapter(folder) | Place::Section(folder)) = &raw.place;
        paths.extend(pages_of(project, folder).chain(embedding(project, folder)));
        if *change >= Change::Anchors {
            let name = sources.path(raw.file).file_name().map(|name| name.to_string_lossy());
            let name = name.filter(|_| !config.layout.is_foreign());
            let linking = content.pages().filter(|page| looks_into(page, name.as_deref()));
            paths.extend(linking.map(file_of));
        }
        if *change >= Change::Counted {
            beyond = true;
            let lists = content.pages().filter(|page| !page.shortcodes.is_empty());
            paths.extend(lists.map(file_of));
        }
        if *change >= Change::Listed {
            let chapter = content.chapters.iter().find(|chapter| chapter.path == *folder);
            match (change, &raw.place, chapter) {
                (Change::Listed, Place::Chapter(_), Some(chapter)) => {
                    paths.extend(showing(config, content, concepts, chapter, &raw.lang));
                }
                // Every page leads to every part.
                _ => return Reach::All,
            }
        }
    }
    Reach::Pages { paths, beyond }
}

/// The files of the pages in `folder`, in all languages.
fn pages_of<'a>(project: &'a Project, folder: &'a str) -> impl Iterator<Item = String> + 'a {
    let slash = if folder.is_empty() { "" } else { "/" };
    let langs = project.config.languages.iter();
    langs.map(move |lang| format!("{}{folder}{slash}index.html", project.config.folder(&lang.tag)))
}

/// Reads the facts again and gives the pages that show something else by now: those that state what has
/// changed, and lists. `None` where that cannot be told.
fn reread_facts(root: &Path, project: &mut Project, told: &mut Vec<Diagnostic>) -> Option<BTreeSet<String>> {
    let file = project.sources.find(Path::new(load::FACTS))?;
    let langs = project.config.langs();
    let new = load::facts(root, &langs, &project.bibliography, &mut project.sources).ok()?;
    told.retain(|fault| fault.span.is_none_or(|span| span.file != file));
    let new = new.take(told);
    let old = std::mem::replace(&mut project.facts, new);
    let new = &project.facts;
    // Of facts that cannot be read no page is told that it states one that does not exist.
    if old.is_broken() != new.is_broken() {
        return None;
    }
    let changed = new.changed(&old);
    if changed.is_empty() {
        return Some(BTreeSet::new());
    }
    let sees = |page: &&Page| {
        page.shortcodes.iter().any(|shortcode| match facts::named(shortcode) {
            // A fault of an unknown key names the nearest one.
            Some(key) => changed.contains(key) || new.get(key).is_none(),
            None => render::lists_sources(shortcode),
        })
    };
    Some(project.content.pages().filter(sees).map(file_of).collect())
}

/// The file of `page` below the output folder.
fn file_of(page: &Page) -> String {
    format!("{}index.html", page.url)
}

/// The files of the pages that show cells of the chapter in `folder`.
fn embedding<'a>(project: &'a Project, folder: &'a str) -> impl Iterator<Item = String> + 'a {
    let content = &project.content;
    let of_it = move |name: &str| content.called(name).iter().any(|chapter| chapter.path == folder);
    content.pages().filter(move |page| page.embeds().any(|embed| of_it(embed.page))).map(file_of)
}

/// Whether `page` links to places inside other pages, or names their numbers: inside one whose file has this
/// name, where there is one. An address that is written with `%` may mean any name.
fn looks_into(page: &Page, name: Option<&str>) -> bool {
    page.body.iter().any(|piece| match piece {
        Piece::Link { to, .. } => to.split_once('#').is_some_and(|(path, _)| {
            let file = path.rsplit('/').next().unwrap_or(path);
            !path.is_empty() && (path.contains('%') || name.is_none_or(|name| name == file))
        }),
        Piece::Wiki { to, .. } => to.contains('#'),
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
