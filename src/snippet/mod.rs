//! Snippets, the heart of Kiln: fence -> program -> plan -> run -> bake.
//!
//! Only `run` meets a runtime; everything else here is pure.

pub mod cell;
pub mod figure;
pub mod output;
pub mod program;
