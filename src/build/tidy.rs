//! Pages whose front matter or options are not in their usual form.

use std::path::PathBuf;

use crate::Result;
use crate::content;
use crate::diag::{Diagnostic, Severity, Sources};

use super::{Request, load};

/// Pages as they should be.
#[derive(Debug)]
pub struct Tidied {
    /// Each page that has to change, by its path below the project's folder, and its new text.
    pub changed: Vec<(PathBuf, String)>,
    /// The errors of the project: what cannot be read cannot be put in order either.
    pub faults: Vec<Diagnostic>,
    /// The texts that the faults point into.
    pub sources: Sources,
}

/// Puts the pages of a project in order.
///
/// # Errors
/// The project cannot be read.
pub fn tidy(request: &Request) -> Result<Tidied> {
    let mut faults = Vec::new();
    let project = load::load(request)?.take(&mut faults);
    faults.retain(|fault| fault.severity == Severity::Error);
    let pages = project.content.pages();
    let changed = pages.filter_map(|page| {
        let text = project.sources.text(page.file);
        let tidy = content::tidy(text, page);
        (tidy != *text).then(|| (project.sources.path(page.file).to_owned(), tidy))
    });
    let changed = changed.collect();
    Ok(Tidied { changed, faults, sources: project.sources })
}
