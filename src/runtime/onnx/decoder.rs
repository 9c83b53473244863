//! Text models token by token: the keys and values of the past stay inside ONNX Runtime.

use std::rc::Rc;

use ort::session::SessionInputValue;
use ort::value::{DynValue, Tensor as OrtTensor};

use super::convert;
use super::error::RunError;
use super::model::{Model, failed};
use crate::onnx::{Dim, ElementType, Slot};
use crate::tensor::{DType, Tensor, check_size};

/// A text model ready to be run step by step, one sequence at a time.
#[derive(Debug)]
pub struct Decoder<'m> {
    model: &'m mut Model,
    /// For each input of the past: its slot, and the output that takes its place in the next step.
    cache: Vec<(Slot, String)>,
    inputs: Vec<(Feed, String)>,
    /// What is fed at every step: what an encoder has made of its text.
    given: Vec<(Slot, Tensor)>,
    /// The output of shape `[batch, sequence, vocabulary]`.
    logits: String,
    /// Whether a prompt is read token by token: see [`Decoder::read`].
    one_by_one: bool,
}

/// What the model remembers of the tokens before.
#[derive(Debug)]
pub struct Past {
    /// The keys and values, in the order of [`Decoder::cache`]; empty where the graph has no cache.
    values: Vec<Rc<DynValue>>,
    /// The tokens, kept for graphs that have no cache.
    tokens: Vec<i64>,
}

/// The inputs that a step feeds, besides the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feed {
    Ids,
    Mask,
    Positions,
    Types,
    UseCache,
}

impl Past {
    /// How many tokens are behind.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

impl<'m> Decoder<'m> {
    /// Finds the inputs and outputs of a text model by their usual names.
    ///
    /// # Errors
    /// It has no `input_ids`, no `logits`, or an input that nobody knows how to feed.
    pub fn new(model: &'m mut Model) -> Result<Self, RunError> {
        Self::after(model, &[])
    }

    /// The same for a decoder that reads what an encoder has made: `states` by the names of its inputs.
    ///
    /// # Errors
    /// As [`Decoder::new`].
    pub fn after(model: &'m mut Model, states: &[(&str, Tensor)]) -> Result<Self, RunError> {
        let wrong = |what: String| RunError::Setting {
            message: format!("the model `{}` writes no text: {what}", model.id()),
            hint: Some(
                "text-generation takes a model with the input `input_ids` and the output `logits`".into(),
            ),
        };
        let logits = model.outputs().iter().find(|slot| slot.name == "logits");
        let logits = logits.ok_or_else(|| wrong("it has no output `logits`".to_owned()))?.name.clone();
        let (mut cache, mut inputs, mut given) = (Vec::new(), Vec::new(), Vec::new());
        for slot in model.inputs() {
            if let Some((_, states)) = states.iter().find(|(name, _)| *name == slot.name) {
                given.push((slot.clone(), states.clone()));
                continue;
            }
            let feed = match slot.name.as_str() {
                "input_ids" | "decoder_input_ids" => Feed::Ids,
                "attention_mask" | "decoder_attention_mask" => Feed::Mask,
                "position_ids" => Feed::Positions,
                "token_type_ids" => Feed::Types,
                "use_cache_branch" => Feed::UseCache,
                name => {
                    let next = name.strip_prefix("past_key_values.").map(|rest| format!("present.{rest}"));
                    let next = next.filter(|next| model.outputs().iter().any(|out| out.name == *next));
                    let next =
                        next.ok_or_else(|| wrong(format!("nothing is known to feed `{name}` with")))?;
                    cache.push((slot.clone(), next));
                    continue;
                }
            };
            inputs.push((feed, slot.name.clone()));
        }
        if inputs.iter().all(|(feed, _)| *feed != Feed::Ids) {
            return Err(wrong("it has no input `input_ids`".to_owned()));
        }
        let scaled = model.nodes().iter().any(|node| node.op_type == "DynamicQuantizeLinear");
        let one_by_one = scaled && !cache.is_empty();
        Ok(Self { cache, inputs, given, logits, one_by_one, model })
    }

    /// Whether the graph keeps keys and values, so that a step costs one token.
    pub fn has_cache(&self) -> bool {
        !self.cache.is_empty()
    }

    /// The past of a text that has not begun.
    ///
    /// # Errors
    /// The library cannot be opened, or the cache is of a type other than float32 and float16.
    pub fn start(&self) -> Result<Past, RunError> {
        // Values belong to the library: it has to be open before the first one is made.
        self.model.library.open()?;
        let values: Result<_, RunError> =
            self.cache.iter().map(|(slot, _)| empty(slot).map(Rc::new)).collect();
        Ok(Past { values: values?, tokens: Vec::new() })
    }

    /// Reads a prompt: as [`Decoder::step`] does, but a dynamically quantised model reads it token by
    /// token.
    ///
    /// Such a model rounds each activation to 256 steps between the smallest and the largest of all
    /// that is read at once. The first tokens of a text have activations a hundred times those of
    /// others, so that beside them the others are rounded to nothing. Read one by one, each token has
    /// its own scale, and the model says what it was trained to say.
    ///
    /// # Errors
    /// As [`Decoder::step`].
    pub fn read(&mut self, prompt: &[i64]) -> Result<(Vec<f32>, Past), RunError> {
        let mut past = self.start()?;
        if self.one_by_one
            && let Some((_, before)) = prompt.split_last()
        {
            for token in before {
                past = self.step(&[*token], &past)?.1;
            }
        }
        let rest = &prompt[past.len()..];
        self.step(rest, &past)
    }

