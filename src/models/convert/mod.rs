//! Converters: files that no package carries, made from files that one does.
//!
//! A converter is a pure function of its inputs, so the manifest pins the sha256 of what it makes
//! like that of any other file.

pub mod ctranslate2;
pub mod dcgan;
pub mod gguf;
mod inputs;
mod llama;
pub mod llama2c;
pub mod tfjs;
pub mod wordpiece;

pub use inputs::Inputs;

use crate::{Error, Result};

/// Makes a file's bytes from other files of the model.
pub type Converter = fn(&Inputs) -> Result<Vec<u8>>;

/// Every converter by the name that `derive` gives.
const CONVERTERS: &[(&str, Converter)] = &[
    ("ctranslate2-decoder", ctranslate2::decoder),
    ("ctranslate2-encoder", ctranslate2::encoder),
    ("ctranslate2-tokenizer", ctranslate2::tokenizer),
    ("dcgan", dcgan::graph),
    ("gguf", gguf::graph),
    ("gguf-tokenizer", gguf::tokenizer),
    ("gguf-tokenizer-config", gguf::tokenizer_config),
    ("llama2c", llama2c::graph),
    ("llama2c-tokenizer", llama2c::tokenizer),
    ("tfjs", tfjs::graph),
    ("wordpiece", wordpiece::tokenizer),
];

/// The names of all converters.
pub fn names() -> impl Iterator<Item = &'static str> {
    CONVERTERS.iter().map(|(name, _)| *name)
}

/// Runs the converter called `name`.
///
/// # Errors
/// No such converter, or inputs that are not what it expects.
pub fn run(name: &str, inputs: &Inputs) -> Result<Vec<u8>> {
    match CONVERTERS.iter().find(|(known, _)| *known == name) {
        Some((_, convert)) => convert(inputs),
        None => Err(Error::new(format!("there is no converter `{name}`"))
            .hint("a newer Kiln may have it: compare `kiln --version`")),
    }
}
