//! Where bakes live: the key of a cell, the stores that hold what a cell made under its key, and the
//! files that an author commits.
//!
//! A store has two kinds of files. A *blob* is named by the hash of its bytes; an *action* is named by a
//! key and says which blob that key makes. Both are checked whenever they are read.

mod action;
mod digest;
mod key;
mod local;
mod lock_folder;
#[cfg(feature = "shared-store")]
mod remote;
#[cfg(not(feature = "shared-store"))]
#[path = "no_remote.rs"]
mod remote;
mod store;

pub use action::Making;
pub use digest::Digest;
pub use key::{CellKey, KeyBuilder};
pub use local::{Contents, Local};
pub use lock_folder::{LOCK, LockFolder};
pub use remote::{Access, Remote};
pub use store::{Found, Place, Store, Stored};
