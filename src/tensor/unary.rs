//! Functions of one element.

use super::{Array, DType, Element, Tensor, TensorError, TensorResult, array, elements, same};

/// `f` of each element.
pub(crate) fn map<T: Element, U: Element>(a: &Array<T>, f: impl Fn(T) -> U) -> Array<U> {
    array(a.shape(), elements(a).iter().map(|&v| f(v)).collect())
}

macro_rules! float_functions {
    ($($(#[$doc:meta])* $name:ident($v:ident) = $body:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(x: &Tensor) -> Tensor {
            match x.to_float() {
                Tensor::Float64(a) => Tensor::Float64(map(&a, |$v: f64| $body)),
                other => match other.astype(DType::Float32) {
                    Tensor::Float32(a) => Tensor::Float32(map(&a, |$v: f32| $body)),
                    unchanged => unchanged,
                },
            }
        }
    )*};
}

float_functions! {
    /// e to the power of x.
    exp(v) = v.exp();
    /// e to the power of x, less 1.
    expm1(v) = v.exp_m1();
    /// The natural logarithm.
    log(v) = v.ln();
    /// The natural logarithm of 1 + x.
    log1p(v) = v.ln_1p();
    /// The logarithm to base 2.
    log2(v) = v.log2();
    /// The logarithm to base 10.
    log10(v) = v.log10();
    /// The square root; NaN below 0.
    sqrt(v) = v.sqrt();
    /// The sine, in radians.
    sin(v) = v.sin();
    /// The cosine, in radians.
    cos(v) = v.cos();
    /// The tangent, in radians.
    tan(v) = v.tan();
    /// The hyperbolic tangent.
    tanh(v) = v.tanh();
    /// The angle with this sine; NaN outside of -1..1.
    arcsin(v) = v.asin();
    /// The angle with this cosine; NaN outside of -1..1.
    arccos(v) = v.acos();
    /// The angle with this tangent.
    arctan(v) = v.atan();
    /// The hyperbolic sine.
    sinh(v) = v.sinh();
    /// The hyperbolic cosine.
    cosh(v) = v.cosh();
    /// 2 to the power of x.
    exp2(v) = v.exp2();
    /// The cube root.
    cbrt(v) = v.cbrt();
    /// What has this hyperbolic sine.
    arcsinh(v) = v.asinh();
    /// What has this hyperbolic cosine; NaN below 1.
    arccosh(v) = v.acosh();
    /// What has this hyperbolic tangent; NaN outside of -1..1.
    arctanh(v) = v.atanh();
    /// Degrees as radians.
    deg2rad(v) = v.to_radians();
    /// Radians as degrees.
    rad2deg(v) = v.to_degrees();
    /// 1 / x.
    reciprocal(v) = v.recip();
    /// The logarithm of 1 + e**x, computed without overflow.
    softplus(v) = v.max(0.0) + (-v.abs()).exp().ln_1p();
    /// 1 / (1 + e**-x), computed without overflow.
    sigmoid(v) = if v >= 0.0 { 1.0 / (1.0 + (-v).exp()) } else { let e = v.exp(); e / (1.0 + e) };
}

/// The next integer below, towards minus infinity. Integers stay as they are.
pub fn floor(x: &Tensor) -> Tensor {
    rounding(x, f32::floor, f64::floor)
}

/// The next integer above. Integers stay as they are.
pub fn ceil(x: &Tensor) -> Tensor {
    rounding(x, f32::ceil, f64::ceil)
}

/// The next integer towards zero. Integers stay as they are.
pub fn trunc(x: &Tensor) -> Tensor {
    rounding(x, f32::trunc, f64::trunc)
}

/// The nearest number with `decimals` digits after the point; halves go to the even neighbour.
pub fn round(x: &Tensor, decimals: i32) -> Tensor {
    let scale = 10_f64.powi(decimals);
    let nearest = move |v: f64| match decimals {
        0 => v.round_ties_even(),
        _ => (v * scale).round_ties_even() / scale,
    };
    match x {
        Tensor::Float32(a) => Tensor::Float32(map(a, |v| nearest(v.into()) as f32)),
        Tensor::Float64(a) => Tensor::Float64(map(a, nearest)),
        other => other.clone(),
    }
}

