//! Which cell reads what from which.

use crate::Result;
use crate::diag::{Diagnostic, Sources};

use super::{Request, cells, load};

/// A cell of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name, as `chapter#label`.
    pub name: String,
    /// The cells that it reads from, each with the names.
    pub reads: Vec<(String, Vec<String>)>,
    /// The ids of the models it names.
    pub models: Vec<String>,
}

/// The cells of a project and what they need.
#[derive(Debug)]
pub struct Graph {
    /// The cells, in the order in which they run.
    pub nodes: Vec<Node>,
    /// The paths of all chapters with cells.
    pub known: Vec<String>,
    /// What the author has to know beside.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: Sources,
}

/// The graph of all cells, or of those of `chapter`. Nothing is run.
///
/// # Errors
/// Faults of the machine.
pub fn graph(request: &Request, chapter: Option<&str>) -> Result<Graph> {
    let mut diagnostics = Vec::new();
    let project = load::load(request)?.take(&mut diagnostics);
    let plans = cells::plan(request, &project, &mut diagnostics)?;
    let mut known: Vec<String> = plans.chapters.iter().map(|plan| plan.chapter.clone()).collect();
    known.dedup();
    let mut nodes = Vec::new();
    for plan in plans.chapters.iter().filter(|plan| chapter.is_none_or(|chapter| plan.chapter == chapter)) {
        let name = |label: &str| format!("{}#{label}", plan.chapter);
        for (at, cell) in plan.cells.iter().enumerate() {
            let mut reads: Vec<(String, Vec<String>)> = Vec::new();
            for read in &cell.names.reads {
                // The last cell above that binds a name is the one it is read from.
                let maker = plan.cells[..at].iter().rev().find(|earlier| earlier.names.binds.contains(read));
                let Some(maker) = maker.map(|maker| name(&maker.label)) else { continue };
                match reads.iter_mut().find(|(known, _)| *known == maker) {
                    Some((_, names)) => names.push(read.clone()),
                    None => reads.push((maker, vec![read.clone()])),
                }
            }
            nodes.push(Node { name: name(&cell.label), reads, models: cell.models.clone() });
        }
    }
    Ok(Graph { nodes, known, diagnostics, sources: project.sources })
}
