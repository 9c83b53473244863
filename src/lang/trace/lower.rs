//! Nodes, as lowering writes them.

use rustpython_vm::{PyResult, VirtualMachine};

use super::Input;
use crate::lang::operators::{Application, apply};
use crate::onnx::{Attribute, ElementType, Operator};
use crate::tensor::{DType, Tensor};

/// Attributes of a node.
pub(super) type Settings<'a> = &'a [(&'static str, Attribute)];

/// The one output of an operator.
pub(super) fn one(
    name: &str,
    inputs: &[Input],
    attributes: Settings<'_>,
    vm: &VirtualMachine,
) -> PyResult<Input> {
    let mut results = several(name, inputs, attributes, 1, vm)?;
    results.pop().ok_or_else(|| vm.new_runtime_error(format!("ops.{name}() gave nothing")))
}

/// The first `outputs` outputs of an operator.
pub(super) fn several(
    name: &str,
    inputs: &[Input],
    attributes: Settings<'_>,
    outputs: usize,
    vm: &VirtualMachine,
) -> PyResult<Vec<Input>> {
    let operator = Operator::named(name)
        .ok_or_else(|| vm.new_runtime_error(format!("there is no operator ops.{name}()")))?;
    let inputs = inputs.iter().cloned().map(Some).collect();
    apply(&Application { operator, inputs, attributes: attributes.to_vec(), outputs }, vm)
}

/// `input` as `dtype`, without a node where it is that already.
pub(super) fn as_type(input: &Input, dtype: DType, vm: &VirtualMachine) -> PyResult<Input> {
    if input.tensor().dtype() == dtype {
        return Ok(input.clone());
    }
    let to = Attribute::Int(ElementType::from(dtype).code().into());
    one("Cast", std::slice::from_ref(input), &[("to", to)], vm)
}

/// `input` with its axes in another order.
pub(super) fn transposed(input: &Input, axes: Vec<i64>, vm: &VirtualMachine) -> PyResult<Input> {
    one("Transpose", std::slice::from_ref(input), &[("perm", Attribute::Ints(axes))], vm)
}

/// `input` with its elements, row by row, in `shape`.
pub(super) fn reshaped(input: &Input, shape: &[usize], vm: &VirtualMachine) -> PyResult<Input> {
    let lengths = integers(shape.iter().map(|&length| length as i64).collect());
    // A length of 0 means 0, not "as before".
    one("Reshape", &[input.clone(), lengths], &[("allowzero", Attribute::Int(1))], vm)
}

/// A constant list of integers.
pub(super) fn integers(list: Vec<i64>) -> Input {
    let length = list.len();
    Input::Constant(Tensor::from_vec(&[length], list).unwrap_or_else(|_| Tensor::scalar(0_i64)))
}
