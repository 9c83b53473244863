//! Where bakes live: the key of a cell, and the store that holds what a cell made under its key.

mod key;
mod store;

pub use key::{CellKey, KeyBuilder};
pub use store::{Found, Store};
