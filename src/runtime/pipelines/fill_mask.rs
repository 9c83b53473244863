//! `fill-mask`: the words that may stand in a gap.

use super::super::onnx::{Model, RunError};
use super::super::tokenizer::{Encode, Tokenizer};
use super::encoder::{encode, rows};
use super::sampling::softmax;
use crate::lang::host::Item;

/// How tokenizers spell the gap.
const MASKS: [&str; 2] = ["[MASK]", "<mask>"];

/// For each gap of `text` the `top_k` likeliest tokens, or those of `targets`, as transformers writes
/// them: one list where there is one gap, else one for each.
///
/// # Errors
/// There is no gap, or the model does not fill any.
pub fn fill_mask(
    model: &mut Model,
    tokenizer: &Tokenizer,
    text: &str,
    top_k: usize,
    targets: Option<&[String]>,
) -> Result<Item, RunError> {
    let known = MASKS.iter().find_map(|mask| Some((*mask, tokenizer.token_to_id(mask)?)));
    let Some((spelled, mask)) = known else {
        return Err(RunError::setting(format!("the tokenizer of `{}` has no token for a gap", model.id())));
    };
    let encoded = encode(model, tokenizer, text, None, &[])?;
    let ids = &encoded.tokens.ids;
    let gaps: Vec<usize> = (0..ids.len()).filter(|&at| ids[at] == mask).collect();
    if gaps.is_empty() {
        return Err(RunError::Setting {
            message: "the text has no gap to fill".to_owned(),
            hint: Some(format!("write {spelled} where a word is missing")),
        });
    }
    let scores = rows(model, &encoded.outputs[0], "fill-mask")?;
    let targets =
        targets.map(|words| words.iter().map(|word| target(tokenizer, word)).collect::<Result<Vec<_>, _>>());
    let targets = targets.transpose()?;
    let single = gaps.len() == 1;
    let one = |gap: &usize| -> Result<Item, RunError> {
        let probabilities = softmax(scores[*gap].iter().copied());
        let mut order: Vec<usize> = match &targets {
            Some(targets) => targets.clone(),
            None => (0..probabilities.len()).collect(),
        };
        order.retain(|&token| token < probabilities.len());
        order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
        let filled = order.into_iter().take(top_k).map(|token| {
            let mut whole = ids.clone();
            whole[*gap] = token as i64;
            Ok(Item::dict([
                ("score", Item::Number(probabilities[token])),
                ("token", Item::Int(token as i64)),
                ("token_str", Item::Text(tokenizer.decode(&[token as i64], false)?)),
                ("sequence", Item::Text(tokenizer.decode(&whole, single)?)),
            ]))
        });
        filled.collect::<Result<_, RunError>>().map(Item::List)
    };
    let mut all = gaps.iter().map(one).collect::<Result<Vec<Item>, RunError>>()?;
    Ok(if single { all.remove(0) } else { Item::List(all) })
}

/// The token of a word; the first one where it takes several, as in transformers.
fn target(tokenizer: &Tokenizer, word: &str) -> Result<usize, RunError> {
    let how = Encode { add_special_tokens: false, max_length: None };
    let first = match tokenizer.token_to_id(word) {
        Some(id) => Some(id),
        None => tokenizer.encode(word, None, how)?.ids.first().copied(),
    };
    first
        .and_then(|id| usize::try_from(id).ok())
        .ok_or_else(|| RunError::setting(format!("the vocabulary has no token for the target \"{word}\"")))
}
