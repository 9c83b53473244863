//! From a raw entry to an [`Entry`]: every rule of `models.toml`, each fault at its own place.

use toml::Spanned;

use crate::diag::{Diagnostic, Span};
use crate::models::convert;
use crate::models::sha256::Sha256;

use super::raw::{RawEntry, RawFile};
use super::source;
use super::{Entry, FileOrigin, ModelFile, Profile, Role, TASKS, Title};

/// Collects the faults of one entry.
pub(super) struct Faults<'a> {
    pub(super) entry: Span,
    pub(super) list: &'a mut Vec<Diagnostic>,
}

impl Faults<'_> {
    /// The place of `value`.
    pub(super) fn span<T>(&self, value: &Spanned<T>) -> Span {
        Span::new(self.entry.file, value.span())
    }

    /// Takes down `diagnostic`; the value is for `?`-like use in `and_then` chains.
    pub(super) fn push<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.list.push(diagnostic);
        None
    }
}

/// The entry that `raw` describes, or `None` when it is at fault.
pub(super) fn entry(raw: RawEntry, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<Entry> {
    let before = diagnostics.len();
    let mut faults = Faults { entry: span, list: diagnostics };
    let id = raw.id.get_ref();
    if !is_name(id) || id.chars().any(|c| c.is_ascii_uppercase()) {
        let at = faults.span(&raw.id);
        faults.list.push(Diagnostic::error(at, format!("`{id}` cannot be a model id")).hint(
            "an id is lower-case letters, digits, `.`, `-` and `_`, and starts with a letter or digit",
        ));
    }
    let profile = raw.profile.as_ref().map_or(Some(Profile::Default), |p| profile(p, &mut faults));
    task(&raw.task, &mut faults);
    let files: Vec<ModelFile> =
        raw.file.iter().filter_map(|f| file(f, profile.unwrap_or(Profile::Full), &mut faults)).collect();
    if files.len() == raw.file.len() {
        roles(&raw.file, &files, &mut faults);
    }
    let at_fault = diagnostics.len() > before;
    (!at_fault).then(|| Entry {
        id: raw.id.into_inner(),
        title: raw.title.map(|title| Title { en: title.en, zh: title.zh }),
        task: raw.task.into_inner(),
        family: raw.family.into_inner(),
        parameters: raw.parameters.into_inner(),
        license: raw.license,
        provenance: raw.provenance,
        card: raw.card,
        profile: profile.unwrap_or(Profile::Default),
        files,
        span,
    })
}

/// Drops every entry whose id an earlier one has.
pub(super) fn unique_ids(entries: &mut Vec<Entry>, diagnostics: &mut Vec<Diagnostic>) {
    let mut kept: Vec<Entry> = Vec::new();
    for entry in entries.drain(..) {
        match kept.iter().find(|other| other.id == entry.id) {
            Some(first) => diagnostics.push(
                Diagnostic::error(entry.span, format!("two models are called `{}`", entry.id))
                    .related(first.span, "the first one")
                    .hint("give one of them another id"),
            ),
            None => kept.push(entry),
        }
    }
    *entries = kept;
}

fn profile(raw: &Spanned<String>, faults: &mut Faults<'_>) -> Option<Profile> {
    match raw.get_ref().as_str() {
        "default" => Some(Profile::Default),
        "full" => Some(Profile::Full),
        other => {
            let at = faults.span(raw);
            faults.push(
                Diagnostic::error(at, format!("unknown profile `{other}`"))
                    .did_you_mean(other, ["default", "full"])
                    .hint("a profile is `default` or `full`"),
            )
        }
    }
}

fn task(raw: &Spanned<String>, faults: &mut Faults<'_>) {
    let task = raw.get_ref().as_str();
    if !TASKS.contains(&task) {
        let at = faults.span(raw);
        faults.list.push(
            Diagnostic::error(at, format!("unknown task `{task}`"))
                .did_you_mean(task, TASKS)
                .hint("tasks are named as in transformers; `other` is for what has no name there"),
        );
    }
}

fn role(raw: &Spanned<String>, faults: &mut Faults<'_>) -> Option<Role> {
    let word = raw.get_ref().as_str();
    if let Some(role) = Role::ALL.into_iter().find(|role| role.as_str() == word) {
        return Some(role);
    }
    let at = faults.span(raw);
    let names = Role::ALL.map(Role::as_str);
    faults.push(
        Diagnostic::error(at, format!("unknown role `{word}`"))
            .did_you_mean(word, names)
            .hint(format!("roles: {}", names.join(", "))),
    )
}

fn file(raw: &Spanned<RawFile>, profile: Profile, faults: &mut Faults<'_>) -> Option<ModelFile> {
    let at = faults.span(raw);
    let raw = raw.get_ref();
    let role = role(&raw.role, faults);
    let name = raw.name.get_ref();
    let named = is_name(name) || {
        let at = faults.span(&raw.name);
        faults.list.push(
            Diagnostic::error(at, format!("`{name}` cannot be a file name"))
                .hint("a name is letters, digits, `.`, `-` and `_`, without folders"),
        );
        false
    };
    let sha256 = match &raw.sha256 {
        Some(hex) => Some(Sha256::parse(hex.get_ref()).or_else(|| {
            let at = faults.span(hex);
            let digits = hex.get_ref().chars().count();
            faults.push(
                Diagnostic::error(at, "this is not a sha256")
                    .hint(format!("a sha256 is 64 hex digits, this has {digits} characters")),
            )
        })?),
        None if profile == Profile::Default => {
            return faults.push(Diagnostic::error(at, format!("the file `{name}` has no sha256")).hint(
                "add `sha256 = \"…\"`: only models of profile `full` may record it on first download",
            ));
        }
        None => None,
    };
    let origin = origin(raw, at, faults)?;
    named.then_some(ModelFile { role: role?, name: name.clone(), sha256, size: raw.size, origin })
}

fn origin(raw: &RawFile, at: Span, faults: &mut Faults<'_>) -> Option<FileOrigin> {
    match (&raw.sources, &raw.derive) {
        (Some(_), Some(derive)) => {
            let at = faults.span(derive);
            faults.push(
                Diagnostic::error(at, "a file has either `sources` or `derive`")
                    .hint("remove one of the two"),
            )
        }
        (None, None) => faults.push(
            Diagnostic::error(
                at,
                format!("the file `{}` has neither `sources` nor `derive`", raw.name.get_ref()),
            )
            .hint("add `sources = [{ path = \"…\" }]`, or a `pypi`, `npm`, `hf` or `url` source"),
        ),
        (Some(list), None) => {
            if let Some(from) = &raw.from {
                let at = faults.span(from);
                faults.list.push(Diagnostic::error(at, "`from` goes with `derive`, not with `sources`"));
            }
            if list.get_ref().is_empty() {
                let at = faults.span(list);
                return faults
                    .push(Diagnostic::error(at, "`sources` is empty").hint("name at least one source"));
            }
            let sources: Vec<_> =
                list.get_ref().iter().filter_map(|raw| source::source(raw, faults)).collect();
            (sources.len() == list.get_ref().len()).then_some(FileOrigin::Sources(sources))
        }
        (None, Some(derive)) => {
            let converter = derive.get_ref();
            if !convert::names().any(|name| name == converter) {
                let at = faults.span(derive);
                return faults.push(
                    Diagnostic::error(at, format!("unknown converter `{converter}`"))
                        .did_you_mean(converter, convert::names()),
                );
            }
            let from = raw.from.as_ref().map_or(&[][..], |from| from.get_ref());
            let roles: Vec<_> = from.iter().filter_map(|word| role(word, faults)).collect();
            (roles.len() == from.len())
                .then(|| FileOrigin::Derived { converter: converter.clone(), from: roles })
        }
    }
}

/// The rules between the files of a model.
fn roles(raw: &[Spanned<RawFile>], files: &[ModelFile], faults: &mut Faults<'_>) {
    if !files.iter().any(|file| file.role == Role::Graph) {
        let at = faults.entry;
        faults.list.push(
            Diagnostic::error(at, "the model has no graph")
                .hint("add a `[[model.file]]` with `role = \"graph\"`"),
        );
    }
    for (i, (raw, file)) in raw.iter().zip(files).enumerate() {
        let earlier = &files[..i];
        if file.role != Role::Data && earlier.iter().any(|other| other.role == file.role) {
            let at = faults.span(&raw.get_ref().role);
            faults.list.push(
                Diagnostic::error(at, format!("two files have the role `{}`", file.role.as_str()))
                    .hint("only `data` may occur more than once"),
            );
        }
        if earlier.iter().any(|other| other.name == file.name) {
            let at = faults.span(&raw.get_ref().name);
            faults.list.push(Diagnostic::error(at, format!("two files are called `{}`", file.name)));
        }
        let FileOrigin::Derived { from, .. } = &file.origin else { continue };
        for role in from {
            let given = files.iter().find(|other| other.role == *role);
            if !given.is_some_and(|other| matches!(other.origin, FileOrigin::Sources(_))) {
                let at = raw.get_ref().from.as_ref().map_or(faults.entry, |from| faults.span(from));
                faults.list.push(
                    Diagnostic::error(
                        at,
                        format!("the model has no file `{}` to convert from", role.as_str()),
                    )
                    .hint("a converter reads files that have `sources`"),
                );
            }
        }
    }
}

/// Whether `name` is safe as one part of a path on every system.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !name.ends_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}
