//! All tests that use Kiln from outside, in one binary.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "tests make files, look at what was made, and fail where they must"
)]

mod books;
mod bounds;
mod cells;
#[cfg(feature = "shared-store")]
mod clouds;
mod commands;
mod contain;
mod content;
mod contract;
mod edges;
mod edits;
mod faults;
mod frozen;
mod fuzz;
mod gitlab;
mod hosted;
mod hostile;
mod incremental;
mod kill;
mod layers;
mod library;
mod locks;
mod machine;
mod numbers;
mod operators;
mod pages;
mod project;
mod reference;
mod serve;
#[cfg(feature = "shared-store")]
mod shared;
mod tools;
mod workflow;
mod zoo;
