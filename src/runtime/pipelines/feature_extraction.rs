//! `feature-extraction`: a text's vector.

use ndarray::{Array2, Array3, ArrayView3, Axis, Ix3};

use super::super::onnx::{Model, RunError};
use super::super::tokenizer::{Encode, Tokenizer};
use crate::tensor::Tensor;

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// That of the first token.
    Cls,
    /// They stay as they are.
    None,
}

impl Pooling {
    /// The meaning of `pooling=`.
    ///
    /// # Errors
    /// It has none.
    pub fn parse(name: Option<&str>) -> Result<Self, RunError> {
        match name {
            Some("mean") => Ok(Self::Mean),
            Some("cls") => Ok(Self::Cls),
            None | Some("none") => Ok(Self::None),
            Some(other) => Err(RunError::Setting {
                message: format!("`pooling` is \"{other}\""),
                hint: Some("it is one of \"mean\", \"cls\" and None".to_owned()),
            }),
        }
    }
}

/// The vectors of `texts`: float32 `[texts, size]`, or with [`Pooling::None`] `[texts, longest,
/// size]`, shorter texts followed by zeros. With `normalize` each vector has length 1.
///
/// Each text runs alone, as in transformers: quantised models choose their scales by all that is in
/// a batch, so a text's vector would else depend on its neighbours.
///
/// # Errors
/// There are no texts, or the model gives no vectors of tokens.
pub fn feature_extraction(
    model: &mut Model,
    tokenizer: &Tokenizer,
    texts: &[&str],
    pooling: Pooling,
    normalize: bool,
) -> Result<Tensor, RunError> {
    if texts.is_empty() {
        return Err(RunError::setting("there are no texts to extract features from"));
    }
    let output = hidden(model)?;
    let how = Encode { max_length: tokenizer.max_length(), ..Encode::default() };
    let mut found = Vec::with_capacity(texts.len());
    for text in texts {
        let tokens = tokenizer.batch(&[(text, None)], how, 0)?;
        let feeds = [
            ("input_ids", tokens.input_ids),
            ("attention_mask", tokens.attention_mask),
            ("token_type_ids", tokens.token_type_ids),
        ];
        let feeds = feeds.into_iter().map(|(name, tensor)| (name.to_owned(), tensor));
        let feeds = feeds.filter(|(name, _)| model.inputs().iter().any(|slot| slot.name == *name)).collect();
        let states = model.run(&feeds, std::slice::from_ref(&output))?;
        let states = match states.into_iter().next() {
            Some((_, Tensor::Float32(states))) => states.into_owned().into_dimensionality::<Ix3>().ok(),
            _ => None,
        };
        let states = states.filter(|states| states.len_of(Axis(0)) == 1 && states.len_of(Axis(1)) > 0);
        let mut states = states.ok_or_else(|| no_vectors(model))?; // [1, tokens, size]
        if normalize && pooling == Pooling::None {
            states.lanes_mut(Axis(2)).into_iter().for_each(unit);
        }
        found.push(states);
    }
    if pooling == Pooling::None {
        return Ok(Tensor::Float32(stacked(&found).into_dyn().into_shared()));
    }
    let size = found[0].len_of(Axis(2));
    let mut vectors = Array2::zeros((found.len(), size));
    for (mut row, states) in vectors.rows_mut().into_iter().zip(&found) {
        row.assign(&pooled(states.view(), pooling));
        if normalize {
            unit(row);
        }
    }
    Ok(Tensor::Float32(vectors.into_dyn().into_shared()))
}

/// The output that holds a vector for each token.
fn hidden(model: &Model) -> Result<String, RunError> {
    let usual = ["last_hidden_state", "token_embeddings", "hidden_states"];
    let named = usual.iter().find_map(|name| model.outputs().iter().find(|slot| slot.name == *name));
    let shaped =
        || model.outputs().iter().find(|slot| slot.dims.as_ref().is_some_and(|dims| dims.len() == 3));
    named.or_else(shaped).map(|slot| slot.name.clone()).ok_or_else(|| no_vectors(model))
}

fn no_vectors(model: &Model) -> RunError {
    RunError::Setting {
        message: format!("the model `{}` gives no vectors of tokens", model.id()),
        hint: Some("feature-extraction takes a model with an output [batch, sequence, size]".to_owned()),
    }
}

/// The one vector of a text, `[size]`. Sums are made in float64.
fn pooled(states: ArrayView3<'_, f32>, pooling: Pooling) -> ndarray::Array1<f32> {
    let tokens = states.index_axis_move(Axis(0), 0); // [tokens, size]
    match pooling {
        Pooling::Cls => tokens.row(0).to_owned(),
        Pooling::Mean | Pooling::None => {
            let mean = |lane: ndarray::ArrayView1<'_, f32>| lane.iter().map(|&v| f64::from(v)).sum::<f64>();
            tokens.map_axis(Axis(0), |lane| (mean(lane) / lane.len() as f64) as f32)
        }
    }
}

/// Divides by the length, unless that is 0.
fn unit(mut vector: ndarray::ArrayViewMut1<'_, f32>) {
    let length = vector.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.mapv_inplace(|v| (f64::from(v) / length) as f32);
    }
}

/// Texts of different lengths in one array.
fn stacked(found: &[Array3<f32>]) -> Array3<f32> {
    let longest = found.iter().map(|states| states.len_of(Axis(1))).max().unwrap_or(0);
    let size = found.first().map_or(0, |states| states.len_of(Axis(2)));
    Array3::from_shape_fn((found.len(), longest, size), |(row, at, i)| {
        found[row].get([0, at, i]).copied().unwrap_or(0.0)
    })
}
