//! Functions of whole rows along one axis: order statistics, differences, products so far.

use super::shape::{axis_of, flatten, permute, reshape};
use super::{DType, Shape, Tensor, TensorError, TensorResult};

/// `f` of each row of `x` along `axis` (of all elements in one row where there is none). All results
/// have one length, which takes the row's place; float64.
fn along(x: &Tensor, axis: Option<isize>, f: impl Fn(&[f64]) -> Vec<f64>) -> TensorResult<Tensor> {
    let (x, at) = match axis {
        None => (flatten(x), 0),
        Some(axis) => (x.clone(), axis_of(axis, x.shape())?),
    };
    let mut order: Vec<isize> = (0..x.ndim() as isize).filter(|&axis| axis != at as isize).collect();
    order.push(at as isize);
    let last = permute(&x, Some(&order))?;
    let length = x.shape()[at];
    let count = last.len().checked_div(length).unwrap_or(0);
    let all = last.to_f64s();
    let rows: Vec<Vec<f64>> = (0..count).map(|row| f(&all[row * length..(row + 1) * length])).collect();
    let width = rows.first().map_or_else(|| f(&[]).len(), Vec::len);
    let mut shape: Vec<usize> = last.shape()[..last.ndim() - 1].to_vec();
    shape.push(width);
    let made = Tensor::from_vec(&shape, rows.into_iter().flatten().collect::<Vec<f64>>())?;
    let mut back: Vec<isize> = (0..x.ndim() as isize - 1).collect();
    back.insert(at, x.ndim() as isize - 1);
    permute(&made, Some(&back))
}

/// The products so far; of integers an integer.
///
/// # Errors
/// An axis out of bounds.
pub fn cumprod(x: &Tensor, axis: Option<isize>) -> TensorResult<Tensor> {
    let dtype = if x.dtype().is_float() { x.dtype() } else { DType::Int64 };
    let so_far = |row: &[f64]| {
        row.iter()
            .scan(1.0, |product, v| {
                *product *= v;
                Some(*product)
            })
            .collect()
    };
    Ok(along(x, axis, so_far)?.astype(dtype))
}

/// The differences of neighbours, `n` times over.
///
/// # Errors
/// An axis out of bounds.
pub fn diff(x: &Tensor, n: usize, axis: isize) -> TensorResult<Tensor> {
    let mut made = x.astype(DType::Float64);
    // As many differences as an axis is long leave nothing of it, and more of them no less.
    let longest = x.shape().iter().copied().max().unwrap_or(1).max(1);
    for _ in 0..n.min(longest) {
        made = along(&made, Some(axis), |row| row.windows(2).map(|pair| pair[1] - pair[0]).collect())?;
    }
    Ok(made.astype(x.dtype()))
}

/// The value below which the part `q` of the elements lies, on the line between two of them.
///
/// # Errors
/// An axis out of bounds, a part outside of 0..1, nothing to look at.
pub fn quantile(x: &Tensor, q: f64, axis: Option<isize>, keepdims: bool) -> TensorResult<Tensor> {
    if !(0.0..=1.0).contains(&q) {
        return Err(TensorError::value(format!("a quantile is a part from 0 to 1, not {q}")));
    }
    if x.is_empty() {
        return Err(TensorError::value(format!("a quantile of nothing: the shape is {}", Shape(x.shape()))));
    }
    let of = |row: &[f64]| {
        if row.iter().any(|v| v.is_nan()) {
            return f64::NAN;
        }
        let mut row = row.to_vec();
        row.sort_by(f64::total_cmp);
        let place = q * row.len().saturating_sub(1) as f64;
        let (low, part) = (place.floor() as usize, place.fract());
        let low_value = row.get(low).copied().unwrap_or(f64::NAN);
        let high_value = row.get(low + 1).copied().unwrap_or(low_value);
        low_value + (high_value - low_value) * part
    };
    Ok(reduced(x, axis, keepdims, of)?.astype(x.dtype().floating()))
}

/// `f` of each row of `x` along `axis`, in the row's place; float64.
///
/// # Errors
/// An axis out of bounds.
pub fn reduced(
    x: &Tensor,
    axis: Option<isize>,
    keepdims: bool,
    f: impl Fn(&[f64]) -> f64,
) -> TensorResult<Tensor> {
    let made = along(x, axis, |row| vec![f(row)])?;
    let mut shape: Vec<i64> = match axis {
        None => vec![1; x.ndim()],
        Some(_) => made.shape().iter().map(|&length| length as i64).collect(),
    };
    if !keepdims {
        match axis {
            None => shape.clear(),
            Some(axis) => drop(shape.remove(axis_of(axis, x.shape())?)),
        }
    }
    reshape(&made, &shape)
}

/// How many elements are not 0.
///
/// # Errors
/// An axis out of bounds.
pub fn count_nonzero(x: &Tensor, axes: super::reduce::Axes, keepdims: bool) -> TensorResult<Tensor> {
    super::reduce::sum(&x.astype(DType::Bool), axes, keepdims)
}

/// Where the elements of `v` would have to go into the sorted row `a`: before those equal to them, or
/// with `right` behind.
///
/// # Errors
/// `a` is no row.
pub fn searchsorted(a: &Tensor, v: &Tensor, right: bool) -> TensorResult<Tensor> {
    if a.ndim() != 1 {
        return Err(TensorError::value(format!(
            "a sorted row has one axis, not the shape {}",
            Shape(a.shape())
        )));
    }
    let row = a.to_f64s();
    let place =
        |value: f64| row.partition_point(|&other| if right { other <= value } else { other < value }) as i64;
    Tensor::from_vec(v.shape(), v.to_f64s().into_iter().map(place).collect())
}

/// The axes `from` at the places `to`, the others in their order.
///
/// # Errors
/// Axes out of bounds, as many from as to.
pub fn moveaxis(x: &Tensor, from: &[isize], to: &[isize]) -> TensorResult<Tensor> {
    if from.len() != to.len() {
        return Err(TensorError::value(format!("{} axes cannot go to {} places", from.len(), to.len())));
    }
    let at =
        |axes: &[isize]| axes.iter().map(|&axis| axis_of(axis, x.shape())).collect::<TensorResult<Vec<_>>>();
    let (from, to) = (at(from)?, at(to)?);
    let mut order: Vec<usize> = (0..x.ndim()).filter(|axis| !from.contains(axis)).collect();
    let mut moves: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
    moves.sort_unstable();
    for (place, axis) in moves {
        order.insert(place.min(order.len()), axis);
    }
    let order: Vec<isize> = order.into_iter().map(|axis| axis as isize).collect();
    permute(x, Some(&order))
}
