//! Snippets, the heart of Kiln: fence -> plan -> key -> run -> bake.
//!
//! Only `run` meets a runtime; everything else here is pure.

pub mod bake;
pub mod cell;
pub mod diagram;
pub mod drift;
pub mod fence;
pub mod figure;
pub mod key;
pub mod link;
pub mod lock;
pub mod output;
pub mod overlay;
pub mod plain;
pub mod plan;
pub mod program;
pub mod python;
pub mod raw;
pub mod run;
pub mod shelf;
pub mod state;
mod summary;
pub mod texts;
