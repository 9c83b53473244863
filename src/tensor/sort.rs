//! Order: sorting, the largest few, distinct values, counts. NaN stands last, as in NumPy.

use std::cmp::Ordering;

use super::shape::{axis_of, flatten, transpose};
use super::{Array, Element, Shape, Tensor, TensorError, TensorResult, array, each, elements, same};

fn order<T: Element>(a: T, b: T) -> Ordering {
    // Only NaN has no order; it differs from itself.
    #[expect(clippy::eq_op, reason = "the test for NaN of a generic element")]
    a.partial_cmp(&b).unwrap_or_else(|| (a != a).cmp(&(b != b)))
}

/// `act` on the rows along `axis`, given as the tensor with that axis last; the result's last axis
/// goes back to where it was.
fn along(x: &Tensor, axis: isize, act: impl Fn(&Tensor, usize) -> Tensor) -> TensorResult<Tensor> {
    let axis = axis_of(axis, x.shape())?;
    let last = x.ndim() - 1;
    let mut there: Vec<usize> = (0..x.ndim()).filter(|&a| a != axis).collect();
    there.push(axis);
    let mut back: Vec<usize> = (0..last).collect();
    back.insert(axis, last);
    let rows = if axis == last { x.clone() } else { transpose(x, &there) };
    let done = act(&rows, x.shape()[axis]);
    Ok(if axis == last { done } else { transpose(&done, &back) })
}

fn ranks<T: Element>(row: &[T], descending: bool) -> Vec<usize> {
    let mut ranks: Vec<usize> = (0..row.len()).collect();
    // Both directions are stable: equal elements keep their order.
    if descending {
        ranks.sort_by(|&i, &j| order(row[j], row[i]));
    } else {
        ranks.sort_by(|&i, &j| order(row[i], row[j]));
    }
    ranks
}

/// The elements in ascending order along `axis`; `None` sorts the flattened tensor.
///
/// # Errors
/// There is no such axis.
pub fn sort(x: &Tensor, axis: Option<isize>) -> TensorResult<Tensor> {
    let Some(axis) = axis else { return sort(&flatten(x), Some(0)) };
    fn of<T: Element>(a: &Array<T>, length: usize) -> Array<T> {
        let mut data = elements(a).into_owned();
        data.chunks_mut(length.max(1)).for_each(|row| row.sort_by(|&a, &b| order(a, b)));
        array(a.shape(), data)
    }
    along(x, axis, |rows, length| same!(rows, a => of(a, length)))
}

/// Where the elements come from that [`sort`] puts in order; ties keep their order.
///
/// # Errors
/// There is no such axis.
pub fn argsort(x: &Tensor, axis: Option<isize>, descending: bool) -> TensorResult<Tensor> {
    let Some(axis) = axis else { return argsort(&flatten(x), Some(0), descending) };
    fn of<T: Element>(a: &Array<T>, length: usize, descending: bool) -> Tensor {
        let rows = elements(a);
        let ranks = rows.chunks(length.max(1)).flat_map(|row| ranks(row, descending));
        Tensor::Int64(array(a.shape(), ranks.map(|at| at as i64).collect()))
    }
    along(x, axis, |rows, length| each!(rows, a => of(a, length, descending)))
}

/// The `k` largest elements along `axis`, largest first, and where they are.
///
/// # Errors
/// There is no such axis, or it is shorter than `k`.
pub fn topk(x: &Tensor, k: usize, axis: isize) -> TensorResult<(Tensor, Tensor)> {
    let length = x.shape()[axis_of(axis, x.shape())?];
    if k > length {
        return Err(TensorError::value(format!(
            "topk of {k} along axis {axis} of a tensor of shape {}",
            Shape(x.shape())
        )));
    }
    let order = argsort(x, Some(axis), true)?;
    let cut = super::arrange::split_at(&order, &[k], axis)?;
    let at = cut.into_iter().next().unwrap_or(order);
    Ok((super::arrange::take_along(x, &at, axis)?, at))
}

/// The distinct elements in ascending order, and how often each one is there.
pub fn unique(x: &Tensor) -> (Tensor, Tensor) {
    fn of<T: Element>(a: &Array<T>) -> (Tensor, Tensor) {
        let mut data = elements(a).into_owned();
        data.sort_by(|&a, &b| order(a, b));
        let (mut values, mut counts) = (Vec::new(), Vec::new());
        for v in data {
            match (values.last(), counts.last_mut()) {
                (Some(&last), Some(count)) if order(last, v) == Ordering::Equal => *count += 1,
                _ => {
                    values.push(v);
                    counts.push(1_i64);
                }
            }
        }
        let shape = [values.len()];
        (T::wrap(array(&shape, values)), Tensor::Int64(array(&shape, counts)))
    }
    each!(x, a => of(a))
}

