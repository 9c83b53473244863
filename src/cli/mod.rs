//! (to be written)

pub mod doctor;
pub mod models;
