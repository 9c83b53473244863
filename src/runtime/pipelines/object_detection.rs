//! `object-detection`: what is where in a picture.

use std::collections::BTreeMap;

use ndarray::{ArcArray, IxDyn};

use super::super::onnx::{Model, RunError};
use super::encoder::{floats, rows};
use super::image_processing::{Preprocessor, sides};
use super::sampling::softmax;
use super::text_classification::name;
use crate::lang::host::Item;
use crate::tensor::Tensor;

/// Boxes in `image` with a class each, those whose score is above `threshold`. Takes detectors in the
/// form of DETR and YOLOS: `logits` with a last class for nothing, `pred_boxes` as centre and size.
///
/// # Errors
/// It is no picture, or the model is another kind of detector.
pub fn object_detection(
    model: &mut Model,
    image: &Tensor,
    labels: &[String],
    preprocessor: &Preprocessor,
    threshold: f64,
) -> Result<Item, RunError> {
    let wanted = ["logits".to_owned(), "pred_boxes".to_owned()];
    if wanted.iter().any(|name| model.outputs().iter().all(|slot| slot.name != *name)) {
        return Err(RunError::Setting {
            message: format!("the model `{}` is no detector", model.id()),
            hint: Some("object-detection takes a model with the outputs logits and pred_boxes".to_owned()),
        });
    }
    let (height, width) = sides(image)?;
    let pixels = preprocessor.prepared(image, model)?;
    let shape = pixels.shape().to_vec();
    let mut feeds = BTreeMap::new();
    for slot in model.inputs() {
        let feed = match slot.name.as_str() {
            "pixel_mask" => Tensor::Int64(ArcArray::from_elem(IxDyn(&[1, shape[2], shape[3]]), 1)),
            _ => pixels.clone(),
        };
        feeds.insert(slot.name.clone(), feed);
    }
    let mut found = model.run(&feeds, &wanted)?.into_iter();
    let mut next = |model: &Model| match found.next() {
        Some((name, tensor)) => rows(model, &floats(model, &name, tensor)?, "object-detection"),
        None => Ok(Vec::new()),
    };
    let (logits, boxes) = (next(model)?, next(model)?);
    let mut objects = Vec::new();
    for (scores, place) in logits.iter().zip(&boxes) {
        let scores = softmax(scores.iter().copied());
        // The last class says that there is nothing.
        let Some((_, classes)) = scores.split_last() else { continue };
        let class = (0..classes.len()).rev().max_by(|&a, &b| classes[a].total_cmp(&classes[b]));
        let (Some(class), [x, y, w, h]) = (class, place.as_slice()) else { continue };
        if classes[class] <= threshold {
            continue;
        }
        let corner = |at: f64, side: usize| Item::Int((at * side as f64) as i64);
        objects.push(Item::dict([
            ("score", Item::Number(classes[class])),
            ("label", Item::Text(name(labels, class))),
            (
                "box",
                Item::dict([
                    ("xmin", corner(x - w / 2.0, width)),
                    ("ymin", corner(y - h / 2.0, height)),
                    ("xmax", corner(x + w / 2.0, width)),
                    ("ymax", corner(y + h / 2.0, height)),
                ]),
            ),
        ]));
    }
    Ok(Item::List(objects))
}
