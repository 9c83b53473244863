//! Diagrams: nodes in layers, with arrows or ribbons between them.

mod arrange;
mod graph;
mod layers;
mod sankey;

pub(super) use graph::draw as graph;
pub(super) use sankey::draw as sankey;