fn rounding(x: &Tensor, narrow: fn(f32) -> f32, wide: fn(f64) -> f64) -> Tensor {
    match x {
        Tensor::Float32(a) => Tensor::Float32(map(a, narrow)),
        Tensor::Float64(a) => Tensor::Float64(map(a, wide)),
        other => other.clone(),
    }
}

/// The distance from 0.
pub fn abs(x: &Tensor) -> Tensor {
    match x {
        Tensor::Float32(a) => Tensor::Float32(map(a, f32::abs)),
        Tensor::Float64(a) => Tensor::Float64(map(a, f64::abs)),
        Tensor::Int64(a) => Tensor::Int64(map(a, i64::wrapping_abs)),
        Tensor::Int32(a) => Tensor::Int32(map(a, i32::wrapping_abs)),
        Tensor::Uint8(_) | Tensor::Bool(_) => x.clone(),
    }
}

/// -1, 0 or 1; NaN for NaN.
pub fn sign(x: &Tensor) -> Tensor {
    fn of<T: Element>(a: &Array<T>, of_nan: impl Fn(T) -> T) -> Array<T> {
        let zero = T::default();
        map(a, |v| match v.partial_cmp(&zero) {
            Some(std::cmp::Ordering::Less) => T::from_i64(-1),
            Some(std::cmp::Ordering::Equal) => zero,
            Some(std::cmp::Ordering::Greater) => T::from_i64(1),
            None => of_nan(v),
        })
    }
    same!(x, a => of(a, |v| v))
}

/// -x.
///
/// # Errors
/// Bools have no sign.
pub fn negative(x: &Tensor) -> TensorResult<Tensor> {
    Ok(match x {
        Tensor::Float32(a) => Tensor::Float32(map(a, |v| -v)),
        Tensor::Float64(a) => Tensor::Float64(map(a, |v| -v)),
        Tensor::Int64(a) => Tensor::Int64(map(a, i64::wrapping_neg)),
        Tensor::Int32(a) => Tensor::Int32(map(a, i32::wrapping_neg)),
        Tensor::Uint8(a) => Tensor::Uint8(map(a, u8::wrapping_neg)),
        Tensor::Bool(_) => {
            return Err(TensorError::type_("bool tensors have no `-`").hint("write `~x` for not"));
        }
    })
}

/// `~x`: not, of bools; every bit, of integers.
///
/// # Errors
/// Floats have no bits to turn.
pub fn invert(x: &Tensor) -> TensorResult<Tensor> {
    Ok(match x {
        Tensor::Bool(a) => Tensor::Bool(map(a, |v| !v)),
        Tensor::Int64(a) => Tensor::Int64(map(a, |v| !v)),
        Tensor::Int32(a) => Tensor::Int32(map(a, |v| !v)),
        Tensor::Uint8(a) => Tensor::Uint8(map(a, |v| !v)),
        Tensor::Float32(_) | Tensor::Float64(_) => {
            return Err(TensorError::type_(format!("{} tensors have no `~`", x.dtype())));
        }
    })
}

/// Whether `f` holds of each element, as a float.
fn test(x: &Tensor, f: impl Fn(f64) -> bool) -> Tensor {
    match x {
        Tensor::Float32(a) => Tensor::Bool(map(a, |v| f(v.into()))),
        Tensor::Float64(a) => Tensor::Bool(map(a, f)),
        other => Tensor::Bool(super::each!(other, a => map(a, |v| f(v.to_f64())))),
    }
}

/// Whether each element is NaN.
pub fn isnan(x: &Tensor) -> Tensor {
    test(x, f64::is_nan)
}

/// Whether each element is neither NaN nor infinite.
pub fn isfinite(x: &Tensor) -> Tensor {
    test(x, f64::is_finite)
}

/// Whether each element is infinite.
pub fn isinf(x: &Tensor) -> Tensor {
    test(x, f64::is_infinite)
}
