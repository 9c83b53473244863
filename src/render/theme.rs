//! The theme: templates, the strings of the user interface, and the files that pages refer to.

mod builtin;
mod data;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use sha2::{Digest, Sha384};
use tera::Tera;

use crate::content::page::Lang;
use crate::diag::{Diagnostic, FileId, Parsed, Sources, Span, toml_fault};
use crate::write::OutFile;

use super::style;

pub use builtin::BUILT_IN;

/// A theme's files as they were read.
#[derive(Clone, Debug, Default)]
pub struct RawTheme {
    /// Templates by name (`base.html`, `partials/header.html`), with their texts.
    pub templates: Vec<(String, FileId)>,
    /// `ui.toml`.
    pub words: Option<FileId>,
    /// The files of the project's folder `data`, by path in the project.
    pub data: Vec<(String, FileId)>,
    /// The files of `assets/`, by name.
    pub assets: Vec<(String, Vec<u8>)>,
}

/// What the theme's own files are called in the site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// With a fingerprint of their content, which pages can compare: readers' browsers may keep them for good.
    #[default]
    Fingerprint,
    /// As in the theme: pages stay what they are when one of these files changes.
    Plain,
}

/// A theme, ready to render with.
#[derive(Debug, Default)]
pub struct Theme {
    /// The templates.
    pub tera: Tera,
    words: BTreeMap<Lang, Words>,
    /// The strings of a language that the theme does not know.
    no_words: Words,
    naming: Naming,
    assets: Vec<(String, OutFile)>,
    /// The digest of each asset, by the name that templates use; empty where pages are not to compare it.
    digests: BTreeMap<String, String>,
    files: BTreeMap<String, FileId>,
    broken: bool,
}

/// The strings of the user interface in one language.
#[derive(Clone, Debug, Default)]
pub struct Words(toml::Table);

impl Words {
    /// The string under `key`, or the key itself where the theme has none.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.0.get(key).and_then(toml::Value::as_str).unwrap_or(key)
    }

    /// All strings, for templates.
    pub fn table(&self) -> &toml::Table {
        &self.0
    }
}

impl Theme {
    /// Reads the templates of `raw`.
    pub fn parse(raw: RawTheme, langs: &[Lang], naming: Naming, sources: &Sources) -> Parsed<Self> {
        let mut diagnostics = Vec::new();
        let mut tera = Tera::new();
        let data = data::read(&raw.data, sources).take(&mut diagnostics);
        tera.register_function("load_data", data::loader(data));
        let files: BTreeMap<String, FileId> = raw.templates.iter().cloned().collect();
        let texts = raw.templates.iter().map(|(name, file)| (name.as_str(), sources.text(*file)));
        let added = tera.add_raw_templates(texts.collect::<Vec<_>>());
        let broken = added.is_err();
        if let Err(error) = added {
            diagnostics.push(template_fault(&error, &files, None));
        }
        let words =
            raw.words.map(|file| words(file, langs, sources).take(&mut diagnostics)).unwrap_or_default();
        let assets: Vec<(String, Vec<u8>)> =
            raw.assets.into_iter().map(|(name, bytes)| (name.clone(), shipped(&name, bytes))).collect();
        let digests = assets.iter().map(|(name, bytes)| (key(name), digest(bytes, naming))).collect();
        let assets = assets.into_iter().map(|(name, bytes)| (key(&name), named(&name, bytes, naming)));
        let (assets, no_words) = (assets.collect(), Words::default());
        let theme = Self { tera, words, no_words, naming, assets, digests, files, broken };
        Parsed { value: theme, diagnostics }
    }

    /// Puts `bytes` in the place of the file `name` below `assets/`; says whether it was the same before.
    /// `None`, and nothing has changed, where there is no such file or where pages would look different.
    pub fn replace(&mut self, name: &str, bytes: Vec<u8>) -> Option<bool> {
        let new = named(name, shipped(name, bytes), self.naming);
        let mut known = self.assets.iter_mut().map(|(_, file)| file);
        let known = known.find(|file| self.naming == Naming::Plain && file.path == new.path)?;
        let same = *known == new;
        *known = new;
        Some(same)
    }

    /// Whether the templates cannot be read: no page can be framed, and that has been told.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether there is a template called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// The names of all templates.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The shortcodes that the theme has templates for.
    pub fn shortcodes(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter_map(|name| name.strip_prefix("shortcodes/")?.strip_suffix(".html"))
    }

