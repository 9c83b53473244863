//! The numbers behind a value that a cell shows.

use rustpython_vm::PyObject;
use rustpython_vm::builtins::{PyDict, PyFloat, PyList, PyTuple};

use super::tensor::PyTensor;
use crate::snippet::drift::count_fractions;
use crate::snippet::raw::Raw;
use crate::tensor::{DType, Tensor};

/// Lists nested deeper than this, or longer, are compared as texts.
const DEPTH: usize = 16;
const MOST: usize = 4096;

/// The numbers behind `object`, which is shown as `text`: those of a float or a tensor of floats, or of a
/// list of such. `None` where there are none, or where they are not what the text shows.
pub(super) fn text(object: &PyObject, text: &str) -> Option<Raw> {
    if let Some(tensor) = object.downcast_ref::<PyTensor>() {
        return exact(&tensor.get());
    }
    let mut found = Vec::new();
    collect(object, &mut found, 0)?;
    // A name in quotation marks may look like a number.
    (!found.is_empty() && count_fractions(text) == found.len())
        .then(|| Raw::exact("float64", &[found.len()], &found))
}

/// The numbers behind pictures: nothing for levels that a picture shows as they are.
pub(super) fn pictures(tensors: &[Tensor]) -> Vec<Raw> {
    let is_exact = |tensor: &Tensor| !tensor.dtype().is_float();
    if tensors.iter().any(is_exact) {
        return Vec::new();
    }
    tensors
        .iter()
        .map(|tensor| Raw::picture(&tensor.dtype().to_string(), tensor.shape(), &tensor.to_f64s()))
        .collect()
}

fn exact(tensor: &Tensor) -> Option<Raw> {
    let dtype = match tensor.dtype() {
        DType::Float32 => "float32",
        DType::Float64 => "float64",
        _ => return None,
    };
    Some(Raw::exact(dtype, tensor.shape(), &tensor.to_f64s()))
}

/// Adds the floats in `object`, in the order in which they are written; `None` where there are too many.
fn collect(object: &PyObject, found: &mut Vec<f64>, depth: usize) -> Option<()> {
    if depth > DEPTH || found.len() > MOST {
        return None;
    }
    if let Some(float) = object.downcast_ref::<PyFloat>() {
        found.push(float.to_f64());
    } else if let Some(tensor) = object.downcast_ref::<PyTensor>() {
        let tensor = tensor.get();
        if tensor.dtype().is_float() {
            found.extend(tensor.to_f64s());
        }
    } else if let Some(list) = object.downcast_ref::<PyList>() {
        list.borrow_vec().iter().try_for_each(|item| collect(item, found, depth + 1))?;
    } else if let Some(tuple) = object.downcast_ref::<PyTuple>() {
        tuple.as_slice().iter().try_for_each(|item| collect(item, found, depth + 1))?;
    } else if let Some(dict) = object.downcast_ref::<PyDict>() {
        let items = dict.items_vec().into_iter().flat_map(|(key, value)| [key, value]);
        for item in items {
            collect(&item, found, depth + 1)?;
        }
    }
    Some(())
}
