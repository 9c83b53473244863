//! What crosses the line to a worker process: a chapter's program, and what came of it.
//!
//! A program knows nothing of Markdown: a fault names a cell and a line of its code, and `run`
//! maps it back to the page.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::output::{Check, Output};

/// What [`Ran::models`] says of graphs that a cell made itself: no id of a manifest, which have no
/// spaces, so that they count as a run of the runtime and not of a model.
pub const GRAPHS: &str = "a graph of the cell";

/// A chapter's cells in one session, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The chapter, for messages: `language/bert`.
    pub chapter: String,
    /// The shared library of ONNX Runtime, loaded when a cell first needs it.
    pub ort_library: PathBuf,
    /// Every model that the chapter names, with the verified files on this machine.
    pub models: Vec<LocalModel>,
    /// The ids of all models of the manifest, for did-you-mean.
    pub known_models: Vec<String>,
    /// The cells, top to bottom.
    pub cells: Vec<ProgramCell>,
}

/// One cell of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramCell {
    /// The cell's label.
    pub label: String,
    /// Its code.
    pub code: String,
    /// The seed of the cell's default random generator.
    pub seed: u64,
    /// Whether the cell must raise an exception.
    pub must_raise: bool,
    /// Seconds after which the cell is stopped.
    pub timeout: f64,
    /// Expressions whose text is asked for once the cell has run.
    pub inlines: Vec<String>,
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

/// What came of one cell.
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
    /// What it claimed.
    pub checks: Vec<Check>,
    /// The text of each inline expression, in the order asked; a fault where it raised.
    pub inlines: Vec<Result<String, Fault>>,
    /// The ids of the models that ran, in order of first use; [`GRAPHS`] for graphs of the cell's own.
    pub models: Vec<String>,
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
    /// The label of the cell whose code it is.
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
