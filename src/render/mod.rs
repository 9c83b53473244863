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
mod concepts;
pub mod context;
mod data;
mod date;
mod embed;
pub mod facts;
pub mod figure;
mod frame;
mod glue;
mod highlight;
pub mod index;
pub mod links;
mod listing;
mod math;
mod memo;
pub mod models;
mod numbers;
mod offer;
mod page;
mod picture;
mod print;
mod queue;
mod raster;
mod refer;
mod shortcode;
mod showing;
mod site;
mod size;
mod style;
mod tags;
mod terms;
pub mod theme;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::config::Config;
use crate::content::Content;
use crate::content::concepts::Concepts;
use crate::content::facts::Facts;
use crate::content::glossary::Glossary;
use crate::content::load::Asset;
use crate::content::page::Page;
use crate::content::wording::Wording;
use crate::diag::{Diagnostic, Parsed, Sources};
use crate::snippet::bake::Bakes;
use crate::write::{Listed, OutFile, Sink};

use book::Book;
use cite::Bibliography;
use index::Index;
use links::Targets;
use memo::{Finished, Whole};
use models::ModelCard;
use queue::Queue;
use theme::Theme;

pub use memo::{Extent, Memo, Pace};
pub use offer::{Form, export};
pub use shortcode::lists_sources;
pub use showing::showing;

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
    /// What pages state and no cell measures.
    pub facts: &'a Facts,
    /// The terms.
    pub glossary: &'a Glossary,
    /// What outputs say in other languages.
    pub wording: &'a Wording,
    /// How chapters and terms relate.
    pub concepts: &'a Concepts,
    /// Who refers to what.
    pub index: &'a Index<'a>,
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
    text: Box<str>,
}

impl Copy {
    fn file(&self) -> OutFile {
        OutFile { path: format!("{}{}", self.url, offer::COPY), bytes: self.text.as_bytes().to_vec() }
    }
}

/// Makes the files of the site that `memo` does not hold and hands each one to `sink` as soon as it is
/// finished; gives the list of all, by path. Where something more urgent waits, or the other pages can, it stops
/// after the pages that somebody waits for; `memo` says so, and what is wrong so far is given alone.
pub fn render(input: &Input<'_>, memo: &mut Memo, sink: &dyn Sink) -> Parsed<Vec<Listed>> {
    let book = Book::new(input);
    let jobs = frame::jobs(input, &book);
    // First what pages refer to: a page that is shown before the others has its style.
    let mut listed: Vec<Listed> = memo.beside(|| {
        let assets = input.assets.iter().map(|a| OutFile { path: a.path.clone(), bytes: a.bytes.clone() });
        input.theme.assets().cloned().chain(assets).map(|file| put(sink, file)).collect()
    });
    let paths: Vec<String> = jobs.iter().map(frame::Job::path).collect();
    let mut queue = Queue::new(jobs.iter().zip(&paths), memo);
    let mut seen = false;
    memo.extent = Extent::Whole;
    while let Some(batch) = queue.next(&sink.wanted()) {
        if batch.is_late && seen && memo.pace == Pace::Seen && queue.is_long() {
            memo.extent = Extent::Seen;
            break;
        }
        let make = |(job, path): &queue::Open<'_>| {
            // Nobody waits for these, and whoever waits for what comes next should not have to wait for them.
            let made = !(batch.is_late && sink.is_urgent());
            made.then(|| ((*path).clone(), finish(frame::render(input, &book, job), path, sink)))
        };
        let made: Vec<(String, Finished)> = batch.pages.par_iter().filter_map(make).collect();
        let cut = made.len() < batch.pages.len();
        memo.take(made, sink);
        if cut {
            memo.extent = Extent::Some;
            return Parsed::clean(Vec::new());
        }
        seen |= !batch.is_late;
    }
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut told = BTreeSet::new();
    for Finished { files, diagnostics: faults, .. } in memo.all(&paths) {
        listed.extend_from_slice(files);
        // A fault of a template shows on every page, and is one fault.
        let new = faults.iter().filter(|fault| told.insert((fault.span, fault.message.clone())));
        diagnostics.extend(new.cloned());
    }
    if memo.extent == Extent::Seen {
        return Parsed { value: Vec::new(), diagnostics };
    }
    let Whole { files, diagnostics: faults } = memo.whole(|copies| {
        let urls = jobs.iter().filter_map(frame::Job::listed).collect();
        let (files, diagnostics) = site::files(input, &urls, copies, &|| sink.is_urgent())?;
        Some(Whole { files: files.into_iter().map(|file| put(sink, file)).collect(), diagnostics })
    });
    listed.extend_from_slice(files);
    diagnostics.extend(faults.iter().cloned());
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

/// Hands the files of a page over.
fn finish(rendered: Rendered, path: &str, sink: &dyn Sink) -> Finished {
    let Rendered { html, mut files, diagnostics, copy } = rendered;
    files.push(OutFile { path: path.to_owned(), bytes: html.into_bytes() });
    files.extend(copy.as_ref().map(Copy::file));
    Finished { files: files.into_iter().map(|file| put(sink, file)).collect(), diagnostics, copy }
}

/// Hands `file` over, and says what it was.
fn put(sink: &dyn Sink, file: OutFile) -> Listed {
    let listed = Listed::new(&file);
    sink.put(&listed, file.bytes);
    listed
}
