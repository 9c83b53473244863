//! Reads again what has changed of a project, and nothing else.
//!
//! Every kind of file says itself what depends on it when pages are read: nothing does on a template, settings
//! only where they say how pages are written. What no rule here knows has everything read again.

#![expect(clippy::disallowed_methods, reason = "this room is where the project's own files are read")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::content::load::RawPage;
use crate::content::page::Page;
use crate::content::wording::Wording;
use crate::content::{self, Change, facts};
use crate::diag::{Diagnostic, has_errors};
use crate::models::Manifest;
use crate::render;
use crate::render::cite::Bibliography;
use crate::render::theme::BUILT_IN;

use super::reach::{Reach, file_of, reach};
use super::{Project, Request, load};

/// A project that is read again piece by piece.
struct Reader<'a> {
    request: &'a Request,
    project: &'a mut Project,
    /// What is wrong with its texts.
    told: &'a mut Vec<Diagnostic>,
    /// The pages that were read so far.
    edited: Vec<(RawPage, Change)>,
}

/// Reads the files at `paths` of `project` again, with whose texts `told` is wrong. `None` where that is not
/// enough to know the project.
pub(super) fn reread(
    request: &Request,
    project: &mut Project,
    told: &mut Vec<Diagnostic>,
    paths: &BTreeSet<PathBuf>,
) -> Option<Reach> {
    let mut reader = Reader { request, project, told, edited: Vec::new() };
    let (mut found, mut theme) = (Reach::default(), false);
    for path in paths {
        let known = reader.project.sources.find(path);
        // Who includes it is not looked at here.
        if known.is_some_and(|file| reader.project.included.contains(&file)) {
            return None;
        }
        if path.starts_with("templates") || path.starts_with("data") {
            match reader.asset_of_theme(path) {
                Some(same) => found.beside |= !same,
                None => theme = true,
            }
            continue;
        }
        found.extend(match path.to_str()? {
            load::SETTINGS => reader.settings()?,
            load::MODELS => reader.models()?,
            load::WORKS => reader.works()?,
            load::WORDING => reader.wording()?,
            load::FACTS if known.is_some() => reader.facts()?,
            _ if known.is_some() => reader.page(path)?,
            _ => reader.asset(path)?,
        });
    }
    if theme {
        found.extend(reader.theme()?);
    }
    let Reader { project, edited, .. } = reader;
    found.extend(reach(project, &edited));
    Some(found)
}

