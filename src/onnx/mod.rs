//! The ONNX file format: reading graphs, decoding weights, building small graphs.
//!
//! Pure: bytes come in, values go out; nothing here opens a file or meets ONNX Runtime. A file may
//! be hostile: every function answers with an error where the bytes make no sense, and none panics.

pub mod build;
mod edit;
pub mod element;
mod encode;
pub mod graph;
pub mod proto;
pub mod schema;
mod share;
pub mod single;
pub mod weight;

pub use build::{Attribute, Builder};
pub use edit::Refusal;
pub use element::ElementType;
pub use graph::{Dim, Graph, Node, Slot};
pub use schema::Operator;
pub use weight::{Storage, Weight};
