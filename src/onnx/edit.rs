//! A graph with other weights, or with nodes that do nothing: the old one stays as it is.

use prost::Message;
use prost::bytes::Bytes;

use super::encode;
use super::graph::Graph;
use super::proto::NodeProto;
use super::weight::Weight;
use crate::tensor::{Shape, Tensor};

/// Why a graph is not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The graph has no weight of this name.
    NoWeight(String),
    /// The graph has no node of this name, and none that makes a value of this name.
    NoNode(String),
    /// What was named cannot be changed so: a sentence without a full stop.
    Unfit(String),
}

impl Graph {
    /// The graph with the weights called `name` replaced.
    ///
    /// # Errors
    /// A name that is no weight, a tensor of another shape or type.
    pub fn patched(&self, weights: &[(String, Tensor)]) -> Result<Self, Refusal> {
        let mut changed = self.clone();
        for (name, tensor) in weights {
            let at = *self.weights.get(name).ok_or_else(|| Refusal::NoWeight(name.clone()))?;
            let old = Weight::new(&self.graph.initializer[at]);
            let shape = old.shape().map_err(|fault| Refusal::Unfit(fault.to_string()))?;
            let new = encode::narrowed(name, tensor, old.element()).filter(|_| tensor.shape() == shape);
            changed.graph.initializer[at] = new.ok_or_else(|| {
                Refusal::Unfit(format!(
                    "the weight `{name}` is {} {}, which {} {} cannot replace",
                    old.element(),
                    Shape(&shape),
                    tensor.dtype(),
                    Shape(tensor.shape())
                ))
            })?;
        }
        Ok(changed)
    }

    /// The graph in which each node of `nodes` hands one of its inputs on. A node goes by its name or
    /// by that of a value it makes; `input` says which input, otherwise it is the first one that is
    /// no constant (behind the condition, for `Where`).
    ///
    /// # Errors
    /// A name that is no node, a node without such an input, or with several outputs in use.
    pub fn bypassed(&self, nodes: &[String], input: Option<usize>) -> Result<Self, Refusal> {
        let mut changed = self.clone();
        for name in nodes {
            let named = |node: &NodeProto| node.name == *name || node.output.contains(name);
            let found = self.graph.node.iter().position(named).filter(|_| !name.is_empty());
            let at = found.ok_or_else(|| Refusal::NoNode(name.clone()))?;
            changed.graph.node[at] = self.through(&self.graph.node[at], name, input)?;
        }
        Ok(changed)
    }

    /// A node that makes the first output of `node` of one of its inputs.
    fn through(&self, node: &NodeProto, name: &str, input: Option<usize>) -> Result<NodeProto, Refusal> {
        let what = || format!("the node `{name}` ({})", node.op_type);
        let passed = match input {
            Some(at) => node.input.get(at).filter(|value| !value.is_empty()).ok_or_else(|| {
                Refusal::Unfit(format!("{} has no input {at}: it reads {}", what(), node.input.join(", ")))
            })?,
            None => {
                let condition = usize::from(node.op_type == "Where");
                let open = |value: &&String| !value.is_empty() && !self.is_constant(value);
                let none = || Refusal::Unfit(format!("{} reads nothing but constants", what()));
                node.input.iter().skip(condition).find(open).ok_or_else(none)?
            }
        };
        let (first, rest) = match node.output.split_first() {
            Some((first, rest)) if !first.is_empty() => (first, rest),
            _ => return Err(Refusal::Unfit(format!("{} makes nothing", what()))),
        };
        if let Some(used) = rest.iter().find(|value| self.is_read(value)) {
            return Err(Refusal::Unfit(format!("{} makes `{used}` too, which is in use", what())));
        }
        Ok(NodeProto {
            input: vec![passed.clone()],
            output: vec![first.clone()],
            name: node.name.clone(),
            op_type: "Identity".to_owned(),
            ..NodeProto::default()
        })
    }

    fn is_constant(&self, value: &str) -> bool {
        let made = |node: &NodeProto| node.op_type == "Constant" && node.output.iter().any(|o| o == value);
        self.weights.contains_key(value) || self.graph.node.iter().any(made)
    }

    /// Whether a node or a caller reads `value`. What graphs within nodes read is not looked at; ONNX
    /// Runtime would refuse a graph that lacked it.
    fn is_read(&self, value: &str) -> bool {
        let reads = |node: &NodeProto| node.input.iter().any(|input| input == value);
        !value.is_empty()
            && (self.graph.output.iter().any(|output| output.name == value)
                || self.graph.node.iter().any(reads))
    }

    /// The bytes of a file that holds the graph.
    pub fn encoded(&self) -> Bytes {
        let mut model = self.model.clone();
        model.graph = Some(self.graph.clone());
        Bytes::from(model.encode_to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{Builder, ElementType};

    fn scores() -> Graph {
        let mut b = Builder::new("scores", 18);
        b.input("x", ElementType::Float32, &["n", "4"]);
        let scale = b.floats("scale", &[1], &[2.0]);
        let scaled = b.node("Div", "scaled", &["x", &scale], &[]);
        let mask = b.node("Greater", "mask", &["x", &scale], &[]);
        let masked = b.node("Where", "masked", &[&mask, &scaled, &scale], &[]);
        b.node_into("TopK", "top", &[&masked, &scale], &[], &["values", "indices"]);
        b.output("values", ElementType::Float32, &[]);
        b.output("indices", ElementType::Int64, &[]);
        Graph::read(b.finish().into()).unwrap()
    }

    #[track_caller]
    fn refused(result: Result<Graph, Refusal>, expect: &str) {
        assert!(format!("{result:?}").contains(expect), "{result:?}");
    }

    #[test]
    fn a_bypassed_node_hands_its_input_on() {
        let names = |graph: &Graph| -> Vec<String> {
            graph.nodes().iter().map(|n| format!("{}({})", n.op_type, n.inputs.join(", "))).collect()
        };
        let old = scores();
        let by_name = old.bypassed(&["scaled".into(), "masked".into()], None).unwrap();
        let again = Graph::read(by_name.encoded()).unwrap();
        let expect =
            ["Identity(x)", "Greater(x, scale)", "Identity(scaled_output_0)", "TopK(masked_output_0, scale)"];
        assert_eq!(names(&again), expect);
        assert_eq!(names(&old)[0], "Div(x, scale)");
        let by_value = old.bypassed(&["masked_output_0".into()], Some(2)).unwrap();
        assert_eq!(names(&by_value)[2], "Identity(scale)");
        refused(old.bypassed(&["sacled".into()], None), "NoNode(\"sacled\")");
        refused(old.bypassed(&["top".into()], None), "makes `indices` too");
        refused(old.bypassed(&["scaled".into()], Some(2)), "has no input 2: it reads x, scale");
    }

    #[test]
    fn a_patched_weight_has_the_old_ones_shape_and_type() {
        let patch = |tensor: Tensor| scores().patched(&[("scale".into(), tensor)]);
        let changed = patch(Tensor::from_vec(&[1], vec![8.0_f32]).unwrap()).unwrap();
        let read = Graph::read(changed.encoded()).unwrap();
        assert_eq!(read.weight("scale").unwrap().value(None).unwrap().to_f64s(), [8.0]);
        refused(patch(Tensor::scalar(8.0_f32)), "is float32 (1,), which float32 () cannot replace");
        refused(patch(Tensor::from_vec(&[1], vec![8_i64]).unwrap()), "which int64 (1,) cannot replace");
        refused(scores().patched(&[("scael".into(), Tensor::scalar(1.0_f32))]), "NoWeight(\"scael\")");
    }
}
