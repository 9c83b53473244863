//! Graphs of one node, by which a single operator is run.

use super::build::{Attribute, Builder};
use super::element::ElementType;
use super::schema::Operator;
use crate::tensor::Tensor;

/// The name of input `at` in such a graph.
pub fn input(at: usize) -> String {
    format!("in{at}")
}

/// A model file that applies `operator` once, with `outputs` outputs in their order.
///
/// Inputs are told by type and number of axes, so calls with other lengths share the bytes; but lists
/// of int64 by their length too, because operators such as `Resize` count them when they are opened.
/// An input that is left out is `None`.
pub fn single(
    operator: &Operator,
    inputs: &[Option<&Tensor>],
    attributes: &[(&str, Attribute)],
    outputs: usize,
) -> Vec<u8> {
    let mut builder = Builder::new(operator.name, operator.opset);
    let mut read = Vec::with_capacity(inputs.len());
    for (at, tensor) in inputs.iter().enumerate() {
        let Some(tensor) = tensor else {
            read.push(String::new());
            continue;
        };
        let name = input(at);
        let length = tensor.len().to_string();
        let dims = match tensor {
            Tensor::Int64(list) if list.ndim() == 1 => vec![length.as_str()],
            other => vec!["?"; other.ndim()],
        };
        builder.input(&name, ElementType::from(tensor.dtype()), &dims);
        read.push(name);
    }
    let made: Vec<String> = (0..outputs).map(|at| format!("out{at}")).collect();
    let read: Vec<&str> = read.iter().map(String::as_str).collect();
    let made_names: Vec<&str> = made.iter().map(String::as_str).collect();
    builder.node_into(operator.name, operator.name, &read, attributes, &made_names);
    for name in &made {
        builder.open_output(name);
    }
    builder.finish()
}
