//! Pages and bakes to bytes.
//!
//! Invariant: rendering never sees a model, a runtime or a disk: the same pages and bakes make the
//! same bytes, whatever the machine.

mod address;
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

use rayon::prelude::*;

use crate::config::Config;
use crate::content::Content;
use crate::content::load::Asset;
use crate::diag::{Diagnostic, Parsed, Sources};
use crate::snippet::bake::Bakes;
use crate::write::OutFile;

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
    pub targets: &'a Targets,
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

/// The files of the site, by path.
pub fn render(input: &Input<'_>) -> Parsed<Vec<OutFile>> {
    let jobs = frame::jobs(input);
    let rendered: Vec<Rendered> = jobs.par_iter().map(|job| frame::render(input, job)).collect();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut files: Vec<OutFile> = input.theme.assets().cloned().collect();
    files.extend(input.assets.iter().map(|a| OutFile { path: a.path.clone(), bytes: a.bytes.clone() }));
    for (job, page) in jobs.iter().zip(rendered) {
        for fault in page.diagnostics {
            // A fault of a template shows on every page, and is one fault.
            let same = |told: &Diagnostic| told.span == fault.span && told.message == fault.message;
            if !diagnostics.iter().any(same) {
                diagnostics.push(fault);
            }
        }
        files.push(OutFile { path: job.path(), bytes: page.html.into_bytes() });
        files.extend(page.files);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| {
        // Pages of two languages show the same pictures; anything else would be lost.
        let same = a.path == b.path;
        if same && a.bytes != b.bytes {
            diagnostics.push(
                Diagnostic::error(None, format!("two files of the site have the path {}", a.path))
                    .hint(format!("rename content/{}: a page of the site has its address", a.path)),
            );
        }
        same
    });
    Parsed { value: files, diagnostics }
}
