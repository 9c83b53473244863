//! Reductions over axes. Sums of floats are carried in f64 and rounded once.

use std::cmp::Ordering;

use super::shape::{axis_of, transpose};
use super::{Array, DType, Element, Shape, Tensor, TensorError, TensorResult, array, each, elements, same};

/// The axes to reduce: `None` for all.
pub type Axes<'a> = Option<&'a [isize]>;

/// A tensor whose reduced axes have been moved to the end: `[outer…, inner]`, in rows.
struct Rows {
    tensor: Tensor,
    outer: Vec<usize>,
    inner: usize,
    kept: Vec<usize>,
}

fn rows(x: &Tensor, axes: Axes) -> TensorResult<Rows> {
    let ndim = x.ndim();
    let mut reduced = vec![axes.is_none(); ndim];
    for &axis in axes.unwrap_or_default() {
        let at = axis_of(axis, x.shape())?;
        if std::mem::replace(&mut reduced[at], true) {
            return Err(TensorError::value(format!("axis {axis} is named twice")));
        }
    }
    let order: Vec<usize> =
        (0..ndim).filter(|&a| !reduced[a]).chain((0..ndim).filter(|&a| reduced[a])).collect();
    let outer = order.iter().filter(|&&a| !reduced[a]).map(|&a| x.shape()[a]).collect();
    let inner = (0..ndim).filter(|&a| reduced[a]).map(|a| x.shape()[a]).product();
    let kept = (0..ndim).map(|a| if reduced[a] { 1 } else { x.shape()[a] }).collect();
    let tensor = if order.is_sorted() { x.clone() } else { transpose(x, &order) };
    Ok(Rows { tensor, outer, inner, kept })
}

impl Rows {
    fn shape(&self, keepdims: bool) -> &[usize] {
        if keepdims { &self.kept } else { &self.outer }
    }

    fn fold<T: Element, U: Element>(&self, a: &Array<T>, keepdims: bool, f: impl Fn(&[T]) -> U) -> Array<U> {
        let data = elements(a);
        let count: usize = self.outer.iter().product();
        let fold = |row: usize| f(&data[row * self.inner..(row + 1) * self.inner]);
        array(self.shape(keepdims), (0..count).map(fold).collect())
    }

    /// A float result of each row, in the tensor's own float type.
    fn floating(&self, keepdims: bool, f: impl Fn(&mut dyn Iterator<Item = f64>) -> f64) -> Tensor {
        let wide = Tensor::Float64(
            each!(&self.tensor, a => self.fold(a, keepdims, |row| f(&mut row.iter().map(|v| v.to_f64())))),
        );
        wide.astype(self.tensor.dtype().floating())
    }

    fn not_empty(&self, what: &str, of: &Tensor) -> TensorResult<()> {
        if self.inner == 0 {
            return Err(TensorError::value(format!("{what} of nothing: the shape is {}", Shape(of.shape()))));
        }
        Ok(())
    }
}

/// The sum: integers and bools give int64.
///
/// # Errors
/// An axis out of bounds.
pub fn sum(x: &Tensor, axes: Axes, keepdims: bool) -> TensorResult<Tensor> {
    let rows = rows(x, axes)?;
    if x.dtype().is_float() {
        // Rust's own sum of nothing is -0.0.
        let empty = rows.inner == 0;
        return Ok(rows.floating(keepdims, |row| if empty { 0.0 } else { row.sum() }));
    }
    let total = |row: &mut dyn Iterator<Item = i64>| row.fold(0_i64, i64::wrapping_add);
    Ok(Tensor::Int64(
        each!(&rows.tensor, a => rows.fold(a, keepdims, |row| total(&mut row.iter().map(|v| v.to_i64())))),
    ))
}

/// The product: integers and bools give int64.
///
/// # Errors
/// An axis out of bounds.
pub fn prod(x: &Tensor, axes: Axes, keepdims: bool) -> TensorResult<Tensor> {
    let rows = rows(x, axes)?;
    if x.dtype().is_float() {
        return Ok(rows.floating(keepdims, |row| row.product()));
    }
    let total = |row: &mut dyn Iterator<Item = i64>| row.fold(1_i64, i64::wrapping_mul);
    Ok(Tensor::Int64(
        each!(&rows.tensor, a => rows.fold(a, keepdims, |row| total(&mut row.iter().map(|v| v.to_i64())))),
    ))
}

/// The mean; NaN of nothing.
///
/// # Errors
/// An axis out of bounds.
pub fn mean(x: &Tensor, axes: Axes, keepdims: bool) -> TensorResult<Tensor> {
    let rows = rows(x, axes)?;
    let count = rows.inner as f64;
    Ok(rows.floating(keepdims, |row| row.sum::<f64>() / count))
}

/// The variance: the sum of squared deviations over n − `ddof`.
///
/// # Errors
/// An axis out of bounds.
pub fn var(x: &Tensor, axes: Axes, ddof: f64, keepdims: bool) -> TensorResult<Tensor> {
    deviation(x, axes, ddof, keepdims, |variance| variance)
}

/// The square root of the variance.
///
/// # Errors
/// An axis out of bounds.
pub fn std(x: &Tensor, axes: Axes, ddof: f64, keepdims: bool) -> TensorResult<Tensor> {
    deviation(x, axes, ddof, keepdims, f64::sqrt)
}

fn deviation(x: &Tensor, axes: Axes, ddof: f64, keepdims: bool, end: fn(f64) -> f64) -> TensorResult<Tensor> {
    let rows = rows(x, axes)?;
    let count = rows.inner as f64;
    Ok(rows.floating(keepdims, |row| {
        let row: Vec<f64> = row.collect();
        let mean = row.iter().sum::<f64>() / count;
        end(row.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (count - ddof))
    }))
}

