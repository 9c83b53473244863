//! Where programs run.
//!
//! Invariant: only this room and `lang` meet ONNX Runtime, and only inside a worker process.

mod files;
mod host;
pub mod library;
pub mod onnx;
pub mod pipelines;
pub mod processor;
pub mod schedulers;
pub mod tokenizer;
pub mod worker;

use crate::snippet::program::{Limits, Order, Outcome};

pub use onnx::SESSION_OPTIONS;

/// The version of what cells compute with, beside ONNX Runtime: this room, `lang`, `tensor` and `onnx`, and the
/// interpreter. It is in every key: raise it with a change after which any cell may come to another value or
/// show something else, and only then, as every lock of every site is made anew for it.
/// `tests/it/library.rs` asks when that code has changed.
pub const LIBRARY: u32 = 3;

/// The execution provider, as keys and pages name it.
pub const PROVIDER: &str = "cpu";

/// A place where a chapter's program is run, step by step.
///
/// What goes wrong in a cell is an [`Outcome::Failed`]; an error is a fault of the machine.
pub trait Running {
    /// Does what `order` says, within `limits`.
    ///
    /// # Errors
    /// The worker cannot be reached or understood.
    fn step(&mut self, order: &Order, limits: &Limits) -> crate::Result<Outcome>;
}

#[cfg(test)]
mod graph_tests;
#[cfg(test)]
mod operators_tests;
