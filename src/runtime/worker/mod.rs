//! Worker processes: this same binary, started by a build to run the cells of chapters.
//!
//! Requests go in and replies come out, one line of JSON each. A worker first takes a program, then
//! steps through it; when it is done it may take another. A crash, a hang or too much memory ends
//! the worker and costs one cell, never the build. A worker ends when the build that started it does,
//! because its input does.

mod child;
mod confine;
mod ending;
mod memory;
mod parent;

use serde::{Deserialize, Serialize};

use crate::snippet::program::{Limits, Order, Outcome, Program};

pub use child::serve;
pub use confine::Confinement;
pub use memory::available as available_memory;
pub use parent::{ENVIRONMENT, Worker, Workers};

/// The hidden command of the binary that makes it a worker.
pub const COMMAND: &str = "worker";

/// What a build asks of a worker.
#[derive(Debug, Serialize, Deserialize)]
enum Request {
    /// Forget what was run and take up this program. Answered by [`Reply::Ready`].
    Begin(Box<Program>),
    /// Do a step of the program. Answered by [`Reply::Outcome`].
    Step(Order, Limits),
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
enum Reply {
    /// The program can be stepped through.
    Ready(Confinement),
    /// It cannot, for a fault of the machine: the message and the hints of an `Error`.
    Unable(String, Vec<String>),
    /// What came of a step.
    Outcome(Box<Outcome>),
}
