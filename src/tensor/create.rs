//! New tensors.

use super::{DType, Element, Operand, Tensor, TensorError, TensorResult, array, check_size};

/// `value` everywhere.
///
/// # Errors
/// A tensor too large.
pub fn full(shape: &[usize], value: &Operand, dtype: Option<DType>) -> TensorResult<Tensor> {
    let value = value.clone().into_tensor();
    let dtype = dtype.unwrap_or_else(|| value.dtype());
    let size = check_size(shape, dtype)?;
    let (float, integer) = (value.to_f64s(), value.to_i64s());
    let (Some(&float), Some(&integer), 1) = (float.first(), integer.first(), value.len()) else {
        return Err(TensorError::value("a tensor is filled with one number"));
    };
    fn of<T: Element>(shape: &[usize], size: usize, value: T) -> Tensor {
        T::wrap(array(shape, vec![value; size]))
    }
    Ok(match dtype {
        DType::Float32 => of(shape, size, float as f32),
        DType::Float64 => of(shape, size, float),
        DType::Int64 => of(shape, size, integer),
        DType::Int32 => of(shape, size, i32::from_i64(integer)),
        DType::Uint8 => of(shape, size, u8::from_i64(integer)),
        DType::Bool => of(shape, size, float != 0.0),
    })
}

/// Zeros.
///
/// # Errors
/// A tensor too large.
pub fn zeros(shape: &[usize], dtype: DType) -> TensorResult<Tensor> {
    full(shape, &Operand::Int(0), Some(dtype))
}

/// Ones.
///
/// # Errors
/// A tensor too large.
pub fn ones(shape: &[usize], dtype: DType) -> TensorResult<Tensor> {
    full(shape, &Operand::Int(1), Some(dtype))
}

/// `start`, `start + step`, … up to but not including `stop`.
///
/// # Errors
/// A step of 0, a tensor too large.
pub fn arange(start: f64, stop: f64, step: f64, dtype: DType) -> TensorResult<Tensor> {
    if step == 0.0 || !step.is_finite() || !start.is_finite() || !stop.is_finite() {
        return Err(TensorError::value(format!("arange from {start} to {stop} by {step} has no end")));
    }
    let count = ((stop - start) / step).ceil().max(0.0);
    let size = check_size(&[if count < 1e18 { count as usize } else { usize::MAX }], dtype)?;
    let values: Vec<f64> = (0..size).map(|i| start + i as f64 * step).collect();
    Ok(Tensor::Float64(array(&[size], values)).astype(dtype))
}

/// `num` values from `start` to `stop`, evenly spaced; `stop` itself the last one if `endpoint`.
///
/// # Errors
/// A tensor too large.
pub fn linspace(start: f64, stop: f64, num: usize, endpoint: bool, dtype: DType) -> TensorResult<Tensor> {
    check_size(&[num], DType::Float64)?;
    let gaps = if endpoint { num.saturating_sub(1) } else { num };
    let step = (stop - start) / gaps.max(1) as f64;
    let value = |i: usize| if endpoint && i == gaps && i > 0 { stop } else { start + i as f64 * step };
    Ok(Tensor::Float64(array(&[num], (0..num).map(value).collect())).astype(dtype))
}

/// Ones on the `k`-th diagonal of a matrix of zeros; `k` above 0 is right of the main diagonal.
///
/// # Errors
/// A tensor too large.
pub fn eye(rows: usize, columns: usize, k: i64, dtype: DType) -> TensorResult<Tensor> {
    let size = check_size(&[rows, columns], dtype)?;
    let mut data = vec![0_u8; size];
    for row in 0..rows {
        let column = row as i64 + k;
        if (0..columns as i64).contains(&column) {
            data[row * columns + column as usize] = 1;
        }
    }
    Ok(Tensor::Uint8(array(&[rows, columns], data)).astype(dtype))
}
