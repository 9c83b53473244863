//! The forward pass of llama2.c as an ONNX graph.
//!
//! Llama (<https://arxiv.org/abs/2302.13971>): RMSNorm before each part, rotary position embedding
//! over neighbouring pairs of values, SwiGLU. Shapes are noted as `[b, s, …]`: batch, sequence (the
//! tokens read now), `t` (those and the past).

use super::DATA_FILE;
use super::checkpoint::Checkpoint;
use crate::onnx::ElementType;
use crate::onnx::build::{Attribute, Builder};

/// The version of ONNX's operators.
const OPSET: i64 = 18;

/// Added under the root of the mean square.
const EPSILON: f32 = 1e-5;

/// The tokens that stand between two stories: beginning and end of text.
const STOPS: &str = "1,2";

/// The bytes of the graph.
pub(super) fn build(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut writer = Writer { c: checkpoint, b: Builder::new("main_graph", OPSET) };
    writer.write();
    writer.b.finish()
}

struct Writer<'c> {
    c: &'c Checkpoint,
    b: Builder,
}

/// What all layers share.
struct Shared {
    /// Cosine and sine for each position, `[b, 1, s, head_dim / 2, 1]`.
    cos: String,
    sin: String,
    /// Added to the scores of attention, `[b, 1, s, t]`.
    mask: String,
}