/// Where each of the distinct elements of `x` stands first, and which of them each element is.
pub fn unique_places(x: &Tensor) -> (Tensor, Tensor) {
    fn of<T: Element>(a: &Array<T>) -> (Tensor, Tensor) {
        let mut known = elements(a).into_owned();
        known.sort_by(|&a, &b| order(a, b));
        known.dedup_by(|a, b| order(*a, *b) == Ordering::Equal);
        let place = |v: T| known.partition_point(|&k| order(k, v) == Ordering::Less);
        let places: Vec<usize> = elements(a).iter().map(|&v| place(v)).collect();
        let mut first = vec![0; known.len()];
        places.iter().enumerate().rev().for_each(|(at, &place)| first[place] = at as i64);
        let places = places.into_iter().map(|place| place as i64).collect();
        (Tensor::Int64(array(&[known.len()], first)), Tensor::Int64(array(a.shape(), places)))
    }
    each!(x, a => of(a))
}

/// How many elements lie between each edge and the next; the last edge belongs to its part.
///
/// # Errors
/// Fewer than two edges, or edges that do not rise.
pub fn histogram_between(x: &Tensor, edges: &Tensor) -> TensorResult<(Tensor, Tensor)> {
    let at = edges.to_f64s();
    if edges.ndim() != 1
        || at.len() < 2
        || at.windows(2).any(|pair| pair[0].partial_cmp(&pair[1]) != Some(Ordering::Less))
    {
        return Err(TensorError::value("the edges of bins are a rising row of two or more numbers"));
    }
    let (low, high, bins) = (at[0], at[at.len() - 1], at.len() - 1);
    let mut counts = vec![0_i64; bins];
    for v in x.to_f64s().into_iter().filter(|v| (low..=high).contains(v)) {
        counts[at.partition_point(|&edge| edge <= v).clamp(1, bins) - 1] += 1;
    }
    Ok((Tensor::Int64(array(&[bins], counts)), edges.clone()))
}

/// Counts as heights whose area over the edges is 1.
///
/// # Errors
/// None for what a histogram has given.
pub fn density(counts: &Tensor, edges: &Tensor) -> TensorResult<Tensor> {
    let (counts, at) = (counts.to_f64s(), edges.to_f64s());
    let total: f64 = counts.iter().sum();
    let height = |(count, edge): (&f64, &[f64])| count / (total * (edge[1] - edge[0]));
    let heights: Vec<f64> = counts.iter().zip(at.windows(2)).map(height).collect();
    Ok(Tensor::from_vec(&[heights.len()], heights)?.astype(edges.dtype().floating()))
}

/// How many elements lie in each of `bins` equal parts of `low..=high`, and the parts' edges.
///
/// # Errors
/// No bins, a range that is not finite or turned around.
pub fn histogram(x: &Tensor, bins: usize, range: Option<(f64, f64)>) -> TensorResult<(Tensor, Tensor)> {
    let values = x.to_f64s();
    let (mut low, mut high) = range.unwrap_or_else(|| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if values.is_empty() { (0.0, 1.0) } else { (low, high) }
    });
    if bins == 0 || !low.is_finite() || !high.is_finite() || low > high {
        let fault = TensorError::value(format!("{bins} bins from {low} to {high}"));
        return Err(match low.is_finite() && high.is_finite() {
            true => fault.hint("a histogram has one bin or more, between two ends that rise"),
            false => fault.hint("leave out what is not finite: `x[k.isfinite(x)]`"),
        });
    }
    super::check_size(&[bins], super::DType::Int64)?;
    if low == high {
        (low, high) = (low - 0.5, high + 0.5);
    }
    let edge = |i: usize| if i == bins { high } else { low + (high - low) * i as f64 / bins as f64 };
    let mut counts = vec![0_i64; bins];
    for v in values.into_iter().filter(|v| (low..=high).contains(v)) {
        let mut bin = (((v - low) / (high - low)) * bins as f64) as usize;
        bin = bin.min(bins - 1);
        // The division rounds; the edges decide.
        if v < edge(bin) {
            bin -= 1;
        } else if bin + 1 < bins && v >= edge(bin + 1) {
            bin += 1;
        }
        counts[bin] += 1;
    }
    let edges = (0..=bins).map(edge).collect();
    let edges = Tensor::Float64(array(&[bins + 1], edges)).astype(x.dtype().floating());
    Ok((Tensor::Int64(array(&[bins], counts)), edges))
}
