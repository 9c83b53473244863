//! Converters: files that no package carries, made from files that one does.
//!
//! A converter is a pure function of its inputs, so the manifest pins the sha256 of what it makes
//! like that of any other file.

pub mod ctranslate2;
mod cursor;
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

#[cfg(test)]
mod tests {
    use crate::onnx::Graph;

    /// Every value that a node of `graph` reads, and every output, is made before.
    #[track_caller]
    pub(super) fn assert_ordered(graph: &Graph) {
        let mut known: Vec<String> = graph.inputs().into_iter().map(|slot| slot.name).collect();
        known.extend(graph.weights().map(|weight| weight.name().to_owned()));
        for node in graph.nodes() {
            for input in &node.inputs {
                assert!(known.contains(input), "{} reads {input}", node.name);
            }
            known.extend(node.outputs);
        }
        assert!(graph.outputs().iter().all(|slot| known.contains(&slot.name)));
    }
}
