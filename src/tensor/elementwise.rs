//! Arithmetic and comparison with broadcasting, and functions of one element.

use super::{Array, DType, Element, Shape, Tensor, TensorError, TensorResult, array, check_size, elements};

/// An operand as a cell gives it: a Python number is weak, a tensor is not.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A tensor.
    Tensor(Tensor),
    /// A Python `int`.
    Int(i64),
    /// A Python `float`.
    Float(f64),
    /// A Python `bool`.
    Bool(bool),
}

/// An operation on two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `a + b`; or of bools.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`; and of bools.
    Multiply,
    /// `a / b`, always floating.
    Divide,
    /// `a // b`: rounded down; 0 for an integer by 0, as in NumPy.
    FloorDivide,
    /// `a % b`: has the sign of `b`; 0 for an integer by 0, as in NumPy.
    Remainder,
    /// `a ** b`.
    Power,
    /// The lesser; NaN wins.
    Minimum,
    /// The greater; NaN wins.
    Maximum,
    /// `a & b` of integers or bools.
    And,
    /// `a | b` of integers or bools.
    Or,
    /// `a ^ b` of integers or bools.
    Xor,
}

/// A comparison of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Binary {
    /// As Python writes it, for messages.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Remainder => "%",
            Self::Power => "**",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::And => "&",
            Self::Or => "|",
            Self::Xor => "^",
        }
    }
}

macro_rules! floats {
    ($type:ty, $op:expr, $a:expr, $b:expr) => {
        Ok(<$type>::wrap(match $op {
            Binary::Add => zip($a, $b, |x, y| x + y)?,
            Binary::Subtract => zip($a, $b, |x, y| x - y)?,
            Binary::Multiply => zip($a, $b, |x, y| x * y)?,
            Binary::Divide => zip($a, $b, |x, y| x / y)?,
            Binary::FloorDivide => zip($a, $b, |x, y| (x / y).floor())?,
            Binary::Remainder => zip($a, $b, |x: $type, y: $type| {
                let rest = x % y;
                if rest != 0.0 && (rest < 0.0) != (y < 0.0) { rest + y } else { rest }
            })?,
            Binary::Power => zip($a, $b, |x: $type, y: $type| if y == 2.0 { x * x } else { x.powf(y) })?,
            Binary::Minimum => zip($a, $b, |x: $type, y: $type| if x < y || x.is_nan() { x } else { y })?,
            Binary::Maximum => zip($a, $b, |x: $type, y: $type| if x > y || x.is_nan() { x } else { y })?,
            Binary::And | Binary::Or | Binary::Xor => {
                return Err(TensorError::type_(format!(
                    "{} tensors have no `{}`",
                    <$type>::DTYPE,
                    $op.symbol()
                ))
                .hint("`&`, `|` and `^` work on bools and integers: put comparisons in parentheses"));
            }
        }))
    };
}

macro_rules! integers {
    ($type:ty, $op:expr, $a:expr, $b:expr) => {
        Ok(<$type>::wrap(match $op {
            Binary::Add => zip($a, $b, <$type>::wrapping_add)?,
            Binary::Subtract => zip($a, $b, <$type>::wrapping_sub)?,
            Binary::Multiply => zip($a, $b, <$type>::wrapping_mul)?,
            Binary::FloorDivide => {
                zip($a, $b, |x: $type, y: $type| floor_divide(x.into(), y.into()) as $type)?
            }
            Binary::Remainder => zip($a, $b, |x: $type, y: $type| remainder(x.into(), y.into()) as $type)?,
            Binary::Power => {
                if $b.iter().any(|&y| i64::from(y) < 0) {
                    return Err(TensorError::value("integers to negative integer powers are not integers")
                        .hint("make one of them a float: `x ** -1.0`, or `x.astype('float32')`"));
                }
                zip($a, $b, |x: $type, y: $type| {
                    x.wrapping_pow(u32::try_from(i64::from(y)).unwrap_or(u32::MAX))
                })?
            }
            Binary::Minimum => zip($a, $b, Ord::min)?,
            Binary::Maximum => zip($a, $b, Ord::max)?,
            Binary::And => zip($a, $b, |x, y| x & y)?,
            Binary::Or => zip($a, $b, |x, y| x | y)?,
            Binary::Xor => zip($a, $b, |x, y| x ^ y)?,
            Binary::Divide => return Err(TensorError::type_("`/` is a float operation")),
        }))
    };
}

