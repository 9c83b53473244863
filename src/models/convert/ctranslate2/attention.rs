//! Attention: of a text to itself, and of a translation to the text.

use super::layers::Writer;
use crate::Result;
use crate::onnx::build::Attribute;

/// Queries, keys and values, each `[b, heads, tokens, width / heads]`.
struct Parts {
    queries: String,
    keys: String,
    values: String,
}

impl Writer<'_> {
    /// Self-attention of the layer at `layer`. With `past`, the prefix of what is kept (`0.decoder`), keys and
    /// values of earlier tokens come before those of now.
    pub(super) fn self_attention(
        &mut self,
        x: &str,
        layer: &str,
        mask: &str,
        past: Option<&str>,
    ) -> Result<String> {
        let part = format!("{layer}/self_attention");
        let all = self.linear(x, &format!("{part}/linear_0"))?;
        let [queries, keys, values] = self.pieces(&all, &part);
        let mut parts = Parts { queries, keys, values };
        if let Some(past) = past {
            parts.keys = self.kept(&parts.keys, past, "key");
            parts.values = self.kept(&parts.values, past, "value");
        }
        let mixed = self.mixed(&parts, &part, mask);
        let made = self.linear(&mixed, &format!("{part}/linear_1"))?;
        self.joined(x, &made, &part)
    }

    /// Attention of the layer at `layer` to `states`, what the encoder has made.
    pub(super) fn cross_attention(
        &mut self,
        x: &str,
        layer: &str,
        states: &str,
        mask: &str,
    ) -> Result<String> {
        let part = format!("{layer}/attention");
        let queries = self.linear(x, &format!("{part}/linear_0"))?;
        let queries = self.split(&queries, &format!("/{part}/queries"));
        let both = self.linear(states, &format!("{part}/linear_1"))?;
        let [keys, values] = self.pieces(&both, &part);
        let mixed = self.mixed(&Parts { queries, keys, values }, &part, mask);
        let made = self.linear(&mixed, &format!("{part}/linear_2"))?;
        self.joined(x, &made, &part)
    }

    /// The last axis cut into equal pieces, each with its heads apart.
    fn pieces<const N: usize>(&mut self, x: &str, part: &str) -> [String; N] {
        let names: [String; N] = std::array::from_fn(|i| format!("/{part}/Split_output_{i}"));
        let outputs: Vec<&str> = names.iter().map(String::as_str).collect();
        let how = [("axis", Attribute::Int(-1)), ("num_outputs", Attribute::Int(N as i64))];
        self.b.node_into("Split", &format!("/{part}/Split"), &[x], &how, &outputs);
        std::array::from_fn(|i| self.split(&names[i], &format!("/{part}/piece_{i}")))
    }

    /// `[b, s, width]` as `[b, heads, s, width / heads]`.
    fn split(&mut self, x: &str, at: &str) -> String {
        let shape = self.b.ints(&[0, 0, self.heads as i64, (self.width / self.heads) as i64]);
        let split = self.b.node("Reshape", &format!("{at}/Reshape"), &[x, &shape], &[]);
        self.turned(&split, &format!("{at}/Transpose"), &[0, 2, 1, 3])
    }

    fn turned(&mut self, x: &str, name: &str, order: &[i64]) -> String {
        self.b.node("Transpose", name, &[x], &[("perm", Attribute::Ints(order.to_vec()))])
    }

    /// Keys or values of the past and of now, one of the outputs.
    fn kept(&mut self, now: &str, past: &str, name: &str) -> String {
        let (before, after) = (format!("past_key_values.{past}.{name}"), format!("present.{past}.{name}"));
        let how = [("axis", Attribute::Int(2))];
        self.b.node_into("Concat", &format!("/{past}/Concat_{name}"), &[&before, now], &how, &[&after]);
        after
    }

    fn mixed(&mut self, parts: &Parts, part: &str, mask: &str) -> String {
        let at = |name: &str| format!("/{part}/{name}");
        let keys = self.turned(&parts.keys, &at("Transpose_keys"), &[0, 1, 3, 2]);
        let scores = self.b.node("MatMul", &at("MatMul"), &[&parts.queries, &keys], &[]);
        let scale = self.b.scalar("attention_scale", 1.0 / ((self.width / self.heads) as f32).sqrt());
        let scores = self.b.node("Mul", &at("Mul_scale"), &[&scores, &scale], &[]);
        let masked = self.b.node("Add", &at("Add_mask"), &[&scores, mask], &[]);
        let weights = self.b.node("Softmax", &at("Softmax"), &[&masked], &[("axis", Attribute::Int(-1))]);
        let mixed = self.b.node("MatMul", &at("MatMul_1"), &[&weights, &parts.values], &[]);
        let mixed = self.turned(&mixed, &at("Transpose_mixed"), &[0, 2, 1, 3]);
        let shape = self.b.ints(&[0, 0, self.width as i64]);
        self.b.node("Reshape", &at("Reshape_mixed"), &[&mixed, &shape], &[])
    }
}
