//! Between Python's values and tensors.

use rustpython_vm::builtins::{
    PyBaseExceptionRef, PyBool, PyFloat, PyInt, PyList, PyRange, PySlice, PyStr, PyTuple, PyType,
};
use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine};

use super::raise::{self, OrRaise};
use super::tensor::PyTensor;
use crate::tensor::index::Index;
use crate::tensor::{DType, Element, Operand, Shape, Tensor};

/// What `object` is, for messages: with shape and dtype where it is a tensor.
pub(super) fn described(object: &PyObject) -> String {
    match object.downcast_ref::<PyTensor>() {
        Some(tensor) => {
            let tensor = tensor.get();
            format!("a {} tensor of shape {}", tensor.dtype(), Shape(tensor.shape()))
        }
        None => object.class().name().to_string(),
    }
}

fn mistyped(what: &str, object: &PyObject, vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_type_error(format!("expected {what}, got {}", described(object)))
}

/// A Python number as a weak operand, a tensor as itself; `None` for anything else.
pub(super) fn plain_operand(object: &PyObject, vm: &VirtualMachine) -> PyResult<Option<Operand>> {
    if let Some(tensor) = object.downcast_ref::<PyTensor>() {
        return Ok(Some(Operand::Tensor(tensor.get())));
    }
    if let Some(float) = object.downcast_ref::<PyFloat>() {
        return Ok(Some(Operand::Float(float.to_f64())));
    }
    if object.downcast_ref::<PyBool>().is_some() {
        return Ok(Some(Operand::Bool(object.to_owned().try_to_bool(vm)?)));
    }
    match object.downcast_ref::<PyInt>() {
        Some(int) => Ok(Some(match int.try_to_primitive::<i64>(vm) {
            Ok(value) => Operand::Int(value),
            // Beyond 64 bits a number is as good as a float.
            Err(_) => Operand::Float(int.to_str_radix_10().parse().unwrap_or(f64::INFINITY)),
        })),
        None => Ok(None),
    }
}

/// A number, a tensor, or a nested list of either.
pub(super) fn operand(object: &PyObject, vm: &VirtualMachine) -> PyResult<Operand> {
    if let Some(operand) = plain_operand(object, vm)? {
        return Ok(operand);
    }
    if items(object, vm)?.is_some() {
        return array(object, None, vm).map(Operand::Tensor);
    }
    Err(mistyped("a number, a tensor or a list of numbers", object, vm))
}

/// The elements of a list, tuple or range; `None` for anything else.
pub(super) fn items(object: &PyObject, vm: &VirtualMachine) -> PyResult<Option<Vec<PyObjectRef>>> {
    if let Some(list) = object.downcast_ref::<PyList>() {
        return Ok(Some(list.borrow_vec().to_vec()));
    }
    if let Some(tuple) = object.downcast_ref::<PyTuple>() {
        return Ok(Some(tuple.as_slice().to_vec()));
    }
    if object.downcast_ref::<PyRange>().is_some() {
        return object.to_owned().try_to_value::<Vec<PyObjectRef>>(vm).map(Some);
    }
    Ok(None)
}

/// The leaves of a nested list, row by row.
#[derive(Default)]
struct Leaves {
    floats: Vec<f64>,
    integers: Vec<i64>,
    dtype: Option<DType>,
}

impl Leaves {
    fn push(&mut self, leaf: &Operand) {
        let dtype = match leaf {
            Operand::Bool(value) => {
                self.floats.push(f64::from(u8::from(*value)));
                self.integers.push(i64::from(*value));
                DType::Bool
            }
            Operand::Int(value) => {
                self.floats.push(*value as f64);
                self.integers.push(*value);
                DType::Int64
            }
            Operand::Float(value) => {
                self.floats.push(*value);
                self.integers.push(*value as i64);
                DType::Float32
            }
            Operand::Tensor(tensor) => {
                self.floats.extend(tensor.to_f64s());
                self.integers.extend(tensor.to_i64s());
                tensor.dtype()
            }
        };
        self.dtype = Some(self.dtype.map_or(dtype, |known| known.meet(dtype)));
    }
}

