//! `image-segmentation`: which pixels belong to what.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Axis, Ix3};

use super::super::onnx::{Model, RunError};
use super::encoder::floats;
use super::image_processing::{Preprocessor, sides};
use super::text_classification::name;
use crate::lang::host::Item;
use crate::tensor::Tensor;

/// A mask for each class that `image` shows, uint8 `[height, width]`: 255 where a pixel belongs to it.
/// A model of one map in 0..1 (salient objects) gives one mask, whose strength is the map's.
///
/// # Errors
/// It is no picture, or the model gives no maps.
pub fn image_segmentation(
    model: &mut Model,
    image: &Tensor,
    labels: &[String],
    preprocessor: &Preprocessor,
) -> Result<Item, RunError> {
    let wrong = |model: &Model| RunError::Setting {
        message: format!("the model `{}` does not segment pictures", model.id()),
        hint: Some(
            "image-segmentation takes a model with an output [batch, classes, height, width]".to_owned(),
        ),
    };
    let (height, width) = sides(image)?;
    let [input] = model.inputs() else { return Err(wrong(model)) };
    let feeds = BTreeMap::from([(input.name.clone(), preprocessor.prepared(image, model)?)]);
    let first: Vec<String> = model.outputs().iter().take(1).map(|slot| slot.name.clone()).collect();
    let Some((output, tensor)) = model.run(&feeds, &first)?.into_iter().next() else {
        return Err(wrong(model));
    };
    let maps = floats(model, &output, tensor)?;
    if maps.ndim() != 4 || maps.is_empty() {
        return Err(wrong(model));
    }
    let maps =
        maps.index_axis(Axis(0), 0).to_owned().into_dimensionality::<Ix3>().map_err(|_| wrong(model))?;
    let scaled: Vec<Array2<f32>> = maps.outer_iter().map(|map| stretched(map, height, width)).collect();
    let part = |label: String, mask: Array2<u8>| {
        Item::dict([
            ("score", Item::None),
            ("label", Item::Text(label)),
            ("mask", Item::Tensor(Tensor::Uint8(mask.into_dyn().into_shared()))),
        ])
    };
    if let [only] = scaled.as_slice() {
        let (low, high) = only.iter().fold((f32::MAX, f32::MIN), |(low, high), &v| (low.min(v), high.max(v)));
        let span = if high > low { high - low } else { 1.0 };
        let mask = only.mapv(|v| ((v - low) / span * 255.0) as u8);
        let label = labels.first().cloned().unwrap_or_else(|| "foreground".to_owned());
        return Ok(Item::List(vec![part(label, mask)]));
    }
    let class = |y: usize, x: usize| {
        let at = |class: &usize| scaled[*class][[y, x]];
        (0..scaled.len()).rev().max_by(|a, b| at(a).total_cmp(&at(b))).unwrap_or(0)
    };
    let classes = Array2::from_shape_fn((height, width), |(y, x)| class(y, x));
    let shown = (0..scaled.len()).filter(|class| classes.iter().any(|found| found == class));
    let masks = shown
        .map(|class| part(name(labels, class), classes.mapv(|found| if found == class { 255 } else { 0 })));
    Ok(Item::List(masks.collect()))
}

/// A map at another size: bilinear between the centres of its pixels, as PyTorch's `interpolate`.
fn stretched(map: ArrayView2<'_, f32>, height: usize, width: usize) -> Array2<f32> {
    let (rows, columns) = map.dim();
    let place = |at: usize, to: usize, from: usize| {
        let at = ((at as f32 + 0.5) * (from as f32 / to as f32) - 0.5).max(0.0);
        let low = (at as usize).min(from - 1);
        (low, (low + 1).min(from - 1), at - low as f32)
    };
    Array2::from_shape_fn((height, width), |(y, x)| {
        let (top, bottom, down) = place(y, height, rows);
        let (left, right, across) = place(x, width, columns);
        let upper = map[[top, left]] * (1.0 - across) + map[[top, right]] * across;
        let lower = map[[bottom, left]] * (1.0 - across) + map[[bottom, right]] * across;
        upper * (1.0 - down) + lower * down
    })
}
