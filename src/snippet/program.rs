//! What crosses the line to a worker process: a chapter's program, and what came of it.
//!
//! A program knows nothing of Markdown: a fault names a cell and a line of its code, and `run`
//! maps it back to the page.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::output::{Bytes, Check, Output};
use super::plain::Plain;
use super::raw::Raw;

/// A chapter's cells in one session, in order. A worker runs those that it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The chapter, for messages: `language/bert`.
    pub chapter: String,
    /// The shared library of ONNX Runtime, loaded when a cell first needs it; empty where none does.
    pub ort_library: PathBuf,
    /// Every model that the chapter names, with the verified files on this machine.
    pub models: Vec<LocalModel>,
    /// The ids of all models of the manifest, for did-you-mean.
    pub known_models: Vec<String>,
    /// The cells, top to bottom.
    pub cells: Vec<ProgramCell>,
    /// The namespace that each module `pages.…` stands for.
    #[serde(default)]
    pub modules: BTreeMap<String, String>,
}

/// One cell of a program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProgramCell {
    /// The cell's label.
    pub label: String,
    /// The namespace it runs in; empty for the program's own.
    #[serde(default)]
    pub space: String,
    /// Its code.
    pub code: String,
    /// The seed of the cell's default random generator.
    pub seed: u64,
    /// Whether the cell must raise an exception.
    pub must_raise: bool,
    /// The files it may read, by the name it calls each.
    #[serde(default)]
    pub inputs: BTreeMap<String, Bytes>,
}

impl ProgramCell {
    /// What frames of faults call it: its label, after its namespace where it has one.
    pub fn id(&self) -> String {
        if self.space.is_empty() { self.label.clone() } else { format!("{}:{}", self.space, self.label) }
    }
}

/// What a step may take before it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Seconds of wall-clock time.
    pub timeout: f64,
    /// Mebibytes of memory that its worker may hold beyond what the interpreter takes.
    pub memory: u64,
    /// Bytes of output: text, images and figures together.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: 60.0, memory: 4096, output: 8 << 20 }
    }
}

impl Limits {
    /// The longest time that a step can be given, in seconds.
    pub const LONGEST: f64 = 86_400.0;

    /// The most output that a step can be allowed, in mebibytes.
    pub const LARGEST: f64 = 1024.0;

    /// `seconds` as a [`timeout`](Self::timeout), where it can be one.
    pub fn seconds(seconds: f64) -> Option<f64> {
        (seconds > 0.0 && seconds <= Self::LONGEST).then_some(seconds)
    }

    /// `mebibytes` as an [`output`](Self::output), where it can be one.
    pub fn bytes(mebibytes: f64) -> Option<u64> {
        (mebibytes > 0.0 && mebibytes <= Self::LARGEST).then_some((mebibytes * f64::from(1 << 20)) as u64)
    }
}

/// `bytes` in mebibytes, as they are written in options.
pub fn mebibytes(bytes: u64) -> f64 {
    (bytes as f64 / f64::from(1 << 20) * 1e3).round() / 1e3
}

/// What a worker is asked to do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Order {
    /// Run the cell with this index.
    Cell(usize),
    /// Tell the text of an expression, as the cells so far have left the names in it.
    Inline {
        /// The expression.
        code: String,
        /// The namespace it stands in.
        space: String,
    },
    /// Write down what the names of a cell hold, as far as it is data.
    Write {
        /// The index of the cell.
        cell: usize,
        /// How many bytes that may come to.
        most: usize,
    },
    /// Give the names of a cell what an earlier run has left in them.
    Restore {
        /// The index of the cell.
        cell: usize,
        /// The data that was written down.
        values: BTreeMap<String, Plain>,
        /// The code that makes the rest: imports, functions and classes.
        definitions: String,
    },
}

/// What a name holds, as far as anything that reads it can tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// A digest of the whole value: equal digests, equal values. Empty for [`Kind::Opaque`].
    pub digest: String,
    /// What sort of value it is.
    pub kind: Kind,
    /// The ids of the models it runs on, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
}

/// Sorts of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nothing but data.
    #[default]
    Data,
    /// Something in it can be called, and may read other names when it is.
    Code,
    /// Something in it cannot be looked into, such as an iterator: whoever reads it may change it.
    Opaque,
}

/// A model whose files are on this machine and verified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocalModel {
    /// Its id in `models.toml`.
    pub id: String,
    /// Its task, as in transformers: `feature-extraction`, `text-generation`, ….
    pub task: String,
    /// Number of parameters, as declared in the manifest.
    pub parameters: u64,
    /// The sha256 over the sha256s of its files, in hex: the model's digest.
    pub sha256: String,
    /// Role (`graph`, `data`, `tokenizer`, `labels`, …) and path of each file.
    pub files: Vec<LocalFile>,
}

/// One verified file of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocalFile {
    /// What the file is to the model: `graph`, `data`, `tokenizer`, `tokenizer_config`, `labels`, ….
    pub role: String,
    /// Where it is.
    pub path: PathBuf,
}

impl LocalModel {
    /// The path of the file with the given role.
    pub fn file(&self, role: &str) -> Option<&std::path::Path> {
        self.files.iter().find(|f| f.role == role).map(|f| f.path.as_path())
    }
}

/// What came of one order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It ran to its end (or raised, where it must).
    Done(Ran),
    /// It did not.
    Failed(Fault),
}

/// What a cell that ran has to show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ran {
    /// What it displayed and printed, in order.
    pub outputs: Vec<Output>,
    /// The numbers behind what it displayed.
    pub raws: Vec<Raw>,
    /// How close the closest choice was that it has made.
    pub margin: Option<f64>,
    /// What it claimed.
    pub checks: Vec<Check>,
    /// What it warned of.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The text of the expression, where one was asked for.
    pub text: String,
    /// The data that was to be written down.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub written: BTreeMap<String, Plain>,
    /// The names that hold something else than before, `None` for those that are gone.
    pub values: BTreeMap<String, Option<Value>>,
    /// The ids of the models that ran, in order of first use.
    pub models: Vec<String>,
    /// Whether ONNX Runtime computed anything.
    pub runtime: bool,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// Why a cell stopped: facts of the program, not yet of the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The exception's type: `NameError`.
    pub kind: String,
    /// The exception's message.
    pub message: String,
    /// Where it was raised and who called, innermost first.
    pub frames: Vec<Frame>,
    /// What to do about it, one sentence each.
    pub hints: Vec<String>,
}

/// A place in the code of a program's cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The cell whose code it is, as [`ProgramCell::id`] names it.
    pub cell: String,
    /// Line in the cell's code, from 1.
    pub line: u32,
    /// First column in characters, from 1; 0 where only the line is known.
    pub column: u32,
    /// Column one past the last; 0 where only the line is known.
    pub end_column: u32,
    /// The function, `<module>` at the top of a cell.
    pub function: String,
}
