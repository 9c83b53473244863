//! Products of vectors and matrices.

use ndarray::{ArrayView2, LinalgScalar};

use super::elementwise::{Binary, Operand, binary, broadcast_shape};
use super::shape::{broadcast_to, reshape, transpose};
use super::{DType, Element, Shape, Tensor, TensorError, TensorResult, array, check_size, elements, unary};

/// `a @ b`: matrices over the last two axes, the axes before them broadcast; one axis is a vector.
///
/// # Errors
/// Inner lengths that differ, operands without axes.
pub fn matmul(a: &Tensor, b: &Tensor) -> TensorResult<Tensor> {
    if a.ndim() == 0 || b.ndim() == 0 {
        return Err(TensorError::value(format!(
            "matmul of shapes {} and {}: both need at least one axis",
            Shape(a.shape()),
            Shape(b.shape())
        ))
        .hint("multiply by a number with `*`"));
    }
    let left = if a.ndim() == 1 { reshape(a, &[1, -1])? } else { a.clone() };
    let right = if b.ndim() == 1 { reshape(b, &[-1, 1])? } else { b.clone() };
    let (rows, inner) = (left.shape()[left.ndim() - 2], left.shape()[left.ndim() - 1]);
    let (other, columns) = (right.shape()[right.ndim() - 2], right.shape()[right.ndim() - 1]);
    if inner != other {
        return Err(TensorError::value(format!(
            "shapes {} and {} do not multiply: {inner} columns against {other} rows",
            Shape(a.shape()),
            Shape(b.shape())
        ))
        .hint("transpose one of them: `x.T`, or `x.transpose(...)` for more than two axes"));
    }
    let batch = broadcast_shape(&left.shape()[..left.ndim() - 2], &right.shape()[..right.ndim() - 2])?;
    let full = |x: &Tensor| {
        let shape: Vec<usize> = batch.iter().chain(&x.shape()[x.ndim() - 2..]).copied().collect();
        if x.shape() == shape { Ok(x.clone()) } else { broadcast_to(x, &shape) }
    };
    let product = batched(&full(&left)?, &full(&right)?, batch.iter().product(), [rows, inner, columns])?;
    let mut shape: Vec<i64> = batch.iter().map(|&length| length as i64).collect();
    if a.ndim() > 1 {
        shape.push(rows as i64);
    }
    if b.ndim() > 1 {
        shape.push(columns as i64);
    }
    reshape(&product, &shape)
}

/// `[batch, m, k] @ [batch, k, n]`, with `[m, k, n]` given, as `[batch, m, n]`.
pub(crate) fn batched(a: &Tensor, b: &Tensor, batch: usize, [m, k, n]: [usize; 3]) -> TensorResult<Tensor> {
    let dtype = a.dtype().meet(b.dtype());
    check_size(&[batch, m, n], dtype)?;
    fn of<T: Element + LinalgScalar>(
        a: &Tensor,
        b: &Tensor,
        batch: usize,
        [m, k, n]: [usize; 3],
    ) -> Option<Tensor> {
        let (a, b) = (elements(T::of(a)?), elements(T::of(b)?));
        let mut product = Vec::with_capacity(batch * m * n);
        for i in 0..batch {
            let left = ArrayView2::from_shape((m, k), &a[i * m * k..(i + 1) * m * k]).ok()?;
            let right = ArrayView2::from_shape((k, n), &b[i * k * n..(i + 1) * k * n]).ok()?;
            product.extend(left.dot(&right).iter().copied());
        }
        Some(T::wrap(array(&[batch, m, n], product)))
    }
    let sizes = [m, k, n];
    let product = match dtype {
        DType::Float32 => of::<f32>(&a.astype(dtype), &b.astype(dtype), batch, sizes),
        DType::Float64 => of::<f64>(&a.astype(dtype), &b.astype(dtype), batch, sizes),
        // Sums of products wrap around in 64 bits and are then cut to the dtype, as in NumPy.
        DType::Int64 | DType::Int32 | DType::Uint8 | DType::Bool => {
            integers(a, b, batch, sizes).map(|product| product.astype(dtype))
        }
    };
    product.ok_or_else(|| TensorError::value("the operands of a product do not fit their shapes"))
}

fn integers(a: &Tensor, b: &Tensor, batch: usize, [m, k, n]: [usize; 3]) -> Option<Tensor> {
    let (a, b) = (a.to_i64s(), b.to_i64s());
    let mut product = vec![0_i64; batch * m * n];
    for (row, out) in product.chunks_mut(n.max(1)).enumerate().take(batch * m) {
        let i = row / m.max(1);
        for inner in 0..k {
            let left = a[row * k + inner];
            for (sum, right) in out.iter_mut().zip(&b[(i * k + inner) * n..]) {
                *sum = sum.wrapping_add(left.wrapping_mul(*right));
            }
        }
    }
    Some(Tensor::Int64(array(&[batch, m, n], product)))
}

