//! Elements moved, repeated and cut along axes.

use super::index::{Index, gather};
use super::shape::{axis_of, flatten};
use super::{DType, Operand, Shape, Tensor, TensorError, TensorResult, check_size, create, index};

/// Every axis whole.
fn whole(ndim: usize) -> Vec<Index> {
    vec![Index::Slice { start: None, stop: None, step: None }; ndim]
}

/// The positions `at` along `axis`, in that order.
///
/// # Errors
/// A position out of bounds.
fn pick(x: &Tensor, axis: usize, at: Vec<i64>) -> TensorResult<Tensor> {
    let mut indices = whole(x.ndim());
    indices[axis] = Index::Integers { shape: vec![at.len()], at };
    index::get(x, &indices)
}

/// `x` cut along `axis` before each of the positions `at`.
///
/// # Errors
/// There is no such axis.
pub fn split_at(x: &Tensor, at: &[usize], axis: isize) -> TensorResult<Vec<Tensor>> {
    let axis = axis_of(axis, x.shape())?;
    let length = x.shape()[axis];
    let mut parts = Vec::with_capacity(at.len() + 1);
    let mut start = 0;
    for &stop in at.iter().chain([&length]) {
        let stop = stop.min(length);
        let mut indices = whole(x.ndim());
        indices[axis] =
            Index::Slice { start: Some(start as i64), stop: Some(stop.max(start) as i64), step: None };
        parts.push(index::get(x, &indices)?);
        start = stop;
    }
    Ok(parts)
}

/// Numbers that a tensor without elements takes the room of.
const PART: usize = 32;

/// `x` cut along `axis` into `count` equal parts.
///
/// # Errors
/// The axis is not a multiple of `count` long.
pub fn split(x: &Tensor, count: usize, axis: isize) -> TensorResult<Vec<Tensor>> {
    let length = x.shape()[axis_of(axis, x.shape())?];
    if count == 0 || !length.is_multiple_of(count) {
        return Err(TensorError::value(format!(
            "axis {axis} of a tensor of shape {} cannot be cut into {count} equal parts",
            Shape(x.shape())
        )));
    }
    // An axis of no length can be cut into any number of parts, and each is a tensor of its own.
    check_size(&[count, PART], DType::Float64)?;
    let part = length / count;
    split_at(x, &(1..count).map(|i| i * part).collect::<Vec<_>>(), axis)
}

/// The order of the elements turned around along `axes`; `None` for all.
///
/// # Errors
/// There is no such axis.
pub fn flip(x: &Tensor, axes: Option<&[isize]>) -> TensorResult<Tensor> {
    let mut indices = whole(x.ndim());
    let back = Index::Slice { start: None, stop: None, step: Some(-1) };
    match axes {
        None => indices.fill(back),
        Some(axes) => {
            for &axis in axes {
                indices[axis_of(axis, x.shape())?] = back.clone();
            }
        }
    }
    index::get(x, &indices)
}

/// Elements moved `shift` places on along `axis`, those at the end to the front; without an axis
/// the flattened tensor is rolled and shaped again.
///
/// # Errors
/// There is no such axis.
pub fn roll(x: &Tensor, shift: i64, axis: Option<isize>) -> TensorResult<Tensor> {
    let Some(axis) = axis else {
        let rolled = roll(&flatten(x), shift, Some(0))?;
        return super::shape::reshape(&rolled, &x.shape().iter().map(|&n| n as i64).collect::<Vec<_>>());
    };
    let axis = axis_of(axis, x.shape())?;
    let length = x.shape()[axis] as i64;
    pick(x, axis, (0..length).map(|i| (i - shift).rem_euclid(length)).collect())
}

/// The elements at the positions `at`, along `axis` or of the flattened tensor.
///
/// # Errors
/// A position or axis out of bounds.
pub fn take(x: &Tensor, at: &Tensor, axis: Option<isize>) -> TensorResult<Tensor> {
    if at.dtype().is_float() {
        return Err(TensorError::type_(format!("positions are integers, not {}", at.dtype())));
    }
    let positions = Index::Integers { shape: at.shape().to_vec(), at: at.to_i64s() };
    match axis {
        None => index::get(&flatten(x), &[positions]),
        Some(axis) => {
            let mut indices = whole(x.ndim());
            indices[axis_of(axis, x.shape())?] = positions;
            index::get(x, &indices)
        }
    }
}

