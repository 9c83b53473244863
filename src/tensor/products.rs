//! Products beyond `matmul`: over chosen axes, of blocks, of vectors in space, with oneself, and sliding.

use super::arrange::take;
use super::elementwise::{Binary, Operand, binary};
use super::linalg::matmul;
use super::shape::{axis_of, flatten, permute, reshape};
use super::{DType, Shape, Tensor, TensorError, TensorResult, check_size, create, solve};

/// The sum of products over the axes `of_a` of `a` and `of_b` of `b`, pair by pair.
///
/// # Errors
/// An axis out of bounds, pairs of different lengths.
pub fn tensordot(a: &Tensor, b: &Tensor, of_a: &[isize], of_b: &[isize]) -> TensorResult<Tensor> {
    let places = |x: &Tensor, axes: &[isize]| -> TensorResult<Vec<usize>> {
        axes.iter().map(|&axis| axis_of(axis, x.shape())).collect()
    };
    let (of_a, of_b) = (places(a, of_a)?, places(b, of_b)?);
    let lengths = |x: &Tensor, axes: &[usize]| axes.iter().map(|&axis| x.shape()[axis]).collect::<Vec<_>>();
    let (mine, theirs) = (lengths(a, &of_a), lengths(b, &of_b));
    if mine != theirs {
        let message = format!("axes of lengths {} and {} do not pair up", Shape(&mine), Shape(&theirs));
        return Err(TensorError::value(message));
    }
    let others = |x: &Tensor, axes: &[usize]| {
        (0..x.ndim()).filter(|axis| !axes.contains(axis)).collect::<Vec<usize>>()
    };
    let (left, right) = (others(a, &of_a), others(b, &of_b));
    let ordered = |x: &Tensor, first: &[usize], then: &[usize]| {
        let order: Vec<isize> = first.iter().chain(then).map(|&axis| axis as isize).collect();
        permute(x, Some(&order))
    };
    let within: i64 = mine.iter().product::<usize>() as i64;
    let count = |x: &Tensor, axes: &[usize]| lengths(x, axes).iter().product::<usize>() as i64;
    let rows = reshape(&ordered(a, &left, &of_a)?, &[count(a, &left), within])?;
    let columns = reshape(&ordered(b, &of_b, &right)?, &[within, count(b, &right)])?;
    let shape: Vec<i64> =
        lengths(a, &left).into_iter().chain(lengths(b, &right)).map(|length| length as i64).collect();
    reshape(&matmul(&rows, &columns)?, &shape)
}

/// Every element of `a` times the whole of `b`, as blocks: the Kronecker product.
///
/// # Errors
/// Other than two vectors or two matrices.
pub fn kron(a: &Tensor, b: &Tensor) -> TensorResult<Tensor> {
    let product = tensordot(a, b, &[], &[])?;
    match (a.shape(), b.shape()) {
        ([_], [_]) => Ok(flatten(&product)),
        (&[m, n], &[p, q]) => {
            let blocks = permute(&product, Some(&[0, 2, 1, 3]))?;
            reshape(&blocks, &[(m * p) as i64, (n * q) as i64])
        }
        (a, b) => {
            let message = format!("two vectors or two matrices, not shapes {} and {}", Shape(a), Shape(b));
            Err(TensorError::value(message))
        }
    }
}

/// The vector at a right angle to `a` and `b`, along the last axis.
///
/// # Errors
/// Vectors of other than three elements.
pub fn cross(a: &Tensor, b: &Tensor) -> TensorResult<Tensor> {
    if a.shape().last() != Some(&3) || b.shape().last() != Some(&3) {
        let message = format!("vectors of 3, not shapes {} and {}", Shape(a.shape()), Shape(b.shape()));
        return Err(TensorError::value(message));
    }
    let turned = |x: &Tensor, by: i64| {
        let order = Tensor::from_vec(&[3], (0..3).map(|i| (i + by) % 3).collect::<Vec<i64>>())?;
        Ok(Operand::Tensor(take(x, &order, Some(-1))?))
    };
    let one = binary(Binary::Multiply, &turned(a, 1)?, &turned(b, 2)?)?;
    let other = binary(Binary::Multiply, &turned(a, 2)?, &turned(b, 1)?)?;
    binary(Binary::Subtract, &Operand::Tensor(one), &Operand::Tensor(other))
}

/// A square matrix times itself, `n` times; for a negative `n` its inverse.
///
/// # Errors
/// It is no square matrix, or has no inverse.
pub fn matrix_power(x: &Tensor, n: i64) -> TensorResult<Tensor> {
    let [side, other] = x.shape() else {
        return Err(TensorError::value(format!("a matrix has two axes, not the shape {}", Shape(x.shape()))));
    };
    if side != other {
        return Err(TensorError::value(format!("the matrix is not square: {}", Shape(x.shape()))));
    }
    let mut square = if n < 0 { solve::inv(x)? } else { x.clone() };
    let mut power = create::eye(*side, *side, 0, square.dtype())?;
    let mut left = n.unsigned_abs();
    while left > 0 {
        if left % 2 == 1 {
            power = matmul(&power, &square)?;
        }
        left /= 2;
        if left > 0 {
            square = matmul(&square, &square)?;
        }
    }
    Ok(power)
}

/// Which part of a sliding product is kept.
#[derive(Clone, Copy, Debug)]
pub enum Slide {
    /// Every overlap.
    Full,
    /// As long as the longer of the two, from the middle.
    Same,
    /// Where they overlap completely.
    Valid,
}

/// `b`, turned around, slid along `a`.
///
/// # Errors
/// Other than two vectors with elements.
pub fn convolve(a: &Tensor, b: &Tensor, how: Slide) -> TensorResult<Tensor> {
    if a.ndim() > 1 || b.ndim() > 1 || a.is_empty() || b.is_empty() {
        let message = format!("two rows, not shapes {} and {}", Shape(a.shape()), Shape(b.shape()));
        return Err(TensorError::value(message).hint("`k.ops.Conv` slides over images"));
    }
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    check_size(&[long.len(), short.len()], DType::Float64)?;
    let (x, y) = (long.to_f64s(), short.to_f64s());
    let mut full = vec![0.0; x.len() + y.len() - 1];
    for (i, x) in x.iter().enumerate() {
        full[i..i + y.len()].iter_mut().zip(&y).for_each(|(sum, y)| *sum += x * y);
    }
    let kept = match how {
        Slide::Full => 0..full.len(),
        Slide::Same => (y.len() - 1) / 2..(y.len() - 1) / 2 + x.len(),
        Slide::Valid => y.len() - 1..x.len(),
    };
    let kept = full[kept].to_vec();
    Ok(Tensor::from_vec(&[kept.len()], kept)?.astype(a.dtype().meet(b.dtype())))
}
