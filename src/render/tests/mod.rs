//! Whole sites, rendered in memory with Kiln's own theme.

mod book;
mod elsewhere;
mod extensions;
mod faults;
mod hostile;
mod markup;
mod pages;
mod site;

use std::collections::BTreeMap;

use super::theme::{Naming, RawTheme};
use super::*;
use crate::content::Setting;
use crate::content::concepts::Outline;
use crate::content::include::Files;
use crate::content::load::{Place, RawPage};
use crate::content::page::Lang;
use crate::content::wording::Wording;
use crate::snippet::bake::{Bake, Baked, BakedInline, InlineBake};
use crate::snippet::output::{Check, Output};

/// A site to render: what a test does not set is empty.
#[derive(Default)]
pub(super) struct Site<'a> {
    pub(super) config: &'a str,
    /// Pages by path below `content/`, as `a/b.en.md` (a chapter) or `a/_index.en.md` (a section).
    pub(super) pages: &'a [(&'a str, &'a str)],
    /// Bakes of the chapter `a`, by label.
    pub(super) bakes: Vec<(&'a str, Bake)>,
    /// Inline values, by expression.
    pub(super) inlines: &'a [(&'a str, &'a str)],
    pub(super) bibliography: &'a str,
    /// `content/glossary.toml`.
    pub(super) glossary: &'a str,
    /// `content/wording.toml`.
    pub(super) wording: &'a str,
    /// `content/facts.toml`.
    pub(super) facts: &'a str,
    /// `content/concepts.toml`.
    pub(super) outline: &'a str,
    pub(super) assets: &'a [(&'a str, &'a [u8])],
    pub(super) models: &'a [ModelCard],
    /// Templates to use instead of the project's own.
    pub(super) templates: &'a [(&'a str, &'a str)],
    /// Files that pages include, by path in the project.
    pub(super) files: &'a [(&'a str, &'a str)],
}

/// What became of a site.
pub(super) struct Built {
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// Each fault as `path:line:column message hints`.
    pub(super) faults: Vec<String>,
}

impl Built {
    #[track_caller]
    pub(super) fn page(&self, path: &str) -> &str {
        let bytes = self.files.get(path).unwrap_or_else(|| panic!("no {path} in {:?}", self.files.keys()));
        std::str::from_utf8(bytes).expect("pages are text")
    }

    fn html(&self) -> impl Iterator<Item = (&str, &str)> {
        let pages = self.files.keys().filter(|path| path.ends_with(".html"));
        pages.map(|path| (path.as_str(), self.page(path)))
    }
}

/// Languages differ freely in these tests, but for those of lock-step itself.
const CONFIG: &str = "title = \"Site\"\nlanguages = [{ tag = \"en\", name = \"English\" }, { tag = \"zh\", name = \"中文\" }]\n[lint]\nlock-step = \"off\"\nmissing-translation = \"off\"\ntyped-numbers = \"off\"\n";