/// For each place of `at`, the element of `x` at that position along `axis` and at the same place
/// along all others (`take_along_axis`; PyTorch's `gather`).
///
/// # Errors
/// Shapes that differ elsewhere, a position out of bounds.
pub fn take_along(x: &Tensor, at: &Tensor, axis: isize) -> TensorResult<Tensor> {
    let axis = axis_of(axis, x.shape())?;
    let (shape, source) = (at.shape(), x.shape());
    let agrees = shape.len() == source.len() && (0..shape.len()).all(|i| i == axis || shape[i] == source[i]);
    if !agrees {
        return Err(TensorError::value(format!(
            "positions of shape {} do not lie along axis {axis} of shape {}",
            Shape(shape),
            Shape(source)
        )));
    }
    let inner: usize = source[axis + 1..].iter().product();
    let (from, to) = (source[axis], shape[axis]);
    let offsets = at.to_i64s().into_iter().enumerate().map(|(flat, position)| {
        let wrapped = if position < 0 { position + from as i64 } else { position };
        if !(0..from as i64).contains(&wrapped) {
            return Err(TensorError::index(format!(
                "position {position} is out of bounds for an axis of {from}"
            )));
        }
        let outer = flat / (to * inner);
        Ok((outer * from + wrapped as usize) * inner + flat % inner)
    });
    Ok(gather(x, &offsets.collect::<TensorResult<Vec<_>>>()?, shape))
}

/// Each element `counts` times along `axis`, or of the flattened tensor.
///
/// # Errors
/// As many counts as neither 1 nor the axis is long.
pub fn repeat(x: &Tensor, counts: &[usize], axis: Option<isize>) -> TensorResult<Tensor> {
    let (x, axis) = match axis {
        Some(axis) => (x.clone(), axis_of(axis, x.shape())?),
        None => (flatten(x), 0),
    };
    let length = x.shape()[axis];
    if counts.len() != 1 && counts.len() != length {
        return Err(TensorError::value(format!("{} counts for an axis of {length}", counts.len())));
    }
    let times = |i: usize| if counts.len() == 1 { counts[0] } else { counts[i] };
    let total = (0..length).fold(0, |total: usize, i| total.saturating_add(times(i)));
    super::check_size(&[total], DType::Int64)?;
    let at: Vec<i64> = (0..length).flat_map(|i| std::iter::repeat_n(i as i64, times(i))).collect();
    pick(&x, axis, at)
}

/// The whole tensor `counts` times along each axis, counted from the last.
///
/// # Errors
/// A tensor too large.
pub fn tile(x: &Tensor, counts: &[usize]) -> TensorResult<Tensor> {
    let ndim = x.ndim().max(counts.len());
    let lead: Vec<isize> = (0..(ndim - x.ndim()) as isize).collect();
    let mut tiled = super::shape::expand_dims(x, &lead)?;
    for (from_end, &count) in counts.iter().rev().enumerate() {
        let axis = ndim - 1 - from_end;
        let length = tiled.shape()[axis] as i64;
        // An axis without elements stays one, however often.
        if count != 1 && length > 0 {
            let mut shape = tiled.shape().to_vec();
            shape[axis] = shape[axis].saturating_mul(count);
            super::check_size(&shape, tiled.dtype())?;
            super::check_size(&shape[axis..=axis], DType::Int64)?;
            tiled = pick(&tiled, axis, (0..count).flat_map(|_| 0..length).collect())?;
        }
    }
    Ok(tiled)
}

/// How the places around a padded tensor are filled.
#[derive(Clone, Debug)]
pub enum Padding {
    /// With one number.
    Constant(Operand),
    /// With the nearest element of the edge.
    Edge,
    /// With the elements mirrored at the edge, the edge itself not repeated.
    Reflect,
}

/// `x` with `widths[i] = (before, after)` places more along axis `i`.
///
/// # Errors
/// As many widths as `x` has no axes, a tensor too large, nothing to reflect.
pub fn pad(x: &Tensor, widths: &[(usize, usize)], how: &Padding) -> TensorResult<Tensor> {
    if widths.len() != x.ndim() {
        return Err(TensorError::value(format!(
            "{} widths for a tensor of shape {}",
            widths.len(),
            Shape(x.shape())
        )));
    }
    let shape: Vec<usize> =
        x.shape().iter().zip(widths).map(|(&n, &(b, a))| n.saturating_add(b).saturating_add(a)).collect();
    super::check_size(&shape, x.dtype())?;
    if let Padding::Constant(value) = how {
        let mut padded = create::full(&shape, value, Some(x.dtype()))?;
        let inside: Vec<Index> = x
            .shape()
            .iter()
            .zip(widths)
            .map(|(&n, &(before, _))| Index::Slice {
                start: Some(before as i64),
                stop: Some((before + n) as i64),
                step: None,
            })
            .collect();
        index::set(&mut padded, &inside, x)?;
        return Ok(padded);
    }
    let mut padded = x.clone();
    for (axis, &(before, after)) in widths.iter().enumerate() {
        let length = x.shape()[axis] as i64;
        if length == 0 && before + after > 0 {
            return Err(TensorError::value(format!("axis {axis} has no elements to pad with")));
        }
        let mirror = |at: i64| {
            let period = (2 * (length - 1)).max(1);
            let folded = at.rem_euclid(period);
            if folded < length { folded } else { period - folded }
        };
        let from = |at: i64| match how {
            Padding::Reflect => mirror(at),
            Padding::Edge | Padding::Constant(_) => at.clamp(0, length - 1),
        };
        padded = pick(&padded, axis, (-(before as i64)..length + after as i64).map(from).collect())?;
    }
    Ok(padded)
}
