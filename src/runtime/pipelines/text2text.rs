//! `text2text-generation`, `summarization`, `translation`: an encoder reads, a decoder writes.

use std::collections::BTreeMap;

use ndarray::{ArcArray, Axis};

use super::super::onnx::{Model, RunError};
use super::super::tokenizer::{Encode, Tokenizer};
use super::encoder::floats;
use super::sampling::Sampling;
use super::text_generation::{Finish, Generated};
use crate::tensor::Tensor;

/// Texts that `decoder` writes on what `encoder` makes of `text`. The decoder's graph keeps no cache: it
/// reads what it has written from the beginning at each step, as its export asks for.
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
    let mut feeds = BTreeMap::from([
        ("encoder_hidden_states".to_owned(), states),
        ("encoder_attention_mask".to_owned(), mask),
    ]);
    feeds.retain(|name, _| decoder.inputs().iter().any(|slot| slot.name == *name));
    if !feeds.contains_key("encoder_hidden_states")
        || decoder.outputs().iter().all(|slot| slot.name != "logits")
    {
        return Err(wrong(decoder));
    }
    let notes = encoder.notes();
    let start = notes.get("decoder_start_token_id").and_then(|text| text.trim().parse().ok());
    let start: i64 = start.unwrap_or_else(|| tokenizer.pad_id());
    (0..sampling.num_return_sequences)
        .map(|_| {
            let mut margin = f64::INFINITY;
            let mut choose = |scores: &[f32], before: &[i64]| {
                let (token, ahead) = sampling.choose(scores, before, uniform)?;
                margin = margin.min(ahead);
                Ok(token)
            };
            let (token_ids, finish) = write(decoder, tokenizer, start, &mut feeds, sampling, &mut choose)?;
            let text = tokenizer.decode(&token_ids, true)?;
            let cut = sampling.stop.iter().filter_map(|stop| text.find(stop)).min().unwrap_or(text.len());
            Ok(Generated {
                text: text[..cut].to_owned(),
                token_ids,
                prompt_ids: prompt.clone(),
                finish,
                margin,
            })
        })
        .collect()
}

/// Chooses a token by the scores, after those before.
type Choose<'a> = dyn FnMut(&[f32], &[i64]) -> Result<i64, RunError> + 'a;

fn write(
    decoder: &mut Model,
    tokenizer: &Tokenizer,
    start: i64,
    feeds: &mut BTreeMap<String, Tensor>,
    sampling: &Sampling,
    choose: &mut Choose<'_>,
) -> Result<(Vec<i64>, Finish), RunError> {
    let mut all = vec![start];
    let logits = ["logits".to_owned()];
    while all.len() - 1 < sampling.max_new_tokens {
        feeds.insert("input_ids".to_owned(), row(&all));
        let found = decoder.run(feeds, &logits)?.into_iter().next();
        let Some((name, tensor)) = found else { return Err(wrong(decoder)) };
        let scores = floats(decoder, &name, tensor)?; // [1, written, vocabulary]
        let last =
            scores.shape().get(1).and_then(|written| written.checked_sub(1)).ok_or_else(|| wrong(decoder))?;
        let last: Vec<f32> =
            scores.index_axis(Axis(0), 0).index_axis(Axis(0), last).iter().copied().collect();
        let token = choose(&last, &all)?;
        all.push(token);
        if tokenizer.eos_ids().contains(&token) {
            return Ok((all.split_off(1), Finish::EndOfText));
        }
        if !sampling.stop.is_empty() {
            let text = tokenizer.decode(&all[1..], true)?;
            if sampling.stop.iter().any(|stop| text.contains(stop)) {
                return Ok((all.split_off(1), Finish::Stop));
            }
        }
    }
    Ok((all.split_off(1), Finish::Length))
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
