//! The two ends of a build that touch the project as a whole: reading it, and handing it to the
//! renderer.

#![expect(clippy::disallowed_methods, reason = "this room is where the project's own files are read")]

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::config::Config;
use crate::content::concepts::{Concepts, Outline};
use crate::content::facts::Facts;
use crate::content::glossary::Glossary;
use crate::content::load::load as load_content;
use crate::content::page::Lang;
use crate::content::wording::Wording;
use crate::content::{self, Setting, Spelling};
use crate::diag::{FileId, Parsed, Sources};
use crate::models::Manifest;
use crate::render::cite::Bibliography;
use crate::render::index::Index;
use crate::render::links::Targets;
use crate::render::models::ModelCard;
use crate::render::theme::{RawTheme, Theme};
use crate::render::{self, Form, Input, Memo};
use crate::snippet::bake::Bakes;
use crate::write::{Listed, OutFile, Sink};
use crate::{Error, Result};

use super::{Project, Request, locks};

/// The project's own files, in its folder: the settings.
pub(super) const SETTINGS: &str = "kiln.toml";
/// The models.
pub(super) const MODELS: &str = "models.toml";
/// The facts that pages state.
pub(super) const FACTS: &str = "content/facts.toml";
/// The works that pages cite.
pub(super) const WORKS: &str = "content/references.bib";
/// What outputs say in other languages.
pub(super) const WORDING: &str = "content/wording.toml";

/// Reads the project of `request`: every file once.
///
/// # Errors
/// There is no project in its folder, or a file cannot be read.
pub(super) fn load(request: &Request) -> Result<Parsed<Project>> {
    let root = request.root.as_path();
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let config = config(root, &mut sources)?.take(&mut diagnostics);
    let models = own(root, MODELS, &mut sources, Manifest::parse)?.take(&mut diagnostics);
    let langs = config.langs();
    let loaded = load_content(root, &langs, config.layout, &mut sources)?.take(&mut diagnostics);
    let glossary =
        own(root, "content/glossary.toml", &mut sources, |text, file| Glossary::parse(text, file, &langs))?
            .take(&mut diagnostics);
    let wording = own(root, WORDING, &mut sources, |text, file| Wording::parse(text, file, &langs))?
        .take(&mut diagnostics);
    let outline = own(root, "content/concepts.toml", &mut sources, Outline::parse)?.take(&mut diagnostics);
    let setting = Setting {
        dialect: config.markdown,
        files: loaded.files.clone(),
        layout: config.layout,
        drafts: request.drafts,
        bare: config.is_bare(),
        spelling: match request.spelling {
            Spelling::Leave => BTreeMap::new(),
            Spelling::Check => langs.iter().map(|lang| (lang.clone(), glossary.spellings(lang))).collect(),
        },
        glossary,
    };
    let content = content::parse(&loaded.pages, &setting, &sources).take(&mut diagnostics);
    diagnostics.extend(wording.strays(content.chapters.iter().map(|chapter| chapter.path.as_str())));
    let glossary = setting.glossary;
    let concepts = Concepts::new(&content, outline, &glossary, &sources).take(&mut diagnostics);
    let bibliography = own(root, WORKS, &mut sources, Bibliography::parse)?.take(&mut diagnostics);
    let facts = facts(root, &langs, &bibliography, &mut sources)?.take(&mut diagnostics);
    let theme = theme(request, &langs, &mut sources)?.take(&mut diagnostics);
    let locks = locks::read(root, &content, &mut sources)?.take(&mut diagnostics);
    let assets = loaded.assets;
    let included = loaded.files.texts.into_values().collect();
    let history = match config.last_updated {
        true => super::history::read(root)?,
        false => Parsed::clean(BTreeMap::new()),
    };
    let project = Project {
        sources,
        config,
        models,
        content,
        assets,
        bibliography,
        facts,
        glossary,
        wording,
        concepts,
        theme,
        locks,
        history: history.value,
        undated: history.diagnostics,
        included,
    };
    Ok(Parsed { value: project, diagnostics })
}

/// Reads one of the project's own files with `parse`; where there is none, nothing is in it.
///
/// # Errors
/// The file is there and cannot be read.
pub(super) fn own<T: Default>(
    root: &Path,
    path: &str,
    sources: &mut Sources,
    parse: impl FnOnce(&str, FileId) -> Parsed<T>,
) -> Result<Parsed<T>> {
    let Some(text) = read(&root.join(path))? else { return Ok(Parsed::clean(T::default())) };
    let file = sources.add(path, text.as_str());
    Ok(parse(&text, file))
}

/// Reads the settings; a project without any has those of an empty file.
pub(super) fn config(root: &Path, sources: &mut Sources) -> Result<Parsed<Config>> {
    let text = read(&root.join(SETTINGS))?.unwrap_or_default();
    let file = sources.add(SETTINGS, text.as_str());
    Ok(Config::parse(&text, file))
}

