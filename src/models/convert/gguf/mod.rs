//! Llama-like models in GGUF, llama.cpp's format, as ONNX graph and tokenizer.
//!
//! The input, role `data`, is one `.gguf` file: sizes, tokenizer and chat template in its metadata,
//! matrices in Q4_1, the embedding in Q8_0. Weights stay as wide as they were: four bits go to ONNX
//! Runtime's `MatMulNBits`, whose answers equal those of the unpacked weights to rounding.
//!
//! Results are functions of the input's bytes alone, so they can be pinned by their hashes.

#![expect(clippy::disallowed_methods, reason = "this is where a GGUF file is read")]

mod blocks;
mod file;
mod vocabulary;
mod weights;

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::file::File;
use self::weights::Model;
use super::llama;
use crate::{Error, Result};

/// Makes the ONNX graph, its weights inside.
///
/// # Errors
/// There is no file with the role `data`, it is no GGUF file, or no Llama with such weights.
pub fn graph(inputs: &BTreeMap<String, PathBuf>) -> Result<Vec<u8>> {
    let bytes = read(inputs)?;
    let file = File::read(&bytes)?;
    let model = Model::read(&file)?;
    Ok(llama::build(&model.shape, &model))
}

/// Makes the `tokenizer.json`.
///
/// # Errors
/// As [`graph`], or the file's tokenizer is of another kind.
pub fn tokenizer(inputs: &BTreeMap<String, PathBuf>) -> Result<Vec<u8>> {
    vocabulary::tokenizer(&File::read(&read(inputs)?)?)
}

/// Makes the `tokenizer_config.json`: special tokens, the longest text, the chat template.
///
/// # Errors
/// As [`tokenizer`].
pub fn tokenizer_config(inputs: &BTreeMap<String, PathBuf>) -> Result<Vec<u8>> {
    vocabulary::config(&File::read(&read(inputs)?)?)
}

fn read(inputs: &BTreeMap<String, PathBuf>) -> Result<Vec<u8>> {
    let path = inputs
        .get("data")
        .ok_or_else(|| Error::new("the GGUF converter needs a file with the role `data`"))?;
    std::fs::read(path).map_err(|cause| Error::new(format!("{} cannot be read: {cause}", path.display())))
}
