//! The nodes of the file as nodes of ONNX, in their order.

use std::collections::BTreeSet;

use super::file::{File, Node, wrong};
use super::operators;
use crate::Result;
use crate::onnx::ElementType;
use crate::onnx::build::{Attribute, Builder};

/// The version of ONNX's operators.
const OPSET: i64 = 18;

/// A graph in the making.
pub(super) struct Writer<'f> {
    pub(super) file: &'f File,
    pub(super) b: Builder,
    /// Constants that the graph has already.
    known: BTreeSet<String>,
}

/// The bytes of the graph.
pub(super) fn build(file: &File) -> Result<Vec<u8>> {
    let mut w = Writer { file, b: Builder::new("main_graph", OPSET), known: BTreeSet::new() };
    // The file's nodes stand in any order; ONNX wants each after what it reads.
    for node in sorted(file)? {
        match node.op.as_str() {
            "Const" => {}
            "Placeholder" => placeholder(&mut w.b, node)?,
            _ => operators::write(&mut w, node)?,
        }
    }
    if file.outputs.is_empty() {
        return Err(wrong("it does not say which values are its outputs"));
    }
    for output in &file.outputs {
        w.b.open_output(output);
    }
    Ok(w.b.finish())
}

/// The nodes, each after those it reads.
fn sorted(file: &File) -> Result<Vec<&Node>> {
    let (mut left, mut done): (Vec<&Node>, BTreeSet<&str>) = (file.nodes.iter().collect(), BTreeSet::new());
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let ready = |node: &&Node| node.inputs().all(|input| done.contains(input));
        let (now, later): (Vec<&Node>, Vec<&Node>) = left.into_iter().partition(ready);
        if now.is_empty() {
            let name = later.first().map(|node| node.name.as_str()).unwrap_or_default();
            return Err(wrong(&format!("`{name}` reads what no node makes before it")));
        }
        done.extend(now.iter().map(|node| node.name.as_str()));
        order.extend(now);
        left = later;
    }
    Ok(order)
}

fn placeholder(b: &mut Builder, node: &Node) -> Result<()> {
    let dims = node.shape().ok_or_else(|| wrong(&format!("`{}` has no shape", node.name)))?;
    let name = |(axis, &dim): (usize, &i64)| match (axis, dim) {
        (0, -1) => "batch_size".to_owned(),
        (_, -1) => "?".to_owned(),
        _ => dim.to_string(),
    };
    let dims: Vec<String> = dims.iter().enumerate().map(name).collect();
    b.input(&node.name, ElementType::Float32, &dims.iter().map(String::as_str).collect::<Vec<_>>());
    Ok(())
}

impl Writer<'_> {
    /// The name of the value that is input `at` of `node`; constants become weights when first read.
    pub(super) fn value(&mut self, node: &Node, at: usize) -> Result<String> {
        let name = node.input(at)?.to_owned();
        if let Some(constant) = self.file.constant(&name)
            && self.known.insert(name.clone())
        {
            let bytes = constant.floats(&name)?.to_vec();
            self.b.raw(&name, ElementType::Float32, &constant.dims, bytes);
        }
        Ok(name)
    }

    /// Adds the node `op` under the name of `node`; its output is called so, too.
    pub(super) fn finish(&mut self, op: &str, node: &Node, inputs: &[&str], how: &[(&str, Attribute)]) {
        self.b.node_into(op, &node.name, inputs, how, &[&node.name]);
    }

    /// Adds a node whose result only the next one reads.
    pub(super) fn between(
        &mut self,
        op: &str,
        node: &Node,
        inputs: &[&str],
        how: &[(&str, Attribute)],
    ) -> String {
        let count = self.b.nodes();
        self.b.node(op, &format!("{}/{op}_{count}", node.name), inputs, how)
    }
}
