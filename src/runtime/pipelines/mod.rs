//! Whole tasks on a model, named as in transformers: a text, a picture or a sound in, an answer out.

mod beam_search;
mod encoder;
pub mod feature_extraction;
pub mod fill_mask;
pub mod image_classification;
pub mod image_processing;
pub mod image_segmentation;
pub mod object_detection;
pub mod question_answering;
pub mod sampling;
pub mod text2text;
pub mod text_classification;
pub mod text_generation;
pub mod token_classification;
pub mod voice_activity;
mod yolo;

pub use feature_extraction::{Pooling, feature_extraction};
pub use image_classification::{Class, image_classification, labels};
pub use sampling::Sampling;
pub use text_generation::{Finish, Generated, TextGeneration, generate};
