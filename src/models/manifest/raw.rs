//! `models.toml` as serde sees it: every field that can be at fault keeps its place.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// The models of a project: `models.toml`. Each entry is read by itself, so that one fault hides no other.
#[derive(JsonSchema)]
#[schemars(title = "models.toml", deny_unknown_fields)]
#[expect(dead_code, reason = "it describes the file to editors")]
pub(super) struct RawManifest {
    /// The models.
    #[schemars(default)]
    model: Vec<RawEntry>,
}

/// A `[[model]]`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEntry {
    /// Its name in cells: `k.model("ID")`.
    #[schemars(with = "String")]
    pub(super) id: Spanned<String>,
    /// Its title in the languages of the site.
    pub(super) title: Option<RawTitle>,
    /// What it does, as in transformers: `feature-extraction`.
    #[schemars(with = "String")]
    pub(super) task: Spanned<String>,
    /// The architecture: `bert`.
    #[schemars(with = "String")]
    pub(super) family: Spanned<String>,
    /// How many numbers were learnt.
    #[schemars(with = "u64")]
    pub(super) parameters: Spanned<u64>,
    /// Its licence, as an SPDX identifier.
    pub(super) license: String,
    /// Where the weights come from.
    pub(super) provenance: String,
    /// What it can and cannot do, in a few sentences.
    pub(super) card: String,
    /// `default` is fetched with the others; `full` only when it is named.
    #[schemars(with = "Option<String>")]
    pub(super) profile: Option<Spanned<String>>,
    /// The files that it consists of.
    #[serde(default)]
    #[schemars(with = "Vec<RawFile>")]
    pub(super) file: Vec<Spanned<RawFile>>,
}

/// `title = { en = "…", zh = "…" }`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTitle {
    /// In English.
    pub(super) en: String,
    /// In Chinese.
    pub(super) zh: String,
}

/// A `[[model.file]]`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    /// What it is for: `graph`, `tokenizer`, `weights`.
    #[schemars(with = "String")]
    pub(super) role: Spanned<String>,
    /// The name that it gets in the cache.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// The hash of its bytes; recorded at the first fetch where there is none.
    #[schemars(with = "Option<String>")]
    pub(super) sha256: Option<Spanned<String>>,
    /// Its size in bytes.
    pub(super) size: Option<u64>,
    /// Where it can be had, the first that answers.
    #[schemars(with = "Option<Vec<RawSource>>")]
    pub(super) sources: Option<Spanned<Vec<Spanned<RawSource>>>>,
    /// The converter that makes it from other files.
    #[schemars(with = "Option<String>")]
    pub(super) derive: Option<Spanned<String>>,
    /// The files that the converter reads.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) from: Option<Spanned<Vec<Spanned<String>>>>,
}

/// One of `sources`: exactly one of the first five names the kind, the others go with it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    /// A file of the project.
    #[schemars(with = "Option<String>")]
    pub(super) path: Option<Spanned<String>>,
    /// A package of a Python index.
    #[schemars(with = "Option<String>")]
    pub(super) pypi: Option<Spanned<String>>,
    /// A package of an npm registry.
    #[schemars(with = "Option<String>")]
    pub(super) npm: Option<Spanned<String>>,
    /// A repository of the Hugging Face hub.
    #[schemars(with = "Option<String>")]
    pub(super) hf: Option<Spanned<String>>,
    /// An address.
    #[schemars(with = "Option<String>")]
    pub(super) url: Option<Spanned<String>>,
    /// The version of the package.
    #[schemars(with = "Option<String>")]
    pub(super) version: Option<Spanned<String>>,
    /// The path of the file in the package.
    #[schemars(with = "Option<String>")]
    pub(super) member: Option<Spanned<String>>,
    /// The revision of the repository.
    #[schemars(with = "Option<String>")]
    pub(super) revision: Option<Spanned<String>>,
    /// The path of the file in the repository.
    #[schemars(with = "Option<String>")]
    pub(super) file: Option<Spanned<String>>,
    /// Whether the source distribution of the package is meant.
    #[schemars(with = "Option<bool>")]
    pub(super) sdist: Option<Spanned<bool>>,
}
