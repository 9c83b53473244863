//! The models of `models.toml` as the renderer wants them: what a reader is told, and nothing to run.

use crate::content::page::Lang;
use crate::models::{Entry, FileOrigin, ModelFile, Package, Source};
use crate::render::models::{ModelCard, ModelFileCard, size};

/// What readers are told of a model.
pub(super) fn card(entry: &Entry) -> ModelCard {
    let titles = entry.title.iter().flat_map(|title| [("en", &title.en), ("zh", &title.zh)]);
    ModelCard {
        id: entry.id.clone(),
        titles: titles.map(|(lang, title)| (Lang(lang.into()), title.clone())).collect(),
        task: entry.task.clone(),
        family: entry.family.clone(),
        parameters: entry.parameters,
        license: entry.license.clone(),
        provenance: entry.provenance.clone(),
        card: entry.card.clone(),
        bytes: entry.size(),
        digest: entry.digest().to_string(),
        files: entry.files.iter().map(file).collect(),
    }
}

fn file(file: &ModelFile) -> ModelFileCard {
    let (source, link) = match &file.origin {
        FileOrigin::Sources(sources) => sources.first().map(|first| (first.to_string(), link(first))),
        FileOrigin::Derived { converter, .. } => Some((converter.clone(), String::new())),
    }
    .unwrap_or_default();
    ModelFileCard {
        role: file.role.as_str().to_owned(),
        name: file.name.clone(),
        sha256: file.sha256.map(|pin| pin.to_string()).unwrap_or_default(),
        size: file.size.map(size).unwrap_or_default(),
        source,
        link,
    }
}

/// Where people can read about a source, or get the file.
fn link(source: &Source) -> String {
    let page = |site: &str, package: &Package, between: &str| {
        format!("{site}{}{between}{}", package.name, package.version)
    };
    match source {
        Source::Path(_) => String::new(),
        Source::Pypi { package, .. } => page("https://pypi.org/project/", package, "/"),
        Source::Npm(package) => page("https://www.npmjs.com/package/", package, "/v/"),
        Source::Hub { repo, revision, file } => {
            format!("https://huggingface.co/{repo}/blob/{revision}/{file}")
        }
        Source::Url { url, .. } => url.clone(),
    }
}
