//! The nodes of a graph, as they come.

use std::cell::RefCell;
use std::rc::Rc;

use rustpython_vm::{PyResult, VirtualMachine};

use super::Input;
use super::traced::PyTraced;
use crate::lang::operators::Application;
use crate::onnx::Attribute;
use crate::onnx::schema::OPSET;
use crate::tensor::Tensor;

/// No graph has more nodes than this: a loop that never ends is stopped.
const MAX_NODES: usize = 10_000;

/// A graph in the making.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// The constants, in order of use.
    pub(super) constants: Vec<(String, Tensor)>,
    /// The nodes, in an order in which they can run.
    pub(super) nodes: Vec<Step>,
    /// Whether the function has returned.
    pub(super) done: bool,
}

/// A node.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) operator: &'static str,
    pub(super) name: String,
    pub(super) reads: Vec<String>,
    pub(super) makes: Vec<String>,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
}

/// A recording that its values share.
pub(super) type Shared = Rc<RefCell<Recording>>;

/// The results of an application: as they are where it read nothing traced, otherwise as values of
/// the graph, which gets a node.
pub(in crate::lang) fn record(
    application: &Application,
    results: Vec<Tensor>,
    vm: &VirtualMachine,
) -> PyResult<Vec<Input>> {
    let traced = |input: &Option<Input>| match input {
        Some(Input::Traced(traced)) => Some(Rc::clone(&traced.recording)),
        Some(Input::Constant(_)) | None => None,
    };
    let mut recordings = application.inputs.iter().filter_map(traced);
    let Some(recording) = recordings.next() else {
        return Ok(results.into_iter().map(Input::Constant).collect());
    };
    if recordings.any(|other| !Rc::ptr_eq(&other, &recording)) {
        return Err(vm.new_value_error("values of two graphs do not mix"));
    }
    let name = application.operator.name;
    if application.operator.opset != OPSET {
        let version = application.operator.opset;
        return Err(vm.new_value_error(format!(
            "ops.{name}() runs in version {version} of the operators only, and a graph is in version {OPSET}"
        )));
    }
    let makes = recording.borrow_mut().add(application, results.len(), vm)?;
    let values = results.into_iter().zip(makes);
    Ok(values.map(|(value, name)| PyTraced::input(&recording, name, value, vm)).collect())
}

impl Recording {
    /// Adds a node and gives the names of what it makes.
    fn add(&mut self, application: &Application, count: usize, vm: &VirtualMachine) -> PyResult<Vec<String>> {
        if self.done {
            return Err(vm.new_value_error("this value belongs to a graph that is finished"));
        }
        if self.nodes.len() == MAX_NODES {
            return Err(vm.new_value_error(format!("a graph may have at most {MAX_NODES} nodes")));
        }
        let operator = application.operator.name;
        let name = format!("{operator}_{}", self.nodes.len());
        let mut reads = Vec::with_capacity(application.inputs.len());
        for input in &application.inputs {
            reads.push(match input {
                Some(Input::Traced(traced)) => traced.name.clone(),
                Some(Input::Constant(tensor)) => self.constant(tensor),
                None => String::new(),
            });
        }
        let makes: Vec<String> = (0..count).map(|at| format!("{name}_output_{at}")).collect();
        let attributes = application.attributes.clone();
        self.nodes.push(Step { operator, name, reads, makes: makes.clone(), attributes });
        Ok(makes)
    }

    fn constant(&mut self, tensor: &Tensor) -> String {
        let name = format!("constant_{}", self.constants.len());
        self.constants.push((name.clone(), tensor.clone()));
        name
    }
}
