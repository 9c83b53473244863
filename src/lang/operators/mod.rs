//! `k.ops`: every operator of the ONNX standard by its name, run at once.
//!
//! An operator is run as a graph of one node, so what it computes is what it computes within a model.
//! Nothing is opened before the first one runs.

mod attribute;
mod bind;

use rustpython_vm::builtins::PyModule;
use rustpython_vm::function::FuncArgs;
use rustpython_vm::{PyObjectRef, PyRef, PyResult, VirtualMachine};

pub(super) use bind::Application;

use super::raise::OrRaise;
use super::stage;
use super::trace::{Input, record};
use crate::onnx::Operator;
use crate::onnx::single::{input, single};
use crate::tensor::{Shape, Tensor};

/// Puts every operator into `module`.
pub(super) fn install(module: &PyRef<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    for operator in Operator::all() {
        let call = move |args: FuncArgs, vm: &VirtualMachine| -> PyResult {
            let application = bind::bind(operator, args, vm)?;
            let mut results = apply(&application, vm)?;
            // A tuple for several results, and always where the operator makes any number.
            if results.len() == 1 && !application.is_open() {
                return Ok(results.remove(0).into_object(vm));
            }
            let objects = results.into_iter().map(|result| result.into_object(vm)).collect();
            Ok(vm.ctx.new_tuple(objects).into())
        };
        let function: PyObjectRef = vm.new_function(operator.name, call).into();
        module.set_attr(operator.name, function, vm)?;
    }
    Ok(())
}

/// Runs an application, and records it where it reads a value of a graph that is being traced.
pub(super) fn apply(application: &Application, vm: &VirtualMachine) -> PyResult<Vec<Input>> {
    let results = run(application, vm)?;
    record(application, results, vm)
}

/// The outputs of an application, in order.
fn run(application: &Application, vm: &VirtualMachine) -> PyResult<Vec<Tensor>> {
    let Application { operator, inputs, attributes, outputs } = application;
    let tensors: Vec<Option<&Tensor>> =
        inputs.iter().map(|input| input.as_ref().map(Input::tensor)).collect();
    let bytes = single(operator, &tensors, attributes, *outputs);
    let opened = stage::with(|stage| {
        stage.runtime = true;
        stage.graph(operator.name, &bytes)
    });
    let Some(opened) = opened else {
        return Err(vm.new_runtime_error("operators are there while a cell runs"));
    };
    let feeds = tensors.iter().enumerate().filter_map(|(at, tensor)| Some((input(at), (*tensor)?.clone())));
    let results = opened.and_then(|model| model.run(feeds.collect(), None)).map_err(|mut error| {
        let again = format!("the node `{0}` ({0}) failed: ", operator.name);
        let why = error.message.strip_prefix(&again).unwrap_or(&error.message);
        error.message = format!("ops.{}({}): {why}", operator.name, described(&tensors));
        error
    });
    Ok(results.or_raise(vm)?.into_iter().map(|(_, tensor)| tensor).collect())
}

/// The inputs by dtype and shape: `float32 (2, 3), None`.
fn described(tensors: &[Option<&Tensor>]) -> String {
    let each = tensors.iter().map(|tensor| match tensor {
        Some(tensor) => format!("{} {}", tensor.dtype(), Shape(tensor.shape())),
        None => "None".to_owned(),
    });
    each.collect::<Vec<_>>().join(", ")
}
