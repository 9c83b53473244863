//! `kiln graph`: which cell reads what from which.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::Result;
use crate::build::{self, Graph};
use crate::diag::has_errors;
use crate::snippet::shelf::Reuse;

use super::{Common, Format, exit_code, named, report};

/// Flags of `kiln graph`.
#[derive(Args, Clone, Debug)]
pub(super) struct GraphArgs {
    /// Only this chapter: its folder below content/.
    chapter: Option<String>,
    /// How the graph is written.
    #[arg(long = "as", value_enum, default_value_t = Notation::Text)]
    notation: Notation,
}

/// How a graph is written.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    /// A line a cell, and below it a line for what it reads.
    Text,
    /// For Graphviz.
    Dot,
    /// For Mermaid.
    Mermaid,
}

/// Prints the graph of cells.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &GraphArgs) -> Result<ExitCode> {
    let mut graph = build::graph(&common.request(None, Reuse::Frozen, None), args.chapter.as_deref())?;
    let unknown = args.chapter.as_ref().filter(|chapter| !graph.known.contains(chapter));
    if let Some(chapter) = unknown.filter(|_| !has_errors(&graph.diagnostics)) {
        graph.diagnostics.push(named::no_chapter(chapter, &graph.known));
    }
    if common.format == Format::Json {
        let nodes = graph.nodes.iter().map(|node| {
            let reads = node.reads.iter().map(|(from, names)| json!({ "cell": from, "names": names }));
            json!({ "cell": node.name, "reads": reads.collect::<Vec<_>>(), "models": node.models })
        });
        let nodes: Vec<_> = nodes.collect();
        let faults = report::json(&graph.diagnostics, &graph.sources);
        report::line(&json!({ "cells": nodes, "diagnostics": faults }).to_string());
    } else {
        report::diagnostics(&graph.diagnostics, &graph.sources, common.style(), None);
        let drawn = match args.notation {
            Notation::Text => text(&graph),
            Notation::Dot => dot(&graph),
            Notation::Mermaid => mermaid(&graph),
        };
        if !drawn.is_empty() {
            report::line(&drawn);
        }
    }
    Ok(exit_code(&graph.diagnostics))
}

fn text(graph: &Graph) -> String {
    let mut lines = Vec::new();
    for node in &graph.nodes {
        let models =
            if node.models.is_empty() { String::new() } else { format!("  [{}]", node.models.join(", ")) };
        lines.push(format!("{}{models}", node.name));
        lines.extend(
            node.reads.iter().map(|(from, names)| format!("  reads {} from {from}", names.join(", "))),
        );
    }
    lines.join("\n")
}

fn dot(graph: &Graph) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut lines = vec!["digraph cells {".to_owned(), "  node [shape=box];".to_owned()];
    for node in &graph.nodes {
        lines.push(format!("  {};", quoted(&node.name)));
        lines.extend(node.reads.iter().map(|(from, names)| {
            format!("  {} -> {} [label={}];", quoted(from), quoted(&node.name), quoted(&names.join(", ")))
        }));
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

fn mermaid(graph: &Graph) -> String {
    let number = |name: &str| graph.nodes.iter().position(|node| node.name == name).unwrap_or_default();
    let mut lines = vec!["flowchart TD".to_owned()];
    for (at, node) in graph.nodes.iter().enumerate() {
        lines.push(format!("  c{at}[\"{}\"]", node.name));
        lines.extend(
            node.reads
                .iter()
                .map(|(from, names)| format!("  c{} -- \"{}\" --> c{at}", number(from), names.join(", "))),
        );
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Node;
    use crate::diag::Sources;

    #[test]
    fn a_graph_in_three_notations() {
        let node = |name: &str, reads: &[(&str, &[&str])]| Node {
            name: name.into(),
            reads: reads
                .iter()
                .map(|(from, names)| ((*from).into(), names.iter().map(|n| (*n).into()).collect()))
                .collect(),
            models: Vec::new(),
        };
        let nodes = vec![node("a#x", &[]), node("a#y", &[("a#x", &["n", "m"])])];
        let graph = Graph { nodes, known: Vec::new(), diagnostics: Vec::new(), sources: Sources::default() };
        assert_eq!(text(&graph), "a#x\na#y\n  reads n, m from a#x");
        assert!(dot(&graph).contains("\"a#x\" -> \"a#y\" [label=\"n, m\"];"));
        assert!(mermaid(&graph).contains("c0 -- \"n, m\" --> c1"));
    }
}
