//! Python's operators as nodes, under the rules of tensors: both sides meet in one dtype first.

use rustpython_vm::{PyObject, PyResult, VirtualMachine};

use super::lower::{as_type, one};
use super::{Input, PyTraced};
use crate::lang::convert;
use crate::lang::raise::OrRaise;
use crate::tensor::elementwise::{Binary, Comparison, meet};
use crate::tensor::{DType, Operand};

/// One side of an operator: a traced value, or what a tensor could be combined with.
pub(super) enum Side {
    Traced(Input),
    Plain(Operand),
}

/// `object` as a side; `None` for what is neither number, tensor nor list.
pub(super) fn side(object: &PyObject, vm: &VirtualMachine) -> PyResult<Option<Side>> {
    if let Some(traced) = object.downcast_ref::<PyTraced>() {
        return Ok(Some(Side::Traced(Input::Traced(traced.to_owned()))));
    }
    Ok(match convert::plain_operand(object, vm)? {
        Some(operand) => Some(Side::Plain(operand)),
        None => convert::array(object, None, vm).ok().map(|tensor| Side::Plain(Operand::Tensor(tensor))),
    })
}

impl Side {
    fn operand(&self) -> Operand {
        match self {
            Self::Traced(input) => Operand::Tensor(input.tensor().clone()),
            Self::Plain(operand) => operand.clone(),
        }
    }

    /// It as a value of type `dtype`.
    fn input(&self, dtype: DType, vm: &VirtualMachine) -> PyResult<Input> {
        match self {
            Self::Traced(input) => as_type(input, dtype, vm),
            Self::Plain(operand) => Ok(Input::Constant(operand.clone().into_tensor().astype(dtype))),
        }
    }
}

/// Both sides in the type in which they meet.
pub(super) fn met(a: &Side, b: &Side, vm: &VirtualMachine) -> PyResult<[Input; 2]> {
    let (first, _) = meet(&a.operand(), &b.operand()).or_raise(vm)?;
    Ok([a.input(first.dtype(), vm)?, b.input(first.dtype(), vm)?])
}

/// `a op b`.
pub(super) fn combined(op: Binary, a: &Side, b: &Side, vm: &VirtualMachine) -> PyResult<Input> {
    // What tensors give decides on the type; a fault there is told as tensors tell it.
    let eager = crate::tensor::elementwise::binary(op, &a.operand(), &b.operand()).or_raise(vm)?;
    let [mut a, mut b] = met(a, b, vm)?;
    let truth = a.tensor().dtype() == DType::Bool;
    let operator = match op {
        Binary::Add => "Add",
        Binary::Subtract => "Sub",
        Binary::Multiply => "Mul",
        Binary::Divide => "Div",
        Binary::Power => "Pow",
        Binary::Minimum => "Min",
        Binary::Maximum => "Max",
        Binary::And if truth => "And",
        Binary::Or if truth => "Or",
        Binary::Xor if truth => "Xor",
        Binary::And => "BitwiseAnd",
        Binary::Or => "BitwiseOr",
        Binary::Xor => "BitwiseXor",
        Binary::FloorDivide | Binary::Remainder => {
            return Err(
                vm.new_type_error("a graph has no `//` and `%` as Python has them: see k.ops.Div, k.ops.Mod")
            );
        }
    };
    if !truth || !matches!(op, Binary::And | Binary::Or | Binary::Xor) {
        (a, b) = (as_type(&a, eager.dtype(), vm)?, as_type(&b, eager.dtype(), vm)?);
    }
    one(operator, &[a, b], &[], vm)
}

/// `a op b` as truth values.
pub(super) fn compared(op: Comparison, a: &Side, b: &Side, vm: &VirtualMachine) -> PyResult<Input> {
    let sides = met(a, b, vm)?;
    match op {
        Comparison::Less => one("Less", &sides, &[], vm),
        Comparison::LessEqual => one("LessOrEqual", &sides, &[], vm),
        Comparison::Greater => one("Greater", &sides, &[], vm),
        Comparison::GreaterEqual => one("GreaterOrEqual", &sides, &[], vm),
        Comparison::Equal => one("Equal", &sides, &[], vm),
        Comparison::NotEqual => one("Not", &[one("Equal", &sides, &[], vm)?], &[], vm),
    }
}

/// `a @ b`.
pub(super) fn multiplied(a: &Side, b: &Side, vm: &VirtualMachine) -> PyResult<Input> {
    one("MatMul", &met(a, b, vm)?, &[], vm)
}

/// `~a`.
pub(super) fn inverted(a: &Input, vm: &VirtualMachine) -> PyResult<Input> {
    let operator = if a.tensor().dtype() == DType::Bool { "Not" } else { "BitwiseNot" };
    one(operator, std::slice::from_ref(a), &[], vm)
}