impl Reader<'_> {
    /// What was told of the files that `of` names is no longer so.
    fn withdraw(&mut self, of: impl Fn(&Path) -> bool) {
        let sources = &self.project.sources;
        self.told.retain(|fault| fault.span.is_none_or(|span| !of(sources.path(span.file))));
    }

    fn settings(&mut self) -> Option<Reach> {
        let project = &mut *self.project;
        let new = load::config(&self.request.root, &mut project.sources).ok()?;
        let own = |fault: &Diagnostic| {
            fault.span.is_some_and(|span| project.sources.path(span.file) == Path::new(load::SETTINGS))
        };
        // What stands for settings that cannot be read may be anything.
        if has_errors(&new.diagnostics) || self.told.iter().any(own) {
            return None;
        }
        let (old, new) = (&project.config, new.take(self.told));
        let how = |config: &crate::config::Config| {
            (config.langs(), config.layout, config.markdown, config.is_bare(), config.last_updated)
        };
        if how(old) != how(&new) {
            return None;
        }
        project.config = new;
        Some(Reach::EVERYTHING)
    }

    fn models(&mut self) -> Option<Reach> {
        self.withdraw(|path| path == Path::new(load::MODELS));
        let read = load::own(&self.request.root, load::MODELS, &mut self.project.sources, Manifest::parse);
        self.project.models = read.ok()?.take(self.told);
        Some(Reach::EVERYTHING)
    }

    fn works(&mut self) -> Option<Reach> {
        self.withdraw(|path| path == Path::new(load::WORKS) || path == Path::new(load::FACTS));
        let (root, project) = (&self.request.root, &mut *self.project);
        let read = load::own(root, load::WORKS, &mut project.sources, Bibliography::parse);
        project.bibliography = read.ok()?.take(self.told);
        // Facts name works as their sources.
        let langs = project.config.langs();
        let facts = load::facts(root, &langs, &project.bibliography, &mut project.sources);
        project.facts = facts.ok()?.take(self.told);
        Some(Reach::EVERYTHING)
    }

    fn wording(&mut self) -> Option<Reach> {
        self.withdraw(|path| path == Path::new(load::WORDING));
        let project = &mut *self.project;
        let langs = project.config.langs();
        let parse = |text: &str, file| Wording::parse(text, file, &langs);
        let read = load::own(&self.request.root, load::WORDING, &mut project.sources, parse);
        project.wording = read.ok()?.take(self.told);
        Some(Reach::EVERYTHING)
    }

    /// The pages that show something else by now: those that state what has changed, and lists. `None` where that
    /// cannot be told.
    fn facts(&mut self) -> Option<Reach> {
        self.withdraw(|path| path == Path::new(load::FACTS));
        let project = &mut *self.project;
        let langs = project.config.langs();
        let new = load::facts(&self.request.root, &langs, &project.bibliography, &mut project.sources);
        let new = new.ok()?.take(self.told);
        let old = std::mem::replace(&mut project.facts, new);
        let new = &project.facts;
        // Of facts that cannot be read no page is told that it states one that does not exist.
        if old.is_broken() != new.is_broken() {
            return None;
        }
        let changed = new.changed(&old);
        if changed.is_empty() {
            return Some(Reach::default());
        }
        let sees = |page: &&Page| {
            page.shortcodes.iter().any(|shortcode| match facts::named(shortcode) {
                // A fault of an unknown key names the nearest one.
                Some(key) => changed.contains(key) || new.get(key).is_none(),
                None => render::lists_sources(shortcode),
            })
        };
        let paths = project.content.pages().filter(sees).map(file_of).collect();
        Some(Reach { paths, ..Reach::default() })
    }

    /// Whether the file `path` of the theme, one that pages refer to, is what it was; `None` where pages may
    /// show that it is another.
    fn asset_of_theme(&mut self, path: &Path) -> Option<bool> {
        let name = path.strip_prefix("templates/assets").ok()?.to_string_lossy().replace('\\', "/");
        let bytes = plain(&self.request.root.join(path))?;
        self.project.theme.replace(&name, bytes)
    }

    fn theme(&mut self) -> Option<Reach> {
        // A fault of the engine may have no place: it would be told for good.
        if self.told.iter().any(|fault| fault.span.is_none()) {
            return None;
        }
        let own = ["templates", "data", BUILT_IN];
        self.withdraw(|path| own.iter().any(|folder| path.starts_with(folder)));
        let langs = self.project.config.langs();
        let new = load::theme(self.request, &langs, &mut self.project.sources).ok()?;
        self.project.theme = new.take(self.told);
        Some(Reach { beyond: false, ..Reach::EVERYTHING })
    }

    fn page(&mut self, path: &Path) -> Option<Reach> {
        let project = &mut *self.project;
        let file = project.sources.find(path)?;
        let before = Arc::clone(&project.sources.file(file).text);
        let langs = project.config.langs();
        let raw = content::load::reread(&self.request.root, path, &langs, &mut project.sources)?;
        if *before == *project.sources.text(file) {
            // Of a file that was no text the good part is known, and no page.
            return project.content.pages().any(|page| page.file == file).then(Reach::default);
        }
        // What a page includes is not looked at here.
        if content::includes(&before) || content::includes(project.sources.text(file)) {
            return None;
        }
        let setting = project.setting(self.request.drafts);
        let Project { content, sources, .. } = project;
        let change = content::again(content, &raw, &before, &setting, sources, self.told)?;
        self.edited.push((raw, change));
        Some(Reach::default())
    }

    /// A file that pages may show; one that an editor has made and removed again is nothing.
    fn asset(&mut self, path: &Path) -> Option<Reach> {
        let below = path.strip_prefix("content").ok()?;
        let full = self.request.root.join(path);
        let Project { assets, sources, .. } = &mut *self.project;
        let name = below.to_string_lossy().replace('\\', "/");
        let Some(known) = assets.iter_mut().find(|asset| asset.path == name) else {
            let gone = fs::symlink_metadata(&full).is_err();
            // A folder that was moved away tells of itself alone.
            let held = || {
                sources.paths().any(|known| known.starts_with(path))
                    || assets.iter().any(|asset| Path::new(&asset.path).starts_with(below))
            };
            return (content::load::is_unread(below) || gone && !held()).then(Reach::default);
        };
        let bytes = plain(&full)?;
        if known.bytes == bytes {
            return Some(Reach::default());
        }
        known.bytes = bytes;
        Some(Reach::EVERYTHING)
    }
}

/// The content of `path`, where it is a file and no link.
fn plain(path: &Path) -> Option<Vec<u8>> {
    fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    fs::read(path).ok()
}
