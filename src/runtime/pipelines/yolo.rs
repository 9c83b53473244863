//! Detectors in the form of YOLOv3 as the ONNX model zoo has it: the suppression of overlaps is in the graph.
//!
//! Two inputs: the picture fitted into a square, and `image_shape`, its height and width before that. Three
//! outputs: boxes `[1, n, 4]` as top, left, bottom, right, in pixels of the picture as it was; scores
//! `[1, classes, n]`; and which of them are left, `[1, found, 3]`: picture, class, box.

use std::collections::BTreeMap;

use ndarray::{Array3, Array4, Axis, s};

use super::super::onnx::{Model, RunError};
use super::encoder::floats;
use super::image_processing::{Filter, picture, scale};
use super::object_detection::Object;
use crate::tensor::{Array, DType, Tensor};

/// Height and width of the square, in pixels: what the zoo's models were trained at.
const SIDE: usize = 416;

/// The colour of the square where there is no picture.
const GREY: u8 = 128;

/// The input that such a detector has and others have not.
const SHAPE: &str = "image_shape";

/// Whether `model` has this form.
pub(super) fn fits(model: &Model) -> bool {
    model.inputs().len() == 2
        && model.outputs().len() == 3
        && model.inputs().iter().any(|slot| slot.name == SHAPE)
}

/// What `model` finds in `image` with a score above `threshold`, the surest first.
///
/// # Errors
/// It is no picture, or the outputs are not as above.
pub(super) fn detect(model: &mut Model, image: &Tensor, threshold: f64) -> Result<Vec<Object>, RunError> {
    let picture = picture(image)?;
    let (height, width) = (picture.len_of(Axis(0)), picture.len_of(Axis(1)));
    let square = Tensor::Float32(letterboxed(&picture).into_dyn().into_shared());
    let sides = Tensor::from_vec(&[1, 2], vec![height as f32, width as f32]);
    let sides = sides.map_err(|error| RunError::setting(error.message))?;
    let feed = |name: &String| if name == SHAPE { sides.clone() } else { square.clone() };
    let names: Vec<String> = model.inputs().iter().map(|slot| slot.name.clone()).collect();
    let feeds: BTreeMap<String, Tensor> = names.iter().map(|name| (name.clone(), feed(name))).collect();
    let found = model.run(&feeds, &[])?;
    let wrong = |model: &Model| {
        RunError::setting(format!("the outputs of `{}` are not those of a YOLOv3", model.id()))
    };
    let [(boxes_name, boxes), (scores_name, scores), (_, left)] =
        <[_; 3]>::try_from(found).map_err(|_| wrong(model))?;
    let (boxes, scores) = (floats(model, &boxes_name, boxes)?, floats(model, &scores_name, scores)?);
    let Tensor::Int64(left) = left.astype(DType::Int64) else { return Err(wrong(model)) };
    let shaped = boxes.ndim() == 3
        && scores.ndim() == 3
        && left.ndim() == 3
        && left.shape()[0] == 1
        && left.shape()[2] == 3;
    if !shaped {
        return Err(wrong(model));
    }
    let mut objects = Vec::new();
    for row in left.index_axis(Axis(0), 0).outer_iter() {
        let place = |at: usize| usize::try_from(row[at]).ok();
        let (Some(class), Some(at)) = (place(1), place(2)) else { return Err(wrong(model)) };
        let score = scores.get([0, class, at].as_slice()).copied().ok_or_else(|| wrong(model))?;
        if f64::from(score) <= threshold {
            continue;
        }
        let edge = |edge: usize, side: usize| corner(&boxes, at, edge, side).ok_or_else(|| wrong(model));
        let (top, left, bottom, right) =
            (edge(0, height)?, edge(1, width)?, edge(2, height)?, edge(3, width)?);
        objects.push(Object { score: score.into(), class, edges: [left, top, right, bottom] });
    }
    objects.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(objects)
}

/// An edge of the box `at`, inside the picture.
fn corner(boxes: &Array<f32>, at: usize, edge: usize, side: usize) -> Option<i64> {
    let value = f64::from(*boxes.get([0, at, edge].as_slice())?);
    Some(value.clamp(0.0, side as f64) as i64)
}

/// `picture` in the middle of a grey square, as large as it fits without stretching, in 0..1, channels first.
fn letterboxed(picture: &Array3<u8>) -> Array4<f32> {
    let (height, width) = (picture.len_of(Axis(0)), picture.len_of(Axis(1)));
    let longest = height.max(width);
    let (tall, wide) = ((height * SIDE / longest).max(1), (width * SIDE / longest).max(1));
    let mut scaled = scale(picture.view(), wide, Axis(1), Filter::Bicubic);
    scaled = scale(scaled.view(), tall, Axis(0), Filter::Bicubic);
    let (top, left) = ((SIDE - tall) / 2, (SIDE - wide) / 2);
    let mut square = Array3::from_elem((SIDE, SIDE, 3), GREY);
    square.slice_mut(s![top..top + tall, left..left + wide, ..]).assign(&scaled);
    Array4::from_shape_fn((1, 3, SIDE, SIDE), |(_, c, y, x)| f32::from(square[[y, x, c]]) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_lies_in_the_middle_of_the_square() {
        let square = letterboxed(&Array3::from_elem((100, 200, 3), 255));
        let row = |y: usize| square[[0, 0, y, 200]];
        assert_eq!([row(0), row(103)], [f32::from(GREY) / 255.0; 2]);
        assert_eq!([row(104), row(311)], [1.0; 2]);
        assert_eq!(row(312), f32::from(GREY) / 255.0);
        // One that is long and thin keeps a pixel.
        assert_eq!(letterboxed(&Array3::zeros((1, 2000, 3)))[[0, 0, 207, 0]], 0.0);
    }
}
