//! Weights as slices of the checkpoint's own file.

use super::DATA_FILE;
use super::checkpoint::Checkpoint;
use crate::models::convert::llama::{Angles, Matrix, Scale, Weights, weight_name};
use crate::onnx::build::{Attribute, Builder};

/// The embedding, `[vocabulary, dim]`.
const EMBEDDING: &str = "model.embed_tokens.weight";

impl Checkpoint {
    /// The weight number `index` of those of shape `dims` that begin at `offset`.
    fn slice(&self, b: &mut Builder, name: &str, dims: &[usize], offset: usize, index: usize) -> String {
        let bytes = dims.iter().product::<usize>() * size_of::<f32>();
        b.outside(name, dims, DATA_FILE, (offset + index * bytes) as u64)
    }

    /// The rows of a table of angles for the positions read, `[b, 1, s, head_dim / 2, 1]`.
    fn table(&self, b: &mut Builder, name: &str, offset: usize, positions: &str) -> String {
        let dims = [self.shape.context, self.shape.head_dim() / 2];
        let weight = self.slice(b, &format!("model.rotary_emb.{name}"), &dims, offset, 0);
        let at = format!("/model/rotary_emb/{name}");
        let rows = b.node("Gather", &format!("{at}/Gather"), &[&weight, positions], &[]);
        let axes = b.ints(&[1, 4]);
        b.node("Unsqueeze", &format!("{at}/Unsqueeze"), &[&rows, &axes], &[])
    }
}

fn transposed(b: &mut Builder, x: &str, name: &str) -> String {
    b.node("Transpose", name, &[x], &[("perm", Attribute::Ints(vec![1, 0]))])
}

impl Weights for Checkpoint {
    fn embed(&self, b: &mut Builder, ids: &str) -> String {
        let dims = [self.shape.vocabulary, self.shape.dim];
        let weight = self.slice(b, EMBEDDING, &dims, self.offsets.embedding, 0);
        b.node("Gather", "/model/embed_tokens/Gather", &[&weight, ids], &[])
    }

    fn angles(&self, b: &mut Builder, positions: &str) -> Angles {
        Angles {
            cos: self.table(b, "cos", self.offsets.cos, positions),
            sin: self.table(b, "sin", self.offsets.sin, positions),
        }
    }

    fn scale(&self, b: &mut Builder, name: &str, of: Scale) -> String {
        let (offset, index) = match of {
            Scale::Attention(layer) => (self.offsets.attention_norm, layer),
            Scale::FeedForward(layer) => (self.offsets.ffn_norm, layer),
            Scale::Last => (self.offsets.final_norm, 0),
        };
        self.slice(b, name, &[self.shape.dim], offset, index)
    }

    fn linear(&self, b: &mut Builder, x: &str, at: &str, matrix: Matrix) -> String {
        let (offset, layer) = match matrix {
            Matrix::Query(layer) => (self.offsets.query, layer),
            Matrix::Key(layer) => (self.offsets.key, layer),
            Matrix::Value(layer) => (self.offsets.value, layer),
            Matrix::Output(layer) => (self.offsets.output, layer),
            Matrix::Gate(layer) => (self.offsets.gate, layer),
            Matrix::Down(layer) => (self.offsets.down, layer),
            Matrix::Up(layer) => (self.offsets.up, layer),
        };
        let weight = self.slice(b, &weight_name(at), &matrix.dims(&self.shape), offset, layer);
        let turned = transposed(b, &weight, &format!("{at}/Transpose"));
        b.node("MatMul", &format!("{at}/MatMul"), &[x, &turned], &[])
    }

    fn head(&self, b: &mut Builder, x: &str, logits: &str) {
        let weight = if self.offsets.head == self.offsets.embedding {
            EMBEDDING.to_owned()
        } else {
            let dims = [self.shape.vocabulary, self.shape.dim];
            self.slice(b, "lm_head.weight", &dims, self.offsets.head, 0)
        };
        let turned = transposed(b, &weight, "/lm_head/Transpose");
        b.node_into("MatMul", "/lm_head/MatMul", &[x, &turned], &[], &[logits]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::convert::llama::build;
    use crate::models::convert::tests::assert_ordered;
    use crate::onnx::{Graph, Storage};

    fn tiny() -> Checkpoint {
        // 2 layers of 4 values, 4 heads of queries, 2 of keys
        let bytes = super::super::checkpoint::tests::zeros([8, 6, 2, 4, 2, 3, 5], 4096);
        Checkpoint::read(&bytes).unwrap()
    }

    #[test]
    fn the_graph_has_the_usual_names() {
        let graph = Graph::read(build(&tiny().shape, &tiny()).into()).unwrap();
        let names: Vec<String> = graph.inputs().into_iter().map(|slot| slot.name).collect();
        assert_eq!(names[..4], ["input_ids", "attention_mask", "position_ids", "past_key_values.0.key"]);
        assert!(graph.makes("/model/layers.1/self_attn/Softmax_output_0"));
        assert_eq!(graph.outputs()[0].to_string(), "float32 [batch_size, sequence_length, 3]");
        assert_eq!(graph.notes()["eos_token_id"], "1,2");
    }

    #[test]
    fn weights_are_slices_of_the_data_file() {
        let graph = Graph::read(build(&tiny().shape, &tiny()).into()).unwrap();
        let weight = graph.weight("model.layers.1.mlp.down_proj.weight").unwrap();
        assert_eq!(weight.shape().unwrap(), [8, 6]);
        let offset = (tiny().offsets.down + 4 * 8 * 6) as u64;
        let storage = Storage::Outside { location: DATA_FILE.into(), offset, length: Some(192) };
        assert_eq!(weight.storage().unwrap(), storage);
    }

    #[test]
    fn every_value_read_is_made_before() {
        assert_ordered(&Graph::read(build(&tiny().shape, &tiny()).into()).unwrap());
    }

    #[test]
    fn the_same_checkpoint_gives_the_same_bytes() {
        assert_eq!(build(&tiny().shape, &tiny()), build(&tiny().shape, &tiny()));
    }
}
