//! The two graphs. Shapes are noted as `[b, s, …]`: batch, tokens of the text; `t`, tokens of the translation.

use super::file::File;
use super::layers::{EMBEDDING, Writer, layers};
use crate::Result;
use crate::onnx::ElementType;
use crate::onnx::build::{Attribute, Builder};

/// The token that ends a text: Marian's vocabularies begin with it.
const END: usize = 0;

/// `input_ids`, `attention_mask` → `last_hidden_state`.
pub(super) fn encoder(file: &File<'_>) -> Result<Vec<u8>> {
    let mut w = Writer::new(file, "encoder")?;
    let tokens = ["batch_size", "encoder_sequence_length"];
    w.b.input("input_ids", ElementType::Int64, &tokens);
    w.b.input("attention_mask", ElementType::Int64, &tokens);
    let width = w.width.to_string();
    w.b.output("last_hidden_state", ElementType::Float32, &["batch_size", "encoder_sequence_length", &width]);
    let begin = file.matrix(EMBEDDING)?.rows;
    w.b.note("decoder_start_token_id", begin);
    w.b.note("eos_token_id", END);
    let zero = w.b.int(0);
    let positions = range(&mut w.b, "input_ids", &zero, "/positions");
    let mut x = w.embed("input_ids", &positions)?;
    let mask = padding(&mut w.b, "attention_mask");
    for layer in 0..layers(file, "encoder") {
        let at = format!("encoder/layer_{layer}");
        x = w.self_attention(&x, &at, &mask, None)?;
        x = w.feed_forward(&x, &at, "encoder")?;
    }
    w.b.node_into("Identity", "/Identity", &[&x], &[], &["last_hidden_state"]);
    Ok(w.b.finish())
}

/// `input_ids`, what the encoder made, keys and values of before → `logits`, those of before and now.
pub(super) fn decoder(file: &File<'_>) -> Result<Vec<u8>> {
    let mut w = Writer::new(file, "decoder")?;
    let head = file.matrix(EMBEDDING)?;
    let (width, vocabulary) = (w.width.to_string(), head.rows.to_string());
    let (heads, size) = (w.heads.to_string(), (w.width / w.heads).to_string());
    let count = layers(file, "decoder");
    let (batch, read) = ("batch_size", "encoder_sequence_length");
    w.b.input("input_ids", ElementType::Int64, &[batch, "decoder_sequence_length"]);
    w.b.input("encoder_hidden_states", ElementType::Float32, &[batch, read, &width]);
    w.b.input("encoder_attention_mask", ElementType::Int64, &[batch, read]);
    w.b.output("logits", ElementType::Float32, &[batch, "decoder_sequence_length", &vocabulary]);
    for layer in 0..count {
        for part in ["key", "value"] {
            let past = [batch, &heads, "past_decoder_sequence_length", &size];
            w.b.input(&format!("past_key_values.{layer}.decoder.{part}"), ElementType::Float32, &past);
            let present = [batch, &heads, "past_decoder_sequence_length + decoder_sequence_length", &size];
            w.b.output(&format!("present.{layer}.decoder.{part}"), ElementType::Float32, &present);
        }
    }
    let past = length(&mut w.b, "past_key_values.0.decoder.key", 2, "/past");
    let positions = range(&mut w.b, "input_ids", &past, "/positions"); // [t]
    let causal = causal(&mut w.b, &past, &positions);
    let mask = padding(&mut w.b, "encoder_attention_mask");
    let mut x = w.embed("input_ids", &positions)?;
    for layer in 0..count {
        let at = format!("decoder/layer_{layer}");
        x = w.self_attention(&x, &at, &causal, Some(&format!("{layer}.decoder")))?;
        x = w.cross_attention(&x, &at, "encoder_hidden_states", &mask)?;
        x = w.feed_forward(&x, &at, "decoder")?;
    }
    // The embedding again, without the row of zeros after its last token.
    let (values, scales) = (EMBEDDING.to_owned(), format!("{EMBEDDING}_scale"));
    let [values, scales] = [(values, "values"), (scales, "scales")].map(|(table, name)| {
        let (from, to, axis) = (w.b.ints(&[0]), w.b.ints(&[head.rows as i64]), w.b.ints(&[0]));
        w.b.node("Slice", &format!("/head/Slice_{name}"), &[&table, &from, &to, &axis], &[])
    });
    let float = [("to", Attribute::Int(ElementType::Float32.code().into()))];
    let values = w.b.node("Cast", "/head/Cast", &[&values], &float);
    let whole = w.b.node("Div", "/head/Div", &[&values, &scales], &[]);
    let turn = [("perm", Attribute::Ints(vec![1, 0]))];
    let turned = w.b.node("Transpose", "/head/Transpose", &[&whole], &turn);
    let product = w.b.node("MatMul", "/head/MatMul", &[&x, &turned], &[]);
    let bias = file.floats("decoder/projection/bias", &[head.rows])?.to_vec();
    let bias = w.b.raw("decoder/projection/bias", ElementType::Float32, &[head.rows], bias);
    w.b.node_into("Add", "/head/Add", &[&product, &bias], &[], &["logits"]);
    Ok(w.b.finish())
}

