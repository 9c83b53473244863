//! All tests that use Kiln from outside, in one binary.

mod contract;
mod faults;
mod layers;
mod project;
mod reference;
