//! How the next token is chosen from the model's scores.
//!
//! The steps are those of transformers, in its order: repetition penalty, and then, when sampling,
//! temperature, top-k, top-p. A token is drawn by walking through the probabilities in the order of
//! the vocabulary until a uniform number is passed.

use super::super::onnx::RunError;

/// More beams than anybody follows.
const MOST_BEAMS: usize = 256;

/// How texts are generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// How many tokens to add at most.
    pub max_new_tokens: usize,
    /// Whether to draw; else the best token is taken.
    pub do_sample: bool,
    /// Divides the scores: below 1 sharper, above 1 flatter.
    pub temperature: f64,
    /// Draw among so many best tokens; 0 for all.
    pub top_k: usize,
    /// Draw among the fewest best tokens that have this probability together; 1 for all.
    pub top_p: f64,
    /// Divides the scores of tokens that were there before (multiplies, where they are negative).
    pub repetition_penalty: f64,
    /// Texts at which to stop; they are not part of the answer.
    pub stop: Vec<String>,
    /// How many texts to make from one prompt.
    pub num_return_sequences: usize,
    /// How many beginnings to follow side by side; with more than one the best text wins, not the best
    /// token each time.
    pub num_beams: usize,
    /// The power of a text's length by which its log probability is divided: above 0 favours long ones.
    pub length_penalty: f64,
    /// Whether to end as soon as there are as many texts as beams, better ones or not.
    pub early_stopping: bool,
}

impl Sampling {
    /// The best token each time, up to `max_new_tokens`.
    pub fn greedy(max_new_tokens: usize) -> Self {
        Self {
            max_new_tokens,
            do_sample: false,
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            repetition_penalty: 1.0,
            stop: Vec::new(),
            num_return_sequences: 1,
            num_beams: 1,
            length_penalty: 1.0,
            early_stopping: false,
        }
    }

