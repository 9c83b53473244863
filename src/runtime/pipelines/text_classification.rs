//! `text-classification`, and `zero-shot-classification` on top of it.

use super::super::onnx::{Model, RunError};
use super::super::tokenizer::Tokenizer;
use super::encoder::encode;
use super::sampling::softmax;
use crate::lang::host::{Apply, Item};

/// The classes of `text` (or of a pair of texts), the likeliest first; `top_k` of them where given.
///
/// # Errors
/// The model does not classify texts.
pub fn text_classification(
    model: &mut Model,
    tokenizer: &Tokenizer,
    labels: &[String],
    (text, second): (&str, Option<&str>),
    apply: Option<Apply>,
    top_k: Option<usize>,
) -> Result<Vec<Item>, RunError> {
    let logits = logits(model, tokenizer, text, second)?;
    let apply = apply.unwrap_or(if logits.len() == 1 { Apply::Sigmoid } else { Apply::Softmax });
    let scores = match apply {
        Apply::Softmax => softmax(logits.iter().copied()),
        Apply::Sigmoid => logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect(),
        Apply::None => logits,
    };
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let class = |at: usize| {
        Item::dict([("label", Item::Text(name(labels, at))), ("score", Item::Number(scores[at]))])
    };
    Ok(order.into_iter().take(top_k.unwrap_or(usize::MAX)).map(class).collect())
}

/// The name of a class; `LABEL_2` where the model brings none.
pub(super) fn name(labels: &[String], at: usize) -> String {
    labels.get(at).filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| format!("LABEL_{at}"))
}

fn logits(
    model: &mut Model,
    tokenizer: &Tokenizer,
    text: &str,
    second: Option<&str>,
) -> Result<Vec<f64>, RunError> {
    let encoded = encode(model, tokenizer, text, second, &[])?;
    let output = &encoded.outputs[0];
    match output.shape() {
        [1, _] | [_] => Ok(output.iter().map(|&v| f64::from(v)).collect()),
        shape => Err(RunError::Setting {
            message: format!("the model `{}` gives {shape:?}, which are no classes of a text", model.id()),
            hint: Some("text-classification takes a model with an output [batch, classes]".to_owned()),
        }),
    }
}

/// How likely each of `candidates` fits `text`: whether the text entails the hypothesis made of the
/// candidate and `template`. With `multi_label` each candidate is judged by itself.
///
/// # Errors
/// The template has no place for a label, or the model was not made for inference.
pub fn zero_shot(
    model: &mut Model,
    tokenizer: &Tokenizer,
    labels: &[String],
    text: &str,
    candidates: &[String],
    template: &str,
    multi_label: bool,
) -> Result<Item, RunError> {
    if !template.contains("{}") {
        return Err(RunError::Setting {
            message: format!("the hypothesis_template \"{template}\" has no place for a label"),
            hint: Some("write {} where the label goes: \"This example is {}.\"".to_owned()),
        });
    }
    if candidates.is_empty() {
        return Err(RunError::setting("there are no candidate_labels"));
    }
    let entails = labels.iter().position(|label| label.to_lowercase().starts_with("entail"));
    let mut logits = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let pair = self::logits(model, tokenizer, text, Some(&template.replacen("{}", candidate, 1)))?;
        let yes = entails.unwrap_or(pair.len() - 1).min(pair.len() - 1);
        let no = if yes == 0 { pair.len() - 1 } else { 0 };
        logits.push([pair[no], pair[yes]]);
    }
    let scores: Vec<f64> = match multi_label || candidates.len() == 1 {
        true => logits.iter().map(|pair| softmax(pair.iter().copied())[1]).collect(),
        false => softmax(logits.iter().map(|[_, yes]| *yes)),
    };
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    Ok(Item::dict([
        ("sequence", Item::Text(text.to_owned())),
        ("labels", Item::List(order.iter().map(|&at| Item::Text(candidates[at].clone())).collect())),
        ("scores", Item::List(order.iter().map(|&at| Item::Number(scores[at])).collect())),
    ]))
}
