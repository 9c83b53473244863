//! From a function to a graph: the call that is traced, and the file that it makes.

use std::rc::Rc;

use rustpython_vm::builtins::{PyStr, PyTuple};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine};

use super::functions::while_tracing;
use super::recording::{Recording, Shared};
use super::{Input, PyTraced};
use crate::lang::call::{Call, Function};
use crate::lang::model::PyModel;
use crate::lang::raise::OrRaise;
use crate::lang::{convert, stage, walls};
use crate::onnx::schema::OPSET;
use crate::onnx::{Builder, ElementType};
use crate::tensor::Tensor;

/// `k.graph`.
pub(in crate::lang) const GRAPH: Function =
    Function { name: "graph", params: &["fn", "*examples", "name=None"], run: graph };

fn graph(c: &Call<'_>) -> PyResult {
    let function = c.object("fn")?;
    let name = match c.text("name")? {
        Some(name) => name,
        None => text(function.get_attr("__name__", c.vm).ok()).unwrap_or_else(|| "graph".to_owned()),
    };
    let examples = c
        .rest()
        .iter()
        .map(|example| Ok(convert::operand(example, c.vm)?.into_tensor()))
        .collect::<PyResult<Vec<Tensor>>>()?;
    if examples.is_empty() {
        let hint = ["`k.graph(fn, k.zeros((2, 3)))`: an input has its example's shape and dtype".to_owned()];
        return Err(
            c.type_error("graph() needs an example for each parameter of the function".to_owned(), &hint)
        );
    }
    let names = parameters(&function, examples.len(), c.vm);
    let recording = Shared::default();
    let inputs: Vec<(String, Tensor)> = names.into_iter().zip(examples).collect();
    let arguments = inputs.iter().map(|(name, tensor)| {
        PyTraced::input(&recording, name.clone(), tensor.clone(), c.vm).into_object(c.vm)
    });
    let arguments = FuncArgs::from(arguments.collect::<Vec<_>>());
    let returned = while_tracing(|| function.call(arguments, c.vm));
    recording.borrow_mut().done = true;
    let outputs = outputs(&returned?, &recording, c)?;
    let bytes = file(&name, &inputs, &recording.borrow(), &outputs);
    match stage::with(|stage| stage.graph(&name, &bytes)) {
        Some(model) => Ok(PyModel::of_cell(model.or_raise(c.vm)?, &bytes, c.vm)),
        None => Err(c.vm.new_runtime_error("graphs are there while a cell runs")),
    }
}

fn text(object: Option<PyObjectRef>) -> Option<String> {
    Some(object?.downcast_ref::<PyStr>()?.to_string_lossy().into_owned())
}

/// The names of the first `count` parameters of `function`; `x0`, `x1`, … where it does not say.
fn parameters(function: &PyObject, count: usize, vm: &VirtualMachine) -> Vec<String> {
    let said = || {
        let code = walls::read(function, "__code__", vm).ok()?;
        let places = convert::integer(code.get_attr("co_argcount", vm).ok()?.as_object(), vm).ok()?;
        let names = code.get_attr("co_varnames", vm).ok()?;
        let names = names.downcast_ref::<PyTuple>()?.iter().take(usize::try_from(places).ok()?);
        names.map(|name| text(Some(name.clone()))).collect::<Option<Vec<String>>>()
    };
    match said() {
        Some(names) if names.len() >= count => names.into_iter().take(count).collect(),
        _ => (0..count).map(|at| format!("x{at}")).collect(),
    }
}

/// What the function returned, as values of the graph.
fn outputs(returned: &PyObjectRef, recording: &Shared, c: &Call<'_>) -> PyResult<Vec<(String, Tensor)>> {
    let many = convert::items(returned, c.vm)?;
    let objects = many.unwrap_or_else(|| vec![returned.clone()]);
    let output = |object: &PyObjectRef| match Input::exactly(object) {
        Some(Input::Traced(traced)) if Rc::ptr_eq(&traced.recording, recording) => {
            Ok((traced.name.clone(), traced.value.clone()))
        }
        _ => Err(c.expected("fn", "a function that returns values computed from its arguments", object)),
    };
    let outputs = objects.iter().map(output).collect::<PyResult<Vec<_>>>()?;
    if outputs.is_empty() {
        return Err(c.expected("fn", "a function that returns something", returned));
    }
    Ok(outputs)
}

/// The bytes of the model. Shapes are the examples': what the function did with them went into it.
fn file(
    name: &str,
    inputs: &[(String, Tensor)],
    recording: &Recording,
    outputs: &[(String, Tensor)],
) -> Vec<u8> {
    let mut builder = Builder::new(name, OPSET);
    for (name, tensor) in inputs {
        builder.input(name, ElementType::from(tensor.dtype()), &dims(tensor).each());
    }
    for (name, tensor) in &recording.constants {
        builder.tensor(name, tensor);
    }
    for step in &recording.nodes {
        let reads: Vec<&str> = step.reads.iter().map(String::as_str).collect();
        let makes: Vec<&str> = step.makes.iter().map(String::as_str).collect();
        builder.node_into(step.operator, &step.name, &reads, &step.attributes, &makes);
    }
    for (at, (value, tensor)) in outputs.iter().enumerate() {
        let output = if outputs.len() == 1 { "output".to_owned() } else { format!("output_{at}") };
        builder.node_into("Identity", &output, &[value], &[], &[&output]);
        builder.output(&output, ElementType::from(tensor.dtype()), &dims(tensor).each());
    }
    builder.finish()
}

struct Dims(Vec<String>);

impl Dims {
    fn each(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

fn dims(tensor: &Tensor) -> Dims {
    Dims(tensor.shape().iter().map(usize::to_string).collect())
}
