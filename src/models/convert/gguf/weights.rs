//! The weights of a GGUF file as values of the graph.

use super::blocks::{self, BLOCK, FourBit};
use super::file::{File, Stored};
use crate::models::convert::llama::{Angles, Matrix, Scale, Shape, Weights, weight_name};
use crate::onnx::ElementType;
use crate::onnx::build::{Attribute, Builder};
use crate::{Error, Result};

/// The eight-bit embedding and its scales, which are the head's too.
const EMBEDDING: [&str; 2] = ["model.embed_tokens.weight", "model.embed_tokens.scales"];

/// A Llama whose weights have been found and taken apart.
pub(super) struct Model<'f> {
    pub(super) shape: Shape,
    /// The base of the rotation's angles.
    base: f64,
    layers: Vec<Layer<'f>>,
    final_norm: &'f [u8],
    embedding: (Vec<u8>, Vec<f32>),
}

struct Layer<'f> {
    attention_norm: &'f [u8],
    ffn_norm: &'f [u8],
    query: FourBit,
    key: FourBit,
    value: FourBit,
    output: FourBit,
    gate: FourBit,
    down: FourBit,
    up: FourBit,
}

impl<'f> Model<'f> {
    /// Finds the weights of `file`.
    ///
    /// # Errors
    /// It is another architecture, or a weight is missing or of another type.
    pub(super) fn read(file: &File<'f>) -> Result<Self> {
        let architecture = file.text("general.architecture")?;
        if architecture != "llama" {
            return Err(Error::new(format!("the GGUF file holds a model of the kind `{architecture}`"))
                .hint("Kiln converts `llama`, which many models are"));
        }
        if file.has_tensor("output.weight") || file.has_tensor("rope_freqs.weight") {
            return Err(Error::new("this GGUF file has a head or a table of angles of its own")
                .hint("Kiln converts models whose head is their embedding"));
        }
        let shape = Shape {
            dim: file.size("llama.embedding_length")?,
            hidden: file.size("llama.feed_forward_length")?,
            layers: file.size("llama.block_count")?,
            heads: file.size("llama.attention.head_count")?,
            kv_heads: file.size("llama.attention.head_count_kv")?,
            vocabulary: file.texts("tokenizer.ggml.tokens")?.len(),
            context: file.size("llama.context_length")?,
            epsilon: file.number("llama.attention.layer_norm_rms_epsilon")? as f32,
            begin: file.token("tokenizer.ggml.bos_token_id")?,
            stops: file.token("tokenizer.ggml.eos_token_id")?.to_string(),
        };
        if !shape.fits() || ![shape.dim, shape.hidden].iter().all(|n| n.is_multiple_of(BLOCK)) {
            return Err(Error::new(format!("the sizes of the GGUF file do not fit together: {shape:?}")));
        }
        let vector = |name: &str| blocks::floats(file.tensor(name, &[shape.dim])?, name, shape.dim);
        let table = [shape.vocabulary, shape.dim];
        let embedding = file.tensor("token_embd.weight", &table)?;
        Ok(Self {
            base: file.number("llama.rope.freq_base")?,
            layers: (0..shape.layers).map(|at| Layer::read(file, &shape, at)).collect::<Result<_>>()?,
            final_norm: vector("output_norm.weight")?,
            embedding: blocks::eight_bit(embedding, "token_embd.weight", table)?,
            shape,
        })
    }
}

impl<'f> Layer<'f> {
    fn read(file: &File<'f>, shape: &Shape, at: usize) -> Result<Self> {
        let stored = |part: &str, dims: &[usize]| -> Result<(String, Stored<'f>)> {
            let name = format!("blk.{at}.{part}.weight");
            let stored = file.tensor(&name, dims)?;
            Ok((name, stored))
        };
        let vector = |part: &str| {
            let (name, stored) = stored(part, &[shape.dim])?;
            blocks::floats(stored, &name, shape.dim)
        };
        let matrix = |part: &str, matrix: Matrix| {
            let dims = matrix.dims(shape);
            let (name, stored) = stored(part, &dims)?;
            blocks::four_bit(stored, &name, dims)
        };
        Ok(Self {
            attention_norm: vector("attn_norm")?,
            ffn_norm: vector("ffn_norm")?,
            query: matrix("attn_q", Matrix::Query(at))?,
            key: matrix("attn_k", Matrix::Key(at))?,
            value: matrix("attn_v", Matrix::Value(at))?,
            output: matrix("attn_output", Matrix::Output(at))?,
            gate: matrix("ffn_gate", Matrix::Gate(at))?,
            down: matrix("ffn_down", Matrix::Down(at))?,
            up: matrix("ffn_up", Matrix::Up(at))?,
        })
    }
}

/// Eight-bit values times the scales of their blocks, as `[.., dim]`.
fn unpacked(b: &mut Builder, values: &str, scales: &str, at: &str, dims: &[i64]) -> String {
    let float = [("to", Attribute::Int(ElementType::Float32.code().into()))];
    let values = b.node("Cast", &format!("{at}/Cast"), &[values], &float);
    let last = b.ints(&[-1]);
    let scales = b.node("Unsqueeze", &format!("{at}/Unsqueeze"), &[scales, &last], &[]);
    let product = b.node("Mul", &format!("{at}/Mul"), &[&values, &scales], &[]);
    let dims = b.ints(dims);
    b.node("Reshape", &format!("{at}/Reshape"), &[&product, &dims], &[])
}

