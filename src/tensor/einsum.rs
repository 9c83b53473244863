//! Einstein's summation convention: `einsum("bhqd,bhkd->bhqk", q, k)`.
//!
//! Each operand is brought to one axis a letter; two operands at a time then become one batched
//! matrix product over [letters of both and the rest, letters of one, letters summed away].

use super::linalg::batched;
use super::reduce::sum;
use super::shape::{reshape, transpose};
use super::{Shape, Tensor, TensorError, TensorResult, index::gather};

/// A tensor with a letter an axis.
struct Term {
    tensor: Tensor,
    letters: Vec<char>,
}

/// The sum of products that `subscripts` describes. Letters name axes; those that are not in the
/// output are summed over. Without `->` the output has the letters that appear once, in
/// alphabetical order. `...` stands for axes in front.
///
/// # Errors
/// Subscripts that do not fit the operands' shapes.
pub fn einsum(subscripts: &str, operands: &[Tensor]) -> TensorResult<Tensor> {
    let spec: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match spec.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (spec.as_str(), None),
    };
    let inputs: Vec<&str> = inputs.split(',').collect();
    if inputs.len() != operands.len() {
        return Err(TensorError::value(format!(
            "einsum('{subscripts}') names {} operands and got {}",
            inputs.len(),
            operands.len()
        )));
    }
    let widest =
        inputs.iter().zip(operands).map(|(input, x)| dots(input, x)).collect::<TensorResult<Vec<_>>>()?;
    let widest = widest.into_iter().max().unwrap_or(0);
    let mut terms = inputs
        .iter()
        .zip(operands)
        .map(|(input, x)| term(subscripts, &spelled(input, dots(input, x)?), x))
        .collect::<TensorResult<Vec<_>>>()?;
    let output = match output {
        Some(output) => spelled(output, widest),
        None => implied(&inputs, widest),
    };
    if let Some(unknown) = output.iter().find(|letter| !terms.iter().any(|t| t.letters.contains(letter))) {
        return Err(TensorError::value(format!("einsum('{subscripts}'): `{unknown}` is in no operand")));
    }
    terms.reverse();
    let Some(mut left) = terms.pop() else {
        return Err(TensorError::value("einsum needs at least one operand"));
    };
    while let Some(right) = terms.pop() {
        let needed =
            |letter: &char| output.contains(letter) || terms.iter().any(|t| t.letters.contains(letter));
        left = product(subscripts, left, right, needed)?;
    }
    let left = drop(left, |letter| output.contains(letter))?;
    let order: Vec<usize> =
        output.iter().filter_map(|letter| left.letters.iter().position(|l| l == letter)).collect();
    if order.len() != left.letters.len() {
        return Err(TensorError::value(format!(
            "einsum('{subscripts}'): a letter appears twice in the output"
        )));
    }
    Ok(transpose(&left.tensor, &order))
}

/// How many axes `...` stands for.
fn dots(input: &str, x: &Tensor) -> TensorResult<usize> {
    let letters = input.replace("...", "").chars().count();
    let rest = x.ndim().checked_sub(letters);
    match rest {
        Some(rest) if rest == 0 || input.contains("...") => Ok(rest),
        _ => Err(TensorError::value(format!(
            "einsum: `{input}` has {letters} letters for a tensor of shape {}",
            Shape(x.shape())
        ))),
    }
}

/// The letters of a term; the axes of `...` get letters of their own, counted from the last one.
fn spelled(input: &str, dots: usize) -> Vec<char> {
    let own = |i: usize| char::from_u32(0xE000 + i as u32).unwrap_or('\u{E000}');
    match input.split_once("...") {
        None => input.chars().collect(),
        Some((before, after)) => {
            before.chars().chain((0..dots).rev().map(own)).chain(after.chars()).collect()
        }
    }
}

fn implied(inputs: &[&str], dots: usize) -> Vec<char> {
    let all: String = inputs.concat().replace("...", "");
    let mut once: Vec<char> = all.chars().filter(|letter| all.matches(*letter).count() == 1).collect();
    once.sort_unstable();
    let lead =
        if inputs.iter().any(|input| input.contains("...")) { spelled("...", dots) } else { Vec::new() };
    lead.into_iter().chain(once).collect()
}

