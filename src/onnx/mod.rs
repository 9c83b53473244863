//! The ONNX file format: reading graphs, decoding weights, building small graphs.
//!
//! Pure: bytes come in, values go out; nothing here opens a file or meets ONNX Runtime. A file may
//! be hostile: every function answers with an error where the bytes make no sense, and none panics.

pub mod build;
pub mod element;
pub mod graph;
pub mod proto;
pub mod weight;

pub use element::ElementType;
pub use graph::{Dim, Graph, Node, Slot};
pub use weight::{Storage, Weight};