    /// # Errors
    /// A setting makes no sense, alone or with others.
    pub fn validate(&self) -> Result<(), RunError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let wrong = |message: String, hint: &str| {
            Err(RunError::Setting { message, hint: (!hint.is_empty()).then(|| hint.to_owned()) })
        };
        if !positive(self.temperature) {
            let message = format!("temperature is {}, but must be above 0", self.temperature);
            return wrong(message, "take the best token each time with `do_sample=False`");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return wrong(format!("top_p is {}, but must be above 0 and at most 1", self.top_p), "");
        }
        if !positive(self.repetition_penalty) {
            return wrong(
                format!("repetition_penalty is {}, but must be above 0", self.repetition_penalty),
                "",
            );
        }
        if self.num_beams == 0 || self.num_beams > MOST_BEAMS {
            return wrong(format!("num_beams is {}, but must be 1 to {MOST_BEAMS}", self.num_beams), "");
        }
        if !self.length_penalty.is_finite() {
            return wrong(format!("length_penalty is {}", self.length_penalty), "");
        }
        let most = if self.do_sample { usize::MAX } else { self.num_beams };
        if self.num_return_sequences == 0 || self.num_return_sequences > most {
            let message = format!("num_return_sequences is {}", self.num_return_sequences);
            return wrong(
                message,
                "several texts differ only with `do_sample=True`, or with as many `num_beams`",
            );
        }
        if self.num_beams > 1 && (self.do_sample || !self.stop.is_empty()) {
            let with = if self.do_sample { "do_sample=True" } else { "stop" };
            return wrong(
                format!("num_beams is {}, beside {with}", self.num_beams),
                "beams follow the best texts to their end: leave it out",
            );
        }
        if self.stop.iter().any(String::is_empty) {
            return wrong("a stop text is empty".to_owned(), "");
        }
        Ok(())
    }

    /// The probability of each token of the vocabulary, given the model's `scores` and the tokens
    /// before; tokens that cannot be drawn have 0. Without sampling, temperature and cuts are not
    /// applied.
    pub fn probabilities(&self, scores: &[f32], before: &[i64]) -> Vec<f64> {
        let mut all = vec![0.0; scores.len()];
        for (token, probability) in self.candidates(scores, before) {
            all[token] = probability;
        }
        all
    }

    /// The tokens that can be drawn and their probabilities, in the order of the vocabulary.
    fn candidates(&self, scores: &[f32], before: &[i64]) -> Vec<(usize, f64)> {
        let scores = self.penalised(scores, before);
        let mut found: Vec<(usize, f64)> = scores.into_iter().enumerate().collect();
        if self.do_sample {
            found.iter_mut().for_each(|(_, score)| *score /= self.temperature);
            if self.top_k > 0 && self.top_k < found.len() {
                keep_best(&mut found, self.top_k);
            }
        }
        let probabilities = softmax(found.iter().map(|(_, score)| *score));
        found.iter_mut().zip(probabilities).for_each(|((_, score), probability)| *score = probability);
        if self.do_sample && self.top_p < 1.0 {
            keep_nucleus(&mut found, self.top_p);
        }
        found.retain(|(_, probability)| *probability > 0.0);
        found
    }

    /// Chooses a token and tells how far it was ahead: of the next score where the best is taken, of the
    /// ends of its share of `[0, 1)` where one is drawn. `uniform` gives numbers in `[0, 1)` and is asked
    /// once, if at all.
    ///
    /// # Errors
    /// No score is a number.
    pub fn choose(
        &self,
        scores: &[f32],
        before: &[i64],
        uniform: &mut dyn FnMut() -> f64,
    ) -> Result<(i64, f64), RunError> {
        let broken = || RunError::setting("the model's scores are not numbers");
        if !self.do_sample {
            // The usual case takes one look at the scores, and no copy.
            let best = match self.repetition_penalty == 1.0 {
                true => first_best(scores.iter().map(|&score| f64::from(score))),
                false => first_best(self.penalised(scores, before).into_iter()),
            };
            return best.ok_or_else(broken);
        }
        let mut left = uniform();
        let mut last = None;
        for (token, probability) in self.candidates(scores, before) {
            last = Some((token as i64, left.min((probability - left).abs())));
            left -= probability;
            if left < 0.0 {
                break;
            }
        }
        last.ok_or_else(broken)
    }

    /// The scores, those of tokens that were there before made worse; what is no number counts as
    /// impossible.
    fn penalised(&self, scores: &[f32], before: &[i64]) -> Vec<f64> {
        let number = |&score: &f32| if score.is_nan() { f64::NEG_INFINITY } else { f64::from(score) };
        let mut scores: Vec<f64> = scores.iter().map(number).collect();
        self.penalise(&mut scores, before);
        scores
    }

    /// The logarithms of the tokens' probabilities, those of tokens that were there before made worse:
    /// beams are penalised after the softmax.
    pub(super) fn log_probabilities(&self, scores: &[f32], before: &[i64]) -> Vec<f64> {
        let number = |&score: &f32| if score.is_nan() { f64::NEG_INFINITY } else { f64::from(score) };
        let mut scores: Vec<f64> = scores.iter().map(number).collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - most).exp()).sum();
        scores.iter_mut().for_each(|score| *score -= most + sum.ln());
        self.penalise(&mut scores, before);
        scores
    }

    fn penalise(&self, scores: &mut [f64], before: &[i64]) {
        if self.repetition_penalty != 1.0 {
            let seen: std::collections::BTreeSet<i64> = before.iter().copied().collect();
            for token in seen {
                let score = usize::try_from(token).ok().and_then(|token| scores.get_mut(token));
                if let Some(score) = score {
                    *score *=
                        if *score < 0.0 { self.repetition_penalty } else { 1.0 / self.repetition_penalty };
                }
            }
        }
    }
}

/// The place of the highest score, the first of equals, and how far it is ahead of the next; none where no
/// score is a number.
fn first_best(scores: impl Iterator<Item = f64>) -> Option<(i64, f64)> {
    let (mut at, mut best, mut next) = (None, f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (index, score) in scores.enumerate() {
        if score > best {
            (at, best, next) = (Some(index), score, best);
        } else if score > next {
            next = score;
        }
    }
    at.map(|at| (at as i64, best - next))
}

/// Keeps the `count` highest scores, and those equal to the last of them.
fn keep_best(found: &mut Vec<(usize, f64)>, count: usize) {
    let mut scores: Vec<f64> = found.iter().map(|(_, score)| *score).collect();
    let (_, bound, _) = scores.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a));
    found.retain(|(_, score)| *score >= *bound);
}

/// Keeps the fewest tokens whose probabilities sum to `mass` or more; the sum becomes 1.
fn keep_nucleus(found: &mut Vec<(usize, f64)>, mass: f64) {
    // All tokens below this have less than 1 - mass together, so the others suffice; few are sorted.
    let least = (1.0 - mass) / found.len() as f64;
    found.retain(|(_, probability)| *probability >= least);
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut sum = 0.0;
    let enough = found.iter().position(|(_, probability)| {
        sum += probability;
        sum >= mass
    });
    found.truncate(enough.map_or(found.len(), |last| last + 1));
    found.iter_mut().for_each(|(_, probability)| *probability /= sum);
    found.sort_by_key(|(token, _)| *token);
}

