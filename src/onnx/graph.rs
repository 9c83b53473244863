//! A model's graph: what goes in, what comes out, what lies between.

use std::collections::BTreeMap;
use std::fmt;

use prost::Message;
use prost::bytes::Bytes;

use super::element::ElementType;
use super::proto::{DimensionValue, GraphProto, ModelProto, NodeProto, TypeValue, ValueInfoProto};
use super::weight::Weight;
use crate::{Error, Result};

/// A model read from its file.
///
/// Weights share the memory of the bytes given; nothing is decoded before it is asked for.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) model: ModelProto,
    pub(super) graph: GraphProto,
    pub(super) weights: BTreeMap<String, usize>,
}

/// A value that enters or leaves a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub element: ElementType,
    /// Its axes; `None` where the file does not say how many there are.
    pub dims: Option<Vec<Dim>>,
}

/// The length of one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// Always this.
    Fixed(usize),
    /// Up to the input; the name that the file gives it, `?` where it gives none.
    Dynamic(String),
}

/// One application of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name; may be empty.
    pub name: String,
    /// The operator: `MatMul`.
    pub op_type: String,
    /// The operator's domain, empty for ONNX's own.
    pub domain: String,
    /// The values it reads; empty for an optional one that is left out.
    pub inputs: Vec<String>,
    /// The values it makes.
    pub outputs: Vec<String>,
}

impl Graph {
    /// Reads the bytes of an `.onnx` file.
    ///
    /// # Errors
    /// They are not a model.
    pub fn read(bytes: Bytes) -> Result<Self> {
        let wrong = |cause: String| {
            Error::new(format!("this is not an ONNX model: {cause}"))
                .hint("an ONNX model is a binary file; a text file or a cut-off download is not one")
        };
        let mut model = ModelProto::decode(bytes).map_err(|cause| wrong(cause.to_string()))?;
        // A text file can happen to be valid protobuf, but not one that holds a graph with outputs.
        let graph = model.graph.take().ok_or_else(|| wrong("it holds no graph".to_owned()))?;
        if graph.output.is_empty() {
            return Err(wrong("its graph has no outputs".to_owned()));
        }
        let weights = graph.initializer.iter().enumerate().map(|(i, t)| (t.name.clone(), i)).collect();
        Ok(Self { model, graph, weights })
    }

    /// The inputs that a caller has to feed: those that are not weights.
    pub fn inputs(&self) -> Vec<Slot> {
        let fed = |v: &&ValueInfoProto| !self.weights.contains_key(&v.name);
        self.graph.input.iter().filter(fed).map(slot).collect()
    }

    /// The outputs.
    pub fn outputs(&self) -> Vec<Slot> {
        self.graph.output.iter().map(slot).collect()
    }

    /// The nodes, in the order of the file, which is an order in which they can run.
    pub fn nodes(&self) -> Vec<Node> {
        self.graph.node.iter().map(node).collect()
    }

    /// The weights, in the order of the file.
    pub fn weights(&self) -> impl Iterator<Item = Weight<'_>> {
        self.graph.initializer.iter().map(Weight::new)
    }

    /// The weight called `name`.
    pub fn weight(&self, name: &str) -> Option<Weight<'_>> {
        self.weights.get(name).map(|&i| Weight::new(&self.graph.initializer[i]))
    }

    /// Whether some node makes the value `name`.
    pub fn makes(&self, name: &str) -> bool {
        !name.is_empty() && self.graph.node.iter().any(|n| n.output.iter().any(|o| o == name))
    }

    /// The names of all values that nodes make, in order.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.graph.node.iter().flat_map(|n| &n.output).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// The model's own notes, key and value.
    pub fn notes(&self) -> BTreeMap<String, String> {
        self.model.metadata_props.iter().map(|e| (e.key.clone(), e.value.clone())).collect()
    }

    /// Number of elements of all weights of floating point, the quantised ones included.
    pub fn parameters(&self) -> u64 {
        let count = |w: Weight<'_>| w.shape().map_or(0, |s| s.iter().product::<usize>() as u64);
        self.weights().filter(|w| w.element() != ElementType::Int64).map(count).sum()
    }
}

/// What to append to the bytes of a model so that the values called `names` become outputs too.
///
/// Protobuf merges a message that comes twice and appends repeated fields, so the file itself need
/// not be decoded and written again. Types are left out: ONNX Runtime infers them.
pub fn more_outputs<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let output = |name: &str| ValueInfoProto { name: name.to_owned(), ..ValueInfoProto::default() };
    let graph = GraphProto { output: names.into_iter().map(output).collect(), ..GraphProto::default() };
    ModelProto { graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
}