/// A tensor of a nested list, tuple, range, number or tensor.
pub(super) fn array(object: &PyObject, dtype: Option<DType>, vm: &VirtualMachine) -> PyResult<Tensor> {
    if let Some(tensor) = object.downcast_ref::<PyTensor>() {
        let tensor = tensor.get();
        return Ok(dtype.map_or_else(|| tensor.clone(), |dtype| tensor.astype(dtype)));
    }
    let mut leaves = Leaves::default();
    let shape = collect(object, &mut leaves, 0, vm)?;
    let dtype = dtype.or(leaves.dtype).unwrap_or(DType::Float32);
    let wide = if dtype.is_float() {
        Tensor::from_vec(&shape, leaves.floats)
    } else if leaves.dtype.is_some_and(DType::is_float) {
        Tensor::from_vec(&shape, leaves.floats.iter().map(|v| v.to_i64()).collect())
    } else {
        Tensor::from_vec(&shape, leaves.integers)
    };
    Ok(wide.or_raise(vm)?.astype(dtype))
}

fn collect(object: &PyObject, into: &mut Leaves, depth: usize, vm: &VirtualMachine) -> PyResult<Vec<usize>> {
    if let Some(leaf) = plain_operand(object, vm)? {
        into.push(&leaf);
        return Ok(match leaf {
            Operand::Tensor(tensor) => tensor.shape().to_vec(),
            _ => Vec::new(),
        });
    }
    let Some(items) = items(object, vm)? else {
        return Err(mistyped("numbers, or lists of numbers of equal lengths", object, vm));
    };
    if depth > 16 {
        return Err(vm.new_value_error("lists are nested too deep for a tensor"));
    }
    let mut shape: Option<Vec<usize>> = None;
    for item in &items {
        let inner = collect(item, into, depth + 1, vm)?;
        match &shape {
            Some(known) if *known != inner => {
                let message = format!(
                    "lists of different lengths do not make a tensor: {} beside {}",
                    Shape(known),
                    Shape(&inner)
                );
                return Err(vm.new_value_error(message));
            }
            _ => shape = Some(inner),
        }
    }
    let mut all = vec![items.len()];
    all.extend(shape.unwrap_or_default());
    Ok(all)
}

