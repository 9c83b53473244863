//! All tests that use Kiln from outside, in one binary.

mod contract;
mod faults;
mod kill;
mod layers;
mod machine;
mod project;
mod reference;
