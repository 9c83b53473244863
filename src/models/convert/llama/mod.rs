//! Llama and its kin as ONNX graphs, whatever file their weights come in.
//!
//! `graph` writes the forward pass; a file format says through [`Weights`] how its weights become
//! values of the graph. The names of inputs and outputs are those of public exports of Llama-like
//! models (`input_ids`, `attention_mask`, `position_ids`, `past_key_values.N.key`, `logits`,
//! `present.N.key`).

mod graph;

pub(super) use graph::{build, weight_name};

use crate::onnx::Builder;

/// The sizes of a model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    /// Length of a token's vector.
    pub(super) dim: usize,
    /// Length of the vector inside the feed-forward part.
    pub(super) hidden: usize,
    /// Number of layers.
    pub(super) layers: usize,
    /// Heads of queries.
    pub(super) heads: usize,
    /// Heads of keys and values.
    pub(super) kv_heads: usize,
    /// Number of tokens.
    pub(super) vocabulary: usize,
    /// The longest text, in tokens.
    pub(super) context: usize,
    /// Added under the root of the mean square.
    pub(super) epsilon: f32,
    /// The token that begins a text.
    pub(super) begin: u32,
    /// The tokens that end a text, with commas between them.
    pub(super) stops: String,
}

impl Shape {
    /// Length of a head's vector.
    pub(super) fn head_dim(&self) -> usize {
        self.dim / self.heads
    }

    /// Whether the heads can share the vectors evenly, each vector in pairs for the rotation.
    pub(super) fn fits(&self) -> bool {
        self.dim.is_multiple_of(self.heads)
            && self.heads.is_multiple_of(self.kv_heads)
            && self.head_dim().is_multiple_of(2)
    }
}

/// A matrix of a layer, `[out, in]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matrix {
    Query(usize),
    Key(usize),
    Value(usize),
    Output(usize),
    Gate(usize),
    Down(usize),
    Up(usize),
}

impl Matrix {
    /// Its rows and columns in a model of `shape`.
    pub(super) fn dims(self, shape: &Shape) -> [usize; 2] {
        let (dim, kv) = (shape.dim, shape.kv_heads * shape.head_dim());
        match self {
            Self::Query(_) | Self::Output(_) => [dim, dim],
            Self::Key(_) | Self::Value(_) => [kv, dim],
            Self::Gate(_) | Self::Up(_) => [shape.hidden, dim],
            Self::Down(_) => [dim, shape.hidden],
        }
    }
}

/// The scale of a normalisation, `[dim]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Attention(usize),
    FeedForward(usize),
    Last,
}

/// Values of the graph: cosine and sine for each position, `[b, 1, s, head_dim / 2, 1]`.
pub(super) struct Angles {
    pub(super) cos: String,
    pub(super) sin: String,
}

/// How the weights of a file become values of a graph. Methods give the names of such values.
pub(super) trait Weights {
    /// The vectors of the tokens `ids`, `[b, s, dim]`.
    fn embed(&self, b: &mut Builder, ids: &str) -> String;

    /// What the rotation turns by at `positions`.
    fn angles(&self, b: &mut Builder, positions: &str) -> Angles;

    /// A weight called `name`.
    fn scale(&self, b: &mut Builder, name: &str, of: Scale) -> String;

    /// `x · Wᵀ`, by the node `AT/MatMul`.
    fn linear(&self, b: &mut Builder, x: &str, at: &str, matrix: Matrix) -> String;

    /// From the last vectors to the scores of tokens, the value `logits`.
    fn head(&self, b: &mut Builder, x: &str, logits: &str);
}