/// `exp(x) / Σ exp(x)`; zeros where no score is finite.
pub(super) fn softmax(scores: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let most = scores.clone().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return scores.map(|_| 0.0).collect();
    }
    let powers: Vec<f64> = scores.map(|score| (score - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled() -> Sampling {
        Sampling { do_sample: true, ..Sampling::greedy(1) }
    }

    fn kept(sampling: &Sampling, scores: &[f32]) -> Vec<usize> {
        let probabilities = sampling.probabilities(scores, &[]);
        (0..scores.len()).filter(|&at| probabilities[at] > 0.0).collect()
    }

    #[test]
    fn the_best_is_the_first_of_equals() {
        let chosen = |scores: &[f32]| Sampling::greedy(1).choose(scores, &[], &mut || 0.0).ok();
        assert_eq!(chosen(&[1.0, 3.0, f32::NAN, 3.0, 2.0]), Some((1, 0.0)));
        assert_eq!(chosen(&[-1.0, f32::NEG_INFINITY, 2.0]), Some((2, 3.0)));
        assert_eq!(chosen(&[f32::NAN, f32::NEG_INFINITY]), None);
    }

    #[test]
    fn the_cuts_keep_what_they_should() {
        let scores = [0.0, 3.0, 1.0, 2.0, 2.0];
        assert_eq!(kept(&Sampling { top_k: 1, ..sampled() }, &scores), [1]);
        assert_eq!(kept(&Sampling { top_k: 2, ..sampled() }, &scores), [1, 3, 4]);
        assert_eq!(kept(&Sampling { top_p: 0.01, ..sampled() }, &scores), [1]);
        assert_eq!(kept(&Sampling { top_p: 0.7, ..sampled() }, &scores), [1, 3]);
        assert_eq!(kept(&sampled(), &scores), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_number_draws_the_token_it_falls_on() {
        let scores = [0.0_f32, 0.0, f32::NEG_INFINITY, 0.0];
        let draw = |u: f64| sampled().choose(&scores, &[], &mut || u).unwrap().0;
        assert_eq!([0.0, 0.3, 0.34, 0.66, 0.67, 0.999_999_999].map(draw), [0, 0, 1, 1, 3, 3]);
    }

    #[test]
    fn the_first_of_the_best_is_taken() {
        let mut never = || panic!("greedy choice draws nothing");
        assert_eq!(
            Sampling::greedy(1).choose(&[1.0, 5.0, 5.0, f32::NAN], &[], &mut never).unwrap(),
            (1, 0.0)
        );
        assert_eq!(Sampling::greedy(1).choose(&[1.0, 5.0, 3.0], &[], &mut never).unwrap(), (1, 2.0));
        assert!(Sampling::greedy(1).choose(&[f32::NAN], &[], &mut never).is_err());
    }

    #[test]
    fn repetition_is_penalised_once_a_token() {
        let sampling = Sampling { repetition_penalty: 2.0, ..Sampling::greedy(1) };
        assert_eq!(sampling.penalised(&[4.0, -4.0, 4.0], &[0, 0, 1, 99, -1]), [2.0, -8.0, 4.0]);
    }

    #[test]
    fn settings_that_make_no_sense_are_told() {
        let check = |sampling: Sampling, expected: &str| {
            assert_eq!(sampling.validate().unwrap_err().to_string(), expected);
        };
        check(Sampling { temperature: 0.0, ..sampled() }, "temperature is 0, but must be above 0");
        check(Sampling { top_p: 1.5, ..sampled() }, "top_p is 1.5, but must be above 0 and at most 1");
        check(Sampling { num_return_sequences: 2, ..Sampling::greedy(1) }, "num_return_sequences is 2");
        check(Sampling { stop: vec![String::new()], ..sampled() }, "a stop text is empty");
        check(Sampling { num_beams: 0, ..sampled() }, "num_beams is 0, but must be 1 to 256");
        check(Sampling { num_beams: 2, ..sampled() }, "num_beams is 2, beside do_sample=True");
        check(
            Sampling { num_beams: 2, num_return_sequences: 3, ..Sampling::greedy(1) },
            "num_return_sequences is 3",
        );
        check(Sampling { length_penalty: f64::NAN, ..sampled() }, "length_penalty is NaN");
    }
}
