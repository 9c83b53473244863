//! Square matrices: determinant, inverse, linear equations, by elimination with the largest pivot.
//!
//! Computed in float64 and rounded once.

use super::{Shape, Tensor, TensorError, TensorResult};

/// One square matrix, row by row.
struct Square {
    side: usize,
    rows: Vec<Vec<f64>>,
}

/// The matrix in `x`.
fn square(x: &Tensor) -> TensorResult<Square> {
    let [side, other] = x.shape() else {
        return Err(TensorError::value(format!("a matrix has two axes, not the shape {}", Shape(x.shape()))));
    };
    if side != other {
        return Err(TensorError::value(format!("the matrix is not square: {}", Shape(x.shape()))));
    }
    let all = x.to_f64s();
    let rows = (0..*side).map(|row| all[row * side..(row + 1) * side].to_vec()).collect();
    Ok(Square { side: *side, rows })
}

/// Brings `matrix` into upper triangular form, and `beside` along; the sign of the exchanges, or `None`
/// where the matrix has no inverse.
fn eliminate(matrix: &mut Square, beside: &mut [Vec<f64>]) -> Option<f64> {
    let mut sign = 1.0;
    for at in 0..matrix.side {
        let pivot = (at..matrix.side)
            .max_by(|&a, &b| matrix.rows[a][at].abs().total_cmp(&matrix.rows[b][at].abs()))?;
        if matrix.rows[pivot][at] == 0.0 || !matrix.rows[pivot][at].is_finite() {
            return None;
        }
        if pivot != at {
            matrix.rows.swap(pivot, at);
            if !beside.is_empty() {
                beside.swap(pivot, at);
            }
            sign = -sign;
        }
        for below in at + 1..matrix.side {
            let factor = matrix.rows[below][at] / matrix.rows[at][at];
            let (upper, lower) = matrix.rows.split_at_mut(below);
            lower[0].iter_mut().zip(&upper[at]).for_each(|(to, from)| *to -= factor * from);
            if !beside.is_empty() {
                let (upper, lower) = beside.split_at_mut(below);
                lower[0].iter_mut().zip(&upper[at]).for_each(|(to, from)| *to -= factor * from);
            }
        }
    }
    Some(sign)
}

/// The determinant.
///
/// # Errors
/// It is no square matrix.
pub fn det(x: &Tensor) -> TensorResult<Tensor> {
    let mut matrix = square(x)?;
    let found = match eliminate(&mut matrix, &mut []) {
        Some(sign) => (0..matrix.side).map(|at| matrix.rows[at][at]).product::<f64>() * sign,
        None => 0.0,
    };
    Ok(Tensor::scalar(found).astype(x.dtype().floating()))
}

/// The `x` of `a @ x = b`; `b` is a vector or a matrix.
///
/// # Errors
/// `a` is not square or has no inverse, or `b` has another height.
pub fn solve(a: &Tensor, b: &Tensor) -> TensorResult<Tensor> {
    let mut matrix = square(a)?;
    if b.shape().first() != Some(&matrix.side) || b.ndim() > 2 {
        return Err(TensorError::value(format!(
            "{} equations do not go with a right side of shape {}",
            matrix.side,
            Shape(b.shape())
        )));
    }
    let width = if b.ndim() == 2 { b.shape()[1] } else { 1 };
    let all = b.to_f64s();
    let mut beside: Vec<Vec<f64>> =
        (0..matrix.side).map(|row| all[row * width..(row + 1) * width].to_vec()).collect();
    eliminate(&mut matrix, &mut beside)
        .ok_or_else(|| TensorError::value("the matrix has no inverse: its determinant is 0"))?;
    for at in (0..matrix.side).rev() {
        let (upper, lower) = beside.split_at_mut(at + 1);
        for (column, value) in upper[at].iter_mut().enumerate() {
            let known: f64 =
                lower.iter().enumerate().map(|(i, row)| matrix.rows[at][at + 1 + i] * row[column]).sum();
            *value = (*value - known) / matrix.rows[at][at];
        }
    }
    let dtype = a.dtype().floating().meet(b.dtype().floating());
    Ok(Tensor::from_vec(b.shape(), beside.concat())?.astype(dtype))
}

/// The inverse.
///
/// # Errors
/// It is no square matrix, or has none.
pub fn inv(x: &Tensor) -> TensorResult<Tensor> {
    let side = square(x)?.side;
    let one = super::create::eye(side, side, 0, x.dtype().floating())?;
    solve(x, &one)
}
