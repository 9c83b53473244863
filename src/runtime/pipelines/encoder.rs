//! One run of an encoder over one text, or one pair of texts.

use ndarray::{ArcArray, IxDyn};

use super::super::onnx::{Model, RunError};
use super::super::tokenizer::{Encode, Tokenizer, Tokens};
use crate::tensor::{Array, Tensor};

/// A text as tokens, and what the model says about it.
pub(super) struct Encoded {
    pub(super) tokens: Tokens,
    /// The outputs asked for, float32, in order.
    pub(super) outputs: Vec<Array<f32>>,
}

/// Runs `model` on `text` (or on the pair of `text` and `second`) for the outputs called `wanted`, or
/// for its first one. Texts run alone: quantised models choose their scales by all that is in a batch.
///
/// # Errors
/// The text cannot be encoded, the model has no such output, or it fails.
pub(super) fn encode(
    model: &mut Model,
    tokenizer: &Tokenizer,
    text: &str,
    second: Option<&str>,
    wanted: &[&str],
) -> Result<Encoded, RunError> {
    let how = Encode { max_length: tokenizer.max_length(), ..Encode::default() };
    let tokens = tokenizer.encode(text, second, how)?;
    let outputs = run(model, &tokens, wanted)?;
    Ok(Encoded { tokens, outputs })
}

fn run(model: &mut Model, tokens: &Tokens, wanted: &[&str]) -> Result<Vec<Array<f32>>, RunError> {
    let count = tokens.ids.len();
    let row = |values: Vec<i64>| -> Tensor {
        let row = ArcArray::from_vec(values).into_dyn();
        Tensor::Int64(row.insert_axis(ndarray::Axis(0)))
    };
    let feed = |name: &str| match name {
        "input_ids" | "token_ids" => Some(row(tokens.ids.clone())),
        "attention_mask" => Some(row(vec![1; count])),
        "token_type_ids" => Some(row(tokens.type_ids.clone())),
        "position_ids" => Some(row((0..count as i64).collect())),
        "length" => Some(Tensor::Int64(ArcArray::from_elem(IxDyn(&[1]), count as i64))),
        _ => None,
    };
    let feeds =
        model.inputs().iter().filter_map(|slot| Some((slot.name.clone(), feed(&slot.name)?))).collect();
    let names: Vec<String> = match wanted {
        [] => model.outputs().iter().take(1).map(|slot| slot.name.clone()).collect(),
        wanted => wanted.iter().map(|name| (*name).to_owned()).collect(),
    };
    let found = model.run(&feeds, &names)?;
    found.into_iter().map(|(name, tensor)| floats(model, &name, tensor)).collect()
}

/// The float32 array of an output.
pub(super) fn floats(model: &Model, name: &str, tensor: Tensor) -> Result<Array<f32>, RunError> {
    match tensor.astype(crate::tensor::DType::Float32) {
        Tensor::Float32(array) if tensor.dtype().is_float() => Ok(array),
        _ => Err(RunError::setting(format!("the output `{name}` of `{}` holds no floats", model.id()))),
    }
}

/// The rows `[tokens, width]` of an output `[1, tokens, width]`.
///
/// # Errors
/// It is of another shape: the model does not do `task`.
pub(super) fn rows(model: &Model, output: &Array<f32>, task: &str) -> Result<Vec<Vec<f64>>, RunError> {
    match output.shape() {
        [1, _, _] => Ok(output.outer_iter().flat_map(|one| lanes(&one)).collect()),
        [_, _] => Ok(lanes(&output.view())),
        shape => Err(RunError::Setting {
            message: format!("the model `{}` gives {shape:?}", model.id()),
            hint: Some(format!("{task} takes a model with an output [batch, sequence, classes]")),
        }),
    }
}

fn lanes(view: &ndarray::ArrayViewD<'_, f32>) -> Vec<Vec<f64>> {
    view.outer_iter().map(|lane| lane.iter().map(|&v| f64::from(v)).collect()).collect()
}
