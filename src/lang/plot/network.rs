//! Nodes and what leads from one to another: graphs and flows.

use std::collections::BTreeMap;

use rustpython_vm::builtins::{PyDict, PyStr};
use rustpython_vm::{PyObjectRef, PyResult};

use super::super::call::{Call, Function};
use super::super::model::PyModel;
use super::super::raise::OrRaise;
use super::super::{convert, raise};
use super::{caption, figure};
use crate::snippet::figure::{Arrow, Figure, Flow, Graph, Node, Sankey};

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "graph", params: &["nodes", "edges=None", "title=''", "rankdir='TB'"], run: graph },
    Function { name: "sankey", params: &["flows", "title=''", "unit=''"], run: sankey },
];

/// More nodes than this make no drawing that anybody reads.
const MAX_NODES: usize = 200;
/// More arrows or flows than this neither.
const MAX_EDGES: usize = 1000;

/// `graph(names, edges)` or `graph({name: label}, edges)`, an edge being `(from, to)` or
/// `(from, to, label)`. Arrows point down, or to the right with `rankdir='LR'`, as in Graphviz.
fn graph(c: &Call<'_>) -> PyResult {
    let given = c.object("nodes")?;
    if let Some(model) = given.downcast_ref::<PyModel>() {
        return of_model(model, c);
    }
    let nodes: Vec<Node> = match given.downcast_ref::<PyDict>() {
        Some(labelled) => labelled
            .items_vec()
            .iter()
            .map(|(name, label)| Ok(Node { name: text(name, c)?, label: text(label, c)? }))
            .collect::<PyResult<_>>()?,
        None => convert::labels(&given, c.vm)?
            .into_iter()
            .map(|name| Node { label: name.clone(), name })
            .collect(),
    };
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    if let Some(twice) = (1..names.len()).find(|at| names[..*at].contains(&names[*at])) {
        return Err(c.value_error(format!("graph(): two nodes are called '{}'", names[twice])));
    }
    let mut edges = Vec::new();
    for parts in rows("edges", c)? {
        let [from, to, label @ ..] = parts.as_slice() else { return Err(ill_formed("edges", c)) };
        let label = match label {
            [] => String::new(),
            [label] => text(label, c)?,
            _ => return Err(ill_formed("edges", c)),
        };
        edges.push(Arrow { from: known(from, &names, c)?, to: known(to, &names, c)?, label });
    }
    drawable(&names, &edges.iter().map(|edge| (edge.from, edge.to)).collect::<Vec<_>>(), c)?;
    let across = c.one_of("rankdir", &[("TB", false), ("LR", true)], false)?;
    figure(Figure::Graph(Graph { title: caption(c, "title")?, nodes, edges, across }), c)
}

/// `graph(model)`: its inputs, nodes and outputs.
fn of_model(model: &PyModel, c: &Call<'_>) -> PyResult {
    let card = model.host().card();
    let all = model.host().nodes().or_raise(c.vm)?;
    let mut makers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut nodes: Vec<Node> = Vec::new();
    for input in &card.inputs {
        makers.insert(&input.name, nodes.len());
        nodes.push(Node { name: format!("input {}", input.name), label: input.name.clone() });
    }
    let first = nodes.len();
    for (at, node) in all.iter().enumerate() {
        node.outputs.iter().filter(|name| !name.is_empty()).for_each(|name| {
            makers.insert(name, first + at);
        });
        nodes.push(Node { name: format!("node {at}"), label: node.op_type.clone() });
    }
    let mut edges = Vec::new();
    for (at, node) in all.iter().enumerate() {
        // Weights are made by no node: they are left out.
        let reads = node.inputs.iter().filter_map(|name| makers.get(name.as_str()));
        edges.extend(reads.map(|&from| Arrow { from, to: first + at, label: String::new() }));
    }
    for output in &card.outputs {
        let Some(&from) = makers.get(output.name.as_str()) else { continue };
        edges.push(Arrow { from, to: nodes.len(), label: String::new() });
        nodes.push(Node { name: format!("output {}", output.name), label: output.name.clone() });
    }
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    drawable(&names, &edges.iter().map(|edge| (edge.from, edge.to)).collect::<Vec<_>>(), c)?;
    let across = c.one_of("rankdir", &[("TB", false), ("LR", true)], false)?;
    figure(Figure::Graph(Graph { title: caption(c, "title")?, nodes, edges, across }), c)
}

