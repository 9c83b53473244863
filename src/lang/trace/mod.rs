//! `k.graph(fn, *examples)`: a Python function becomes an ONNX model of many nodes.
//!
//! The function is called once, with values that stand for its inputs. Each carries the example's
//! numbers, so shapes and dtypes are known and every step is computed as it is written down; but
//! nothing else in Python may look at the numbers, or the graph would hold for the example alone.

mod arithmetic;
mod finish;
mod functions;
mod index;
mod lower;
mod nodes;
mod recording;
mod table;
mod traced;

use rustpython_vm::{PyObject, PyObjectRef, PyRef, VirtualMachine};

pub(super) use finish::GRAPH;
pub(super) use functions::{call, touches};
pub(super) use recording::record;
pub(super) use traced::PyTraced;

use super::tensor::PyTensor;
use crate::tensor::Tensor;

/// What an operator reads or makes.
#[derive(Clone)]
pub(super) enum Input {
    /// A tensor; within a graph, a constant.
    Constant(Tensor),
    /// A value of a graph that is being traced.
    Traced(PyRef<PyTraced>),
}

impl Input {
    /// What `object` is, if it is a tensor or a traced value.
    pub(super) fn exactly(object: &PyObject) -> Option<Self> {
        if let Some(tensor) = object.downcast_ref::<PyTensor>() {
            return Some(Self::Constant(tensor.get()));
        }
        object.downcast_ref::<PyTraced>().map(|traced| Self::Traced(traced.to_owned()))
    }

    /// Its numbers: of a traced value, those that the example gives.
    pub(super) fn tensor(&self) -> &Tensor {
        match self {
            Self::Constant(tensor) => tensor,
            Self::Traced(traced) => &traced.value,
        }
    }

    /// It as Python has it.
    pub(super) fn into_object(self, vm: &VirtualMachine) -> PyObjectRef {
        match self {
            Self::Constant(tensor) => PyTensor::object(tensor, vm),
            Self::Traced(traced) => traced.into(),
        }
    }
}
