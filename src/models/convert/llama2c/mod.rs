//! Checkpoints of llama2.c (the TinyStories models) as ONNX graph and tokenizer.
//!
//! The input, role `data`, is the file `llama2.data` of the package: a checkpoint (seven int32, then
//! float32 weights) followed at once by a tokenizer (the longest token's length, then for each token
//! its score, length and bytes). The graph made here holds no weights: they are external data at
//! their offsets in that file, so the graph has to lie beside it, under [`GRAPH_FILE`] and
//! [`DATA_FILE`].
//!
//! Both results are functions of the input's bytes alone, so they can be pinned by their hashes.

mod checkpoint;
mod vocabulary;
mod weights;

use self::checkpoint::Checkpoint;
use super::{Inputs, llama};
use crate::Result;

/// The name of the file that the graph's weights are read from.
pub const DATA_FILE: &str = "llama2.data";

/// The name that the graph's own file should have, in the same folder.
pub const GRAPH_FILE: &str = "graph.onnx";

/// Makes the ONNX graph.
///
/// # Errors
/// There is no file with the role `data`, or it is no checkpoint.
pub fn graph(inputs: &Inputs) -> Result<Vec<u8>> {
    let bytes = inputs.only("llama2.c")?;
    let checkpoint = Checkpoint::read(&bytes)?;
    Ok(llama::build(&checkpoint.shape, &checkpoint))
}

/// Makes the `tokenizer.json`.
///
/// # Errors
/// As [`graph`], or the checkpoint is not followed by a tokenizer.
pub fn tokenizer(inputs: &Inputs) -> Result<Vec<u8>> {
    let bytes = inputs.only("llama2.c")?;
    let checkpoint = Checkpoint::read(&bytes)?;
    vocabulary::build(&vocabulary::read(&bytes[checkpoint.end..], checkpoint.shape.vocabulary)?)
}
