//! The forward pass of Llama as an ONNX graph.
//!
//! Llama (<https://arxiv.org/abs/2302.13971>): RMSNorm before each part, rotary position embedding
//! over neighbouring pairs of values, SwiGLU. Shapes are noted as `[b, s, …]`: batch, sequence (the
//! tokens read now), `t` (those and the past).

use super::{Angles, Matrix, Scale, Shape, Weights};
use crate::onnx::ElementType;
use crate::onnx::build::{Attribute, Builder};

/// The version of ONNX's operators.
const OPSET: i64 = 18;

/// The bytes of the graph of a model of `shape` with `weights`.
pub(in super::super) fn build(shape: &Shape, weights: &dyn Weights) -> Vec<u8> {
    let mut writer = Writer { c: shape, w: weights, b: Builder::new("main_graph", OPSET) };
    writer.write();
    writer.b.finish()
}

struct Writer<'c> {
    c: &'c Shape,
    w: &'c dyn Weights,
    b: Builder,
}

/// What all layers share.
struct Shared {
    angles: Angles,
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
        self.b.note("bos_token_id", c.begin);
        self.b.note("eos_token_id", &c.stops);
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

        let mut x = self.w.embed(&mut self.b, "input_ids"); // [b, s, dim]
        let shared = Shared { angles: self.w.angles(&mut self.b, "position_ids"), mask: self.mask() };
        for layer in 0..c.layers {
            let at = format!("/model/layers.{layer}");
            let normed = self.norm(&x, &format!("{at}/input_layernorm"), Scale::Attention(layer));
            let attended = self.attention(&normed, layer, &shared);
            x = self.b.node("Add", &format!("{at}/Add"), &[&x, &attended], &[]);
            let normed = self.norm(&x, &format!("{at}/post_attention_layernorm"), Scale::FeedForward(layer));
            let fed = self.feed_forward(&normed, layer);
            x = self.b.node("Add", &format!("{at}/Add_1"), &[&x, &fed], &[]);
        }
        let normed = self.norm(&x, "/model/norm", Scale::Last);
        self.w.head(&mut self.b, &normed, "logits");
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
    fn norm(&mut self, x: &str, at: &str, of: Scale) -> String {
        let b = &mut self.b;
        let weight = self.w.scale(b, &weight_name(at), of);
        let (axes, epsilon) = (b.ints(&[-1]), b.scalar("rms_norm_epsilon", self.c.epsilon));
        let square = b.node("Mul", &format!("{at}/Pow"), &[x, x], &[]);
        let mean = b.node("ReduceMean", &format!("{at}/ReduceMean"), &[&square, &axes], &[]);
        let sum = b.node("Add", &format!("{at}/Add"), &[&mean, &epsilon], &[]);
        let root = b.node("Sqrt", &format!("{at}/Sqrt"), &[&sum], &[]);
        let scaled = b.node("Div", &format!("{at}/Div"), &[x, &root], &[]);
        b.node("Mul", &format!("{at}/Mul_1"), &[&scaled, &weight], &[])
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
        let (rc, is) =
            (times("Mul", &real, &shared.angles.cos), times("Mul_1", &imaginary, &shared.angles.sin));
        let (rs, ic) =
            (times("Mul_2", &real, &shared.angles.sin), times("Mul_3", &imaginary, &shared.angles.cos));
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
        let q = self.linear(x, &part("q_proj"), Matrix::Query(layer));
        let k = self.linear(x, &part("k_proj"), Matrix::Key(layer));
        let v = self.linear(x, &part("v_proj"), Matrix::Value(layer));
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
        let shape = self.b.ints(&[0, 0, (c.heads * c.head_dim()) as i64]);
        let mixed = self.b.node("Reshape", &part("Reshape_7"), &[&mixed, &shape], &[]); // [b, s, dim]
        self.linear(&mixed, &part("o_proj"), Matrix::Output(layer))
    }

    fn linear(&mut self, x: &str, at: &str, matrix: Matrix) -> String {
        self.w.linear(&mut self.b, x, at, matrix)
    }

    /// `W₂ · (silu(W₁ · x) ⊙ W₃ · x)`.
    fn feed_forward(&mut self, x: &str, layer: usize) -> String {
        let at = format!("/model/layers.{layer}/mlp");
        let gate = self.linear(x, &format!("{at}/gate_proj"), Matrix::Gate(layer));
        let up = self.linear(x, &format!("{at}/up_proj"), Matrix::Up(layer));
        let sigmoid = self.b.node("Sigmoid", &format!("{at}/act_fn/Sigmoid"), &[&gate], &[]);
        let silu = self.b.node("Mul", &format!("{at}/act_fn/Mul"), &[&gate, &sigmoid], &[]);
        let product = self.b.node("Mul", &format!("{at}/Mul"), &[&silu, &up], &[]);
        self.linear(&product, &format!("{at}/down_proj"), Matrix::Down(layer))
    }
}

/// The name of the weight of the part at `at`: `/model/norm` has `model.norm.weight`.
pub(in super::super) fn weight_name(at: &str) -> String {
    format!("{}.weight", at.trim_start_matches('/').replace('/', "."))
}