    /// Reads `tokens` after `past`: the scores of what comes next, one a token of the vocabulary,
    /// and the new past. `past` stays as it is, so that several texts can go on from it.
    ///
    /// # Errors
    /// `tokens` is empty, or the model fails.
    pub fn step(&mut self, tokens: &[i64], past: &Past) -> Result<(Vec<f32>, Past), RunError> {
        if tokens.is_empty() {
            return Err(RunError::setting("the prompt is empty: there is no token to go on from"));
        }
        let all = [past.tokens.as_slice(), tokens].concat();
        let (behind, read) = if self.has_cache() { (past.len(), tokens) } else { (0, all.as_slice()) };
        let (one, now, total) = (1_usize, read.len(), behind + read.len());
        let mut values: Vec<(&str, SessionInputValue<'_>)> =
            Vec::with_capacity(self.inputs.len() + self.given.len() + self.cache.len());
        for (feed, name) in &self.inputs {
            let value = match feed {
                Feed::Ids => ints([one, now], read.to_vec())?,
                Feed::Mask => ints([one, total], vec![1; total])?,
                Feed::Positions => ints([one, now], (behind as i64..total as i64).collect())?,
                Feed::Types => ints([one, now], vec![0; now])?,
                Feed::UseCache => made(OrtTensor::from_array(([one], vec![behind > 0])))?.into_dyn(),
            };
            values.push((name, value.into()));
        }
        for (slot, states) in &self.given {
            values.push((&slot.name, convert::feed(states, slot.element)?));
        }
        for ((slot, _), value) in self.cache.iter().zip(&past.values) {
            values.push((&slot.name, (&**value).into()));
        }
        let session = self.model.session()?;
        let mut found = session.run(values).map_err(|e| failed(e.message(), None))?;
        let scores = last_row(found.get(&self.logits))?;
        let next = |((_, name), old): (&(Slot, String), &Rc<DynValue>)| {
            // What was kept of the encoder's text stays; a merged graph then gives something empty.
            if behind > 0 && name.contains(".encoder.") {
                return Ok(Rc::clone(old));
            }
            let value = found.remove(name);
            value.map(Rc::new).ok_or_else(|| convert::runtime(&format!("the output `{name}` is missing")))
        };
        let values: Result<_, RunError> = self.cache.iter().zip(&past.values).map(next).collect();
        Ok((scores, Past { values: values?, tokens: all }))
    }
}

/// The last row of `[1, sequence, vocabulary]`.
fn last_row(logits: Option<&DynValue>) -> Result<Vec<f32>, RunError> {
    let logits = logits.ok_or_else(|| convert::runtime("the output `logits` is missing"))?;
    let wrong = || convert::runtime("the output `logits` is not [batch, sequence, vocabulary]");
    // float32 is read in place; another type is converted as a whole, which only small models have.
    if let Ok((shape, data)) = logits.try_extract_tensor::<f32>() {
        let width = shape.last().and_then(|&n| usize::try_from(n).ok()).ok_or_else(wrong)?;
        let start = data.len().checked_sub(width).ok_or_else(wrong)?;
        return Ok(data[start..].to_vec());
    }
    let Tensor::Float32(all) = convert::output("logits", logits)? else { return Err(wrong()) };
    let width = all.shape().last().copied().ok_or_else(wrong)?;
    let skipped = all.len().checked_sub(width).ok_or_else(wrong)?;
    Ok(all.iter().skip(skipped).copied().collect())
}

/// Keys or values of no token at all.
fn empty(slot: &Slot) -> Result<DynValue, RunError> {
    let length = |(axis, dim): (usize, &Dim)| match (axis, dim) {
        (_, Dim::Fixed(n)) => *n,
        (0, Dim::Dynamic(_)) => 1,
        (_, Dim::Dynamic(_)) => 0,
    };
    let shape: Vec<usize> = slot.dims.iter().flatten().enumerate().map(length).collect();
    let count = check_size(&shape, DType::Float64).map_err(|error| RunError::setting(error.message))?;
    match slot.element {
        ElementType::Float32 => Ok(made(OrtTensor::from_array((shape, vec![0_f32; count])))?.into_dyn()),
        ElementType::Float16 => {
            Ok(made(OrtTensor::from_array((shape, vec![half::f16::ZERO; count])))?.into_dyn())
        }
        element => Err(RunError::Unsupported { name: slot.name.clone(), element }),
    }
}

fn ints(shape: [usize; 2], data: Vec<i64>) -> Result<DynValue, RunError> {
    Ok(made(OrtTensor::from_array((shape, data)))?.into_dyn())
}

fn made<T>(value: ort::Result<T>) -> Result<T, RunError> {
    value.map_err(|cause| convert::runtime(cause.message()))
}
