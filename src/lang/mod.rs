//! The language of cells: Python 3 in a sandbox, with the module `kiln`.
//!
//! A [`Session`] runs the cells of one program, top to bottom, in one namespace. It reaches models
//! only through the [`host`] boundary, so it needs no ONNX Runtime to be tested.
//!
//! Invariants of absence: no cell can import what is not on the allow list, reach a file, a socket,
//! a clock, the environment or a process, or see an object's address; nothing here reads them either.

pub mod host;
pub mod reference;

mod attributes;
mod behind;
mod builtins;
mod call;
mod code;
mod convert;
mod digest;
mod display;
mod fault;
mod functions;
mod habits;
mod imports;
mod inplace;
mod interpreter;
mod kiln_module;
mod library;
mod load;
mod mersenne;
mod model;
mod names;
mod operators;
mod pipeline;
mod plain;
mod plot;
mod proofs;
mod raise;
mod random;
mod record;
mod repeat;
mod schedulers;
mod session;
mod stage;
mod tensor;
mod tokenizer;
mod trace;
mod walls;

pub use interpreter::STACK_BYTES;
pub use session::Session;

#[cfg(test)]
mod digest_tests;
#[cfg(test)]
mod module_tests;
#[cfg(test)]
mod numpy_tests;
#[cfg(test)]
mod session_tests;
