//! Statistics: averages with weights, reductions that leave NaN out, covariance, counts.

use super::elementwise::{Binary, Operand, binary};
use super::reduce::{self, Axes};
use super::shape::{axis_of, broadcast_to, flatten, reshape, transpose};
use super::{DType, Shape, Tensor, TensorError, TensorResult, check_size, lanes, linalg, unary};

fn op(kind: Binary, a: &Tensor, b: &Tensor) -> TensorResult<Tensor> {
    binary(kind, &Operand::Tensor(a.clone()), &Operand::Tensor(b.clone()))
}

/// The mean in which each element counts as much as its weight says.
///
/// # Errors
/// Weights of another shape than `x`, or a row of them that is not as long as the axis.
pub fn average(x: &Tensor, axis: Option<isize>, weights: &Tensor) -> TensorResult<Tensor> {
    let weights = if weights.shape() == x.shape() {
        weights.clone()
    } else {
        let at = axis.map(|axis| axis_of(axis, x.shape())).transpose()?;
        let fits = at.filter(|&at| weights.ndim() == 1 && weights.len() == x.shape()[at]);
        let Some(at) = fits else {
            let message = format!("weights of shape {} for {}", Shape(weights.shape()), Shape(x.shape()));
            return Err(TensorError::value(message)
                .hint("weights have the shape of x, or are a row as long as `axis`"));
        };
        let mut shape = vec![1; x.ndim()];
        shape[at] = weights.len() as i64;
        broadcast_to(&reshape(weights, &shape)?, x.shape())?
    };
    let axes = axis.map(|axis| [axis]);
    let axes = axes.as_ref().map(<[isize; 1]>::as_slice);
    let weights = weights.astype(DType::Float64);
    let sum = reduce::sum(&op(Binary::Multiply, &x.astype(DType::Float64), &weights)?, axes, false)?;
    Ok(op(Binary::Divide, &sum, &reduce::sum(&weights, axes, false)?)?.astype(x.dtype().floating()))
}

/// From the least to the greatest.
///
/// # Errors
/// An axis out of bounds, nothing to look at.
pub fn ptp(x: &Tensor, axes: Axes<'_>, keepdims: bool) -> TensorResult<Tensor> {
    op(Binary::Subtract, &reduce::max(x, axes, keepdims)?, &reduce::min(x, axes, keepdims)?)
}

/// The logarithm of the sum of the exponentials, computed without overflow.
///
/// # Errors
/// An axis out of bounds, nothing to look at.
pub fn logsumexp(x: &Tensor, axes: Axes<'_>, keepdims: bool) -> TensorResult<Tensor> {
    let wide = x.astype(DType::Float64);
    let most = reduce::max(&wide, axes, true)?;
    // An infinite maximum would make NaN of the differences.
    let most = Tensor::from_vec(
        most.shape(),
        most.to_f64s().into_iter().map(|v| if v.is_finite() { v } else { 0.0 }).collect(),
    )?;
    let sum = reduce::sum(&unary::exp(&op(Binary::Subtract, &wide, &most)?), axes, true)?;
    let whole = op(Binary::Add, &unary::log(&sum), &most)?;
    // Reduced once more, along axes of length 1, it loses them.
    let whole = if keepdims { whole } else { reduce::max(&whole, axes, false)? };
    Ok(whole.astype(x.dtype().floating()))
}

/// What is made of the numbers of a row.
#[derive(Clone, Copy, Debug)]
pub enum Nan {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// Their standard deviation.
    Std,
}

