//! What is found in an image: boxes and masks over it.

use rustpython_vm::builtins::PyDict;
use rustpython_vm::{AsObject, PyObjectRef, PyResult};

use super::super::call::{Call, Function};
use super::super::display::PyDisplay;
use super::super::{behind, convert, raise};
use super::picture::Style;
use crate::snippet::output::{Image, Mask, Outline, Output, Overlay};
use crate::tensor::{DType, Shape, Tensor};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "boxes",
        params: &[
            "image",
            "boxes",
            "labels=None",
            "scores=None",
            "cmap='gray'",
            "scale=None",
            "vmin=None",
            "vmax=None",
        ],
        run: boxes,
    },
    Function {
        name: "masks",
        params: &["image", "masks", "labels=None", "cmap='gray'", "scale=None", "vmin=None", "vmax=None"],
        run: masks,
    },
];

/// More boxes or masks than this hide the image.
const MAX_MARKS: usize = 200;
/// About how many screen pixels the longer side has that a small image is magnified to.
const SIDE: u32 = 400;

/// `boxes` as a tensor of rows `xmin, ymin, xmax, ymax`, or what object detection gives: a list of
/// `{"box": {"xmin": …}, "label": …, "score": …}`.
fn boxes(c: &Call<'_>) -> PyResult {
    let image = picture(c)?;
    let given = c.object("boxes")?;
    let found = match convert::tensors(&given, c.vm) {
        Ok(rows) => rows.iter().map(|row| corners(row, c)).collect::<PyResult<Vec<_>>>()?,
        Err(_) => {
            let items: Vec<PyObjectRef> = given.try_to_value(c.vm)?;
            items.iter().map(|item| detected(item, c)).collect::<PyResult<_>>()?
        }
    };
    let mut boxes = limited(found, "boxes", c)?;
    let count = boxes.len();
    for (outline, label) in boxes.iter_mut().zip(labels(count, c)?) {
        outline.label = label;
    }
    if c.given("scores").is_some() {
        let scores = c.tensor("scores")?.to_f64s();
        if scores.len() != count {
            return Err(c.value_error(format!("boxes(): {} scores for {count} boxes", scores.len())));
        }
        for (outline, score) in boxes.iter_mut().zip(scores) {
            outline.score = Some(score).filter(|score| score.is_finite());
        }
    }
    shown(Overlay { image, boxes, masks: Vec::new() }, c)
}

fn picture(c: &Call<'_>) -> PyResult<Image> {
    Style::read(c)?.picture(&c.tensor("image")?, SIDE, c)
}

/// The overlay with the numbers behind its image.
fn shown(overlay: Overlay, c: &Call<'_>) -> PyResult {
    let raws = behind::pictures(&[c.tensor("image")?]);
    Ok(PyDisplay::of(Output::Overlay(overlay), raws, c.vm))
}

fn labels(count: usize, c: &Call<'_>) -> PyResult<Vec<String>> {
    let labels = c.texts("labels")?.unwrap_or_default();
    if !labels.is_empty() && labels.len() != count {
        return Err(c.value_error(format!("'labels' has {} labels for {count}", labels.len())));
    }
    Ok(labels)
}

fn limited<T>(found: Vec<T>, what: &str, c: &Call<'_>) -> PyResult<Vec<T>> {
    match found.len() > MAX_MARKS {
        true => Err(c.value_error(format!("{} {what}; up to {MAX_MARKS} can be drawn", found.len()))),
        false => Ok(found),
    }
}

/// One row of a tensor of boxes.
fn corners(row: &Tensor, c: &Call<'_>) -> PyResult<Outline> {
    match row.to_f64s().as_slice() {
        [xmin, ymin, xmax, ymax] => outline([*xmin, *ymin, *xmax, *ymax], c),
        _ => Err(c.value_error(format!(
            "a box is xmin, ymin, xmax, ymax, not a tensor of shape {}",
            Shape(row.shape())
        ))),
    }
}

fn outline([xmin, ymin, xmax, ymax]: [f64; 4], c: &Call<'_>) -> PyResult<Outline> {
    let finite = [xmin, ymin, xmax, ymax].iter().all(|side| side.is_finite());
    if !finite || xmin > xmax || ymin > ymax {
        return Err(c.value_error(format!(
            "({xmin}, {ymin}, {xmax}, {ymax}) is no box: xmin, ymin, xmax, ymax in pixels are wanted"
        )));
    }
    Ok(Outline { xmin, ymin, xmax, ymax, label: String::new(), score: None })
}

/// One result of object detection.
fn detected(item: &PyObjectRef, c: &Call<'_>) -> PyResult<Outline> {
    let wanted = || {
        c.type_error(
            "each of the boxes is a row of 4 numbers, or a result of object detection".to_owned(),
            &[],
        )
    };
    let item = item.downcast_ref::<PyDict>().ok_or_else(wanted)?;
    let place = item.get_item_opt("box", c.vm)?.ok_or_else(wanted)?;
    let place = place.downcast_ref::<PyDict>().ok_or_else(wanted)?;
    let side = |name: &str| -> PyResult<f64> {
        let number = place.get_item_opt(name, c.vm)?.ok_or_else(wanted)?;
        convert::float(&number, c.vm)
    };
    let found = outline([side("xmin")?, side("ymin")?, side("xmax")?, side("ymax")?], c)?;
    let label = match item.get_item_opt("label", c.vm)? {
        Some(label) => label.str(c.vm)?.to_string_lossy().into_owned(),
        None => String::new(),
    };
    let score = item.get_item_opt("score", c.vm)?.map(|score| convert::float(&score, c.vm)).transpose()?;
    Ok(Outline { label, score: score.filter(|score| score.is_finite()), ..found })
}

/// `masks` as a tensor `[N, H, W]` or a list of `[H, W]`, bool or integers that are not 0 inside.
fn masks(c: &Call<'_>) -> PyResult {
    let image = picture(c)?;
    let given = limited(convert::tensors(c.object("masks")?.as_object(), c.vm)?, "masks", c)?;
    let mut labels = labels(given.len(), c)?.into_iter();
    let size = [image.height as usize, image.width as usize];
    let masks = given
        .iter()
        .map(|mask| {
            if mask.shape() != size.as_slice() {
                let (shape, size) = (Shape(mask.shape()), Shape(&size));
                return Err(c.value_error(format!("a mask of shape {shape} over an image of shape {size}")));
            }
            if matches!(mask.dtype(), DType::Float32 | DType::Float64) {
                let hint = ["compare first: `masks > 0.5`".to_owned()];
                let message = "masks(): a mask is bool, or integers that are not 0 inside";
                let class = c.vm.ctx.exceptions.type_error.to_owned();
                return Err(raise::exception(c.vm, class, message, &hint));
            }
            Ok(Mask::new(labels.next().unwrap_or_default(), mask.to_i64s().into_iter().map(|v| v != 0)))
        })
        .collect::<PyResult<Vec<_>>>()?;
    shown(Overlay { image, boxes: Vec::new(), masks }, c)
}