/// A letter that a term names twice is its diagonal.
fn term(subscripts: &str, letters: &[char], x: &Tensor) -> TensorResult<Term> {
    let mut kept: Vec<char> = Vec::new();
    let mut shape: Vec<usize> = Vec::new();
    let mut steps: Vec<usize> = Vec::new();
    for (axis, &letter) in letters.iter().enumerate() {
        let step: usize = x.shape()[axis + 1..].iter().product();
        match kept.iter().position(|&k| k == letter) {
            None => {
                kept.push(letter);
                shape.push(x.shape()[axis]);
                steps.push(step);
            }
            Some(at) if shape[at] == x.shape()[axis] => steps[at] += step,
            Some(at) => return Err(differ(subscripts, letter, shape[at], x.shape()[axis])),
        }
    }
    if kept.len() == letters.len() {
        return Ok(Term { tensor: x.clone(), letters: kept });
    }
    let mut offsets = vec![0];
    for (&length, &step) in shape.iter().zip(&steps) {
        offsets = offsets.iter().flat_map(|&o: &usize| (0..length).map(move |i| o + i * step)).collect();
    }
    Ok(Term { tensor: gather(x, &offsets, &shape), letters: kept })
}

fn differ(subscripts: &str, letter: char, a: usize, b: usize) -> TensorError {
    let name = if letter >= '\u{E000}' { "an axis of `...`".to_owned() } else { format!("`{letter}`") };
    TensorError::value(format!("einsum('{subscripts}'): {name} is {a} long in one place and {b} in another"))
}

/// Sums the letters away that nothing needs.
fn drop(term: Term, needed: impl Fn(&char) -> bool) -> TensorResult<Term> {
    let axes: Vec<isize> =
        (0..).zip(&term.letters).filter(|(_, letter)| !needed(letter)).map(|(axis, _)| axis).collect();
    if axes.is_empty() {
        return Ok(term);
    }
    let dtype = term.tensor.dtype();
    let tensor = sum(&term.tensor, Some(&axes), false)?.astype(dtype);
    Ok(Term { tensor, letters: term.letters.into_iter().filter(|letter| needed(letter)).collect() })
}

fn product(subscripts: &str, left: Term, right: Term, needed: impl Fn(&char) -> bool) -> TensorResult<Term> {
    let left = drop(left, |letter| needed(letter) || right.letters.contains(letter))?;
    let right = drop(right, |letter| needed(letter) || left.letters.contains(letter))?;
    let length = |term: &Term, letter: char| {
        term.letters.iter().position(|&l| l == letter).map_or(1, |at| term.tensor.shape()[at])
    };
    for &letter in left.letters.iter().filter(|letter| right.letters.contains(letter)) {
        let (a, b) = (length(&left, letter), length(&right, letter));
        if a != b && a != 1 && b != 1 {
            return Err(differ(subscripts, letter, a, b));
        }
    }
    // A length of 1 against a longer one is broadcast.
    let long = |letter: char| length(&left, letter).max(length(&right, letter));
    let (left, right) = (widened(&left, &long)?, widened(&right, &long)?);
    let both = |letter: &&char| left.letters.contains(letter) && right.letters.contains(letter);
    let batch: Vec<char> = left.letters.iter().filter(both).filter(|l| needed(l)).copied().collect();
    let summed: Vec<char> = left.letters.iter().filter(both).filter(|l| !needed(l)).copied().collect();
    let only = |a: &Term, b: &Term| -> Vec<char> {
        a.letters.iter().filter(|l| !b.letters.contains(l)).copied().collect()
    };
    let (rows, columns) = (only(&left, &right), only(&right, &left));
    let size = |letters: &[char]| letters.iter().map(|&letter| long(letter)).product::<usize>();
    let arrange = |term: &Term, groups: [&[char]; 3]| {
        let order: Vec<usize> = groups
            .concat()
            .iter()
            .filter_map(|letter| term.letters.iter().position(|l| l == letter))
            .collect();
        transpose(&term.tensor, &order)
    };
    let tensor = batched(
        &arrange(&left, [&batch, &rows, &summed]),
        &arrange(&right, [&batch, &summed, &columns]),
        size(&batch),
        [size(&rows), size(&summed), size(&columns)],
    )?;
    let letters = [batch, rows, columns].concat();
    let shape: Vec<i64> = letters.iter().map(|&letter| long(letter) as i64).collect();
    Ok(Term { tensor: reshape(&tensor, &shape)?, letters })
}

fn widened(term: &Term, long: &impl Fn(char) -> usize) -> TensorResult<Term> {
    let shape: Vec<usize> = term.letters.iter().map(|&letter| long(letter)).collect();
    Ok(Term { tensor: super::shape::broadcast_to(&term.tensor, &shape)?, letters: term.letters.clone() })
}