impl Writer<'_> {
    fn write(&mut self) {
        let c = self.c;
        let (kv_heads, head_dim) = (c.kv_heads.to_string(), c.head_dim().to_string());
        let past = ["batch_size", &kv_heads, "past_sequence_length", &head_dim];
        let present = ["batch_size", &kv_heads, "past_sequence_length + sequence_length", &head_dim];
        let tokens = ["batch_size", "sequence_length"];
        self.b.note("max_position_embeddings", c.context);
        self.b.note("bos_token_id", 1);
        self.b.note("eos_token_id", STOPS);
        self.b.input("input_ids", ElementType::Int64, &tokens);
        let all = ["batch_size", "past_sequence_length + sequence_length"];
        self.b.input("attention_mask", ElementType::Int64, &all);
        self.b.input("position_ids", ElementType::Int64, &tokens);
        self.b.output(
            "logits",
            ElementType::Float32,
            &["batch_size", "sequence_length", &c.vocabulary.to_string()],
        );
        for layer in 0..c.layers {
            for part in ["key", "value"] {
                self.b.input(&format!("past_key_values.{layer}.{part}"), ElementType::Float32, &past);
                self.b.output(&format!("present.{layer}.{part}"), ElementType::Float32, &present);
            }
        }

        let embedding =
            self.weight("model.embed_tokens.weight", &[c.vocabulary, c.dim], c.weights.embedding, 0);
        let mut x = self.b.node("Gather", "/model/embed_tokens/Gather", &[&embedding, "input_ids"], &[]); // [b, s, dim]
        let shared = Shared {
            cos: self.table("cos", c.weights.cos),
            sin: self.table("sin", c.weights.sin),
            mask: self.mask(),
        };
        for layer in 0..c.layers {
            let at = format!("/model/layers.{layer}");
            let normed = self.norm(&x, &format!("{at}/input_layernorm"), c.weights.attention_norm, layer);
            let attended = self.attention(&normed, layer, &shared);
            x = self.b.node("Add", &format!("{at}/Add"), &[&x, &attended], &[]);
            let normed = self.norm(&x, &format!("{at}/post_attention_layernorm"), c.weights.ffn_norm, layer);
            let fed = self.feed_forward(&normed, layer);
            x = self.b.node("Add", &format!("{at}/Add_1"), &[&x, &fed], &[]);
        }
        let normed = self.norm(&x, "/model/norm", c.weights.final_norm, 0);
        let head = if c.weights.head == c.weights.embedding {
            embedding
        } else {
            self.weight("lm_head.weight", &[c.vocabulary, c.dim], c.weights.head, 0)
        };
        let head = self.turned(&head, "/lm_head/Transpose", &[1, 0]);
        self.b.node_into("MatMul", "/lm_head/MatMul", &[&normed, &head], &[], &["logits"]);
    }

    /// The weight number `index` of those of shape `dims` that begin at `offset`.
    fn weight(&mut self, name: &str, dims: &[usize], offset: usize, index: usize) -> String {
        let bytes = dims.iter().product::<usize>() * size_of::<f32>();
        self.b.outside(name, dims, DATA_FILE, (offset + index * bytes) as u64)
    }

    /// The rows of a table of angles for the positions read, `[b, 1, s, head_dim / 2, 1]`.
    fn table(&mut self, name: &str, offset: usize) -> String {
        let dims = [self.c.context, self.c.head_dim() / 2];
        let weight = self.weight(&format!("model.rotary_emb.{name}"), &dims, offset, 0);
        let at = format!("/model/rotary_emb/{name}");
        let rows = self.b.node("Gather", &format!("{at}/Gather"), &[&weight, "position_ids"], &[]);
        let axes = self.b.ints(&[1, 4]);
        self.b.node("Unsqueeze", &format!("{at}/Unsqueeze"), &[&rows, &axes], &[])
    }

    /// 0 where a token may look, a very low number where it may not, `[b, 1, s, t]`: not at what
    /// comes later, not at padding.
    fn mask(&mut self) -> String {
        let at = |name: &str| format!("/model/mask/{name}");
        let b = &mut self.b;
        let (zero, one, axis_1) = (b.int(0), b.int(1), b.int(1));
        let sizes = b.node("Shape", &at("Shape"), &["attention_mask"], &[]);
        let total = b.node("Gather", &at("Gather"), &[&sizes, &axis_1], &[]); // t
        let read = b.node("Shape", &at("Shape_1"), &["input_ids"], &[]);
        let now = b.node("Gather", &at("Gather_1"), &[&read, &axis_1], &[]); // s
        let past = b.node("Sub", &at("Sub"), &[&total, &now], &[]);
        let keys = b.node("Range", &at("Range"), &[&zero, &total, &one], &[]); // [t]
        let queries = b.node("Range", &at("Range_1"), &[&past, &total, &one], &[]); // [s]
        let column = b.ints(&[1]);
        let queries = b.node("Unsqueeze", &at("Unsqueeze"), &[&queries, &column], &[]); // [s, 1]
        let earlier = b.node("LessOrEqual", &at("LessOrEqual"), &[&keys, &queries], &[]); // [s, t]
        let bool_type = ElementType::Bool.code().into();
        let real = b.node("Cast", &at("Cast"), &["attention_mask"], &[("to", Attribute::Int(bool_type))]);
        let axes = b.ints(&[1, 2]);
        let real = b.node("Unsqueeze", &at("Unsqueeze_1"), &[&real, &axes], &[]); // [b, 1, 1, t]
        let seen = b.node("And", &at("And"), &[&earlier, &real], &[]);
        let open = b.floats("mask_open", &[], &[0.0]);
        let closed = b.floats("mask_closed", &[], &[f32::MIN]);
        b.node("Where", &at("Where"), &[&seen, &open, &closed], &[])
    }

    /// `x / sqrt(mean(x²) + ε) · weight`.
    fn norm(&mut self, x: &str, at: &str, offset: usize, layer: usize) -> String {
        let name = format!("{}.weight", at.trim_start_matches('/').replace('/', "."));
        let weight = self.weight(&name, &[self.c.dim], offset, layer);
        let b = &mut self.b;
        let (axes, epsilon) = (b.ints(&[-1]), b.scalar("rms_norm_epsilon", EPSILON));
        let square = b.node("Mul", &format!("{at}/Pow"), &[x, x], &[]);
        let mean = b.node("ReduceMean", &format!("{at}/ReduceMean"), &[&square, &axes], &[]);
        let sum = b.node("Add", &format!("{at}/Add"), &[&mean, &epsilon], &[]);
        let root = b.node("Sqrt", &format!("{at}/Sqrt"), &[&sum], &[]);
        let scaled = b.node("Div", &format!("{at}/Div"), &[x, &root], &[]);
        b.node("Mul", &format!("{at}/Mul_1"), &[&scaled, &weight], &[])
    }

    /// `x · Wᵀ` with the weight number `layer` of those at `offset`, `[out, in]`.
    fn linear(&mut self, x: &str, at: &str, out: usize, into: usize, offset: usize, layer: usize) -> String {
        let name = format!("{}.weight", at.trim_start_matches('/').replace('/', "."));
        let weight = self.weight(&name, &[out, into], offset, layer);
        let turned = self.turned(&weight, &format!("{at}/Transpose"), &[1, 0]);
        self.b.node("MatMul", &format!("{at}/MatMul"), &[x, &turned], &[])
    }

    fn turned(&mut self, x: &str, name: &str, order: &[i64]) -> String {
        self.b.node("Transpose", name, &[x], &[("perm", Attribute::Ints(order.to_vec()))])
    }

    /// `[b, s, heads · head_dim]` as `[b, heads, s, head_dim]`.
    fn heads(&mut self, x: &str, at: &str, heads: usize) -> String {
        let shape = self.b.ints(&[0, 0, heads as i64, self.c.head_dim() as i64]);
        let split = self.b.node("Reshape", &format!("{at}/Reshape"), &[x, &shape], &[]);
        self.turned(&split, &format!("{at}/Transpose_1"), &[0, 2, 1, 3])
    }

    /// Turns each pair of neighbouring values of `x` by the angle of its position.
    fn rotated(&mut self, x: &str, at: &str, heads: usize, shared: &Shared) -> String {
        let head_dim = self.c.head_dim() as i64;
        let b = &mut self.b;
        let pairs = b.ints(&[0, heads as i64, -1, head_dim / 2, 2]);
        let x = b.node("Reshape", &format!("{at}/Reshape_1"), &[x, &pairs], &[]);
        let (real, imaginary) = (format!("{at}/Split_output_0"), format!("{at}/Split_output_1"));
        let halves = [("axis", Attribute::Int(-1)), ("num_outputs", Attribute::Int(2))];
        b.node_into("Split", &format!("{at}/Split"), &[&x], &halves, &[&real, &imaginary]);
        let mut times = |name: &str, a: &str, c: &str| b.node("Mul", &format!("{at}/{name}"), &[a, c], &[]);
        let (rc, is) = (times("Mul", &real, &shared.cos), times("Mul_1", &imaginary, &shared.sin));
        let (rs, ic) = (times("Mul_2", &real, &shared.sin), times("Mul_3", &imaginary, &shared.cos));
        let first = b.node("Sub", &format!("{at}/Sub"), &[&rc, &is], &[]);
        let second = b.node("Add", &format!("{at}/Add"), &[&rs, &ic], &[]);
        let last = [("axis", Attribute::Int(-1))];
        let joined = b.node("Concat", &format!("{at}/Concat"), &[&first, &second], &last);
        let whole = b.ints(&[0, heads as i64, -1, head_dim]);
        b.node("Reshape", &format!("{at}/Reshape_2"), &[&joined, &whole], &[])
    }

    /// Keys or values of the past and of now; `[b, kv_heads, t, head_dim]`, one of the outputs.
    fn cached(&mut self, now: &str, part: &str, layer: usize) -> String {
        let (past, present) = (format!("past_key_values.{layer}.{part}"), format!("present.{layer}.{part}"));
        let name = format!("/model/layers.{layer}/self_attn/Concat_{part}");
        self.b.node_into("Concat", &name, &[&past, now], &[("axis", Attribute::Int(2))], &[&present]);
        present
    }

    /// Each of the heads of keys or values as often as query heads use it, `[b, heads, t, head_dim]`.
    fn repeated(&mut self, x: String, at: &str) -> String {
        let (heads, kv_heads) = (self.c.heads as i64, self.c.kv_heads as i64);
        if heads == kv_heads {
            return x;
        }
        let b = &mut self.b;
        let axes = b.ints(&[2]);
        let x = b.node("Unsqueeze", &format!("{at}/Unsqueeze"), &[&x, &axes], &[]);
        let times = b.ints(&[1, 1, heads / kv_heads, 1, 1]);
        let x = b.node("Expand", &format!("{at}/Expand"), &[&x, &times], &[]);
        let shape = b.ints(&[0, heads, -1, self.c.head_dim() as i64]);
        b.node("Reshape", &format!("{at}/Reshape_3"), &[&x, &shape], &[])
    }

    fn attention(&mut self, x: &str, layer: usize, shared: &Shared) -> String {
        let c = self.c;
        let at = format!("/model/layers.{layer}/self_attn");
        let part = |name: &str| format!("{at}/{name}");
        let (q_size, kv_size) = (c.heads * c.head_dim(), c.kv_heads * c.head_dim());
        let q = self.linear(x, &part("q_proj"), q_size, c.dim, c.weights.query, layer);
        let k = self.linear(x, &part("k_proj"), kv_size, c.dim, c.weights.key, layer);
        let v = self.linear(x, &part("v_proj"), kv_size, c.dim, c.weights.value, layer);
        let q = self.heads(&q, &part("q_heads"), c.heads);
        let k = self.heads(&k, &part("k_heads"), c.kv_heads);
        let v = self.heads(&v, &part("v_heads"), c.kv_heads);
        let q = self.rotated(&q, &part("q_rotary"), c.heads, shared);
        let k = self.rotated(&k, &part("k_rotary"), c.kv_heads, shared);
        let (k, v) = (self.cached(&k, "key", layer), self.cached(&v, "value", layer));
        let (k, v) = (self.repeated(k, &part("k_repeat")), self.repeated(v, &part("v_repeat")));
        let k = self.turned(&k, &part("Transpose_3"), &[0, 1, 3, 2]);
        let scores = self.b.node("MatMul", &part("MatMul"), &[&q, &k], &[]); // [b, heads, s, t]
        let scale = self.b.scalar("attention_scale", 1.0 / (c.head_dim() as f32).sqrt());
        let scores = self.b.node("Mul", &part("Mul_8"), &[&scores, &scale], &[]);
        let masked = self.b.node("Add", &part("Add_2"), &[&scores, &shared.mask], &[]);
        let weights = self.b.node("Softmax", &part("Softmax"), &[&masked], &[("axis", Attribute::Int(-1))]);
        let mixed = self.b.node("MatMul", &part("MatMul_1"), &[&weights, &v], &[]);
        let mixed = self.turned(&mixed, &part("Transpose_4"), &[0, 2, 1, 3]);
        let shape = self.b.ints(&[0, 0, q_size as i64]);
        let mixed = self.b.node("Reshape", &part("Reshape_7"), &[&mixed, &shape], &[]); // [b, s, dim]
        self.linear(&mixed, &part("o_proj"), c.dim, q_size, c.weights.output, layer)
    }

    /// `W₂ · (silu(W₁ · x) ⊙ W₃ · x)`.
    fn feed_forward(&mut self, x: &str, layer: usize) -> String {
        let c = self.c;
        let at = format!("/model/layers.{layer}/mlp");
        let gate = self.linear(x, &format!("{at}/gate_proj"), c.hidden, c.dim, c.weights.gate, layer);
        let up = self.linear(x, &format!("{at}/up_proj"), c.hidden, c.dim, c.weights.up, layer);
        let sigmoid = self.b.node("Sigmoid", &format!("{at}/act_fn/Sigmoid"), &[&gate], &[]);
        let silu = self.b.node("Mul", &format!("{at}/act_fn/Mul"), &[&gate, &sigmoid], &[]);
        let product = self.b.node("Mul", &format!("{at}/Mul"), &[&silu, &up], &[]);
        self.linear(&product, &format!("{at}/down_proj"), c.dim, c.hidden, c.weights.down, layer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{Graph, Storage};

    fn tiny() -> Checkpoint {
        // 2 layers of 4 values, 4 heads of queries, 2 of keys
        let bytes = super::super::checkpoint::tests::zeros([8, 6, 2, 4, 2, 3, 5], 4096);
        Checkpoint::read(&bytes).unwrap()
    }

    #[test]
    fn the_graph_has_the_usual_names() {
        let graph = Graph::read(build(&tiny()).into()).unwrap();
        let names: Vec<String> = graph.inputs().into_iter().map(|slot| slot.name).collect();
        assert_eq!(names[..4], ["input_ids", "attention_mask", "position_ids", "past_key_values.0.key"]);
        assert!(graph.makes("/model/layers.1/self_attn/Softmax_output_0"));
        assert_eq!(graph.outputs()[0].to_string(), "float32 [batch_size, sequence_length, 3]");
        assert_eq!(graph.notes()["eos_token_id"], "1,2");
    }

    #[test]
    fn weights_are_slices_of_the_data_file() {
        let graph = Graph::read(build(&tiny()).into()).unwrap();
        let weight = graph.weight("model.layers.1.mlp.down_proj.weight").unwrap();
        assert_eq!(weight.shape().unwrap(), [8, 6]);
        let offset = (tiny().weights.down + 4 * 8 * 6) as u64;
        let storage = Storage::Outside { location: DATA_FILE.into(), offset, length: Some(192) };
        assert_eq!(weight.storage().unwrap(), storage);
    }

    #[test]
    fn every_value_read_is_made_before() {
        let graph = Graph::read(build(&tiny()).into()).unwrap();
        let mut known: Vec<String> = graph.inputs().into_iter().map(|slot| slot.name).collect();
        known.extend(graph.weights().map(|w| w.name().to_owned()));
        for node in graph.nodes() {
            for input in &node.inputs {
                assert!(known.contains(input), "{} reads {input}", node.name);
            }
            known.extend(node.outputs);
        }
    }

    #[test]
    fn the_same_checkpoint_gives_the_same_bytes() {
        assert_eq!(build(&tiny()), build(&tiny()));
    }
}
