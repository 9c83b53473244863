//! Pages whose front matter or options are not in their usual form.

use std::path::PathBuf;

use crate::Result;
use crate::content;

use super::{Request, load};

/// Each page that has to change, by its path below the project's folder, and its text as it should be.
///
/// # Errors
/// The project cannot be read.
pub fn tidy(request: &Request) -> Result<Vec<(PathBuf, String)>> {
    let project = load::load(request)?.value;
    let pages = project.content.pages();
    let changed = pages.filter_map(|page| {
        let text = project.sources.text(page.file);
        let tidy = content::tidy(text, page);
        (tidy != *text).then(|| (project.sources.path(page.file).to_owned(), tidy))
    });
    Ok(changed.collect())
}