    /// The strings in `lang`.
    pub fn words(&self, lang: &Lang) -> &Words {
        self.words.get(lang).unwrap_or(&self.no_words)
    }

    /// The theme's own files, under their names in the site.
    pub fn assets(&self) -> impl Iterator<Item = &OutFile> {
        self.assets.iter().map(|(_, file)| file)
    }

    /// The path of each of the theme's files below the root, by the name that templates use.
    pub fn paths(&self) -> impl Iterator<Item = (&str, &str)> {
        self.assets.iter().map(|(key, file)| (key.as_str(), file.path.as_str()))
    }

    /// What a browser compares each of the theme's files with (Subresource Integrity), by the name that
    /// templates use.
    pub fn digests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.assets.iter().map(|(key, _)| (key.as_str(), self.digests.get(key).map_or("", String::as_str)))
    }

    /// What went wrong while a template was rendered for the page at `url`.
    pub fn fault(&self, error: &tera::Error, url: &str) -> Diagnostic {
        template_fault(error, &self.files, Some(url))
    }
}

fn words(file: FileId, langs: &[Lang], sources: &Sources) -> Parsed<BTreeMap<Lang, Words>> {
    let mut diagnostics = Vec::new();
    let tables = match toml::from_str::<BTreeMap<Lang, toml::Table>>(sources.text(file)) {
        Ok(tables) => tables,
        Err(error) => {
            diagnostics.push(toml_fault(&error, file));
            BTreeMap::new()
        }
    };
    // A language that the theme does not speak is shown in English.
    let english = Lang("en".into());
    let complete: BTreeSet<&String> = tables.values().flat_map(toml::Table::keys).collect();
    for (lang, table) in &tables {
        let missing: Vec<&str> =
            complete.iter().filter(|key| !table.contains_key(**key)).map(|key| key.as_str()).collect();
        if !missing.is_empty() {
            let head = format!("[{lang}]");
            let at = sources.text(file).find(&head).unwrap_or(0);
            let message = format!("`{lang}` lacks strings that other languages have: {}", missing.join(", "));
            diagnostics.push(Diagnostic::error(Span::new(file, at..at + head.len()), message));
        }
    }
    let words = langs.iter().filter_map(|lang| {
        let table = tables.get(lang).or_else(|| tables.get(&english))?;
        Some((lang.clone(), Words(table.clone())))
    });
    Parsed { value: words.collect(), diagnostics }
}

/// `style.css` is `assets.style_css` in templates.
fn key(name: &str) -> String {
    name.replace(['.', '-', '/'], "_")
}

/// What readers get of the theme's file `name`.
fn shipped(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) if name.ends_with(".css") => style::without_comments(&text).into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(binary) => binary.into_bytes(),
    }
}

fn named(name: &str, bytes: Vec<u8>, naming: Naming) -> OutFile {
    if naming == Naming::Plain {
        return OutFile { path: format!("assets/{name}"), bytes };
    }
    let hash = blake3::hash(&bytes).to_hex();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let dot = if extension.is_empty() { "" } else { "." };
    OutFile { path: format!("assets/{stem}.{}{dot}{extension}", &hash[..10]), bytes }
}

/// `sha384-…`, as the attribute `integrity` has it; where pages compare nothing it is empty.
fn digest(bytes: &[u8], naming: Naming) -> String {
    if naming == Naming::Plain {
        return String::new();
    }
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha384::digest(bytes));
    format!("sha384-{digest}")
}

/// The engine's report, at the place in the template where there is one.
fn template_fault(error: &tera::Error, files: &BTreeMap<String, FileId>, url: Option<&str>) -> Diagnostic {
    let report = match error.kind() {
        tera::ErrorKind::SyntaxError(report) | tera::ErrorKind::RenderingError(report) => Some(report),
        _ => None,
    };
    let fault = match report {
        Some(report) => {
            let span = files.get(report.filename()).map(|file| Span::new(*file, report.span().range.clone()));
            Diagnostic::error(span, format!("in the template {}: {}", report.filename(), report.message()))
        }
        None => Diagnostic::error(None, format!("in a template: {error}")),
    };
    match url {
        Some(url) => fault.hint(format!("the page that was rendered is /{url}")),
        None => fault,
    }
}