pub(super) fn build(site: &Site<'_>) -> Built {
    let mut sources = Sources::default();
    let mut faults = Vec::new();
    let config = if site.config.is_empty() { CONFIG } else { site.config };
    let file = sources.add("kiln.toml", config);
    let config = Config::parse(config, file).take(&mut faults);
    let langs = config.langs();
    let raw: Vec<RawPage> = site.pages.iter().map(|(path, text)| raw(path, text, &mut sources)).collect();
    let file = sources.add("content/glossary.toml", site.glossary);
    let glossary = Glossary::parse(site.glossary, file, &langs).take(&mut faults);
    let mut files = Files::default();
    for (path, text) in site.files {
        files.texts.insert((*path).to_owned(), sources.add(*path, *text));
    }
    let setting = Setting {
        dialect: config.markdown,
        glossary,
        files,
        layout: config.layout,
        bare: config.is_bare(),
        ..Setting::default()
    };
    let content = crate::content::parse(&raw, &setting, &sources).take(&mut faults);
    faults.extend(crate::content::lockstep::check(&content, &langs, &config.lints));
    let glossary = setting.glossary;
    let file = sources.add("content/concepts.toml", site.outline);
    let outline = Outline::parse(site.outline, file).take(&mut faults);
    let concepts = Concepts::new(&content, outline, &glossary, &sources).take(&mut faults);
    let file = sources.add("content/references.bib", site.bibliography);
    let bibliography = Bibliography::parse(site.bibliography, file).take(&mut faults);
    let file = sources.add("content/wording.toml", site.wording);
    let wording = Wording::parse(site.wording, file, &langs).take(&mut faults);
    faults.extend(wording.strays(content.chapters.iter().map(|chapter| chapter.path.as_str())));
    let file = sources.add("content/facts.toml", site.facts);
    let facts = Facts::parse(site.facts, file, &langs).take(&mut faults);
    faults.extend(super::facts::check(&facts, &bibliography));
    let raw = theme(site.templates, &mut sources);
    let theme = Theme::parse(raw, &langs, Naming::Fingerprint, &sources).take(&mut faults);
    let assets: Vec<Asset> = site
        .assets
        .iter()
        .map(|(path, bytes)| Asset { path: (*path).into(), bytes: bytes.to_vec() })
        .collect();
    let inline = |(code, text): &(&str, &str)| BakedInline {
        code: (*code).to_owned(),
        bake: InlineBake { text: (*text).to_owned(), ..InlineBake::default() },
        ..BakedInline::default()
    };
    let inlines: Vec<BakedInline> = site.inlines.iter().map(inline).collect();
    let baked = |bake: &Bake| Baked { bake: bake.clone(), inlines: inlines.clone(), ..Baked::default() };
    let bakes = site.bakes.iter().map(|(label, bake)| ((*label).to_owned(), baked(bake))).collect();
    let bakes: Bakes = [("a".to_owned(), bakes)].into();
    let targets = Targets::new(content.pages(), &assets, &glossary, config.layout, &sources);
    let index = Index::new(&content, &facts);
    let input = Input {
        config: &config,
        content: &content,
        assets: &assets,
        targets: &targets,
        bibliography: &bibliography,
        facts: &facts,
        glossary: &glossary,
        wording: &wording,
        concepts: &concepts,
        index: &index,
        theme: &theme,
        bakes: &bakes,
        models: site.models,
        history: &BTreeMap::new(),
        sources: &sources,
    };
    let sink = crate::write::Memory::default();
    render(&input, &mut Memo::default(), &sink).take(&mut faults);
    let told = |fault: &Diagnostic| {
        let place = fault.span.map(|span| {
            let (line, column) = sources.line_column(span.file, span.start as usize);
            format!("{}:{line}:{column} ", sources.path(span.file).display())
        });
        format!("{}{} {}", place.unwrap_or_default(), fault.message, fault.hints.join(" "))
    };
    Built {
        faults: faults.iter().map(told).collect(),
        files: sink.files().into_iter().map(|(path, bytes)| (path, bytes.to_vec())).collect(),
    }
}

fn raw(path: &str, text: &str, sources: &mut Sources) -> RawPage {
    let file = sources.add(format!("content/{path}"), text);
    let stem = path.strip_suffix(".md").expect("a page ends in .md");
    let (stem, lang) = stem.rsplit_once('.').expect("a page has a language");
    let place = match stem.strip_suffix("_index") {
        Some(folder) => Place::Section(folder.trim_end_matches('/').to_owned()),
        None => Place::Chapter(stem.to_owned()),
    };
    RawPage { file, lang: Lang(lang.to_owned()), place, listed: None }
}

/// Kiln's own theme, with `instead` in the place of its files of the same name.
fn theme(instead: &[(&str, &str)], sources: &mut Sources) -> RawTheme {
    let mut raw = RawTheme::default();
    for (name, text) in instead {
        raw.add(name, text.as_bytes().to_vec(), sources).expect("templates are text");
    }
    raw.complete(sources);
    raw
}

/// A bake that shows `outputs`.
pub(super) fn shows(outputs: Vec<Output>) -> Bake {
    Bake { outputs, ..Bake::default() }
}

/// A claim that holds.
pub(super) fn claim(name: &str) -> Check {
    let (measured, bound) = (1.into(), 2.into());
    Check { name: name.into(), measured, op: "<".into(), bound, ok: true, control: false }
}
