//! n-dimensional arrays with NumPy's semantics.
//!
//! Pure: nothing here knows of models, cells or files. The one deviation from NumPy is that the
//! default float type is float32, as ONNX models and PyTorch have it.

mod error;

pub use error::{ErrorKind, TensorError, TensorResult};

use std::fmt;

use ndarray::{ArcArray, IxDyn};

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
}
