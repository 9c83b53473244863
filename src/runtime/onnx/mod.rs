//! Models on ONNX Runtime: opened once, fed with checked tensors, any value inside them visible.
//!
//! Invariant: the library is loaded when a model first runs, never before; what a model says about
//! itself (inputs, nodes, weights) is read from its file alone.

mod convert;
mod decoder;
mod edited;
mod error;
mod feeds;
mod library;
mod model;

pub use decoder::{Decoder, Past};
pub use error::RunError;
pub use library::{Library, SESSION_OPTIONS};
pub use model::Model;
