//! Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.
//!
//! Computed in float64 and rounded once; slow for large matrices and exact for small ones, and, unlike
//! what a machine's LAPACK gives, the same on every platform.

use super::{Shape, Tensor, TensorError, TensorResult};

/// A matrix of this side takes about a second.
const LARGEST: usize = 400;

/// Turns every off-diagonal element to zero in turn; this many times over suffices for any matrix.
const SWEEPS: usize = 60;

/// The eigenvalues of a symmetric matrix in rising order, and the eigenvectors as columns; of each the
/// element of largest size is positive.
///
/// # Errors
/// It is no square matrix of finite numbers, or not symmetric, or too large.
pub fn eigh(x: &Tensor) -> TensorResult<(Tensor, Tensor)> {
    let side = match x.shape() {
        [side, other] if side == other => *side,
        shape => return Err(TensorError::value(format!("a square matrix, not the shape {}", Shape(shape)))),
    };
    if side > LARGEST {
        return Err(TensorError::value(format!("a side of {side}, where {LARGEST} is the most")));
    }
    let mut a = x.to_f64s();
    let scale = a.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    if a.iter().any(|v| !v.is_finite()) {
        return Err(TensorError::value("the matrix has elements that are not finite"));
    }
    let skew = |i: usize| (a[i] - a[i % side * side + i / side]).abs();
    if (0..a.len()).any(|i| skew(i) > 1e-4 * scale) {
        return Err(TensorError::value("the matrix is not symmetric")
            .hint("`x @ x.T` and `k.cov(x)` are; `(x + x.T) / 2` makes any square matrix so"));
    }
    let mut vectors: Vec<f64> = (0..side * side).map(|i| f64::from(i / side == i % side)).collect();
    for _ in 0..SWEEPS {
        let rest: f64 = (0..a.len()).filter(|i| i / side != i % side).map(|i| a[i] * a[i]).sum();
        if rest.sqrt() <= 1e-15 * scale {
            break;
        }
        for p in 0..side {
            for q in p + 1..side {
                rotate(&mut a, &mut vectors, side, p, q);
            }
        }
    }
    let mut order: Vec<usize> = (0..side).collect();
    order.sort_by(|&i, &j| a[i * side + i].total_cmp(&a[j * side + j]));
    let values: Vec<f64> = order.iter().map(|&i| a[i * side + i]).collect();
    let column = |at: usize| (0..side).map(move |row| row * side + at);
    let sign = |at: usize| {
        let largest = column(at)
            .map(|i| vectors[i])
            .fold(0.0_f64, |top, v| if v.abs() > top.abs() + 1e-9 { v } else { top });
        if largest < 0.0 { -1.0 } else { 1.0 }
    };
    let signs: Vec<f64> = (0..side).map(sign).collect();
    let sorted: Vec<f64> = (0..side)
        .flat_map(|row| order.iter().map(move |&at| (row, at)))
        .map(|(row, at)| vectors[row * side + at] * signs[at])
        .collect();
    let dtype = x.dtype().floating();
    Ok((
        Tensor::from_vec(&[side], values)?.astype(dtype),
        Tensor::from_vec(&[side, side], sorted)?.astype(dtype),
    ))
}

/// Turns rows and columns `p` and `q` of `a` until the element between them is zero.
fn rotate(a: &mut [f64], vectors: &mut [f64], side: usize, p: usize, q: usize) {
    let between = a[p * side + q];
    if between == 0.0 {
        return;
    }
    let theta = (a[q * side + q] - a[p * side + p]) / (2.0 * between);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cos = 1.0 / t.hypot(1.0);
    let sin = t * cos;
    let turn = |values: &mut [f64], i: usize, j: usize| {
        let (x, y) = (values[i], values[j]);
        (values[i], values[j]) = (cos * x - sin * y, sin * x + cos * y);
    };
    for at in 0..side {
        turn(a, at * side + p, at * side + q);
    }
    for at in 0..side {
        turn(a, p * side + at, q * side + at);
        turn(vectors, at * side + p, at * side + q);
    }
}
