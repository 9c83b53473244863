//! Writes small graphs, node by node.
//!
//! The same calls give the same bytes, so a graph made here can be pinned by its hash.

use std::collections::BTreeMap;

use prost::Message;
use prost::bytes::Bytes;

use super::element::ElementType;
use super::encode;
use super::proto::{
    AttributeProto, Dimension, DimensionValue, GraphProto, LOCATION_EXTERNAL, ModelProto, NodeProto,
    OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto, TensorType, TypeProto,
    TypeValue, ValueInfoProto, attribute_type,
};
use crate::tensor::Tensor;

/// The IR version that came with a version of the operators.
fn ir_version(opset: i64) -> i64 {
    match opset {
        ..=18 => 8,
        19 | 20 => 9,
        21 | 22 => 10,
        // ONNX Runtime 1.32 reads this one and those before it; nothing newer is written here.
        _ => 11,
    }
}

/// The name space of ONNX Runtime's own operators.
const MICROSOFT: &str = "com.microsoft";

/// A graph in the making.
#[derive(Debug)]
pub struct Builder {
    model: ModelProto,
    graph: GraphProto,
    /// Names of the integer constants made so far, by value.
    shapes: BTreeMap<Vec<i64>, String>,
}

/// The value of a node's attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// An integer.
    Int(i64),
    /// Integers.
    Ints(Vec<i64>),
    /// A number.
    Float(f32),
    /// Numbers.
    Floats(Vec<f32>),
    /// Text.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// A tensor.
    Tensor(Tensor),
}

impl Builder {
    /// A graph called `name` over the given version of ONNX's own operators.
    pub fn new(name: &str, opset: i64) -> Self {
        let import = OperatorSetIdProto { domain: String::new(), version: Some(opset) };
        let model = ModelProto {
            ir_version: Some(ir_version(opset)),
            producer_name: "kiln".to_owned(),
            opset_import: vec![import],
            ..ModelProto::default()
        };
        let graph = GraphProto { name: name.to_owned(), ..GraphProto::default() };
        Self { model, graph, shapes: BTreeMap::new() }
    }

    /// Adds a note to the model.
    pub fn note(&mut self, key: &str, value: impl ToString) {
        self.model.metadata_props.push(entry(key, value));
    }

    /// Adds an input. A dimension that is a number is fixed, `?` is open, another is a name.
    pub fn input(&mut self, name: &str, element: ElementType, dims: &[&str]) {
        self.graph.input.push(value(name, element, dims));
    }

    /// Makes the value `name` an output.
    pub fn output(&mut self, name: &str, element: ElementType, dims: &[&str]) {
        self.graph.output.push(value(name, element, dims));
    }

    /// Makes the value `name` an output whose type and shape are left to be inferred.
    pub fn open_output(&mut self, name: &str) {
        self.graph.output.push(ValueInfoProto { name: name.to_owned(), ..ValueInfoProto::default() });
    }

    /// Adds the constant `tensor`.
    pub fn tensor(&mut self, name: &str, tensor: &Tensor) {
        self.graph.initializer.push(encode::whole(name, tensor));
    }

