//! Data of a cell, written down: what another run can take over without running the cell again.

use serde::{Deserialize, Serialize};

use super::output::Bytes;

/// A value that is nothing but data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plain {
    /// `None`.
    None,
    /// A bool.
    Bool(bool),
    /// An integer of at most 64 bits.
    Int(i64),
    /// A float, by its bits: not every float survives being written as text.
    Float(u64),
    /// A text.
    Str(String),
    /// A list.
    List(Vec<Plain>),
    /// A tuple.
    Tuple(Vec<Plain>),
    /// A dict, in its order.
    Dict(Vec<(Plain, Plain)>),
    /// A tensor.
    Tensor {
        /// Its dtype, named as in NumPy.
        dtype: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Its elements, little-endian, row by row.
        data: Bytes,
    },
}
