//! `model.json` and its shards: nodes, and constants by name.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::{Error, Result};

/// A model with its weights.
pub(super) struct File {
    pub(super) nodes: Vec<Node>,
    /// The tensors that are the model's outputs.
    pub(super) outputs: Vec<String>,
    constants: BTreeMap<String, Constant>,
}

/// A constant: its sizes, whether it holds float32 (or int32), and its bytes.
pub(super) struct Constant {
    pub(super) dims: Vec<usize>,
    float: bool,
    bytes: Vec<u8>,
}

/// A node of the graph.
#[derive(Debug, Deserialize)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) op: String,
    #[serde(default)]
    input: Vec<String>,
    #[serde(default)]
    attr: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawModel {
    model_topology: RawTopology,
    weights_manifest: Vec<RawGroup>,
    #[serde(default)]
    signature: RawSignature,
}

#[derive(Deserialize)]
struct RawTopology {
    node: Vec<Node>,
}

#[derive(Deserialize)]
struct RawGroup {
    paths: Vec<String>,
    weights: Vec<RawWeight>,
}

#[derive(Deserialize)]
struct RawWeight {
    name: String,
    shape: Vec<usize>,
    dtype: String,
    quantization: Option<Value>,
}

#[derive(Default, Deserialize)]
struct RawSignature {
    #[serde(default)]
    outputs: BTreeMap<String, RawOutput>,
}

#[derive(Deserialize)]
struct RawOutput {
    name: String,
}

pub(super) fn wrong(what: &str) -> Error {
    Error::new(format!("this model of TensorFlow.js cannot be converted: {what}"))
}

impl File {
    /// Reads `json`, the bytes of `model.json`; `shard` gives those of the files that it names.
    ///
    /// # Errors
    /// It is no graph model, a shard cannot be had, or they hold less than the table says.
    pub(super) fn read(json: &[u8], shard: impl Fn(&str) -> Result<Vec<u8>>) -> Result<Self> {
        let raw: RawModel = serde_json::from_slice(json)
            .map_err(Error::because("model.json is no graph model of TensorFlow.js"))?;
        let mut constants = BTreeMap::new();
        for group in raw.weights_manifest {
            let shards: Vec<Vec<u8>> = group.paths.iter().map(|path| shard(path)).collect::<Result<_>>()?;
            let (bytes, mut at) = (shards.concat(), 0);
            for weight in group.weights {
                let name = &weight.name;
                let float = match (weight.dtype.as_str(), &weight.quantization) {
                    ("float32", None) => true,
                    ("int32", None) => false,
                    (other, None) => return Err(wrong(&format!("`{name}` is of the type {other}"))),
                    (_, Some(_)) => return Err(wrong(&format!("`{name}` is quantised"))),
                };
                let count = weight.shape.iter().try_fold(4_usize, |n, &dim| n.checked_mul(dim));
                let end = count.and_then(|count| count.checked_add(at));
                let taken = end.and_then(|end| bytes.get(at..end));
                let taken = taken.ok_or_else(|| wrong(&format!("its shards end before `{name}`")))?;
                at += taken.len();
                let constant = Constant { dims: weight.shape, float, bytes: taken.to_vec() };
                constants.insert(weight.name, constant);
            }
        }
        let nodes = raw.model_topology.node;
        let outputs =
            raw.signature.outputs.into_values().map(|output| plain(&output.name).to_owned()).collect();
        Ok(Self { nodes, outputs, constants })
    }

    /// The constant called `name`.
    pub(super) fn constant(&self, name: &str) -> Option<&Constant> {
        self.constants.get(name)
    }

    /// The integers of the constant that is input `at` of `node`.
    pub(super) fn integers(&self, node: &Node, at: usize) -> Result<Vec<i64>> {
        let name = node.input(at)?;
        let found = self.constant(name).filter(|constant| !constant.float);
        let found = found.ok_or_else(|| {
            wrong(&format!("`{}` ({}) takes `{name}`, which are no constant integers", node.name, node.op))
        })?;
        let (words, _) = found.bytes.as_chunks::<4>();
        Ok(words.iter().map(|word| i64::from(i32::from_le_bytes(*word))).collect())
    }
}

impl Constant {
    /// The bytes of float32.
    pub(super) fn floats(&self, name: &str) -> Result<&[u8]> {
        match self.float {
            true => Ok(&self.bytes),
            false => Err(wrong(&format!("`{name}` holds integers where floats are needed"))),
        }
    }
}

/// A tensor's name; the first output of a node is called like the node.
fn plain(name: &str) -> &str {
    name.strip_suffix(":0").unwrap_or(name)
}

impl Node {
    /// The name of input `at`.
    pub(super) fn input(&self, at: usize) -> Result<&str> {
        let found = self.input.get(at).map(|name| plain(name));
        found.ok_or_else(|| wrong(&format!("`{}` ({}) has no input {at}", self.name, self.op)))
    }

    /// The names of all inputs.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &str> {
        self.input.iter().map(|name| plain(name))
    }

    /// Text of an attribute, which the file has in base64.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let bytes = BASE64_STANDARD.decode(self.attr.get(name)?.get("s")?.as_str()?).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Integers of an attribute, which the file has as texts.
    pub(super) fn list(&self, name: &str) -> Option<Vec<i64>> {
        let list = self.attr.get(name)?.get("list")?.get("i")?.as_array()?;
        list.iter().map(integer).collect()
    }

    /// Whether an attribute is set.
    pub(super) fn flag(&self, name: &str) -> bool {
        let value = self.attr.get(name).and_then(|value| value.get("b")?.as_bool());
        value.unwrap_or(false)
    }

    /// The sizes of a placeholder; -1 is open.
    pub(super) fn shape(&self) -> Option<Vec<i64>> {
        let dims = self.attr.get("shape")?.get("shape")?.get("dim")?.as_array()?;
        dims.iter().map(|dim| integer(dim.get("size")?)).collect()
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
