//! n-dimensional arrays with NumPy's semantics.
//!
//! Pure: nothing here knows of models, cells or files.
//!
//! The one deviation from NumPy is that the default float type is float32, as ONNX models and
//! PyTorch have it. What follows from it: a float literal is float32, a division or a mean of
//! integers is float32, and an integer tensor with a float tensor gives the float tensor's type
//! (NumPy: float64). See [`dtype`] for the whole table.

pub mod arrange;
pub mod create;
pub mod dtype;
pub mod eigen;
pub mod einsum;
pub mod elementwise;
pub mod index;
pub mod lanes;
pub mod linalg;
pub mod nn;
pub mod npy;
pub mod products;
pub mod reduce;
pub mod rng;
pub mod shape;
pub mod solve;
pub mod sort;
pub mod stats;
pub mod unary;

mod error;
pub mod format;

pub use dtype::Element;
pub use elementwise::Operand;
pub use error::{ErrorKind, TensorError, TensorResult};

use std::borrow::Cow;
use std::fmt;

use ndarray::{ArcArray, IxDyn};

/// Matches on the element type: `body` sees the array as `$a`, and gives one type for all.
macro_rules! each {
    ($tensor:expr, $a:ident => $body:expr) => {
        match $tensor {
            $crate::tensor::Tensor::Float32($a) => $body,
            $crate::tensor::Tensor::Float64($a) => $body,
            $crate::tensor::Tensor::Int64($a) => $body,
            $crate::tensor::Tensor::Int32($a) => $body,
            $crate::tensor::Tensor::Uint8($a) => $body,
            $crate::tensor::Tensor::Bool($a) => $body,
        }
    };
}

/// Matches on the element type: `body` turns the array `$a` into another of the same type.
macro_rules! same {
    ($tensor:expr, $a:ident => $body:expr) => {
        match $tensor {
            $crate::tensor::Tensor::Float32($a) => $crate::tensor::Tensor::Float32($body),
            $crate::tensor::Tensor::Float64($a) => $crate::tensor::Tensor::Float64($body),
            $crate::tensor::Tensor::Int64($a) => $crate::tensor::Tensor::Int64($body),
            $crate::tensor::Tensor::Int32($a) => $crate::tensor::Tensor::Int32($body),
            $crate::tensor::Tensor::Uint8($a) => $crate::tensor::Tensor::Uint8($body),
            $crate::tensor::Tensor::Bool($a) => $crate::tensor::Tensor::Bool($body),
        }
    };
}

pub(crate) use {each, same};

/// No tensor may have more elements than this.
pub const MAX_ELEMENTS: usize = 1 << 31;

/// No tensor may have more bytes than this.
pub const MAX_BYTES: usize = 4 << 30;

/// An array of element type `T` whose clones share their memory.
pub type Array<T> = ArcArray<T, IxDyn>;

/// An n-dimensional array of one of six element types. Clones are cheap.
#[derive(Clone, Debug, PartialEq)]
pub enum Tensor {
    /// IEEE 754 binary32.
    Float32(Array<f32>),
    /// IEEE 754 binary64.
    Float64(Array<f64>),
    /// 64-bit signed integers.
    Int64(Array<i64>),
    /// 32-bit signed integers.
    Int32(Array<i32>),
    /// 8-bit unsigned integers.
    Uint8(Array<u8>),
    /// Truth values.
    Bool(Array<bool>),
}

/// The element type of a tensor, named as in NumPy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DType {
    /// Truth values.
    Bool,
    /// 8-bit unsigned integers.
    Uint8,
    /// 32-bit signed integers.
    Int32,
    /// 64-bit signed integers.
    Int64,
    /// IEEE 754 binary32.
    Float32,
    /// IEEE 754 binary64.
    Float64,
}