/// A reduction that leaves NaN out; NaN where nothing is left, but for the sum.
///
/// # Errors
/// An axis out of bounds.
pub fn without_nan(x: &Tensor, what: Nan, axis: Option<isize>, keepdims: bool) -> TensorResult<Tensor> {
    let of = |row: &[f64]| {
        let left: Vec<f64> = row.iter().copied().filter(|v| !v.is_nan()).collect();
        let count = left.len() as f64;
        let mean = left.iter().sum::<f64>() / count;
        match what {
            Nan::Sum => left.iter().sum(),
            Nan::Mean => mean,
            Nan::Min => left.into_iter().reduce(f64::min).unwrap_or(f64::NAN),
            Nan::Max => left.into_iter().reduce(f64::max).unwrap_or(f64::NAN),
            Nan::Std => (left.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt(),
        }
    };
    let dtype = match what {
        Nan::Mean | Nan::Std => x.dtype().floating(),
        Nan::Sum if !x.dtype().is_float() => DType::Int64,
        _ => x.dtype(),
    };
    Ok(lanes::reduced(x, axis, keepdims, of)?.astype(dtype))
}

/// How the rows of `x` (variables) vary together over its columns (observations).
///
/// # Errors
/// More than two axes.
pub fn cov(x: &Tensor, ddof: f64) -> TensorResult<Tensor> {
    if x.ndim() > 2 {
        return Err(TensorError::value(format!("rows of observations, not the shape {}", Shape(x.shape()))));
    }
    let rows = if x.ndim() == 2 { x.clone() } else { reshape(x, &[1, -1])? }.astype(DType::Float64);
    let centred = op(Binary::Subtract, &rows, &reduce::mean(&rows, Some(&[1]), true)?)?;
    let product = linalg::matmul(&centred, &transpose(&centred, &[1, 0]))?;
    let count = Operand::Float((rows.shape()[1] as f64 - ddof).max(0.0));
    let made = binary(Binary::Divide, &Operand::Tensor(product), &count)?.astype(x.dtype().floating());
    if x.ndim() == 2 { Ok(made) } else { reshape(&made, &[]) }
}

/// The covariance in units of the standard deviations: from -1 to 1.
///
/// # Errors
/// As [`cov`].
pub fn corrcoef(x: &Tensor) -> TensorResult<Tensor> {
    let together = cov(&x.astype(DType::Float64), 0.0)?;
    let dtype = x.dtype().floating();
    let Some(side) = together.shape().first().copied() else { return Ok(Tensor::scalar(1.0).astype(dtype)) };
    let all = together.to_f64s();
    let spread = |at: usize| all[at * side + at].sqrt();
    let at = |i: usize| (all[i] / (spread(i / side) * spread(i % side))).clamp(-1.0, 1.0);
    Ok(Tensor::from_vec(&[side, side], (0..all.len()).map(at).collect::<Vec<f64>>())?.astype(dtype))
}

/// How often each of the numbers 0, 1, 2, … occurs.
///
/// # Errors
/// Elements that are negative or no integers.
pub fn bincount(x: &Tensor, minlength: usize) -> TensorResult<Tensor> {
    if (x.dtype().is_float() && !x.is_empty()) || x.to_i64s().iter().any(|&v| v < 0) {
        return Err(TensorError::type_("only integers that are not negative can be counted by number")
            .hint("`k.unique(x, return_counts=True)` counts any elements"));
    }
    let values = x.to_i64s();
    let most = values.iter().max().map_or(0, |&most| most as usize + 1).max(minlength);
    check_size(&[most], DType::Int64)?;
    let mut counts = vec![0_i64; most];
    values.into_iter().for_each(|v| counts[v as usize] += 1);
    Tensor::from_vec(&[most], counts)
}

/// Whether each element of `x` is one of `values`.
///
/// # Errors
/// None that `x` itself has not.
pub fn isin(x: &Tensor, values: &Tensor) -> TensorResult<Tensor> {
    let mut known = flatten(values).to_f64s();
    known.retain(|v| !v.is_nan());
    known.sort_by(f64::total_cmp);
    let within = |v: f64| known.binary_search_by(|k| k.partial_cmp(&v).unwrap_or(std::cmp::Ordering::Less));
    Tensor::from_vec(x.shape(), x.to_f64s().into_iter().map(|v| within(v).is_ok()).collect::<Vec<bool>>())
}

/// The values at `x` of the line through the points (`xp`, `fp`); level beyond its ends.
///
/// # Errors
/// No points, or not as many of the one as of the other.
pub fn interp(x: &Tensor, xp: &Tensor, fp: &Tensor) -> TensorResult<Tensor> {
    let (at, heights) = (xp.to_f64s(), fp.to_f64s());
    if at.is_empty() || xp.shape() != fp.shape() || xp.ndim() != 1 {
        let message = format!("points of shapes {} and {}", Shape(xp.shape()), Shape(fp.shape()));
        return Err(TensorError::value(message).hint("`xp`, rising, and `fp` are rows of one length"));
    }
    let value = |x: f64| {
        let above = at.partition_point(|&p| p <= x);
        match above {
            _ if x.is_nan() => f64::NAN,
            0 => heights[0],
            n if n == at.len() => heights[n - 1],
            n => {
                let part = (x - at[n - 1]) / (at[n] - at[n - 1]);
                heights[n - 1] + (heights[n] - heights[n - 1]) * part
            }
        }
    };
    let dtype = x.dtype().floating().meet(fp.dtype().floating());
    Ok(Tensor::from_vec(x.shape(), x.to_f64s().into_iter().map(value).collect::<Vec<f64>>())?.astype(dtype))
}
