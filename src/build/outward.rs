//! Links that lead out of the site, and what is wrong with them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Result;
use crate::content::page::Piece;
use crate::diag::{Diagnostic, Span};
use crate::external::{self, Answer, PATIENCE};

use super::{Project, Request};

/// Asks other sites whether they still have what the pages link to, and the works that they cite.
///
/// # Errors
/// Faults of the machine.
pub(super) fn check(request: &Request, project: &Project) -> Result<Vec<Diagnostic>> {
    let links = links(project);
    let bar = request.progress.steps("asking other sites", links.len() as u64);
    let answers = external::ask(links.keys().copied(), PATIENCE, &|| bar.advance(1))?;
    let mut faults = Vec::new();
    for (url, spans) in &links {
        let fault = |span: &Option<Span>| match answers.get(*url)? {
            Answer::Found => None,
            Answer::Gone(why) => Some(
                Diagnostic::error(*span, format!("{url} is not there: {why}"))
                    .hint("link to where it is now, or take the link out"),
            ),
            Answer::Unsure(why) => {
                Some(Diagnostic::warning(*span, format!("{url} could not be looked at: {why}")))
            }
        };
        faults.extend(spans.iter().filter_map(fault));
    }
    Ok(faults)
}

/// Every address outside of the site, and where it stands.
fn links(project: &Project) -> BTreeMap<&str, Vec<Option<Span>>> {
    let mut links: BTreeMap<&str, Vec<Option<Span>>> = BTreeMap::new();
    let is_outside = |to: &str| to.starts_with("https://") || to.starts_with("http://");
    for piece in project.content.pages().flat_map(|page| &page.body) {
        if let Piece::Link { to, span, .. } = piece
            && is_outside(to)
        {
            links.entry(to).or_default().push(Some(*span));
        }
    }
    let file = project.sources.find(Path::new(super::load::WORKS));
    for (key, link) in project.bibliography.links().filter(|(_, link)| is_outside(link)) {
        let span = file.and_then(|file| {
            let at = project.sources.text(file).find(&format!("{{{key},"))? + 1;
            Some(Span::new(file, at..at + key.len()))
        });
        links.entry(link).or_default().push(span);
    }
    links
}