/// The product of vectors and matrices; with more axes, over the last of `a` and the last but one
/// of `b`, all others side by side.
///
/// # Errors
/// Lengths that differ.
pub fn dot(a: &Tensor, b: &Tensor) -> TensorResult<Tensor> {
    if a.ndim() == 0 || b.ndim() == 0 {
        return binary(Binary::Multiply, &Operand::Tensor(a.clone()), &Operand::Tensor(b.clone()));
    }
    if b.ndim() <= 2 {
        return matmul(a, b);
    }
    let mut order: Vec<usize> = (0..b.ndim()).collect();
    let inner = order.remove(b.ndim() - 2);
    order.insert(0, inner);
    let rest: Vec<usize> = order[1..].iter().map(|&axis| b.shape()[axis]).collect();
    let flat =
        reshape(&transpose(b, &order), &[b.shape()[inner] as i64, rest.iter().product::<usize>() as i64])?;
    let product = matmul(a, &flat)?;
    let lead = &a.shape()[..a.ndim() - 1];
    reshape(&product, &lead.iter().chain(&rest).map(|&length| length as i64).collect::<Vec<_>>())
}

/// Each element of `a` with each of `b`: `[len a, len b]`.
///
/// # Errors
/// A tensor too large.
pub fn outer(a: &Tensor, b: &Tensor) -> TensorResult<Tensor> {
    let (column, row) = (reshape(a, &[-1, 1])?, reshape(b, &[1, -1])?);
    binary(Binary::Multiply, &Operand::Tensor(column), &Operand::Tensor(row))
}

/// The `order`-norm along `axes`: (Σ |x|^order)^(1/order), 2 by default; infinity for the maximum.
///
/// # Errors
/// An axis out of bounds.
pub fn norm(x: &Tensor, order: f64, axes: super::reduce::Axes, keepdims: bool) -> TensorResult<Tensor> {
    let magnitudes = unary::abs(&x.to_float());
    if order == f64::INFINITY {
        return super::reduce::max(&magnitudes, axes, keepdims);
    }
    if order == f64::NEG_INFINITY {
        return super::reduce::min(&magnitudes, axes, keepdims);
    }
    let dtype = magnitudes.dtype();
    let wide = Operand::Tensor(magnitudes.astype(DType::Float64));
    let powers = binary(Binary::Power, &wide, &Operand::Float(order))?;
    let sums = super::reduce::sum(&powers, axes, keepdims)?;
    let norm = match order {
        2.0 => unary::sqrt(&sums),
        1.0 => sums,
        _ => binary(Binary::Power, &Operand::Tensor(sums), &Operand::Float(1.0 / order))?,
    };
    Ok(norm.astype(dtype))
}

/// `x` with zeros above (`keep_lower`) or below the `k`-th diagonal of its last two axes.
///
/// # Errors
/// Fewer than two axes.
pub fn triangle(x: &Tensor, k: i64, keep_lower: bool) -> TensorResult<Tensor> {
    let [.., rows, columns] = *x.shape() else {
        return Err(TensorError::value(format!("a triangle of a tensor of shape {}", Shape(x.shape()))));
    };
    fn of<T: Element>(
        a: &super::Array<T>,
        keep: impl Fn(usize, usize) -> bool,
        rows: usize,
        columns: usize,
    ) -> super::Array<T> {
        let mut data = elements(a).into_owned();
        for (flat, v) in data.iter_mut().enumerate() {
            if !keep(flat / columns % rows, flat % columns) {
                *v = T::default();
            }
        }
        array(a.shape(), data)
    }
    let keep = move |row: usize, column: usize| {
        let right = column as i64 - row as i64;
        if keep_lower { right <= k } else { right >= k }
    };
    Ok(super::same!(x, a => of(a, keep, rows, columns)))
}

/// The `k`-th diagonal of a matrix, or a matrix with `x` on its `k`-th diagonal.
///
/// # Errors
/// More than two axes, or none.
pub fn diag(x: &Tensor, k: i64) -> TensorResult<Tensor> {
    let shift = k.unsigned_abs() as usize;
    let (down, right) = if k < 0 { (shift, 0) } else { (0, shift) };
    match *x.shape() {
        [rows, columns] => {
            let count = rows.saturating_sub(down).min(columns.saturating_sub(right));
            let offsets: Vec<usize> = (0..count).map(|i| (i + down) * columns + i + right).collect();
            Ok(super::index::gather(x, &offsets, &[count]))
        }
        [length] => {
            let side = length + shift;
            let mut square = super::create::zeros(&[side, side], x.dtype())?;
            let integers = |lead: usize| super::index::Index::Integers {
                shape: vec![length],
                at: (0..length).map(|i| (i + lead) as i64).collect(),
            };
            super::index::set(&mut square, &[integers(down), integers(right)], x)?;
            Ok(square)
        }
        _ => Err(TensorError::value(format!("the diagonal of a tensor of shape {}", Shape(x.shape())))),
    }
}
