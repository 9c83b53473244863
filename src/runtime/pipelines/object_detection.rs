//! `object-detection`: what is where in a picture.

use std::collections::BTreeMap;

use ndarray::{ArcArray, IxDyn};

use super::super::onnx::{Model, RunError};
use super::encoder::{floats, rows};
use super::image_processing::{Preprocessor, sides};
use super::sampling::softmax;
use super::text_classification::name;
use super::yolo;
use crate::lang::host::Item;
use crate::tensor::Tensor;

/// One thing found.
pub(super) struct Object {
    pub(super) score: f64,
    pub(super) class: usize,
    /// Left, top, right, bottom, in pixels.
    pub(super) edges: [i64; 4],
}

/// Boxes in `image` with a class each, those whose score is above `threshold`. Takes detectors in the
/// form of DETR and YOLOS (`logits` with a last class for nothing, `pred_boxes` as centre and size), and
/// in that of the ONNX model zoo's YOLOv3 ([`super::yolo`]).
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
    let objects = match yolo::fits(model) {
        true => yolo::detect(model, image, threshold)?,
        false => detr(model, image, preprocessor, threshold)?,
    };
    let item = |object: Object| {
        let [left, top, right, bottom] = object.edges.map(Item::Int);
        Item::dict([
            ("score", Item::Number(object.score)),
            ("label", Item::Text(name(labels, object.class))),
            ("box", Item::dict([("xmin", left), ("ymin", top), ("xmax", right), ("ymax", bottom)])),
        ])
    };
    Ok(Item::List(objects.into_iter().map(item).collect()))
}

fn detr(
    model: &mut Model,
    image: &Tensor,
    preprocessor: &Preprocessor,
    threshold: f64,
) -> Result<Vec<Object>, RunError> {
    let wanted = ["logits".to_owned(), "pred_boxes".to_owned()];
    if wanted.iter().any(|name| model.outputs().iter().all(|slot| slot.name != *name)) {
        return Err(RunError::Setting {
            message: format!("the model `{}` is no detector", model.id()),
            hint: Some(
                "object-detection takes a model with the outputs logits and pred_boxes, or a YOLOv3 with an input image_shape"
                    .to_owned(),
            ),
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
        let corner = |at: f64, side: usize| (at * side as f64) as i64;
        let edges = [
            corner(x - w / 2.0, width),
            corner(y - h / 2.0, height),
            corner(x + w / 2.0, width),
            corner(y + h / 2.0, height),
        ];
        objects.push(Object { score: classes[class], class, edges });
    }
    Ok(objects)
}
