//! Where programs run.
//!
//! Invariant: only this room and `lang` meet ONNX Runtime, and only inside a worker process.

mod files;
mod host;
pub mod library;
pub mod onnx;
pub mod pipelines;
pub mod schedulers;
pub mod tokenizer;
pub mod worker;

use crate::lang::Session;
use crate::snippet::program::{Outcome, Program};

pub use onnx::SESSION_OPTIONS;

/// The execution provider, as keys and pages name it.
pub const PROVIDER: &str = "cpu";

/// A session for `program`, with the program's models to ask for.
///
/// # Errors
/// The interpreter does not start.
fn session(program: &Program) -> crate::Result<Session> {
    Session::new(Box::new(host::ProgramHost::new(program)))
}

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

#[cfg(test)]
mod graph_tests;
#[cfg(test)]
mod operators_tests;