/// The size of axis `axis` of `x`.
fn length(b: &mut Builder, x: &str, axis: i64, at: &str) -> String {
    let sizes = b.node("Shape", &format!("{at}/Shape"), &[x], &[]);
    let axis = b.int(axis);
    b.node("Gather", &format!("{at}/Gather"), &[&sizes, &axis], &[])
}

/// The positions of the tokens `ids`, the first at `start`, `[tokens]`.
fn range(b: &mut Builder, ids: &str, start: &str, at: &str) -> String {
    let count = length(b, ids, 1, at);
    let end = b.node("Add", &format!("{at}/Add"), &[start, &count], &[]);
    let one = b.int(1);
    b.node("Range", &format!("{at}/Range"), &[start, &end, &one], &[])
}

/// 0 where a token may look, a very low number where it may not.
fn closed(b: &mut Builder, seen: &str, at: &str) -> String {
    let open = b.scalar("mask_open", 0.0);
    let shut = b.scalar("mask_closed", f32::MIN);
    b.node("Where", &format!("{at}/Where"), &[seen, &open, &shut], &[])
}

/// Not at padding: `[b, 1, 1, s]`.
fn padding(b: &mut Builder, mask: &str) -> String {
    let bool_type = [("to", Attribute::Int(ElementType::Bool.code().into()))];
    let real = b.node("Cast", "/padding/Cast", &[mask], &bool_type);
    let axes = b.ints(&[1, 2]);
    let real = b.node("Unsqueeze", "/padding/Unsqueeze", &[&real, &axes], &[]);
    closed(b, &real, "/padding")
}

