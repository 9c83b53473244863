//! Models that differ from another one in a weight or a node.

use super::error::RunError;
use super::model::Model;
use crate::diag::closest;
use crate::onnx::Refusal;
use crate::tensor::Tensor;

impl Model {
    /// This model with the weights called `name` replaced.
    ///
    /// # Errors
    /// A name that is no weight, a tensor of another shape or type.
    pub fn patched(&self, weights: &[(String, Tensor)]) -> Result<Self, RunError> {
        self.graph.patched(weights).map(|graph| self.with_graph(graph)).map_err(|why| self.refused(why))
    }

    /// This model with `nodes` handing an input on: see [`Graph::bypassed`].
    ///
    /// # Errors
    /// A name that is no node, a node that cannot hand an input on.
    pub fn bypassed(&self, nodes: &[String], input: Option<usize>) -> Result<Self, RunError> {
        self.graph.bypassed(nodes, input).map(|graph| self.with_graph(graph)).map_err(|why| self.refused(why))
    }

    fn refused(&self, why: Refusal) -> RunError {
        let (what, name, near) = match why {
            Refusal::Unfit(message) => return RunError::setting(message),
            Refusal::NoWeight(name) => {
                let near = closest(&name, self.weight_names()).map(str::to_owned);
                ("weight", name, near)
            }
            Refusal::NoNode(name) => {
                let nodes = self.nodes();
                let near = closest(&name, nodes.iter().map(|node| node.name.as_str())).map(str::to_owned);
                ("node", name, near)
            }
        };
        RunError::UnknownPart { what, name, near }
    }
}
