//! `question-answering`: the part of a text that answers a question.

use super::super::onnx::{Model, RunError};
use super::super::tokenizer::{Tokenizer, Tokens};
use super::encoder::encode;
use super::sampling::softmax;
use crate::lang::host::Item;

/// The `top_k` best answers to `question` in `context`, of at most `longest` tokens each; one dict where
/// `top_k` is 1.
///
/// # Errors
/// The model answers no questions.
pub fn question_answering(
    model: &mut Model,
    tokenizer: &Tokenizer,
    question: &str,
    context: &str,
    top_k: usize,
    longest: usize,
) -> Result<Item, RunError> {
    if top_k == 0 || longest == 0 {
        return Err(RunError::setting("top_k and max_answer_len must be at least 1"));
    }
    let wanted = ["start_logits", "end_logits"];
    if let Some(missing) = wanted.iter().find(|name| model.outputs().iter().all(|slot| slot.name != **name)) {
        return Err(RunError::Setting {
            message: format!("the model `{}` has no output `{missing}`", model.id()),
            hint: Some("question-answering takes a model with start_logits and end_logits".to_owned()),
        });
    }
    let encoded = encode(model, tokenizer, question, Some(context), &wanted)?;
    let tokens = &encoded.tokens;
    let of_context = |at: usize| tokens.sequences[at] == Some(1);
    // The first token stands for "no answer": it takes part in the probabilities and is no answer.
    let likely = |logits: &crate::tensor::Array<f32>| -> Vec<f64> {
        let kept = logits
            .iter()
            .enumerate()
            .map(|(at, &v)| if of_context(at) || at == 0 { f64::from(v) } else { -1e4 });
        let mut scores = softmax(kept.collect::<Vec<_>>().into_iter());
        scores[0] = 0.0;
        scores
    };
    let (starts, ends) = (likely(&encoded.outputs[0]), likely(&encoded.outputs[1]));
    let mut spans: Vec<(usize, usize, f64)> = Vec::new();
    for start in (0..starts.len()).filter(|&at| of_context(at)) {
        let last = (start + longest).min(ends.len());
        spans.extend(
            (start..last).filter(|&end| of_context(end)).map(|end| (start, end, starts[start] * ends[end])),
        );
    }
    spans.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    let characters: Vec<char> = context.chars().collect();
    let answer = |(start, end, score): (usize, usize, f64)| {
        let (from, to) = (word(tokens, start).0, word(tokens, end).1.min(characters.len()));
        Item::dict([
            ("score", Item::Number(score)),
            ("start", Item::Int(from as i64)),
            ("end", Item::Int(to as i64)),
            ("answer", Item::Text(characters[from.min(to)..to].iter().collect())),
        ])
    };
    let mut answers: Vec<Item> = spans.into_iter().take(top_k).map(answer).collect();
    match (top_k, answers.pop()) {
        (1, Some(only)) => Ok(only),
        (_, Some(last)) => {
            answers.push(last);
            Ok(Item::List(answers))
        }
        (_, None) => Err(RunError::setting("the context is empty: there is nothing to answer with")),
    }
}

/// The characters of the word that the token `at` is part of.
fn word(tokens: &Tokens, at: usize) -> (usize, usize) {
    let same = |other: &usize| {
        tokens.sequences[*other] == tokens.sequences[at] && tokens.words[*other] == tokens.words[at]
    };
    let all = (0..tokens.ids.len()).filter(same).filter(|_| tokens.words[at].is_some());
    all.fold(tokens.offsets[at], |(from, to), other| {
        let (start, end) = tokens.offsets[other];
        (from.min(start), to.max(end))
    })
}
