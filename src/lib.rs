//! Kiln: a static documentation-site generator whose snippets run on ONNX models at build time.
//!
//! A build is seven steps, each a room of its own:
//! `load` reads every file once; `parse` turns text into pages and diagnostics and cannot fail;
//! `plan` joins a chapter's cells into one program and gives each cell its key; `run` hands only
//! the missing keys to workers; `bake` stores their outputs under those keys; `render` turns pages
//! and bakes into bytes; `write` changes only what differs.

pub mod build;
pub mod cache;
pub mod cli;
pub mod config;
pub mod content;
pub mod diag;
pub mod external;
pub mod interrupt;
pub mod lang;
pub mod models;
pub mod onnx;
pub mod render;
pub mod runtime;
pub mod search;
pub mod serve;
pub mod snippet;
pub mod tensor;
pub mod write;

mod error;
pub use error::{Error, Result};
