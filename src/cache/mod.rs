//! Where bakes live: the key of a cell, the store that holds what a cell made under its key, and the
//! files that an author commits.

mod key;
mod lock_folder;
mod store;

pub use key::{CellKey, KeyBuilder};
pub use lock_folder::{LOCK, LockFolder};
pub use store::{Contents, Found, Store};
