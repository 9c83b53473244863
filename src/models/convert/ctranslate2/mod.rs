//! Marian translators in CTranslate2's format as ONNX encoder, decoder and tokenizer.
//!
//! The inputs are three files of the model's folder: `model.bin` (variables by name, matrices in int8
//! with a scale a row), `shared_vocabulary.json` (the tokens in order) and `sentencepiece.model` (how a
//! text is cut). Weights stay in int8 in the graphs, and are unpacked to float32 when a session opens, so
//! that scores equal CTranslate2's in float32. Names of inputs and outputs are those of public exports of
//! encoder-decoder pairs; the decoder keeps the keys and values of what it has written.
//!
//! Results are functions of the inputs' bytes alone, so they can be pinned by their hashes.

mod attention;
mod file;
mod graph;
mod layers;
mod vocabulary;

use self::file::File;
use super::Inputs;
use crate::{Error, Result};

/// Makes the encoder's ONNX graph.
///
/// # Errors
/// There is no file `model.bin`, or it is no Marian model.
pub fn encoder(inputs: &Inputs) -> Result<Vec<u8>> {
    graph::encoder(&File::read(&inputs.named("model.bin")?)?)
}

/// Makes the decoder's ONNX graph.
///
/// # Errors
/// As [`encoder`].
pub fn decoder(inputs: &Inputs) -> Result<Vec<u8>> {
    graph::decoder(&File::read(&inputs.named("model.bin")?)?)
}

/// Makes the `tokenizer.json`.
///
/// # Errors
/// One of the other two files is missing, or not what it should be.
pub fn tokenizer(inputs: &Inputs) -> Result<Vec<u8>> {
    let tokens: Vec<String> = serde_json::from_slice(&inputs.named("shared_vocabulary.json")?)
        .map_err(Error::because("shared_vocabulary.json is no list of tokens"))?;
    vocabulary::tokenizer(&tokens, &inputs.named("sentencepiece.model")?)
}
