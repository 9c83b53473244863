//! Snippets, the heart of Kiln: fence -> program -> plan -> run -> bake.
//!
//! Only `run` meets a runtime; everything else here is pure.

pub mod bake;
pub mod cell;
pub mod diagram;
pub mod fence;
pub mod figure;
pub mod output;
pub mod overlay;
pub mod plan;
pub mod program;
pub mod python;
pub mod run;
