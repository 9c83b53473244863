//! The functions of neural networks.

use super::elementwise::{Binary, Operand, binary};
use super::unary::{exp, log, map};
use super::{DType, Tensor, TensorResult, reduce};

fn op(kind: Binary, a: &Tensor, b: &Tensor) -> TensorResult<Tensor> {
    binary(kind, &Operand::Tensor(a.clone()), &Operand::Tensor(b.clone()))
}

/// x less its maximum along `axis`, in float64: what softmax and its logarithm begin with.
fn centred(x: &Tensor, axis: isize) -> TensorResult<Tensor> {
    let x = x.astype(DType::Float64);
    let top = reduce::max(&x, Some(&[axis]), true)?;
    op(Binary::Subtract, &x, &top)
}

/// e**x over its sum along `axis`.
///
/// # Errors
/// There is no such axis, or nothing along it.
pub fn softmax(x: &Tensor, axis: isize) -> TensorResult<Tensor> {
    let powers = exp(&centred(x, axis)?);
    let sums = reduce::sum(&powers, Some(&[axis]), true)?;
    Ok(op(Binary::Divide, &powers, &sums)?.astype(x.dtype().floating()))
}

/// The logarithm of [`softmax`], without the loss of taking it afterwards.
///
/// # Errors
/// There is no such axis, or nothing along it.
pub fn log_softmax(x: &Tensor, axis: isize) -> TensorResult<Tensor> {
    let centred = centred(x, axis)?;
    let sums = log(&reduce::sum(&exp(&centred), Some(&[axis]), true)?);
    Ok(op(Binary::Subtract, &centred, &sums)?.astype(x.dtype().floating()))
}

/// x with mean 0 and variance 1 along `axis`, scaled by `weight` and shifted by `bias`.
///
/// # Errors
/// There is no such axis, a weight that does not broadcast.
pub fn layer_norm(
    x: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    axis: isize,
    epsilon: f64,
) -> TensorResult<Tensor> {
    let wide = x.astype(DType::Float64);
    let mean = reduce::mean(&wide, Some(&[axis]), true)?;
    let variance = reduce::var(&wide, Some(&[axis]), 0.0, true)?;
    let scale =
        super::unary::sqrt(&binary(Binary::Add, &Operand::Tensor(variance), &Operand::Float(epsilon))?);
    let mut normed = op(Binary::Divide, &op(Binary::Subtract, &wide, &mean)?, &scale)?;
    if let Some(weight) = weight {
        normed = op(Binary::Multiply, &normed, weight)?;
    }
    if let Some(bias) = bias {
        normed = op(Binary::Add, &normed, bias)?;
    }
    Ok(normed.astype(x.dtype().floating()))
}

/// The greater of x and 0; NaN stays NaN.
///
/// # Errors
/// None for a tensor: the signature is that of the other operations.
pub fn relu(x: &Tensor) -> TensorResult<Tensor> {
    binary(Binary::Maximum, &Operand::Tensor(x.clone()), &Operand::Int(0))
}

/// x · Φ(x), Φ the normal distribution; `tanh`: Hendrycks and Gimpel's approximation, which GPT-2 uses.
pub fn gelu(x: &Tensor, tanh: bool) -> Tensor {
    let f = move |v: f64| {
        if tanh {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (v + 0.044_715 * v * v * v);
            0.5 * v * (1.0 + inner.tanh())
        } else {
            0.5 * v * (1.0 + erf_of(v / std::f64::consts::SQRT_2))
        }
    };
    wide(x, f)
}

/// The error function.
pub fn erf(x: &Tensor) -> Tensor {
    wide(x, erf_of)
}

fn wide(x: &Tensor, f: impl Fn(f64) -> f64) -> Tensor {
    match x {
        Tensor::Float32(a) => Tensor::Float32(map(a, |v| f(v.into()) as f32)),
        other => match other.astype(DType::Float64) {
            Tensor::Float64(a) => Tensor::Float64(map(&a, f)).astype(x.dtype().floating()),
            unchanged => unchanged,
        },
    }
}

/// erf by its Maclaurin series near 0 and the continued fraction of erfc far from it (Abramowitz and
/// Stegun 7.1.5 and 7.1.14): errors below 1e-14.
fn erf_of(x: f64) -> f64 {
    let size = x.abs();
    if x.is_nan() {
        return x;
    }
    if size < 2.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..80 {
            let n = f64::from(n);
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        return sum * std::f64::consts::FRAC_2_SQRT_PI;
    }
    if size > 6.0 {
        return 1.0_f64.copysign(x);
    }
    let mut fraction = size;
    for n in (1..60).rev() {
        fraction = size + f64::from(n) / 2.0 / fraction;
    }
    let rest = (-size * size).exp() / (fraction * std::f64::consts::PI.sqrt());
    (1.0 - rest).copysign(x)
}