/// `sankey([(from, to, amount), …])`; the nodes stand in the order in which they are named.
fn sankey(c: &Call<'_>) -> PyResult {
    let mut nodes: Vec<String> = Vec::new();
    let mut flows = Vec::new();
    for parts in rows("flows", c)? {
        let [from, to, value] = parts.as_slice() else { return Err(ill_formed("flows", c)) };
        let value = convert::float(value, c.vm)?;
        if !value.is_finite() || value <= 0.0 {
            return Err(c.value_error(format!("sankey(): a flow is {value}; flows are positive")));
        }
        let mut index = |name: String| {
            nodes.iter().position(|node| *node == name).unwrap_or_else(|| {
                nodes.push(name);
                nodes.len() - 1
            })
        };
        flows.push(Flow { from: index(text(from, c)?), to: index(text(to, c)?), value });
    }
    let names: Vec<&str> = nodes.iter().map(String::as_str).collect();
    drawable(&names, &flows.iter().map(|flow| (flow.from, flow.to)).collect::<Vec<_>>(), c)?;
    let (title, unit) = (caption(c, "title")?, caption(c, "unit")?);
    figure(Figure::Sankey(Sankey { title, unit, nodes, flows }), c)
}

fn text(object: &PyObjectRef, c: &Call<'_>) -> PyResult<String> {
    Ok(object.str(c.vm)?.to_string_lossy().into_owned())
}

/// The fields of each row of the argument `name`.
fn rows(name: &str, c: &Call<'_>) -> PyResult<Vec<Vec<PyObjectRef>>> {
    let rows: Vec<PyObjectRef> = c.object(name)?.try_to_value(c.vm)?;
    rows.iter()
        .map(|row| match row.downcast_ref::<PyStr>() {
            Some(_) => Err(ill_formed(name, c)),
            None => row.clone().try_to_value(c.vm),
        })
        .collect()
}

fn ill_formed(name: &str, c: &Call<'_>) -> rustpython_vm::builtins::PyBaseExceptionRef {
    let wanted = if name == "edges" { "(from, to) or (from, to, label)" } else { "(from, to, amount)" };
    c.value_error(format!("each of the {name} is {wanted}"))
}

/// The index of the node called `object`.
fn known(object: &PyObjectRef, names: &[&str], c: &Call<'_>) -> PyResult<usize> {
    let name = text(object, c)?;
    names.iter().position(|known| *known == name).ok_or_else(|| {
        let hints = raise::did_you_mean(&name, names.iter().copied());
        let message = format!("graph(): an edge leads to or from '{name}', which is no node");
        raise::exception(c.vm, c.vm.ctx.exceptions.value_error.to_owned(), message, &hints)
    })
}

/// Nodes there are, not too many, and no way leads back.
fn drawable(names: &[&str], edges: &[(usize, usize)], c: &Call<'_>) -> PyResult<()> {
    if names.is_empty() || names.len() > MAX_NODES || edges.len() > MAX_EDGES {
        return Err(c.value_error(format!(
            "{} nodes and {} arrows; from 1 to {MAX_NODES} nodes and {MAX_EDGES} arrows can be drawn",
            names.len(),
            edges.len()
        )));
    }
    match cycle(names.len(), edges) {
        None => Ok(()),
        Some(cycle) => {
            let way: Vec<&str> = cycle.iter().map(|node| names[*node]).collect();
            Err(c.value_error(format!("there is a cycle: {}", way.join(" → "))))
        }
    }
}

/// A way from a node back to itself, the first one found.
fn cycle(count: usize, edges: &[(usize, usize)]) -> Option<Vec<usize>> {
    fn walk(node: usize, edges: &[(usize, usize)], way: &mut Vec<usize>, done: &mut [bool]) -> bool {
        if let Some(at) = way.iter().position(|known| *known == node) {
            way.drain(..at);
            way.push(node);
            return true;
        }
        if done[node] {
            return false;
        }
        way.push(node);
        if edges.iter().any(|(from, to)| *from == node && walk(*to, edges, way, done)) {
            return true;
        }
        way.pop();
        done[node] = true;
        false
    }
    let (mut way, mut done) = (Vec::new(), vec![false; count]);
    (0..count).any(|node| walk(node, edges, &mut way, &mut done)).then_some(way)
}

#[cfg(test)]
mod tests {
    use super::cycle;

    #[test]
    fn cycles_are_named() {
        assert_eq!(cycle(3, &[(0, 1), (0, 2), (1, 2)]), None);
        assert_eq!(cycle(4, &[(0, 1), (1, 2), (2, 3), (3, 1)]), Some(vec![1, 2, 3, 1]));
        assert_eq!(cycle(1, &[(0, 0)]), Some(vec![0, 0]));
    }
}
