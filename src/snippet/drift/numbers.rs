//! Numbers that may move a little, and choices that may not.

use super::super::raw::Raw;
use super::{Choices, Comparison, Drift, MOST};

impl Comparison {
    /// Compares two numbers; `grain` is by how much they may be off because of how they were kept.
    pub(super) fn number(&mut self, place: &str, was: f64, now: f64, grain: f64) {
        if let Some(told) = self.apart(was, now, grain) {
            self.found.push(Drift::new(place, was.to_string(), told));
        }
    }

    /// The new number and by how much it is off, where it is off by too much.
    fn apart(&self, was: f64, now: f64, grain: f64) -> Option<String> {
        if was == now || (was.is_nan() && now.is_nan()) {
            return None;
        }
        let (bound, apart) = (self.tolerance + self.tolerance * was.abs() + 2.0 * grain, (was - now).abs());
        // What is no number is never within bounds.
        apart
            .partial_cmp(&bound)
            .is_none_or(std::cmp::Ordering::is_gt)
            .then(|| format!("{now} (apart by {apart:.3e}, allowed {bound:.3e})"))
    }

    /// Compares two tensors of one shape. Of many numbers that are off, the worst is told.
    pub(super) fn tensor(&mut self, place: &str, was: &Raw, now: &Raw, choices: Choices) {
        let (a, b, grain) = (was.numbers(), now.numbers(), was.grain().max(now.grain()));
        if a.len() != b.len() {
            return self.exact(place, format!("{} numbers", a.len()), format!("{} numbers", b.len()));
        }
        let off = |at: &usize| self.apart(a[*at], b[*at], grain).is_some();
        let wrong: Vec<usize> = (0..a.len()).filter(off).collect();
        let distance = |at: usize| (a[at] - b[at]).abs();
        if let Some(worst) = wrong.iter().copied().max_by(|x, y| distance(*x).total_cmp(&distance(*y))) {
            let more = match wrong.len() {
                1 => String::new(),
                count => format!("; {count} of {} numbers are off", a.len()),
            };
            let told = self.apart(a[worst], b[worst], grain).unwrap_or_default();
            let place = format!("{place}, element {}", index(worst * was.step, &was.shape));
            self.found.push(Drift::new(place, a[worst].to_string(), told + &more));
        } else if choices == Choices::Kept && was.step == 1 {
            self.choices(place, &a, &b, was.shape.last().copied().unwrap_or(1));
        }
    }

    /// Whether the greatest number of each row is still the same one.
    fn choices(&mut self, place: &str, was: &[f64], now: &[f64], width: usize) {
        if width < 2 {
            return;
        }
        let rows = was.len() / width;
        for (row, (was, now)) in was.chunks(width).zip(now.chunks(width)).enumerate() {
            let (Some(first), Some(other)) = (greatest(was), greatest(now)) else { continue };
            // Of equals any may come out first.
            let margin = was[first] - was[other];
            if margin > 0.0 && self.found.len() <= MOST {
                let row = if rows == 1 { String::new() } else { format!(", row {row}") };
                self.found.push(Drift {
                    margin: Some(margin),
                    ..Drift::new(
                        format!("{place}{row}, the greatest"),
                        format!("number {first}: {}", was[first]),
                        format!("number {other}: {}", now[other]),
                    )
                });
            }
        }
    }
}

fn greatest(numbers: &[f64]) -> Option<usize> {
    // The first of equals, as argmax has it.
    (0..numbers.len()).rev().max_by(|&a, &b| numbers[a].total_cmp(&numbers[b]))
}

/// The index of element `at` of a tensor of this shape: `[1, 3]`.
fn index(mut at: usize, shape: &[usize]) -> String {
    let mut parts = Vec::new();
    for length in shape.iter().rev() {
        parts.push((at % length.max(&1)).to_string());
        at /= length.max(&1);
    }
    parts.reverse();
    format!("[{}]", parts.join(", "))
}