/// A list or tuple of tensors, or the slices of one tensor along its first axis.
pub(super) fn tensors(object: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<Tensor>> {
    if let Some(tensor) = object.downcast_ref::<PyTensor>() {
        return rows(&tensor.get()).or_raise(vm);
    }
    match items(object, vm)? {
        Some(items) => items.iter().map(|item| Ok(operand(item, vm)?.into_tensor())).collect(),
        None => Err(mistyped("a list of tensors", object, vm)),
    }
}

/// The slices of a tensor along its first axis.
pub(super) fn rows(tensor: &Tensor) -> crate::tensor::TensorResult<Vec<Tensor>> {
    let length = tensor.shape().first().copied().unwrap_or(0);
    (0..length as i64).map(|at| crate::tensor::index::get(tensor, &[Index::Integer(at)])).collect()
}

/// A number as a float.
pub(super) fn float(object: &PyObject, vm: &VirtualMachine) -> PyResult<f64> {
    match plain_operand(object, vm)? {
        Some(Operand::Float(value)) => Ok(value),
        Some(Operand::Int(value)) => Ok(value as f64),
        Some(Operand::Bool(value)) => Ok(f64::from(u8::from(value))),
        Some(Operand::Tensor(tensor)) if tensor.len() == 1 => Ok(tensor.to_f64s()[0]),
        _ => Err(mistyped("a number", object, vm)),
    }
}

/// A number as an integer; a float is refused.
pub(super) fn integer(object: &PyObject, vm: &VirtualMachine) -> PyResult<i64> {
    match plain_operand(object, vm)? {
        Some(Operand::Int(value)) => Ok(value),
        Some(Operand::Bool(value)) => Ok(value.into()),
        Some(Operand::Tensor(tensor)) if tensor.len() == 1 && !tensor.dtype().is_float() => {
            Ok(tensor.to_i64s()[0])
        }
        _ => Err(mistyped("an integer", object, vm)),
    }
}

/// An integer or a sequence of them.
pub(super) fn integers(object: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<i64>> {
    if let Some(items) = items(object, vm)? {
        return items.iter().map(|item| integer(item, vm)).collect();
    }
    if let Some(tensor) = object.downcast_ref::<PyTensor>() {
        let tensor = tensor.get();
        if !tensor.dtype().is_float() {
            return Ok(tensor.to_i64s());
        }
    }
    integer(object, vm).map(|value| vec![value])
}

/// A shape: an integer or a sequence of them, none negative.
pub(super) fn shape(object: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<usize>> {
    integers(object, vm)?
        .into_iter()
        .map(|length| {
            usize::try_from(length).map_err(|_| vm.new_value_error(format!("a shape has no length {length}")))
        })
        .collect()
}

/// A dtype: its name, or Python's `bool`, `int`, `float`.
pub(super) fn dtype(object: &PyObject, vm: &VirtualMachine) -> PyResult<DType> {
    if let Some(name) = object.downcast_ref::<PyStr>() {
        return DType::parse(&name.to_string_lossy()).or_raise(vm);
    }
    if let Some(class) = object.downcast_ref::<PyType>() {
        return DType::parse(&class.name()).or_raise(vm);
    }
    Err(mistyped("a dtype such as 'float32'", object, vm))
}

/// Texts of a list, tuple or tensor, as `str` writes each.
pub(super) fn labels(object: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<String>> {
    if object.downcast_ref::<PyStr>().is_some() {
        return Err(mistyped("a list of labels", object, vm));
    }
    let items: Vec<PyObjectRef> = object.to_owned().try_to_value(vm)?;
    items.iter().map(|item| Ok(item.str(vm)?.to_string_lossy().into_owned())).collect()
}

/// What stands between the brackets of `t[…]`.
pub(super) fn indices(object: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<Index>> {
    match object.downcast_ref::<PyTuple>() {
        Some(parts) => parts.iter().map(|part| index(part, vm)).collect(),
        None => Ok(vec![index(object, vm)?]),
    }
}

fn index(object: &PyObject, vm: &VirtualMachine) -> PyResult<Index> {
    if vm.is_none(object) {
        return Ok(Index::NewAxis);
    }
    if object.is(&vm.ctx.ellipsis) {
        return Ok(Index::Ellipsis);
    }
    if let Some(slice) = object.downcast_ref::<PySlice>() {
        let end = |value: Option<&PyObjectRef>| {
            value.filter(|value| !vm.is_none(value)).map(|value| integer(value, vm)).transpose()
        };
        return Ok(Index::Slice {
            start: end(slice.start.as_ref())?,
            stop: end(Some(&slice.stop))?,
            step: end(slice.step.as_ref())?,
        });
    }
    match operand(object, vm) {
        Ok(Operand::Int(at)) => Ok(Index::Integer(at)),
        Ok(Operand::Bool(at)) => Ok(Index::Mask { shape: Vec::new(), at: vec![at] }),
        Ok(Operand::Tensor(Tensor::Bool(mask))) => {
            Ok(Index::Mask { shape: mask.shape().to_vec(), at: mask.iter().copied().collect() })
        }
        Ok(Operand::Tensor(tensor)) if !tensor.dtype().is_float() || tensor.is_empty() => {
            Ok(match (tensor.ndim(), tensor.to_i64s().as_slice()) {
                (0, [at]) => Index::Integer(*at),
                (_, at) => Index::Integers { shape: tensor.shape().to_vec(), at: at.to_vec() },
            })
        }
        _ => {
            let hint = ["an index is an integer, a slice, None, ..., a bool mask or integers".to_owned()];
            let message = format!("a tensor cannot be indexed with {}", described(object));
            Err(raise::exception(vm, vm.ctx.exceptions.index_error.to_owned(), message, &hint))
        }
    }
}

/// A single element as Python has it.
pub(super) fn scalar(tensor: &Tensor, vm: &VirtualMachine) -> PyObjectRef {
    match tensor {
        Tensor::Bool(a) => vm.ctx.new_bool(a.iter().next().copied().unwrap_or_default()).into(),
        Tensor::Float32(_) | Tensor::Float64(_) => {
            vm.ctx.new_float(tensor.to_f64s().first().copied().unwrap_or_default()).into()
        }
        other => vm.ctx.new_int(other.to_i64s().first().copied().unwrap_or_default()).into(),
    }
}

/// Nested lists of Python's numbers; a number where there are no axes.
pub(super) fn lists(tensor: &Tensor, vm: &VirtualMachine) -> PyResult {
    if tensor.ndim() == 0 {
        return Ok(scalar(tensor, vm));
    }
    if tensor.ndim() == 1 {
        let items: Vec<PyObjectRef> = match tensor {
            Tensor::Bool(a) => a.iter().map(|&v| vm.ctx.new_bool(v).into()).collect(),
            Tensor::Float32(_) | Tensor::Float64(_) => {
                tensor.to_f64s().into_iter().map(|v| vm.ctx.new_float(v).into()).collect()
            }
            other => other.to_i64s().into_iter().map(|v| vm.ctx.new_int(v).into()).collect(),
        };
        return Ok(vm.ctx.new_list(items).into());
    }
    let items = rows(tensor).or_raise(vm)?.iter().map(|row| lists(row, vm)).collect::<PyResult<Vec<_>>>()?;
    Ok(vm.ctx.new_list(items).into())
}
