//! Pages and bakes to bytes.
//!
//! Invariant: rendering never sees a model, a runtime or a disk: the same pages and bakes make the
//! same bytes, whatever the machine.

mod address;
mod book;
mod cell;
pub mod cite;
pub mod context;
mod data;
pub mod figure;
mod frame;
mod highlight;
pub mod links;
mod math;
mod page;
mod picture;
mod size;
pub mod theme;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::config::Config;
use crate::content::Content;
use crate::content::load::Asset;
use crate::diag::{Diagnostic, Parsed, Sources};
use crate::snippet::bake::Bakes;
use crate::write::{Listed, OutFile, Sink};

use book::Book;
use cite::Bibliography;
use links::Targets;
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
    /// The texts that places point into.
    pub sources: &'a Sources,
}

/// HTML, the files it refers to, and what was wrong on the way.
#[derive(Debug, Default)]
struct Rendered {
    html: String,
    files: Vec<OutFile>,
    diagnostics: Vec<Diagnostic>,
}

/// Makes the files of the site and hands each one to `sink` as soon as it is finished; gives the list of
/// them, by path.
pub fn render(input: &Input<'_>, sink: &dyn Sink) -> Parsed<Vec<Listed>> {
    let (book, jobs) = (Book::new(input), frame::jobs(input));
    let pages: Vec<(Vec<Listed>, Vec<Diagnostic>)> = jobs
        .par_iter()
        .map(|job| {
            let Rendered { html, mut files, diagnostics } = frame::render(input, &book, job);
            files.push(OutFile { path: job.path(), bytes: html.into_bytes() });
            (files.into_iter().map(|file| put(sink, file)).collect(), diagnostics)
        })
        .collect();
    let beside = input.assets.iter().map(|a| OutFile { path: a.path.clone(), bytes: a.bytes.clone() });
    let mut listed: Vec<Listed> =
        input.theme.assets().cloned().chain(beside).map(|file| put(sink, file)).collect();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut told = BTreeSet::new();
    for (files, faults) in pages {
        listed.extend(files);
        // A fault of a template shows on every page, and is one fault.
        diagnostics
            .extend(faults.into_iter().filter(|fault| told.insert((fault.span, fault.message.clone()))));
    }
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
