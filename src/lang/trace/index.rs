//! `x[…]` of a traced value: slices, integers and new axes; one list of integers, traced or not.

use rustpython_vm::{Py, PyObject, PyResult, VirtualMachine};

use super::lower::{integers, one, reshaped};
use super::{Input, PyTraced};
use crate::lang::convert;
use crate::lang::raise::{self, OrRaise};
use crate::onnx::Attribute;
use crate::tensor::index::{self, Index};
use crate::tensor::{DType, Tensor};

/// What `key` chooses of `value`.
pub(super) fn chosen(value: &Py<PyTraced>, key: &PyObject, vm: &VirtualMachine) -> PyResult {
    let whole = Input::Traced(value.to_owned());
    let first = &[("axis", Attribute::Int(0))];
    if let Some(at) = key.downcast_ref::<PyTraced>() {
        if at.value.dtype().is_float() || at.value.dtype() == DType::Bool {
            return Err(refused(vm));
        }
        return Ok(one("Gather", &[whole, Input::Traced(at.to_owned())], first, vm)?.into_object(vm));
    }
    let parts = convert::indices(key, vm)?;
    // What tensors give decides on the shape; a fault there is told as tensors tell it.
    let eager = index::get(&value.value, &parts).or_raise(vm)?;
    if let [Index::Integers { shape, at }] = parts.as_slice() {
        let at = Tensor::from_vec(shape, at.clone()).or_raise(vm)?;
        return Ok(one("Gather", &[whole, Input::Constant(at)], first, vm)?.into_object(vm));
    }
    let Some(cuts) = cuts(&parts, value.value.shape()) else { return Err(refused(vm)) };
    let cut = |part: fn(&Cut) -> i64| integers(cuts.iter().map(part).collect());
    let mut result = whole;
    if !cuts.is_empty() {
        let axes = integers(cuts.iter().map(|cut| cut.axis).collect());
        result = one("Slice", &[result, cut(|c| c.start), cut(|c| c.stop), axes, cut(|c| c.step)], &[], vm)?;
    }
    if result.tensor().shape() != eager.shape() {
        result = reshaped(&result, eager.shape(), vm)?;
    }
    Ok(result.into_object(vm))
}

/// A stretch of one axis, in the terms of ONNX's `Slice`.
struct Cut {
    axis: i64,
    start: i64,
    stop: i64,
    step: i64,
}

/// What the parts of an index cut out of the axes; `None` where one of them is more than a stretch.
/// An integer is a stretch of one, and the axis falls away with the reshaping afterwards.
fn cuts(parts: &[Index], shape: &[usize]) -> Option<Vec<Cut>> {
    let takes = |part: &Index| matches!(part, Index::Integer(_) | Index::Slice { .. });
    let named = parts.iter().filter(|part| takes(part)).count();
    let (mut axis, mut cuts) = (0, Vec::new());
    for part in parts {
        match part {
            Index::NewAxis => {}
            Index::Ellipsis => axis += shape.len().saturating_sub(named),
            Index::Integer(at) => {
                let length = *shape.get(axis)? as i64;
                let start = if *at < 0 { at + length } else { *at };
                cuts.push(Cut { axis: axis as i64, start, stop: start + 1, step: 1 });
                axis += 1;
            }
            Index::Slice { start, stop, step } => {
                let step = step.unwrap_or(1);
                let (low, high) = if step > 0 { (0, i64::MAX) } else { (i64::MAX, i64::MIN) };
                if start.is_some() || stop.is_some() || step != 1 {
                    let (start, stop) = (start.unwrap_or(low), stop.unwrap_or(high));
                    cuts.push(Cut { axis: axis as i64, start, stop, step });
                }
                axis += 1;
            }
            Index::Mask { .. } | Index::Integers { .. } => return None,
        }
    }
    Some(cuts)
}

fn refused(vm: &VirtualMachine) -> rustpython_vm::builtins::PyBaseExceptionRef {
    let hints = ["see k.ops.Gather, k.ops.GatherND and k.ops.Compress; or `k.where` for a mask".to_owned()];
    let message = "a traced value is indexed with integers, slices, None, ... or one list of integers";
    raise::exception(vm, vm.ctx.exceptions.type_error.to_owned(), message, &hints)
}
