//! `models.toml` as serde sees it: every field that can be at fault keeps its place.

use serde::Deserialize;
use toml::Spanned;

/// A `[[model]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEntry {
    pub(super) id: Spanned<String>,
    pub(super) title: Option<RawTitle>,
    pub(super) task: Spanned<String>,
    pub(super) family: Spanned<String>,
    pub(super) parameters: Spanned<u64>,
    pub(super) license: String,
    pub(super) provenance: String,
    pub(super) card: String,
    pub(super) profile: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) file: Vec<Spanned<RawFile>>,
}

/// `title = { en = "…", zh = "…" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTitle {
    pub(super) en: String,
    pub(super) zh: String,
}

/// A `[[model.file]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    pub(super) role: Spanned<String>,
    pub(super) name: Spanned<String>,
    pub(super) sha256: Option<Spanned<String>>,
    pub(super) size: Option<u64>,
    pub(super) sources: Option<Spanned<Vec<Spanned<RawSource>>>>,
    pub(super) derive: Option<Spanned<String>>,
    pub(super) from: Option<Spanned<Vec<Spanned<String>>>>,
}

/// One of `sources`: exactly one of the first five names the kind, the others go with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    pub(super) path: Option<Spanned<String>>,
    pub(super) pypi: Option<Spanned<String>>,
    pub(super) npm: Option<Spanned<String>>,
    pub(super) hf: Option<Spanned<String>>,
    pub(super) url: Option<Spanned<String>>,
    pub(super) version: Option<Spanned<String>>,
    pub(super) member: Option<Spanned<String>>,
    pub(super) revision: Option<Spanned<String>>,
    pub(super) file: Option<Spanned<String>>,
    pub(super) sdist: Option<Spanned<bool>>,
}
