//! (to be written)

pub mod convert;