fn slot(value: &ValueInfoProto) -> Slot {
    let tensor = match value.r#type.as_ref().and_then(|t| t.value.as_ref()) {
        Some(TypeValue::TensorType(tensor)) => Some(tensor),
        _ => None,
    };
    let dim = |d: &super::proto::Dimension| match &d.value {
        Some(DimensionValue::DimValue(n)) => usize::try_from(*n).map_or_else(|_| Dim::unnamed(), Dim::Fixed),
        Some(DimensionValue::DimParam(name)) if !name.is_empty() => Dim::Dynamic(name.clone()),
        Some(DimensionValue::DimParam(_)) | None => Dim::unnamed(),
    };
    Slot {
        name: value.name.clone(),
        element: ElementType::from_code(tensor.and_then(|t| t.elem_type).unwrap_or(0)),
        dims: tensor.and_then(|t| t.shape.as_ref()).map(|shape| shape.dim.iter().map(dim).collect()),
    }
}

fn node(n: &NodeProto) -> Node {
    Node {
        name: n.name.clone(),
        op_type: n.op_type.clone(),
        domain: n.domain.clone(),
        inputs: n.input.clone(),
        outputs: n.output.clone(),
    }
}

impl Dim {
    fn unnamed() -> Self {
        Self::Dynamic("?".to_owned())
    }

    /// The length, where it is fixed.
    pub fn fixed(&self) -> Option<usize> {
        match self {
            Self::Fixed(n) => Some(*n),
            Self::Dynamic(_) => None,
        }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(n) => write!(f, "{n}"),
            Self::Dynamic(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Slot {
    /// `float32 [batch, 3, 224, 224]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dims {
            None => write!(f, "{}", self.element),
            Some(dims) => {
                let dims: Vec<String> = dims.iter().map(ToString::to_string).collect();
                write!(f, "{} [{}]", self.element, dims.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::build::Builder;

    fn tiny() -> Vec<u8> {
        let mut b = Builder::new("tiny", 18);
        b.input("x", ElementType::Float32, &["batch", "2"]);
        let w = b.floats("w", &[2], &[1.0, 2.0]);
        let y = b.node("Mul", "scale", &["x", &w], &[]);
        let z = b.node("Relu", "relu", &[&y], &[]);
        b.output(&z, ElementType::Float32, &["batch", "2"]);
        b.finish()
    }

    #[test]
    fn a_graph_tells_what_it_is_made_of() {
        let graph = Graph::read(tiny().into()).unwrap();
        let inputs: Vec<String> = graph.inputs().iter().map(|s| format!("{}: {s}", s.name)).collect();
        assert_eq!(inputs, ["x: float32 [batch, 2]"]);
        let ops: Vec<String> = graph.nodes().into_iter().map(|n| n.op_type).collect();
        assert_eq!(ops, ["Mul", "Relu"]);
        assert!(graph.makes("scale_output_0"));
        assert!(!graph.makes("w"));
        assert_eq!(graph.weight("w").unwrap().shape().unwrap(), [2]);
        assert_eq!(graph.parameters(), 2);
    }

    #[test]
    fn outputs_are_added_without_writing_the_file_again() {
        let mut bytes = tiny();
        bytes.extend(more_outputs(["scale_output_0"]));
        let names: Vec<String> =
            Graph::read(bytes.into()).unwrap().outputs().into_iter().map(|s| s.name).collect();
        assert_eq!(names, ["relu_output_0", "scale_output_0"]);
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let cut = tiny()[..20].to_vec();
        for bad in [b"not a model\n".to_vec(), Vec::new(), vec![0xff; 64], cut] {
            let error = Graph::read(bad.into()).unwrap_err().to_string();
            assert!(error.starts_with("this is not an ONNX model"), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn bytes_at_random_never_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            if let Ok(graph) = Graph::read(bytes.into()) {
                for weight in graph.weights() {
                    let _ = (weight.storage(), weight.value(None));
                }
            }
        }

        #[test]
        fn flipped_bytes_never_panic(at in 0_usize..200, to in proptest::prelude::any::<u8>()) {
            let mut bytes = tiny();
            let at = at % bytes.len();
            bytes[at] = to;
            if let Ok(graph) = Graph::read(bytes.into()) {
                let _ = (graph.inputs(), graph.outputs(), graph.nodes(), graph.parameters());
                for weight in graph.weights() {
                    let _ = (weight.storage(), weight.value(None));
                }
            }
        }
    }
}
