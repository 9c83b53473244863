//! Llama-like models in GGUF, llama.cpp's format, as ONNX graph and tokenizer.
//!
//! The input, role `data`, is one `.gguf` file: sizes, tokenizer and chat template in its metadata,
//! matrices in Q4_1, the embedding in Q8_0. Weights stay as wide as they were: four bits go to ONNX
//! Runtime's `MatMulNBits`, whose answers equal those of the unpacked weights to rounding.
//!
//! Results are functions of the input's bytes alone, so they can be pinned by their hashes.

mod blocks;
mod file;
mod vocabulary;
mod weights;

use self::file::File;
use self::weights::Model;
use super::{Inputs, llama};
use crate::Result;

/// Makes the ONNX graph, its weights inside.
///
/// # Errors
/// There is no file with the role `data`, it is no GGUF file, or no Llama with such weights.
pub fn graph(inputs: &Inputs) -> Result<Vec<u8>> {
    let bytes = inputs.only("GGUF")?;
    let file = File::read(&bytes)?;
    let model = Model::read(&file)?;
    Ok(llama::build(&model.shape, &model))
}

/// Makes the `tokenizer.json`.
///
/// # Errors
/// As [`graph`], or the file's tokenizer is of another kind.
pub fn tokenizer(inputs: &Inputs) -> Result<Vec<u8>> {
    vocabulary::tokenizer(&File::read(&inputs.only("GGUF")?)?)
}

/// Makes the `tokenizer_config.json`: special tokens, the longest text, the chat template.
///
/// # Errors
/// As [`tokenizer`].
pub fn tokenizer_config(inputs: &Inputs) -> Result<Vec<u8>> {
    vocabulary::config(&File::read(&inputs.only("GGUF")?)?)
}
