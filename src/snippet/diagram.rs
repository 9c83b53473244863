//! Diagrams as data: nodes, and what leads from one to another.

use serde::{Deserialize, Serialize};

/// A directed graph without cycles, drawn in layers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// Title above the figure; may be empty.
    pub title: String,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The arrows between them.
    pub edges: Vec<Arrow>,
    /// Whether layers follow each other from left to right instead of downwards.
    pub across: bool,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What the cell calls it.
    pub name: String,
    /// What readers see.
    pub label: String,
}

/// An arrow from one node to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrow {
    /// Index of the node at its tail.
    pub from: usize,
    /// Index of the node at its head.
    pub to: usize,
    /// A text beside it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// Amounts that flow from node to node, drawn as ribbons.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sankey {
    /// Title above the figure; may be empty.
    pub title: String,
    /// What is counted, as a unit after the numbers; may be empty.
    pub unit: String,
    /// The names of the nodes.
    pub nodes: Vec<String>,
    /// What flows; no cycle among them.
    pub flows: Vec<Flow>,
}

/// An amount that flows from one node to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Index of the node it leaves.
    pub from: usize,
    /// Index of the node it reaches.
    pub to: usize,
    /// How much; positive and finite.
    pub value: f64,
}