/// `a op b`, broadcast.
///
/// # Errors
/// Shapes that do not broadcast, an operation that the dtypes do not have.
pub fn binary(op: Binary, a: &Operand, b: &Operand) -> TensorResult<Tensor> {
    let (a, b) = meet(a, b)?;
    let (a, b) = match (op, a.dtype()) {
        (Binary::Divide, _) => (a.to_float(), b.to_float()),
        (Binary::Subtract, DType::Bool) => {
            return Err(TensorError::type_("bool tensors have no `-`")
                .hint("write `a ^ b`, or make integers of them with `.astype('int64')`"));
        }
        (Binary::FloorDivide | Binary::Remainder | Binary::Power, DType::Bool) => {
            (a.astype(DType::Int64), b.astype(DType::Int64))
        }
        _ => (a, b),
    };
    match (&a, &b) {
        (Tensor::Float32(a), Tensor::Float32(b)) => floats!(f32, op, a, b),
        (Tensor::Float64(a), Tensor::Float64(b)) => floats!(f64, op, a, b),
        (Tensor::Int64(a), Tensor::Int64(b)) => integers!(i64, op, a, b),
        (Tensor::Int32(a), Tensor::Int32(b)) => integers!(i32, op, a, b),
        (Tensor::Uint8(a), Tensor::Uint8(b)) => integers!(u8, op, a, b),
        (Tensor::Bool(a), Tensor::Bool(b)) => Ok(Tensor::Bool(match op {
            Binary::Add | Binary::Or | Binary::Maximum => zip(a, b, |x, y| x | y)?,
            Binary::Multiply | Binary::And | Binary::Minimum => zip(a, b, |x, y| x & y)?,
            _ => zip(a, b, |x, y| x ^ y)?,
        })),
        _ => Err(TensorError::type_("the operands have different dtypes")),
    }
}

fn floor_divide(x: i64, y: i64) -> i64 {
    if y == 0 {
        return 0;
    }
    let (quotient, rest) = (x.wrapping_div(y), x.wrapping_rem(y));
    if rest != 0 && (rest < 0) != (y < 0) { quotient - 1 } else { quotient }
}

fn remainder(x: i64, y: i64) -> i64 {
    if y == 0 {
        return 0;
    }
    let rest = x.wrapping_rem(y);
    if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
}

/// `a op b` as bools, broadcast.
///
/// # Errors
/// Shapes that do not broadcast.
pub fn compare(op: Comparison, a: &Operand, b: &Operand) -> TensorResult<Tensor> {
    fn by<T: Element>(op: Comparison, a: &Array<T>, b: &Array<T>) -> TensorResult<Tensor> {
        Ok(Tensor::Bool(match op {
            Comparison::Less => zip(a, b, |x, y| x < y)?,
            Comparison::LessEqual => zip(a, b, |x, y| x <= y)?,
            Comparison::Greater => zip(a, b, |x, y| x > y)?,
            Comparison::GreaterEqual => zip(a, b, |x, y| x >= y)?,
            Comparison::Equal => zip(a, b, |x, y| x == y)?,
            Comparison::NotEqual => zip(a, b, |x, y| x != y)?,
        }))
    }
    let (a, b) = meet(a, b)?;
    match (&a, &b) {
        (Tensor::Float32(a), Tensor::Float32(b)) => by(op, a, b),
        (Tensor::Float64(a), Tensor::Float64(b)) => by(op, a, b),
        (Tensor::Int64(a), Tensor::Int64(b)) => by(op, a, b),
        (Tensor::Int32(a), Tensor::Int32(b)) => by(op, a, b),
        (Tensor::Uint8(a), Tensor::Uint8(b)) => by(op, a, b),
        (Tensor::Bool(a), Tensor::Bool(b)) => by(op, a, b),
        _ => Err(TensorError::type_("the operands have different dtypes")),
    }
}

impl Operand {
    /// As a tensor of its own: a Python float is float32, an int int64.
    pub fn into_tensor(self) -> Tensor {
        match self {
            Self::Tensor(tensor) => tensor,
            Self::Int(value) => Tensor::scalar(value),
            Self::Float(value) => Tensor::scalar(value as f32),
            Self::Bool(value) => Tensor::scalar(value),
        }
    }

    /// As it meets a tensor of type `other`.
    fn beside(&self, other: DType) -> TensorResult<Tensor> {
        Ok(match self {
            Self::Tensor(tensor) => tensor.clone(),
            Self::Bool(value) => Tensor::scalar(*value),
            Self::Float(value) => match other.floating() {
                DType::Float64 => Tensor::scalar(*value),
                _ => Tensor::scalar(*value as f32),
            },
            Self::Int(value) => match other {
                DType::Bool | DType::Int64 => Tensor::scalar(*value),
                DType::Float32 => Tensor::scalar(*value as f32),
                DType::Float64 => Tensor::scalar(*value as f64),
                DType::Int32 => Tensor::scalar(i32::try_from(*value).map_err(|_| beyond(*value, other))?),
                DType::Uint8 => Tensor::scalar(u8::try_from(*value).map_err(|_| beyond(*value, other))?),
            },
        })
    }
}