impl Weights for Model<'_> {
    fn embed(&self, b: &mut Builder, ids: &str) -> String {
        let (rows, across) = (self.shape.vocabulary, self.shape.dim / BLOCK);
        let (values, scales) = &self.embedding;
        b.raw(EMBEDDING[0], ElementType::Int8, &[rows, across, BLOCK], values.clone());
        b.floats(EMBEDDING[1], &[rows, across], scales);
        let at = "/model/embed_tokens";
        let values = b.node("Gather", &format!("{at}/Gather"), &[EMBEDDING[0], ids], &[]);
        let scales = b.node("Gather", &format!("{at}/Gather_1"), &[EMBEDDING[1], ids], &[]);
        unpacked(b, &values, &scales, at, &[0, 0, self.shape.dim as i64])
    }

    fn angles(&self, b: &mut Builder, positions: &str) -> Angles {
        let pairs = self.shape.head_dim() / 2;
        let speeds: Vec<f32> =
            (0..pairs).map(|i| self.base.powf(-(i as f64) / pairs as f64) as f32).collect();
        let speeds = b.floats("model.rotary_emb.inv_freq", &[1, 1, 1, pairs, 1], &speeds);
        let at = |name: &str| format!("/model/rotary_emb/{name}");
        let float = [("to", Attribute::Int(ElementType::Float32.code().into()))];
        let positions = b.node("Cast", &at("Cast"), &[positions], &float);
        let axes = b.ints(&[1, 3, 4]);
        let positions = b.node("Unsqueeze", &at("Unsqueeze"), &[&positions, &axes], &[]);
        let angles = b.node("Mul", &at("Mul"), &[&positions, &speeds], &[]); // [b, 1, s, pairs, 1]
        Angles {
            cos: b.node("Cos", &at("Cos"), &[&angles], &[]),
            sin: b.node("Sin", &at("Sin"), &[&angles], &[]),
        }
    }

    fn scale(&self, b: &mut Builder, name: &str, of: Scale) -> String {
        let bytes = match of {
            Scale::Attention(layer) => self.layers[layer].attention_norm,
            Scale::FeedForward(layer) => self.layers[layer].ffn_norm,
            Scale::Last => self.final_norm,
        };
        b.raw(name, ElementType::Float32, &[self.shape.dim], bytes.to_vec())
    }

    /// A block's values are `scale · (q − 8) + centre`. The operator has the first term; the second
    /// is the centres times the sums of x over each block.
    fn linear(&self, b: &mut Builder, x: &str, at: &str, matrix: Matrix) -> String {
        let weight = match matrix {
            Matrix::Query(layer) => &self.layers[layer].query,
            Matrix::Key(layer) => &self.layers[layer].key,
            Matrix::Value(layer) => &self.layers[layer].value,
            Matrix::Output(layer) => &self.layers[layer].output,
            Matrix::Gate(layer) => &self.layers[layer].gate,
            Matrix::Down(layer) => &self.layers[layer].down,
            Matrix::Up(layer) => &self.layers[layer].up,
        };
        let [rows, columns] = matrix.dims(&self.shape);
        let (name, across) = (weight_name(at), columns / BLOCK);
        let packed = b.raw(&name, ElementType::Uint8, &[rows, across, BLOCK / 2], weight.packed.clone());
        let scales = b.floats(&format!("{name}.scales"), &[rows * across], &weight.scales);
        let centres = b.floats(&format!("{name}.centres"), &[across, rows], &weight.centres);
        let sizes = [("K", columns as i64), ("N", rows as i64), ("bits", 4), ("block_size", BLOCK as i64)];
        let sizes = sizes.map(|(name, value)| (name, Attribute::Int(value)));
        let apart = b.microsoft("MatMulNBits", &format!("{at}/MatMulNBits"), &[x, &packed, &scales], &sizes);
        let (blocks, last) = (b.ints(&[0, 0, across as i64, BLOCK as i64]), b.ints(&[-1]));
        let split = b.node("Reshape", &format!("{at}/Reshape_blocks"), &[x, &blocks], &[]);
        let keep = [("keepdims", Attribute::Int(0))];
        let sums = b.node("ReduceSum", &format!("{at}/ReduceSum"), &[&split, &last], &keep);
        let centred = b.node("MatMul", &format!("{at}/MatMul_centres"), &[&sums, &centres], &[]);
        let whole = format!("{at}/MatMul_output_0");
        b.node_into("Add", &format!("{at}/MatMul"), &[&apart, &centred], &[], &[&whole]);
        whole
    }

    fn head(&self, b: &mut Builder, x: &str, logits: &str) {
        let dims = [self.shape.vocabulary as i64, self.shape.dim as i64];
        let weight = unpacked(b, EMBEDDING[0], EMBEDDING[1], "/lm_head", &dims);
        let turn = [("perm", Attribute::Ints(vec![1, 0]))];
        let turned = b.node("Transpose", "/lm_head/Transpose", &[&weight], &turn);
        b.node_into("MatMul", "/lm_head/MatMul", &[x, &turned], &[], &[logits]);
    }
}
