//! Between Python's values and data that is written down.
//!
//! Not everything can be: what cannot is defined again, or made again by running its cell. Whoever restores a
//! value compares its digest, so what is lost on the way (that two names share a list) is noticed.

use rustpython_vm::builtins::{PyDict, PyFloat, PyInt, PyList, PyStr, PyTuple};
use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine};

use super::raise::OrRaise;
use super::tensor::PyTensor;
use crate::snippet::output::Bytes;
use crate::snippet::plain::Plain;
use crate::tensor::{DType, Tensor};

/// Values nested deeper than this are not written down.
const DEPTH: usize = 16;
/// About how many bytes a value takes beside what it holds.
const EACH: usize = 16;

/// `object` as data; `None` where it is more than that, or takes more than `room` bytes. What it takes is
/// taken off.
pub(super) fn of(object: &PyObject, room: &mut usize, vm: &VirtualMachine) -> Option<Plain> {
    let mut left = *room;
    let plain = within(object, &mut left, 0, vm)?;
    *room = left;
    Some(plain)
}

fn within(object: &PyObject, room: &mut usize, depth: usize, vm: &VirtualMachine) -> Option<Plain> {
    if depth > DEPTH {
        return None;
    }
    take(room, EACH)?;
    let mut all = |items: &[PyObjectRef]| {
        items.iter().map(|item| within(item, room, depth + 1, vm)).collect::<Option<Vec<Plain>>>()
    };
    if vm.is_none(object) {
        Some(Plain::None)
    } else if object.class().is(vm.ctx.types.bool_type) {
        Some(Plain::Bool(object.to_owned().try_to_bool(vm).ok()?))
    } else if let Some(int) = object.downcast_ref_if_exact::<PyInt>(vm) {
        int.try_to_primitive::<i64>(vm).ok().map(Plain::Int)
    } else if let Some(float) = object.downcast_ref_if_exact::<PyFloat>(vm) {
        Some(Plain::Float(float.to_f64().to_bits()))
    } else if let Some(text) = object.downcast_ref_if_exact::<PyStr>(vm) {
        let text = text.to_string_lossy().into_owned();
        take(room, text.len())?;
        Some(Plain::Str(text))
    } else if let Some(list) = object.downcast_ref_if_exact::<PyList>(vm) {
        all(&list.borrow_vec()).map(Plain::List)
    } else if let Some(tuple) = object.downcast_ref_if_exact::<PyTuple>(vm) {
        all(tuple.as_slice()).map(Plain::Tuple)
    } else if let Some(dict) = object.downcast_ref_if_exact::<PyDict>(vm) {
        let pair = |(key, value): (PyObjectRef, PyObjectRef)| {
            Some((within(&key, room, depth + 1, vm)?, within(&value, room, depth + 1, vm)?))
        };
        dict.items_vec().into_iter().map(pair).collect::<Option<Vec<_>>>().map(Plain::Dict)
    } else {
        object.downcast_ref::<PyTensor>().and_then(|tensor| of_tensor(&tensor.get(), room))
    }
}

/// Takes `bytes` off `room`; `None` where there are not as many left.
fn take(room: &mut usize, bytes: usize) -> Option<()> {
    *room = room.checked_sub(bytes)?;
    Some(())
}

fn of_tensor(tensor: &Tensor, room: &mut usize) -> Option<Plain> {
    let data = tensor.to_le_bytes();
    take(room, data.len())?;
    Some(Plain::Tensor {
        dtype: tensor.dtype().to_string(),
        shape: tensor.shape().to_vec(),
        data: Bytes(data),
    })
}

/// The value that `plain` writes down.
///
/// # Errors
/// It was not written by [`of`].
pub(super) fn object(plain: &Plain, vm: &VirtualMachine) -> PyResult {
    let all = |items: &[Plain]| items.iter().map(|item| object(item, vm)).collect::<PyResult<Vec<_>>>();
    Ok(match plain {
        Plain::None => vm.ctx.none(),
        Plain::Bool(value) => vm.ctx.new_bool(*value).into(),
        Plain::Int(value) => vm.ctx.new_int(*value).into(),
        Plain::Float(bits) => vm.ctx.new_float(f64::from_bits(*bits)).into(),
        Plain::Str(text) => vm.ctx.new_str(text.as_str()).into(),
        Plain::List(items) => vm.ctx.new_list(all(items)?).into(),
        Plain::Tuple(items) => vm.ctx.new_tuple(all(items)?).into(),
        Plain::Dict(items) => {
            let dict = vm.ctx.new_dict();
            for (key, value) in items {
                dict.set_item(&*object(key, vm)?, object(value, vm)?, vm)?;
            }
            dict.into()
        }
        Plain::Tensor { dtype, shape, data } => PyTensor::object(tensor(dtype, shape, &data.0, vm)?, vm),
    })
}

fn tensor(dtype: &str, shape: &[usize], data: &[u8], vm: &VirtualMachine) -> PyResult<Tensor> {
    let made = match DType::parse(dtype).or_raise(vm)? {
        DType::Float32 => {
            Tensor::from_vec(shape, data.as_chunks().0.iter().map(|v| f32::from_le_bytes(*v)).collect())
        }
        DType::Float64 => {
            Tensor::from_vec(shape, data.as_chunks().0.iter().map(|v| f64::from_le_bytes(*v)).collect())
        }
        DType::Int64 => {
            Tensor::from_vec(shape, data.as_chunks().0.iter().map(|v| i64::from_le_bytes(*v)).collect())
        }
        DType::Int32 => {
            Tensor::from_vec(shape, data.as_chunks().0.iter().map(|v| i32::from_le_bytes(*v)).collect())
        }
        DType::Uint8 => Tensor::from_vec(shape, data.to_vec()),
        DType::Bool => Tensor::from_vec(shape, data.iter().map(|v| *v != 0).collect()),
    };
    made.or_raise(vm)
}
