//! `token-classification`: names and parts of speech, token by token or put together.

use super::super::onnx::{Model, RunError};
use super::super::tokenizer::{Tokenizer, Tokens};
use super::encoder::{encode, rows};
use super::sampling::softmax;
use super::text_classification::name;
use crate::lang::host::{Aggregation, Item};

/// A token, or a word of several, with what it may be.
struct Piece {
    /// Its tokens, by place.
    tokens: std::ops::Range<usize>,
    label: usize,
    score: f64,
}

/// The entities of `text`, those of the class `O` left out.
///
/// # Errors
/// The model does not classify tokens.
pub fn token_classification(
    model: &mut Model,
    tokenizer: &Tokenizer,
    labels: &[String],
    text: &str,
    aggregation: Aggregation,
) -> Result<Item, RunError> {
    let encoded = encode(model, tokenizer, text, None, &[])?;
    let scores = rows(model, &encoded.outputs[0], "token-classification")?;
    let scores: Vec<Vec<f64>> = scores.into_iter().map(|row| softmax(row.into_iter())).collect();
    let tokens = &encoded.tokens;
    // Special tokens belong to no text.
    let real: Vec<usize> =
        (0..tokens.ids.len().min(scores.len())).filter(|&at| tokens.sequences[at].is_some()).collect();
    let one = |at: usize| {
        let label = best(&scores[at]);
        Piece { tokens: at..at + 1, label, score: scores[at][label] }
    };
    let outside = |label: usize| name(labels, label) == "O";
    if aggregation == Aggregation::None {
        let pieces = real.into_iter().map(one).filter(|piece| !outside(piece.label));
        let entity = |piece: Piece| -> Result<Item, RunError> {
            let at = piece.tokens.start;
            let (start, end) = tokens.offsets[at];
            let word = tokenizer.id_to_token(tokens.ids[at]).unwrap_or_default();
            let word = if is_unknown(&word) { part(text, start, end) } else { word };
            Ok(Item::dict([
                ("entity", Item::Text(name(labels, piece.label))),
                ("score", Item::Number(piece.score)),
                ("index", Item::Int(at as i64)),
                ("word", Item::Text(word)),
                ("start", Item::Int(start as i64)),
                ("end", Item::Int(end as i64)),
            ]))
        };
        return pieces.map(entity).collect::<Result<_, _>>().map(Item::List);
    }
    let pieces: Vec<Piece> = match aggregation {
        Aggregation::None | Aggregation::Simple => real.into_iter().map(one).collect(),
        _ => words(tokens, &real).into_iter().map(|word| whole(word, &scores, aggregation)).collect(),
    };
    let mut groups: Vec<Vec<Piece>> = Vec::new();
    for piece in pieces {
        let (begins, kind) = tag(&name(labels, piece.label));
        let same = |last: &Piece| tag(&name(labels, last.label)).1 == kind;
        match groups.last_mut() {
            Some(group) if !begins && group.last().is_some_and(same) => group.push(piece),
            _ => groups.push(vec![piece]),
        }
    }
    let entity = |group: Vec<Piece>| -> Result<Item, RunError> {
        let (first, last) = (group[0].tokens.start, group[group.len() - 1].tokens.end - 1);
        let score = group.iter().map(|piece| piece.score).sum::<f64>() / group.len() as f64;
        let (start, end) = (tokens.offsets[first].0, tokens.offsets[last].1);
        let spelled = |at: usize| tokenizer.id_to_token(tokens.ids[at]).unwrap_or_default();
        let word = match (first..=last).any(|at| is_unknown(&spelled(at))) {
            true => part(text, start, end),
            false => tokenizer.decode(&tokens.ids[first..=last], false)?,
        };
        Ok(Item::dict([
            ("entity_group", Item::Text(tag(&name(labels, group[0].label)).1)),
            ("score", Item::Number(score)),
            ("word", Item::Text(word)),
            ("start", Item::Int(start as i64)),
            ("end", Item::Int(end as i64)),
        ]))
    };
    let found = groups.into_iter().filter(|group| !outside(group[0].label)).map(entity);
    found.collect::<Result<_, _>>().map(Item::List)
}

/// Whether a token stands for a word that the vocabulary has not: the text itself says which.
fn is_unknown(token: &str) -> bool {
    ["[UNK]", "<unk>"].contains(&token)
}

/// The characters from `start` to `end` of `text`.
fn part(text: &str, start: usize, end: usize) -> String {
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}

fn best(scores: &[f64]) -> usize {
    // The first of equals, as NumPy's argmax.
    (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0)
}

/// `B-PER` begins a `PER`; `I-PER` and `PER` go on with one. So do `PER-B` and `PER-I`, as Baidu writes them.
fn tag(label: &str) -> (bool, String) {
    match (label.split_once('-'), label.rsplit_once('-')) {
        (Some(("B", kind)), _) | (_, Some((kind, "B"))) => (true, kind.to_owned()),
        (Some(("I", kind)), _) | (_, Some((kind, "I"))) => (false, kind.to_owned()),
        _ => (false, label.to_owned()),
    }
}

/// The tokens of each word.
fn words(tokens: &Tokens, real: &[usize]) -> Vec<std::ops::Range<usize>> {
    let mut words: Vec<std::ops::Range<usize>> = Vec::new();
    for &at in real {
        match words.last_mut() {
            Some(word) if word.end == at && tokens.words[at].is_some() && goes_on(tokens, at) => {
                word.end += 1
            }
            _ => words.push(at..at + 1),
        }
    }
    words
}

/// Whether the token `at` belongs to the word of the token before it: to the same one, and not beside a
/// space or a sign that stands by itself.
fn goes_on(tokens: &Tokens, at: usize) -> bool {
    at > 0 && tokens.words[at] == tokens.words[at - 1] && tokens.offsets[at].0 == tokens.offsets[at - 1].1
}

/// A word as one piece.
fn whole(word: std::ops::Range<usize>, scores: &[Vec<f64>], aggregation: Aggregation) -> Piece {
    let mean = |class: usize| word.clone().map(|at| scores[at][class]).sum::<f64>() / word.len() as f64;
    let chosen: Vec<f64> = match aggregation {
        Aggregation::Average => (0..scores[word.start].len()).map(mean).collect(),
        Aggregation::Max => {
            let surest = |&at: &usize| scores[at][best(&scores[at])];
            let at = word.clone().rev().max_by(|a, b| surest(a).total_cmp(&surest(b)));
            scores[at.unwrap_or(word.start)].clone()
        }
        Aggregation::None | Aggregation::Simple | Aggregation::First => scores[word.start].clone(),
    };
    let label = best(&chosen);
    Piece { tokens: word, label, score: chosen[label] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_whether_it_begins() {
        let found = ["B-PER", "I-PER", "PER-B", "PER-I", "PER", "O"].map(tag);
        let person = |begins| (begins, "PER".to_owned());
        assert_eq!(found[..5], [person(true), person(false), person(true), person(false), person(false)]);
        assert_eq!(found[5], (false, "O".to_owned()));
    }
}
