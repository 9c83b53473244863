//! Pages and bakes to bytes.
//!
//! Invariant: rendering never sees a model, a runtime or a disk: the same pages and bakes make the
//! same bytes, whatever the machine.

mod about;
mod address;
mod book;
mod card;
mod cell;
pub mod cite;
pub mod comparison;
pub mod context;
mod data;
pub mod figure;
mod frame;
mod highlight;
pub mod links;
mod math;
pub mod models;
mod offer;
mod page;
mod picture;
mod print;
mod site;
mod size;
pub mod theme;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::config::Config;
use crate::content::Content;
use crate::content::load::Asset;
use crate::content::page::Page;
use crate::diag::{Diagnostic, Parsed, Sources};
use crate::snippet::bake::Bakes;
use crate::write::{Listed, OutFile, Sink};

use book::Book;
use cite::Bibliography;
use links::Targets;
use models::ModelCard;
use theme::Theme;

/// Everything that pages are rendered from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The pages.
    pub content: &'a Content,
    /// The files beside the pages.
    pub assets: &'a [Asset],
    /// What links can lead to.
    pub targets: &'a Targets<'a>,
    /// What can be cited.
    pub bibliography: &'a Bibliography,
    /// The theme.
    pub theme: &'a Theme,
    /// What the cells made.
    pub bakes: &'a Bakes,
    /// The models that cells may use.
    pub models: &'a [ModelCard],
    /// The day on which each file last changed, as `2026-11-25`, by path below the project's folder.
    pub history: &'a BTreeMap<String, String>,
    /// The texts that places point into.
    pub sources: &'a Sources,
}

impl<'a> Input<'a> {
    /// The day on which `page` last changed: what its front matter says, else what the history says.
    fn updated(&self, page: &'a Page) -> Option<&'a str> {
        let path = self.sources.path(page.file).to_string_lossy().replace('\\', "/");
        page.front.updated.as_deref().or_else(|| self.history.get(&path).map(String::as_str))
    }
}

/// HTML, the files it refers to, and what was wrong on the way.
#[derive(Debug, Default)]
struct Rendered {
    html: String,
    files: Vec<OutFile>,
    diagnostics: Vec<Diagnostic>,
    copy: Option<Copy>,
}

/// A page in Markdown: a file of the site, and what the search index is made from.
#[derive(Debug)]
struct Copy {
    /// The address of the page.
    url: String,
    text: String,
}

impl Copy {
    fn file(&self) -> OutFile {
        OutFile { path: format!("{}{}", self.url, offer::COPY), bytes: self.text.clone().into_bytes() }
    }
}

/// Makes the files of the site and hands each one to `sink` as soon as it is finished; gives the list of
/// them, by path.
pub fn render(input: &Input<'_>, sink: &dyn Sink) -> Parsed<Vec<Listed>> {
    let (book, jobs) = (Book::new(input), frame::jobs(input));
    let pages: Vec<(Vec<Listed>, Vec<Diagnostic>, Option<Copy>)> = jobs
        .par_iter()
        .map(|job| {
            let Rendered { html, mut files, diagnostics, copy } = frame::render(input, &book, job);
            files.push(OutFile { path: job.path(), bytes: html.into_bytes() });
            files.extend(copy.as_ref().map(Copy::file));
            (files.into_iter().map(|file| put(sink, file)).collect(), diagnostics, copy)
        })
        .collect();
    let beside = input.assets.iter().map(|a| OutFile { path: a.path.clone(), bytes: a.bytes.clone() });
    let mut listed: Vec<Listed> =
        input.theme.assets().cloned().chain(beside).map(|file| put(sink, file)).collect();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut told = BTreeSet::new();
    let mut copies = BTreeMap::new();
    for (files, faults, copy) in pages {
        copies.extend(copy.map(|copy| (copy.url, copy.text)));
        listed.extend(files);
        // A fault of a template shows on every page, and is one fault.
        diagnostics
            .extend(faults.into_iter().filter(|fault| told.insert((fault.span, fault.message.clone()))));
    }
    let urls: BTreeSet<String> = jobs.iter().filter_map(frame::Job::listed).collect();
    let (whole, faults) = site::files(input, &urls, &copies);
    listed.extend(whole.into_iter().map(|file| put(sink, file)));
    diagnostics.extend(faults);
    listed.sort_by(|a, b| a.path.cmp(&b.path));
    listed.dedup_by(|a, b| {
        // Pages of two languages show the same pictures; anything else would be lost.
        let same = a.path == b.path;
        if same && a.digest != b.digest {
            diagnostics.push(
                Diagnostic::error(None, format!("two files of the site have the path {}", a.path))
                    .hint(format!("rename content/{}: a page of the site has its address", a.path)),
            );
        }
        same
    });
    Parsed { value: listed, diagnostics }
}

/// Hands `file` over, and says what it was.
fn put(sink: &dyn Sink, file: OutFile) -> Listed {
    let listed = Listed::new(&file);
    sink.put(&listed, file.bytes);
    listed
}