impl DType {
    /// NumPy's name: `float32`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Uint8 => "uint8",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Tensor {
    /// The elements in C order, each in little-endian bytes; truth values as 0 and 1.
    pub fn to_le_bytes(&self) -> Vec<u8> {
        match self {
            Self::Float32(array) => array.iter().flat_map(|element| element.to_le_bytes()).collect(),
            Self::Float64(array) => array.iter().flat_map(|element| element.to_le_bytes()).collect(),
            Self::Int64(array) => array.iter().flat_map(|element| element.to_le_bytes()).collect(),
            Self::Int32(array) => array.iter().flat_map(|element| element.to_le_bytes()).collect(),
            Self::Uint8(array) => array.iter().copied().collect(),
            Self::Bool(array) => array.iter().map(|element| u8::from(*element)).collect(),
        }
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        match self {
            Self::Float32(_) => DType::Float32,
            Self::Float64(_) => DType::Float64,
            Self::Int64(_) => DType::Int64,
            Self::Int32(_) => DType::Int32,
            Self::Uint8(_) => DType::Uint8,
            Self::Bool(_) => DType::Bool,
        }
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Float32(a) => a.shape(),
            Self::Float64(a) => a.shape(),
            Self::Int64(a) => a.shape(),
            Self::Int32(a) => a.shape(),
            Self::Uint8(a) => a.shape(),
            Self::Bool(a) => a.shape(),
        }
    }

    /// How many axes there are.
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        each!(self, a => a.len())
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A tensor of `shape` with the elements of `data`, row by row.
    ///
    /// # Errors
    /// `data` has another length than the shape asks for.
    pub fn from_vec<T: Element>(shape: &[usize], data: Vec<T>) -> TensorResult<Self> {
        ArcArray::from_shape_vec(IxDyn(shape), data).map(T::wrap).map_err(|_| {
            TensorError::value(format!("the number of elements does not fit the shape {}", Shape(shape)))
        })
    }

    /// A tensor without axes.
    pub fn scalar<T: Element>(value: T) -> Self {
        T::wrap(ArcArray::from_elem(IxDyn(&[]), value))
    }

    /// The elements as f64, row by row.
    pub fn to_f64s(&self) -> Vec<f64> {
        each!(self, a => a.iter().map(|&v| v.to_f64()).collect())
    }

    /// The elements as i64, row by row; floats are cut towards zero.
    pub fn to_i64s(&self) -> Vec<i64> {
        each!(self, a => a.iter().map(|&v| v.to_i64()).collect())
    }
}

/// Checks that a tensor of `shape` may be made, and counts its elements.
///
/// # Errors
/// More than [`MAX_ELEMENTS`] elements or [`MAX_BYTES`] bytes.
pub fn check_size(shape: &[usize], dtype: DType) -> TensorResult<usize> {
    let size = shape.iter().try_fold(1_usize, |size, &length| size.checked_mul(length));
    match size {
        Some(size) if size <= MAX_ELEMENTS && size.saturating_mul(dtype.bytes()) <= MAX_BYTES => Ok(size),
        _ => Err(TensorError::memory(format!("a {dtype} tensor of shape {} is too large", Shape(shape)))
            .hint("a tensor may have at most 4 GiB and 2**31 elements")),
    }
}

/// The elements of `a` row by row, without a copy where they lie so already.
pub(crate) fn elements<T: Element>(a: &Array<T>) -> Cow<'_, [T]> {
    match a.as_slice() {
        Some(slice) => Cow::Borrowed(slice),
        None => Cow::Owned(a.iter().copied().collect()),
    }
}

/// An array of `shape` from exactly as many elements as it takes.
pub(crate) fn array<T: Element>(shape: &[usize], data: Vec<T>) -> Array<T> {
    debug_assert_eq!(shape.iter().product::<usize>(), data.len());
    let flat = ArcArray::from_vec(data).into_dyn();
    // Every caller counts its elements by the same shape; were one wrong, it would show as a flat
    // array and not as a crash.
    match flat.clone().into_shape_with_order(IxDyn(shape)) {
        Ok(shaped) => shaped,
        Err(_) => flat,
    }
}

/// Writes a shape as Python writes a tuple: `(2, 3)`, `(5,)`, `()`.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a>(pub &'a [usize]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [one] => write!(f, "({one},)"),
            lengths => {
                let lengths: Vec<String> = lengths.iter().map(usize::to_string).collect();
                write!(f, "({})", lengths.join(", "))
            }
        }
    }
}
