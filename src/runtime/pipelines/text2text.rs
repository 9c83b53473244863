//! `text2text-generation`, `summarization`, `translation`: an encoder reads, a decoder writes.

use ndarray::{ArcArray, Axis};

use super::super::files;
use super::super::onnx::{Decoder, Model, RunError};
use super::super::tokenizer::{Encode, Tokenizer};
use super::sampling::Sampling;
use super::text_generation::{Generated, TextGeneration};
use crate::tensor::Tensor;

/// Texts that `decoder` writes on what `encoder` makes of `text`. A decoder whose graph keeps no cache reads
/// what it has written from the beginning at each step.
///
/// # Errors
/// A setting makes no sense, the models are no such pair, or one of them fails.
pub fn text2text(
    encoder: &mut Model,
    decoder: &mut Model,
    tokenizer: &Tokenizer,
    text: &str,
    sampling: &Sampling,
    uniform: &mut dyn FnMut() -> f64,
) -> Result<Vec<Generated>, RunError> {
    sampling.validate()?;
    let how = Encode { max_length: tokenizer.max_length(), ..Encode::default() };
    let prompt = tokenizer.encode(text, None, how)?.ids;
    let mask = row(&vec![1; prompt.len()]);
    let named = [("input_ids", row(&prompt)), ("attention_mask", mask.clone())];
    let feeds = named.into_iter().filter(|(name, _)| encoder.inputs().iter().any(|slot| slot.name == *name));
    let feeds = feeds.map(|(name, tensor)| (name.to_owned(), tensor)).collect();
    let first = encoder.outputs().iter().take(1).map(|slot| slot.name.clone()).collect::<Vec<_>>();
    let states = encoder.run(&feeds, &first)?.into_iter().next();
    let Some((_, states)) = states else { return Err(wrong(encoder)) };
    if decoder.inputs().iter().all(|slot| slot.name != "encoder_hidden_states") {
        return Err(wrong(decoder));
    }
    let start = begin(encoder)?.unwrap_or_else(|| tokenizer.pad_id());
    let states = [("encoder_hidden_states", states), ("encoder_attention_mask", mask)];
    let decoder = Decoder::after(decoder, &states)?;
    let eos = tokenizer.eos_ids().to_vec();
    let mut writing = TextGeneration::of(decoder, vec![start], eos, usize::MAX)?;
    let written = writing.texts(tokenizer, sampling, uniform, &mut |_, _| {})?;
    Ok(written.into_iter().map(|one| Generated { prompt_ids: prompt.clone(), ..one }).collect())
}

/// The token that the decoder begins with, where the graph's notes or the model's `config.json` say so; T5
/// and Marian begin with the padding.
fn begin(encoder: &Model) -> Result<Option<i64>, RunError> {
    const NAME: &str = "decoder_start_token_id";
    if let Some(noted) = encoder.notes().get(NAME).and_then(|text| text.trim().parse().ok()) {
        return Ok(Some(noted));
    }
    let Some(path) = encoder.local().file("config") else { return Ok(None) };
    let wrong = |cause: String| RunError::setting(format!("{} cannot be read: {cause}", path.display()));
    let bytes = files::read(path).map_err(|error| wrong(error.to_string()))?;
    let config: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    Ok(config.get(NAME).and_then(serde_json::Value::as_i64))
}

fn row(values: &[i64]) -> Tensor {
    Tensor::Int64(ArcArray::from_vec(values.to_vec()).into_dyn().insert_axis(Axis(0)))
}

fn wrong(model: &Model) -> RunError {
    RunError::Setting {
        message: format!("the model `{}` is no half of an encoder-decoder pair", model.id()),
        hint: Some("text2text-generation takes an encoder and, in the role `decoder`, a graph with encoder_hidden_states and logits".to_owned()),
    }
}