/// Whether `v` should stand before `best`: NaN before all others, as NumPy has it.
fn beats<T: Element>(v: T, best: T, wanted: Ordering) -> bool {
    match v.partial_cmp(&best) {
        Some(order) => order == wanted,
        // One of them is NaN, and only NaN differs from itself.
        #[expect(clippy::eq_op, reason = "the test for NaN of a generic element")]
        None => best == best,
    }
}

fn position<T: Element>(row: &[T], wanted: Ordering) -> usize {
    let mut best = 0;
    for (at, &v) in row.iter().enumerate().skip(1) {
        if beats(v, row[best], wanted) {
            best = at;
        }
    }
    best
}

fn extreme(x: &Tensor, axes: Axes, keepdims: bool, wanted: Ordering, what: &str) -> TensorResult<Tensor> {
    let rows = rows(x, axes)?;
    rows.not_empty(what, x)?;
    Ok(same!(&rows.tensor, a => rows.fold(a, keepdims, |row| row[position(row, wanted)])))
}

/// The least element; NaN if there is one.
///
/// # Errors
/// Nothing to choose from, an axis out of bounds.
pub fn min(x: &Tensor, axes: Axes, keepdims: bool) -> TensorResult<Tensor> {
    extreme(x, axes, keepdims, Ordering::Less, "the minimum")
}

/// The greatest element; NaN if there is one.
///
/// # Errors
/// Nothing to choose from, an axis out of bounds.
pub fn max(x: &Tensor, axes: Axes, keepdims: bool) -> TensorResult<Tensor> {
    extreme(x, axes, keepdims, Ordering::Greater, "the maximum")
}

fn place(
    x: &Tensor,
    axis: Option<isize>,
    keepdims: bool,
    wanted: Ordering,
    what: &str,
) -> TensorResult<Tensor> {
    let axis = axis.map(|axis| [axis]);
    let rows = rows(x, axis.as_ref().map(|axis| &axis[..]))?;
    rows.not_empty(what, x)?;
    Ok(Tensor::Int64(each!(&rows.tensor, a => rows.fold(a, keepdims, |row| position(row, wanted) as i64))))
}

/// Where the least element is first: along `axis`, or in the flattened tensor.
///
/// # Errors
/// Nothing to choose from, an axis out of bounds.
pub fn argmin(x: &Tensor, axis: Option<isize>, keepdims: bool) -> TensorResult<Tensor> {
    place(x, axis, keepdims, Ordering::Less, "the minimum")
}

/// Where the greatest element is first: along `axis`, or in the flattened tensor.
///
/// # Errors
/// Nothing to choose from, an axis out of bounds.
pub fn argmax(x: &Tensor, axis: Option<isize>, keepdims: bool) -> TensorResult<Tensor> {
    place(x, axis, keepdims, Ordering::Greater, "the maximum")
}

/// How far the greatest element is ahead of the next one, in the row where that is least; infinite where
/// nothing is chosen from.
///
/// # Errors
/// An axis out of bounds.
pub fn lead(x: &Tensor, axis: Option<isize>) -> TensorResult<f64> {
    let axis = axis.map(|axis| [axis]);
    let rows = rows(x, axis.as_ref().map(|axis| &axis[..]))?;
    let ahead = rows.floating(false, |row| {
        let (first, second) = row.fold((f64::NEG_INFINITY, f64::NEG_INFINITY), |(first, second), v| {
            if v > first { (v, first) } else { (first, second.max(v)) }
        });
        first - second
    });
    Ok(ahead.to_f64s().into_iter().filter(|ahead| !ahead.is_nan()).fold(f64::INFINITY, f64::min))
}

/// Whether any element is true (not zero).
///
/// # Errors
/// An axis out of bounds.
pub fn any(x: &Tensor, axes: Axes, keepdims: bool) -> TensorResult<Tensor> {
    let rows = rows(&x.astype(DType::Bool), axes)?;
    Ok(Tensor::Bool(
        each!(&rows.tensor, a => rows.fold(a, keepdims, |row| row.iter().any(|v| v.to_i64() != 0))),
    ))
}

/// Whether all elements are true (not zero).
///
/// # Errors
/// An axis out of bounds.
pub fn all(x: &Tensor, axes: Axes, keepdims: bool) -> TensorResult<Tensor> {
    let rows = rows(&x.astype(DType::Bool), axes)?;
    Ok(Tensor::Bool(
        each!(&rows.tensor, a => rows.fold(a, keepdims, |row| row.iter().all(|v| v.to_i64() != 0))),
    ))
}

/// Running sums along `axis`, or of the flattened tensor; integers and bools give int64.
///
/// # Errors
/// An axis out of bounds.
pub fn cumsum(x: &Tensor, axis: Option<isize>) -> TensorResult<Tensor> {
    let (x, axis) = match axis {
        Some(axis) => (x.clone(), axis_of(axis, x.shape())?),
        None => (super::shape::flatten(x), 0),
    };
    let inner: usize = x.shape()[axis + 1..].iter().product();
    let length = x.shape()[axis];
    let row = length * inner;
    // The sum so far at `at` is the one a step of `inner` before it, unless it begins a run.
    let begins = |at: usize| row == 0 || at % row < inner;
    if x.dtype().is_float() {
        let mut sums = x.to_f64s();
        for at in 0..sums.len() {
            if !begins(at) {
                sums[at] += sums[at - inner];
            }
        }
        return Ok(Tensor::Float64(array(x.shape(), sums)).astype(x.dtype()));
    }
    let mut sums = x.to_i64s();
    for at in 0..sums.len() {
        if !begins(at) {
            sums[at] = sums[at].wrapping_add(sums[at - inner]);
        }
    }
    Ok(Tensor::Int64(array(x.shape(), sums)))
}
