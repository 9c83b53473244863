//! Graph models of TensorFlow.js as ONNX graphs.
//!
//! The inputs are `model.json` (nodes in the manner of TensorFlow, and a table of weights) and the shards
//! that it names, which hold the weights one after another. Pictures stay `[batch, height, width,
//! channels]`, as TensorFlow has them; values keep their names.
//!
//! The result is a function of the inputs' bytes alone, so it can be pinned by its hash.

mod file;
mod graph;
mod operators;

use self::file::File;
use super::Inputs;
use crate::Result;

/// Makes the ONNX graph, its weights inside.
///
/// # Errors
/// A file is missing or is not what it should be, or the graph has an operator that is not known.
pub fn graph(inputs: &Inputs) -> Result<Vec<u8>> {
    let file = File::read(&inputs.named("model.json")?, |shard| inputs.named(shard))?;
    graph::build(&file)
}
