//! `check` and `control`: claims that a page measures.

use rustpython_vm::builtins::{PyBool, PyFloat, PyInt, PyStr};
use rustpython_vm::types::PyComparisonOp;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};
use serde_json::Value;

use super::call::{Call, Function};
use super::tensor::PyTensor;
use super::{builtins, convert, stage};
use crate::snippet::output::Check;

const PARAMS: &[&str] = &["name", "measured", "op='=='", "bound=True"];

/// The claims of a cell: a check must hold, a control must not.
pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "check", params: PARAMS, run: |c| claim(c, false) },
    Function { name: "control", params: PARAMS, run: |c| claim(c, true) },
];

const OPERATORS: [(&str, PyComparisonOp); 6] = [
    ("<=", PyComparisonOp::Le),
    ("<", PyComparisonOp::Lt),
    (">=", PyComparisonOp::Ge),
    (">", PyComparisonOp::Gt),
    ("==", PyComparisonOp::Eq),
    ("!=", PyComparisonOp::Ne),
];

fn claim(c: &Call<'_>, control: bool) -> PyResult {
    let Some(name) = c.text("name")? else { return c.object("name") };
    let measured = single(c, "measured")?;
    let (op, bound) = match c.given("op") {
        None => ("==".to_owned(), c.vm.ctx.new_bool(true).into()),
        Some(_) => (c.text("op")?.unwrap_or_default(), single(c, "bound")?),
    };
    let known: Vec<(&'static str, PyComparisonOp)> = OPERATORS.to_vec();
    let comparison = c.one_of("op", &known, PyComparisonOp::Eq)?;
    let ok = measured.clone().rich_compare(bound.clone(), comparison, c.vm)?.try_to_bool(c.vm)?;
    let check =
        Check { name, measured: value(&measured, c.vm)?, op, bound: value(&bound, c.vm)?, ok, control };
    builtins::taken(stage::with(|stage| stage.claim(check)), c.vm)?;
    Ok(c.vm.ctx.none())
}

/// A tensor of one element as the number it holds; anything else as it is.
fn single(c: &Call<'_>, name: &str) -> PyResult {
    let object = c.object(name)?;
    match object.downcast_ref::<PyTensor>().map(|tensor| tensor.get()) {
        None => Ok(object),
        Some(tensor) if tensor.len() == 1 => Ok(convert::scalar(&tensor, c.vm)),
        Some(_) => Err(c.expected(name, "one number: take its maximum, or `.all()`", &object)),
    }
}

/// For the page: numbers and truth values as themselves, all else as text.
fn value(object: &PyObjectRef, vm: &VirtualMachine) -> PyResult<Value> {
    if object.downcast_ref::<PyBool>().is_some() {
        return Ok(Value::Bool(object.clone().try_to_bool(vm)?));
    }
    if let Some(float) = object.downcast_ref::<PyFloat>() {
        let number = serde_json::Number::from_f64(float.to_f64());
        return Ok(number.map_or_else(|| Value::String(float.to_f64().to_string()), Value::Number));
    }
    if object.downcast_ref::<PyInt>().is_some()
        && let Ok(integer) = convert::integer(object, vm)
    {
        return Ok(Value::from(integer));
    }
    let text = match object.downcast_ref::<PyStr>() {
        Some(text) => text.to_string_lossy().into_owned(),
        None => builtins::without_addresses(&object.repr(vm)?.to_string_lossy()),
    };
    Ok(Value::String(text))
}