/// The languages of the project in `root`, the first being the one that a visitor gets by default.
///
/// # Errors
/// The settings cannot be read.
pub fn languages(root: &Path) -> Result<Vec<Lang>> {
    Ok(config(root, &mut Sources::default())?.value.langs())
}

/// Reads the facts that pages of a site in `langs` state.
///
/// # Errors
/// The file is there and cannot be read.
pub(super) fn facts(
    root: &Path,
    langs: &[Lang],
    bibliography: &Bibliography,
    sources: &mut Sources,
) -> Result<Parsed<Facts>> {
    let mut facts = own(root, FACTS, sources, |text, file| Facts::parse(text, file, langs))?;
    facts.diagnostics.extend(render::facts::check(&facts.value, bibliography));
    Ok(facts)
}

/// Reads the theme of `request`: templates, their data, and the files that pages refer to.
///
/// # Errors
/// A file cannot be read.
pub(super) fn theme(request: &Request, langs: &[Lang], sources: &mut Sources) -> Result<Parsed<Theme>> {
    let mut raw = templates(&request.root.join("templates"), sources)?;
    raw.data = data(&request.root, sources)?;
    Ok(Theme::parse(raw, langs, request.naming, sources))
}

/// Makes the files of the site, hands them to `sink` and lists them.
pub(super) fn render(project: &Project, bakes: &Bakes, sink: &dyn Sink) -> Parsed<Vec<Listed>> {
    render_again(project, bakes, &mut Memo::default(), sink)
}

/// Makes the files of the site that `memo` does not hold, hands them to `sink` and lists all.
pub(super) fn render_again(
    project: &Project,
    bakes: &Bakes,
    memo: &mut Memo,
    sink: &dyn Sink,
) -> Parsed<Vec<Listed>> {
    with_input(project, bakes, |input| render::render(input, memo, sink))
}

/// The chapters of the site, or the one at `chapter`, in another form.
pub(super) fn export(project: &Project, bakes: &Bakes, form: Form, chapter: Option<&str>) -> Vec<OutFile> {
    with_input(project, bakes, |input| render::export(input, form, chapter))
}

/// What `make` makes of everything that pages are rendered from.
fn with_input<T>(project: &Project, bakes: &Bakes, make: impl FnOnce(&Input<'_>) -> T) -> T {
    let Project {
        sources,
        config,
        content,
        assets,
        bibliography,
        facts,
        glossary,
        wording,
        concepts,
        theme,
        history,
        ..
    } = project;
    let models: Vec<ModelCard> = project.models.entries().iter().map(super::cards::card).collect();
    let targets = Targets::new(content.pages(), assets, glossary, config.layout, sources);
    let (targets, models, index) = (&targets, &models, &Index::new(content, facts));
    let input = Input {
        config,
        content,
        assets,
        targets,
        bibliography,
        facts,
        glossary,
        wording,
        concepts,
        index,
        theme,
        bakes,
        models,
        history,
        sources,
    };
    make(&input)
}

/// The files of a theme: those in the folder `templates`, and Kiln's own where there is none of that name.
fn templates(folder: &Path, sources: &mut Sources) -> Result<RawTheme> {
    let mut raw = RawTheme::default();
    if folder.is_dir() {
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(Error::because("cannot read templates/"))?;
            let Ok(below) = entry.path().strip_prefix(folder) else { continue };
            let name = below.to_string_lossy().replace('\\', "/");
            if !entry.file_type().is_file() || name.starts_with('.') {
                continue;
            }
            let bytes = fs::read(entry.path()).map_err(cannot(entry.path()))?;
            raw.add(&name, bytes, sources)
                .map_err(Error::because(format!("{} is not UTF-8 text", entry.path().display())))?;
        }
    }
    raw.complete(sources);
    Ok(raw)
}

/// The files in the folder `data`, by path in the project. Links are not followed: none leads out.
fn data(root: &Path, sources: &mut Sources) -> Result<Vec<(String, FileId)>> {
    let folder = root.join("data");
    let mut files = Vec::new();
    if !folder.is_dir() || folder.is_symlink() {
        return Ok(files);
    }
    for entry in walkdir::WalkDir::new(&folder).sort_by_file_name() {
        let entry = entry.map_err(Error::because("cannot read data/"))?;
        let Ok(below) = entry.path().strip_prefix(root) else { continue };
        let name = below.to_string_lossy().replace('\\', "/");
        if !entry.file_type().is_file() || name.contains("/.") {
            continue;
        }
        // What is no text is for other tools.
        if let Ok(text) = String::from_utf8(fs::read(entry.path()).map_err(cannot(entry.path()))?) {
            let file = sources.add(&name, text);
            files.push((name, file));
        }
    }
    Ok(files)
}

/// The text of `path`, if there is such a file.
fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot(path)(error)),
    }
}

fn cannot(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    Error::because(format!("cannot read {}", path.display()))
}
