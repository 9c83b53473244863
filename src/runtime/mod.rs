//! Where programs run.
//!
//! Invariant: only this room and `lang` meet ONNX Runtime, and only inside a worker process.

mod files;
pub mod library;
pub mod onnx;
pub mod pipelines;
pub mod schedulers;
pub mod tokenizer;
pub mod worker;

use crate::snippet::program::{Outcome, Program};

/// Runs a chapter's program.
///
/// `each` is called once a cell, in order, as soon as the cell has ended. After a cell that failed
/// no later one is run.
pub trait Runtime {
    /// Runs `program` from its first cell.
    ///
    /// # Errors
    /// Faults of the machine: a worker that cannot be started, a library that cannot be opened.
    /// What goes wrong in a cell is an [`Outcome::Failed`].
    fn run(&mut self, program: &Program, each: &mut dyn FnMut(usize, Outcome)) -> crate::Result<()>;
}
