//! Beam search: several beginnings of a text side by side, so that a better text may follow a worse word.
//!
//! The steps and the sums are those of transformers 4.44: scores are logarithms of probabilities, repetition
//! is penalised after the softmax, and a finished text counts by its score over a power of its length.

use std::rc::Rc;

use super::super::onnx::{Decoder, Past, RunError};
use super::sampling::Sampling;
use super::text_generation::Finish;

/// A beginning of a text.
pub(super) struct Beam {
    /// Its tokens, those of the prompt among them.
    tokens: Vec<i64>,
    /// The logarithm of its probability after the prompt.
    score: f64,
    /// The model's scores for the token that comes next, and what it remembers.
    scores: Rc<[f32]>,
    past: Rc<Past>,
}

/// What a search has found.
pub(super) struct Found {
    /// The texts, the best one first: their tokens, those of the prompt among them, and why they end.
    pub(super) texts: Vec<(Vec<i64>, Finish)>,
    /// By how much a choice on the way was ahead of what was left behind, at least.
    pub(super) margin: f64,
}

/// The beams' best texts so far, the worst of them first; at most as many as there are beams.
struct Finished<'s> {
    texts: Vec<(f64, Vec<i64>, Finish)>,
    /// Tokens of the prompt.
    start: usize,
    how: &'s Sampling,
}

impl Beam {
    /// The only one there is after the prompt.
    pub(super) fn new(prompt: &[i64], (scores, past): &(Vec<f32>, Rc<Past>)) -> Self {
        Self { tokens: prompt.to_vec(), score: 0.0, scores: scores.as_slice().into(), past: Rc::clone(past) }
    }

    fn with(&self, token: i64, score: f64) -> Self {
        let tokens = [self.tokens.as_slice(), &[token]].concat();
        Self { tokens, score, scores: Rc::clone(&self.scores), past: Rc::clone(&self.past) }
    }
}

/// The best `how.num_return_sequences` texts of at most `most` tokens after those of `begun`.
///
/// # Errors
/// The model fails, or its scores are no numbers.
pub(super) fn search(
    decoder: &mut Decoder<'_>,
    begun: Beam,
    eos: &[i64],
    most: usize,
    how: &Sampling,
) -> Result<Found, RunError> {
    let mut finished = Finished { texts: Vec::new(), start: begun.tokens.len(), how };
    let (mut beams, mut margin) = (vec![begun], f64::INFINITY);
    let mut done = false;
    for length in 1..=most {
        // Enough for all beams, though each of them has tokens that end it.
        let candidates = candidates(&beams, (1 + eos.len()).max(2) * how.num_beams, how);
        let best = candidates.first().map(|(score, ..)| *score);
        let best = best.ok_or_else(|| RunError::setting("the model's scores are not numbers"))?;
        let (mut next, mut last) = (Vec::new(), best);
        for (rank, (score, beam, token)) in candidates.into_iter().enumerate() {
            if next.len() == how.num_beams {
                margin = margin.min(last - score);
                break;
            }
            let beam = &beams[beam];
            if !eos.contains(&token) {
                next.push(beam.with(token, score));
                last = score;
            } else if rank < how.num_beams {
                // The first of the tokens that end a text stands for all, as in transformers.
                let ended = [beam.tokens.as_slice(), &eos[..1]].concat();
                finished.add(score, length, ended, Finish::EndOfText);
            }
        }
        beams = next;
        done = finished.are_enough(best, length) || beams.is_empty();
        if done {
            break;
        }
        if length < most {
            for beam in &mut beams {
                let Some(token) = beam.tokens.last() else { continue };
                let (scores, past) = decoder.step(&[*token], &beam.past)?;
                (beam.scores, beam.past) = (scores.into(), Rc::new(past));
            }
        }
    }
    if !done {
        for beam in beams {
            finished.add(beam.score, beam.tokens.len() - finished.start, beam.tokens, Finish::Length);
        }
    }
    let mut texts = finished.texts;
    if let [.., second, first] = texts.as_slice() {
        margin = margin.min(first.0 - second.0);
    }
    texts.reverse();
    texts.truncate(how.num_return_sequences);
    let texts = texts.into_iter().map(|(_, tokens, finish)| (tokens, finish)).collect();
    Ok(Found { texts, margin })
}

/// The `count` best ways to go on: score, beam and token, the best first; of equals the first.
fn candidates(beams: &[Beam], count: usize, how: &Sampling) -> Vec<(f64, usize, i64)> {
    let mut all = Vec::new();
    for (at, beam) in beams.iter().enumerate() {
        let scores = how.log_probabilities(&beam.scores, &beam.tokens);
        let scores = scores.into_iter().enumerate().filter(|(_, score)| *score > f64::NEG_INFINITY);
        all.extend(scores.map(|(token, score)| (score + beam.score, at, token as i64)));
    }
    let order = |a: &(f64, usize, i64), b: &(f64, usize, i64)| {
        b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2))
    };
    if count < all.len() {
        all.select_nth_unstable_by(count, order);
        all.truncate(count);
    }
    all.sort_unstable_by(order);
    all
}

impl Finished<'_> {
    fn add(&mut self, score: f64, length: usize, tokens: Vec<i64>, finish: Finish) {
        let score = score / (length.max(1) as f64).powf(self.how.length_penalty);
        let full = self.texts.len() >= self.how.num_beams;
        if full && self.texts.first().is_some_and(|(worst, ..)| score <= *worst) {
            return;
        }
        // Of equals the later one is the better.
        let at = self.texts.partition_point(|(other, ..)| *other <= score);
        self.texts.insert(at, (score, tokens, finish));
        if full {
            self.texts.remove(0);
        }
    }

    /// Whether no beam can be expected to do better, `best` being the score of the best one.
    fn are_enough(&self, best: f64, length: usize) -> bool {
        let Some((worst, ..)) = self.texts.first().filter(|_| self.texts.len() >= self.how.num_beams) else {
            return false;
        };
        self.how.early_stopping || *worst >= best / (length as f64).powf(self.how.length_penalty)
    }
}