/// Not at what comes later: `[t, past + t]`.
fn causal(b: &mut Builder, past: &str, positions: &str) -> String {
    let (zero, one, column) = (b.int(0), b.int(1), b.ints(&[1]));
    let now = length(b, "input_ids", 1, "/causal");
    let total = b.node("Add", "/causal/Add", &[past, &now], &[]);
    let keys = b.node("Range", "/causal/Range", &[&zero, &total, &one], &[]);
    let queries = b.node("Unsqueeze", "/causal/Unsqueeze", &[positions, &column], &[]);
    let earlier = b.node("LessOrEqual", "/causal/LessOrEqual", &[&keys, &queries], &[]);
    closed(b, &earlier, "/causal")
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::file;
    use super::*;
    use crate::models::convert::tests::assert_ordered;
    use crate::onnx::Graph;

    /// One layer a side, vectors of 4, 2 heads, 3 tokens, in zeros.
    fn tiny() -> Vec<u8> {
        let mut variables: Vec<(String, Vec<u32>, u8, Vec<u8>)> = Vec::new();
        let mut floats = |name: String, dims: &[u32]| {
            let count = dims.iter().product::<u32>() as usize;
            variables.push((name, dims.to_vec(), 0, vec![0; 4 * count]));
        };
        let linears = [
            ("self_attention/linear_0", 12, 4),
            ("self_attention/linear_1", 4, 4),
            ("ffn/linear_0", 8, 4),
            ("ffn/linear_1", 4, 8),
        ];
        let cross =
            [("attention/linear_0", 4, 4), ("attention/linear_1", 8, 4), ("attention/linear_2", 4, 4)];
        let mut matrices = vec![(EMBEDDING.to_owned(), 3, 4)];
        for side in ["encoder", "decoder"] {
            let (more, parts) = match side {
                "decoder" => (&cross[..], &["self_attention", "attention", "ffn"][..]),
                _ => (&[][..], &["self_attention", "ffn"][..]),
            };
            for (name, rows, columns) in linears.iter().chain(more) {
                let name = format!("{side}/layer_0/{name}");
                floats(format!("{name}/bias"), &[*rows]);
                matrices.push((format!("{name}/weight"), *rows, *columns));
            }
            for part in parts {
                floats(format!("{side}/layer_0/{part}/layer_norm/gamma"), &[4]);
                floats(format!("{side}/layer_0/{part}/layer_norm/beta"), &[4]);
            }
        }
        floats("decoder/position_encodings/encodings".to_owned(), &[16, 4]);
        floats("decoder/projection/bias".to_owned(), &[3]);
        for (name, rows, _) in &matrices {
            floats(format!("{name}_scale"), &[*rows]);
        }
        let bytes = matrices
            .into_iter()
            .map(|(name, rows, columns)| (name, vec![rows, columns], 1, vec![0; (rows * columns) as usize]));
        variables.extend(bytes);
        let settings = ["encoder", "decoder"].into_iter().flat_map(|side| {
            [("pre_norm", 0), ("scale_embeddings", 1), ("activation", 2), ("num_heads", 2)]
                .map(|(name, value)| (format!("{side}/{name}"), Vec::new(), 1, vec![value]))
        });
        variables.extend(settings);
        variables.push(("decoder/start_from_zero_embedding".to_owned(), Vec::new(), 1, vec![1]));
        let borrowed: Vec<(&str, &[u32], u8, Vec<u8>)> =
            variables.iter().map(|(n, d, e, b)| (n.as_str(), d.as_slice(), *e, b.clone())).collect();
        file(&borrowed)
    }

    #[test]
    fn every_value_read_is_made_before() {
        let bytes = tiny();
        let file = File::read(&bytes).unwrap();
        for graph in [encoder(&file).unwrap(), decoder(&file).unwrap()] {
            assert_ordered(&Graph::read(graph.into()).unwrap());
        }
    }

    #[test]
    fn the_pair_has_the_usual_names() {
        let bytes = tiny();
        let file = File::read(&bytes).unwrap();
        let graph = Graph::read(encoder(&file).unwrap().into()).unwrap();
        assert_eq!(graph.notes()["decoder_start_token_id"], "3");
        assert_eq!(graph.outputs()[0].name, "last_hidden_state");
        let graph = Graph::read(decoder(&file).unwrap().into()).unwrap();
        let names: Vec<String> = graph.inputs().into_iter().map(|slot| slot.name).collect();
        assert_eq!(names[..3], ["input_ids", "encoder_hidden_states", "encoder_attention_mask"]);
        assert_eq!(names[3], "past_key_values.0.decoder.key");
        assert_eq!(graph.outputs()[2].name, "present.0.decoder.value");
    }

    #[test]
    fn another_architecture_is_refused() {
        let bytes = file(&[("encoder/pre_norm", &[], 1, vec![1])]);
        let error = encoder(&File::read(&bytes).unwrap()).unwrap_err().to_string();
        assert!(error.ends_with("its encoder normalises before its parts"), "{error}");
    }
}
