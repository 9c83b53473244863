//! Calls of `kiln`'s functions with traced values among the arguments.
//!
//! A function is run on the example too, and what its nodes give has to be the same: where tensors
//! and ONNX differ, tracing stops instead of making a graph that says something else.

use std::cell::Cell;

use rustpython_vm::builtins::{PyList, PyTuple};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

use super::PyTraced;
use super::nodes::Lowering;
use crate::lang::call::Function;
use crate::lang::raise;
use crate::lang::tensor::PyTensor;
use crate::tensor::{Shape, Tensor};

thread_local! {
    static TRACING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `act` with functions on the lookout for traced values.
pub(super) fn while_tracing<T>(act: impl FnOnce() -> T) -> T {
    let before = TRACING.replace(true);
    let result = act();
    TRACING.set(before);
    result
}

/// Whether an argument of a function is a traced value, or a list with one.
pub(in crate::lang) fn touches(args: &FuncArgs) -> bool {
    TRACING.get() && args.args.iter().chain(args.kwargs.values()).any(|value| plain(value).is_some())
}

/// `object` with the example's tensors for traced values; `None` where there are none.
fn plain(object: &PyObjectRef) -> Option<Plain> {
    if let Some(traced) = object.downcast_ref::<PyTraced>() {
        return Some(Plain::One(traced.value.clone()));
    }
    let items: Vec<PyObjectRef> = match (object.downcast_ref::<PyList>(), object.downcast_ref::<PyTuple>()) {
        (Some(list), _) => list.borrow_vec().to_vec(),
        (None, Some(tuple)) => tuple.as_slice().to_vec(),
        (None, None) => return None,
    };
    items.iter().any(|item| item.downcast_ref::<PyTraced>().is_some()).then_some(Plain::Many(items))
}

enum Plain {
    One(Tensor),
    Many(Vec<PyObjectRef>),
}

fn exemplary(object: PyObjectRef, vm: &VirtualMachine) -> PyObjectRef {
    match plain(&object) {
        None => object,
        Some(Plain::One(tensor)) => PyTensor::object(tensor, vm),
        Some(Plain::Many(items)) => {
            let items = items.into_iter().map(|item| exemplary(item, vm)).collect();
            vm.ctx.new_list(items).into()
        }
    }
}

/// Calls `function` with traced values among `args`.
pub(in crate::lang) fn call(
    function: &'static Function,
    names: &[&'static str],
    args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult {
    let example = FuncArgs {
        args: args.args.iter().map(|value| exemplary(value.clone(), vm)).collect(),
        kwargs: args
            .kwargs
            .iter()
            .map(|(name, value)| (name.clone(), exemplary(value.clone(), vm)))
            .collect(),
    };
    let expected = (function.run)(&function.bind(names, example, vm)?)?;
    if SHAPES.contains(&function.name) {
        return Ok(expected);
    }
    let refused = |message: String| {
        let hint = [format!("`k.ops` has every operator of ONNX: write `k.{}` with those", function.name)];
        raise::exception(vm, vm.ctx.exceptions.type_error.to_owned(), message, &hint)
    };
    let cannot = || refused(format!("k.{}() cannot be part of a graph", function.name));
    let several = expected.downcast_ref::<PyList>().map(|list| list.borrow_vec().to_vec());
    let wanted: Option<Vec<Tensor>> = several
        .unwrap_or_else(|| vec![expected.clone()])
        .iter()
        .map(|object| object.downcast_ref::<PyTensor>().map(|tensor| tensor.get()))
        .collect();
    let wanted = wanted.filter(|wanted| !wanted.is_empty()).ok_or_else(cannot)?;
    let call = function.bind(names, args, vm)?;
    let made = Lowering { c: &call, wanted: &wanted }.nodes(function.name)?.ok_or_else(cannot)?;
    if made.len() != wanted.len() || made.iter().zip(&wanted).any(|(made, want)| !alike(made.tensor(), want))
    {
        let (made, want) = (made[0].tensor(), &wanted[0]);
        return Err(refused(format!(
            "k.{}() would be another thing in a graph: {} {} for {} {}",
            function.name,
            made.dtype(),
            Shape(made.shape()),
            want.dtype(),
            Shape(want.shape())
        )));
    }
    let mut objects: Vec<PyObjectRef> = made.into_iter().map(|input| input.into_object(vm)).collect();
    match expected.downcast_ref::<PyList>() {
        None => Ok(objects.remove(0)),
        Some(_) => Ok(vm.ctx.new_list(objects).into()),
    }
}

/// Whether two results are the same but for the last digits.
fn alike(made: &Tensor, want: &Tensor) -> bool {
    let close =
        |(a, b): (f64, f64)| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-5 + 1e-3 * b.abs();
    made.dtype() == want.dtype()
        && made.shape() == want.shape()
        && made.to_f64s().into_iter().zip(want.to_f64s()).all(close)
}

/// Functions that look at a tensor's shape and dtype alone.
const SHAPES: [&str; 3] = ["full_like", "ones_like", "zeros_like"];
