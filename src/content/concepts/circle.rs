//! Circles among `is-a` and `part-of`: nothing is a kind or a part of itself.

use crate::diag::Diagnostic;

use super::{Concepts, Edge};

/// One fault for each circle that is found.
pub(super) fn faults(graph: &Concepts) -> Vec<Diagnostic> {
    let edges: Vec<&Edge> = graph.edges.iter().filter(|edge| edge.kind.is_hierarchy()).collect();
    let mut state = vec![State::New; graph.nodes.len()];
    let mut faults = Vec::new();
    for node in 0..graph.nodes.len() {
        walk(graph, &edges, node, &mut state, &mut Vec::new(), &mut faults);
    }
    faults
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

fn walk<'a>(
    graph: &Concepts,
    edges: &[&'a Edge],
    node: usize,
    state: &mut [State],
    way: &mut Vec<&'a Edge>,
    faults: &mut Vec<Diagnostic>,
) {
    if state[node] != State::New {
        return;
    }
    state[node] = State::Open;
    for edge in edges.iter().filter(|edge| edge.from == node) {
        way.push(edge);
        if state[edge.to] == State::Open {
            let start = way.iter().position(|step| step.from == edge.to).unwrap_or(0);
            faults.push(fault(graph, &way[start..]));
        } else {
            walk(graph, edges, edge.to, state, way, faults);
        }
        way.pop();
    }
    state[node] = State::Done;
}

/// The fault of the circle `way`, at its last step.
fn fault(graph: &Concepts, way: &[&Edge]) -> Diagnostic {
    let names: Vec<String> =
        way.iter().map(|edge| format!("`{}` {} ", graph.nodes[edge.from].id, edge.kind.name())).collect();
    let first = way.first().map_or("", |edge| &graph.nodes[edge.from].id);
    let span = way.last().map(|edge| edge.span);
    let mut fault = Diagnostic::error(span, format!("a circle: {}`{first}`", names.concat()));
    for edge in way.iter().take(way.len().saturating_sub(1)) {
        fault = fault.related(edge.span, "by way of this");
    }
    fault.hint("nothing is a kind or a part of itself: take one of these relations out")
}