    /// Adds a constant of float32.
    pub fn floats(&mut self, name: &str, dims: &[usize], data: &[f32]) -> String {
        let raw: Vec<u8> = data.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, ElementType::Float32, dims, raw)
    }

    /// The name of a float32 constant without axes, made once.
    pub fn scalar(&mut self, name: &str, value: f32) -> String {
        if self.graph.initializer.iter().any(|t| t.name == name) {
            return name.to_owned();
        }
        self.floats(name, &[], &[value])
    }

    /// The name of a constant that holds the integers `data`, one axis.
    pub fn ints(&mut self, data: &[i64]) -> String {
        if let Some(name) = self.shapes.get(data) {
            return name.clone();
        }
        let text: Vec<String> = data.iter().map(ToString::to_string).collect();
        let name = format!("ints_{}", text.join("_"));
        let raw: Vec<u8> = data.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(&name, ElementType::Int64, &[data.len()], raw);
        self.shapes.insert(data.to_vec(), name.clone());
        name
    }

    /// The name of a constant that holds the one integer `data`, no axes.
    pub fn int(&mut self, data: i64) -> String {
        let name = format!("int_{data}");
        if !self.graph.initializer.iter().any(|t| t.name == name) {
            self.constant(&name, ElementType::Int64, &[], data.to_le_bytes().to_vec());
        }
        name
    }

    /// Adds a float32 weight whose bytes lie in the file `location` beside the model.
    pub fn outside(&mut self, name: &str, dims: &[usize], location: &str, offset: u64) -> String {
        let length = dims.iter().product::<usize>() * size_of::<f32>();
        self.graph.initializer.push(TensorProto {
            external_data: vec![
                entry("location", location),
                entry("offset", offset),
                entry("length", length),
            ],
            data_location: Some(LOCATION_EXTERNAL),
            ..tensor(name, ElementType::Float32, dims)
        });
        name.to_owned()
    }

    /// Adds a constant of any element type from its little-endian bytes.
    pub fn raw(&mut self, name: &str, element: ElementType, dims: &[usize], bytes: Vec<u8>) -> String {
        self.constant(name, element, dims, bytes)
    }

    /// Adds a node called `name` with one output, `NAME_output_0`, whose name is returned.
    pub fn node(
        &mut self,
        op: &str,
        name: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute)],
    ) -> String {
        let output = format!("{name}_output_0");
        self.node_into(op, name, inputs, attributes, &[&output]);
        output
    }

    /// Adds a node whose outputs have the names given.
    pub fn node_into(
        &mut self,
        op: &str,
        name: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute)],
        outputs: &[&str],
    ) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: outputs.iter().map(ToString::to_string).collect(),
            name: name.to_owned(),
            op_type: op.to_owned(),
            attribute: attributes.iter().map(|(name, value)| attribute(name, value)).collect(),
            ..NodeProto::default()
        });
    }

    /// Adds a node of an operator that ONNX Runtime adds to ONNX's own.
    pub fn microsoft(
        &mut self,
        op: &str,
        name: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute)],
    ) -> String {
        if !self.model.opset_import.iter().any(|import| import.domain == MICROSOFT) {
            let import = OperatorSetIdProto { domain: MICROSOFT.to_owned(), version: Some(1) };
            self.model.opset_import.push(import);
        }
        let output = self.node(op, name, inputs, attributes);
        if let Some(node) = self.graph.node.last_mut() {
            node.domain = MICROSOFT.to_owned();
        }
        output
    }

    /// How many nodes there are so far.
    pub fn nodes(&self) -> usize {
        self.graph.node.len()
    }

    /// The bytes of the file.
    pub fn finish(mut self) -> Vec<u8> {
        self.model.graph = Some(self.graph);
        self.model.encode_to_vec()
    }

    fn constant(&mut self, name: &str, element: ElementType, dims: &[usize], raw: Vec<u8>) -> String {
        let raw_data = Some(Bytes::from(raw));
        self.graph.initializer.push(TensorProto { raw_data, ..tensor(name, element, dims) });
        name.to_owned()
    }
}

fn tensor(name: &str, element: ElementType, dims: &[usize]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        data_type: Some(element.code()),
        dims: dims.iter().map(|&d| d as i64).collect(),
        ..TensorProto::default()
    }
}

fn entry(key: &str, value: impl ToString) -> StringStringEntryProto {
    StringStringEntryProto { key: key.to_owned(), value: value.to_string() }
}

fn value(name: &str, element: ElementType, dims: &[&str]) -> ValueInfoProto {
    let dim = |text: &&str| {
        let named = || DimensionValue::DimParam((*text).to_owned());
        let value = (*text != "?").then(|| text.parse().map_or_else(|_| named(), DimensionValue::DimValue));
        Dimension { value, denotation: String::new() }
    };
    let shape = TensorShapeProto { dim: dims.iter().map(dim).collect() };
    let tensor = TensorType { elem_type: Some(element.code()), shape: Some(shape) };
    let r#type = TypeProto { value: Some(TypeValue::TensorType(tensor)), denotation: String::new() };
    ValueInfoProto { name: name.to_owned(), r#type: Some(r#type), ..ValueInfoProto::default() }
}

fn attribute(name: &str, value: &Attribute) -> AttributeProto {
    let named = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
    let bytes = |text: &String| Bytes::copy_from_slice(text.as_bytes());
    let (kind, filled) = match value {
        Attribute::Int(i) => (attribute_type::INT, AttributeProto { i: Some(*i), ..named }),
        Attribute::Ints(ints) => (attribute_type::INTS, AttributeProto { ints: ints.clone(), ..named }),
        Attribute::Float(f) => (attribute_type::FLOAT, AttributeProto { f: Some(*f), ..named }),
        Attribute::Floats(floats) => {
            (attribute_type::FLOATS, AttributeProto { floats: floats.clone(), ..named })
        }
        Attribute::Text(text) => (attribute_type::STRING, AttributeProto { s: Some(bytes(text)), ..named }),
        Attribute::Texts(texts) => {
            (attribute_type::STRINGS, AttributeProto { strings: texts.iter().map(bytes).collect(), ..named })
        }
        Attribute::Tensor(tensor) => {
            (attribute_type::TENSOR, AttributeProto { t: Some(encode::whole("", tensor)), ..named })
        }
    };
    AttributeProto { r#type: Some(kind), ..filled }
}
