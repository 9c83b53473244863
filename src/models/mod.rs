//! Models by manifest: what `models.toml` names is fetched, verified and kept.
//!
//! `manifest` reads `models.toml`; `store` keeps files in the per-user cache and knows which of
//! them are verified; `fetch` brings what is missing, source by source; `convert` makes the files
//! that no package carries; `ensure` ties them together.
//!
//! Invariants: nothing else in Kiln fetches files or starts a package client. A file is handed
//! out only once its sha256 is known to be the manifest's. No file is ever visible half-written.

#![expect(clippy::disallowed_methods, reason = "this room is where models are fetched, verified and kept")]

pub mod convert;
pub mod fetch;
pub mod manifest;
pub mod store;

mod ensure;
mod progress;
mod sha256;

pub use ensure::{FileState, FileStatus, ensure, ensure_all, status, verify};
pub use fetch::agent;
pub use manifest::{Entry, FileOrigin, Manifest, ModelFile, Package, Source};
pub use progress::{Progress, Task};
pub use sha256::{Hasher, Sha256};
pub use store::{Cache, ModelStore, Network};
