//! Between Python's values and data that is written down.
//!
//! Not everything can be: what cannot is made again by running its cell. Whoever restores a value compares
//! its digest, so what is lost on the way (that two names share a list) is noticed.

use rustpython_vm::builtins::{PyDict, PyFloat, PyInt, PyList, PyStr, PyTuple};
use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine};

use super::raise::OrRaise;
use super::tensor::PyTensor;
use crate::snippet::output::Bytes;
use crate::snippet::plain::Plain;
use crate::tensor::{DType, Tensor};

/// Values nested deeper than this are not written down.
const DEPTH: usize = 16;
/// Nor are more bytes than this in one tensor: reading them back has to be cheaper than a run.
const MOST: usize = 4 << 20;

/// `object` as data; `None` where it is more than that.
pub(super) fn of(object: &PyObject, vm: &VirtualMachine) -> Option<Plain> {
    within(object, 0, vm)
}

fn within(object: &PyObject, depth: usize, vm: &VirtualMachine) -> Option<Plain> {
    if depth > DEPTH {
        return None;
    }
    let all = |items: &[PyObjectRef]| {
        items.iter().map(|item| within(item, depth + 1, vm)).collect::<Option<Vec<Plain>>>()
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
        Some(Plain::Str(text.to_string_lossy().into_owned()))
    } else if let Some(list) = object.downcast_ref_if_exact::<PyList>(vm) {
        all(&list.borrow_vec()).map(Plain::List)
    } else if let Some(tuple) = object.downcast_ref_if_exact::<PyTuple>(vm) {
        all(tuple.as_slice()).map(Plain::Tuple)
    } else if let Some(dict) = object.downcast_ref_if_exact::<PyDict>(vm) {
        let pair = |(key, value): (PyObjectRef, PyObjectRef)| {
            Some((within(&key, depth + 1, vm)?, within(&value, depth + 1, vm)?))
        };
        dict.items_vec().into_iter().map(pair).collect::<Option<Vec<_>>>().map(Plain::Dict)
    } else {
        object.downcast_ref::<PyTensor>().and_then(|tensor| of_tensor(&tensor.get()))
    }
}

fn of_tensor(tensor: &Tensor) -> Option<Plain> {
    let data: Vec<u8> = match tensor {
        Tensor::Float32(a) => a.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Tensor::Float64(a) => a.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Tensor::Int64(a) => a.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Tensor::Int32(a) => a.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Tensor::Uint8(a) => a.iter().copied().collect(),
        Tensor::Bool(a) => a.iter().map(|v| u8::from(*v)).collect(),
    };
    let (dtype, shape) = (tensor.dtype().to_string(), tensor.shape().to_vec());
    (data.len() <= MOST).then_some(Plain::Tensor { dtype, shape, data: Bytes(data) })
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
