//! Whole tasks on a model, named as in transformers: text in, text or vectors out.

pub mod feature_extraction;
pub mod image_classification;
pub mod image_processing;
pub mod sampling;
pub mod text_generation;

pub use feature_extraction::{Pooling, feature_extraction};
pub use image_classification::{Class, image_classification, labels};
pub use sampling::Sampling;
pub use text_generation::{Finish, Generated, TextGeneration, generate};