fn beyond(value: i64, dtype: DType) -> TensorError {
    TensorError::value(format!("{value} is out of the range of {dtype}"))
        .hint("convert the tensor first: `.astype('int64')`")
}

/// Both operands in the dtype in which they meet.
///
/// # Errors
/// A Python int out of the tensor's range.
pub fn meet(a: &Operand, b: &Operand) -> TensorResult<(Tensor, Tensor)> {
    let (a, b) = match (a, b) {
        (Operand::Tensor(a), Operand::Tensor(b)) => (a.clone(), b.clone()),
        (Operand::Tensor(a), b) => (a.clone(), b.beside(a.dtype())?),
        (a, Operand::Tensor(b)) => (a.beside(b.dtype())?, b.clone()),
        (a, b) => (a.clone().into_tensor(), b.clone().into_tensor()),
    };
    let dtype = a.dtype().meet(b.dtype());
    Ok((a.astype(dtype), b.astype(dtype)))
}

/// The shape that `a` and `b` broadcast to.
///
/// # Errors
/// They do not.
pub fn broadcast_shape(a: &[usize], b: &[usize]) -> TensorResult<Vec<usize>> {
    let ndim = a.len().max(b.len());
    let length = |shape: &[usize], axis: usize| match (axis + shape.len()).checked_sub(ndim) {
        Some(at) => shape[at],
        None => 1,
    };
    (0..ndim)
        .map(|axis| match (length(a, axis), length(b, axis)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            _ => Err(TensorError::value(format!("shapes {} and {} do not broadcast", Shape(a), Shape(b)))
                .hint("shapes are compared from the last axis: lengths must be equal, or one of them 1")),
        })
        .collect()
}

/// `f` of each pair of elements, broadcast.
pub(crate) fn zip<T: Element, U: Element>(
    a: &Array<T>,
    b: &Array<T>,
    f: impl Fn(T, T) -> U,
) -> TensorResult<Array<U>> {
    let (left, right) = (elements(a), elements(b));
    if a.shape() == b.shape() {
        let data = left.iter().zip(right.iter()).map(|(&x, &y)| f(x, y)).collect();
        return Ok(array(a.shape(), data));
    }
    if let ([y], true) = (&*right, b.ndim() <= a.ndim()) {
        return Ok(array(a.shape(), left.iter().map(|&x| f(x, *y)).collect()));
    }
    if let ([x], true) = (&*left, a.ndim() <= b.ndim()) {
        return Ok(array(b.shape(), right.iter().map(|&y| f(*x, y)).collect()));
    }
    let shape = broadcast_shape(a.shape(), b.shape())?;
    let size = check_size(&shape, U::DTYPE)?;
    let mut data = Vec::with_capacity(size);
    let (steps_a, steps_b) = (broadcast_steps(a.shape(), &shape), broadcast_steps(b.shape(), &shape));
    let inner = shape.len() - 1;
    let mut at = vec![0_usize; inner];
    let (mut from_a, mut from_b) = (0, 0);
    let rows = size.checked_div(shape[inner]).unwrap_or(0);
    for _ in 0..rows {
        let (step_a, step_b) = (steps_a[inner], steps_b[inner]);
        data.extend((0..shape[inner]).map(|i| f(left[from_a + i * step_a], right[from_b + i * step_b])));
        for axis in (0..inner).rev() {
            at[axis] += 1;
            from_a += steps_a[axis];
            from_b += steps_b[axis];
            if at[axis] < shape[axis] {
                break;
            }
            from_a -= steps_a[axis] * shape[axis];
            from_b -= steps_b[axis] * shape[axis];
            at[axis] = 0;
        }
    }
    Ok(array(&shape, data))
}

/// How many elements of a contiguous array of shape `from` a step along each axis of `to` skips.
pub(crate) fn broadcast_steps(from: &[usize], to: &[usize]) -> Vec<usize> {
    let mut steps = vec![0; to.len()];
    let lead = to.len() - from.len();
    let mut step = 1;
    for axis in (0..from.len()).rev() {
        if from[axis] != 1 {
            steps[lead + axis] = step;
        }
        step *= from[axis];
    }
    steps
}
