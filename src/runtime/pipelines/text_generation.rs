//! `text-generation`: what comes after a prompt.

use std::rc::Rc;

use super::super::onnx::{Decoder, Model, Past, RunError};
use super::super::tokenizer::{Encode, Tokenizer};
use super::beam_search;
use super::sampling::Sampling;

/// A text that was generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// What was added to the prompt.
    pub text: String,
    /// The tokens that were added, the one that ended the text among them.
    pub token_ids: Vec<i64>,
    /// The tokens of the prompt.
    pub prompt_ids: Vec<i64>,
    /// Why it ends.
    pub finish: Finish,
    /// How far the token that was the closest choice of all was ahead.
    pub margin: f64,
}

/// Why a text ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// As many tokens as asked for, or as the model can hold.
    Length,
    /// The model said so.
    EndOfText,
    /// One of the stop texts came.
    Stop,
}

/// A text in the making, token by token.
#[derive(Debug)]
pub struct TextGeneration<'m> {
    decoder: Decoder<'m>,
    /// What the prompt left in the cache, and the scores after it; shared by all texts made from it.
    begun: (Vec<f32>, Rc<Past>),
    prompt: Vec<i64>,
    eos: Vec<i64>,
    /// The most tokens that the model can hold.
    context: usize,
}

/// Makes texts that begin with `prompt`. `uniform` gives numbers in `[0, 1)`, one for each token
/// drawn, the first text's before the second's. `each` is told every token as it comes, with the
/// number of its text.
///
/// # Errors
/// A setting makes no sense, the model writes no text, or it fails.
pub fn generate(
    model: &mut Model,
    tokenizer: &Tokenizer,
    prompt: &str,
    sampling: &Sampling,
    uniform: &mut dyn FnMut() -> f64,
    each: &mut dyn FnMut(usize, i64),
) -> Result<Vec<Generated>, RunError> {
    sampling.validate()?;
    TextGeneration::begin(model, tokenizer, prompt)?.texts(tokenizer, sampling, uniform, each)
}

impl<'m> TextGeneration<'m> {
    /// Reads the prompt.
    ///
    /// # Errors
    /// The model writes no text, or the prompt is empty or longer than the model can hold.
    pub fn begin(model: &'m mut Model, tokenizer: &Tokenizer, prompt: &str) -> Result<Self, RunError> {
        let ids = tokenizer.encode(prompt, None, Encode::default())?.ids;
        let notes = model.notes();
        let number = |text: &str| text.trim().parse::<i64>().ok();
        let noted: Vec<i64> = notes
            .get("eos_token_id")
            .map(|ids| ids.split(',').filter_map(number).collect())
            .unwrap_or_default();
        let eos = if noted.is_empty() { tokenizer.eos_ids().to_vec() } else { noted };
        let context = notes.get("max_position_embeddings").and_then(|text| text.parse().ok());
        let context = context.unwrap_or(usize::MAX);
        if ids.len() > context {
            return Err(RunError::setting(format!(
                "the prompt has {} tokens, but the model `{}` holds {context}",
                ids.len(),
                model.id()
            )));
        }
        Self::of(Decoder::new(model)?, ids, eos, context)
    }

    /// A text that `decoder` writes after `prompt`, until one of `eos` or for `context` tokens in all.
    ///
    /// # Errors
    /// The model fails.
    pub(super) fn of(
        mut decoder: Decoder<'m>,
        prompt: Vec<i64>,
        eos: Vec<i64>,
        context: usize,
    ) -> Result<Self, RunError> {
        let (scores, past) = decoder.read(&prompt)?;
        let begun = (scores, Rc::new(past));
        Ok(Self { decoder, begun, prompt, eos, context })
    }

    /// Makes as many texts as are asked for; see [`generate`].
    ///
    /// # Errors
    /// The model fails.
    pub(super) fn texts(
        &mut self,
        tokenizer: &Tokenizer,
        sampling: &Sampling,
        uniform: &mut dyn FnMut() -> f64,
        each: &mut dyn FnMut(usize, i64),
    ) -> Result<Vec<Generated>, RunError> {
        if sampling.num_beams > 1 {
            return self.best(tokenizer, sampling);
        }
        (0..sampling.num_return_sequences)
            .map(|at| self.text(tokenizer, sampling, uniform, &mut |token| each(at, token)))
            .collect()
    }

    /// The best texts that beams find, the best one first.
    fn best(&mut self, tokenizer: &Tokenizer, sampling: &Sampling) -> Result<Vec<Generated>, RunError> {
        let begun = beam_search::Beam::new(&self.prompt, &self.begun);
        let most = sampling.max_new_tokens.min(self.context.saturating_sub(self.prompt.len()));
        let found = beam_search::search(&mut self.decoder, begun, &self.eos, most, sampling)?;
        let made = |(mut all, finish): (Vec<i64>, Finish)| {
            let text = added(tokenizer, &all, self.prompt.len())?;
            let token_ids = all.split_off(self.prompt.len());
            Ok(Generated { text, token_ids, prompt_ids: all, finish, margin: found.margin })
        };
        found.texts.into_iter().map(made).collect()
    }

    /// Makes one text; see [`generate`].
    ///
    /// # Errors
    /// The model fails.
    pub fn text(
        &mut self,
        tokenizer: &Tokenizer,
        sampling: &Sampling,
        uniform: &mut dyn FnMut() -> f64,
        each: &mut dyn FnMut(i64),
    ) -> Result<Generated, RunError> {
        let mut all = self.prompt.clone();
        let start = all.len();
        let most = sampling.max_new_tokens.min(self.context.saturating_sub(start));
        let mut state: Option<(Vec<f32>, Past)> = None;
        let mut finish = Finish::Length;
        let mut cut = None;
        let mut margin = f64::INFINITY;
        while all.len() - start < most {
            let (scores, past) = match &state {
                Some((scores, past)) => (scores, past),
                None => (&self.begun.0, &*self.begun.1),
            };
            let (token, ahead) = sampling.choose(scores, &all, uniform)?;
            margin = margin.min(ahead);
            all.push(token);
            each(token);
            if self.eos.contains(&token) {
                finish = Finish::EndOfText;
                break;
            }
            if !sampling.stop.is_empty() {
                let text = added(tokenizer, &all, start)?;
                cut = sampling.stop.iter().filter_map(|stop| text.find(stop)).min();
                if cut.is_some() {
                    finish = Finish::Stop;
                    break;
                }
            }
            if all.len() - start < most {
                state = Some(self.decoder.step(&[token], past)?);
            }
        }
        let mut text = added(tokenizer, &all, start)?;
        text.truncate(cut.unwrap_or(text.len()));
        let token_ids = all.split_off(start);
        Ok(Generated { text, token_ids, prompt_ids: all, finish, margin })
    }
}

/// The text of the tokens from `start` on. It is cut out of the whole text, because decoders drop a
/// space at the beginning.
fn added(tokenizer: &Tokenizer, all: &[i64], start: usize) -> Result<String, RunError> {
    let prompt = tokenizer.decode(&all[..start], true)?;
    let whole = tokenizer.decode(all, true)?;
    match whole.strip_prefix(&prompt) {
        Some(text) => Ok(text.to_owned()),
        // The prompt ended within a character, which its own decoding shows as U+FFFD.
        None => tokenizer.decode(&all[start..], true),
    }
}
