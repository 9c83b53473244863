//! ONNX's element types and how they map onto the six of a cell's tensors.

use std::fmt;

use crate::tensor::DType;

/// The element type of a value in a graph, numbered as in `TensorProto.DataType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ElementType {
    /// IEEE 754 binary32.
    Float32,
    /// 8-bit unsigned integers.
    Uint8,
    /// 8-bit signed integers.
    Int8,
    /// 16-bit unsigned integers.
    Uint16,
    /// 16-bit signed integers.
    Int16,
    /// 32-bit signed integers.
    Int32,
    /// 64-bit signed integers.
    Int64,
    /// Text.
    String,
    /// Truth values.
    Bool,
    /// IEEE 754 binary16.
    Float16,
    /// IEEE 754 binary64.
    Float64,
    /// 32-bit unsigned integers.
    Uint32,
    /// 64-bit unsigned integers.
    Uint64,
    /// The upper half of a binary32.
    Bfloat16,
    /// A type that no cell can hold: complex numbers and those of 8 bits or fewer, by number.
    Other(i32),
}

impl ElementType {
    /// The type with number `code` in `TensorProto.DataType`.
    pub fn from_code(code: i32) -> Self {
        match code {
            1 => Self::Float32,
            2 => Self::Uint8,
            3 => Self::Int8,
            4 => Self::Uint16,
            5 => Self::Int16,
            6 => Self::Int32,
            7 => Self::Int64,
            8 => Self::String,
            9 => Self::Bool,
            10 => Self::Float16,
            11 => Self::Float64,
            12 => Self::Uint32,
            13 => Self::Uint64,
            16 => Self::Bfloat16,
            other => Self::Other(other),
        }
    }

    /// Its number in `TensorProto.DataType`.
    pub fn code(self) -> i32 {
        match self {
            Self::Float32 => 1,
            Self::Uint8 => 2,
            Self::Int8 => 3,
            Self::Uint16 => 4,
            Self::Int16 => 5,
            Self::Int32 => 6,
            Self::Int64 => 7,
            Self::String => 8,
            Self::Bool => 9,
            Self::Float16 => 10,
            Self::Float64 => 11,
            Self::Uint32 => 12,
            Self::Uint64 => 13,
            Self::Bfloat16 => 16,
            Self::Other(code) => code,
        }
    }

    /// The types with a name of their own, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=16).map(Self::from_code).filter(|element| !matches!(element, Self::Other(_)))
    }

    /// NumPy's name where it has one, else ONNX's in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Uint8 => "uint8",
            Self::Int8 => "int8",
            Self::Uint16 => "uint16",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::String => "string",
            Self::Bool => "bool",
            Self::Float16 => "float16",
            Self::Float64 => "float64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Bfloat16 => "bfloat16",
            Self::Other(0) => "undefined",
            Self::Other(14) => "complex64",
            Self::Other(15) => "complex128",
            Self::Other(17..=20) => "float8",
            Self::Other(21) => "uint4",
            Self::Other(22) => "int4",
            Self::Other(23) => "float4",
            Self::Other(_) => "unknown",
        }
    }

    /// The tensor type that holds every value of this type exactly; `None` where there is none.
    ///
    /// Half precision becomes float32, small integers int32, uint32 and uint64 int64 (a uint64
    /// beyond that range is an error when the value is read).
    pub fn dtype(self) -> Option<DType> {
        match self {
            Self::Float32 | Self::Float16 | Self::Bfloat16 => Some(DType::Float32),
            Self::Float64 => Some(DType::Float64),
            Self::Int64 | Self::Uint32 | Self::Uint64 => Some(DType::Int64),
            Self::Int32 | Self::Int16 | Self::Uint16 | Self::Int8 => Some(DType::Int32),
            Self::Uint8 => Some(DType::Uint8),
            Self::Bool => Some(DType::Bool),
            Self::String | Self::Other(_) => None,
        }
    }

    /// Bytes of one element; `None` where elements have no size of whole bytes.
    pub fn size(self) -> Option<usize> {
        match self {
            Self::Uint8 | Self::Int8 | Self::Bool => Some(1),
            Self::Uint16 | Self::Int16 | Self::Float16 | Self::Bfloat16 => Some(2),
            Self::Float32 | Self::Int32 | Self::Uint32 => Some(4),
            Self::Float64 | Self::Int64 | Self::Uint64 => Some(8),
            Self::String | Self::Other(_) => None,
        }
    }
}

impl From<DType> for ElementType {
    fn from(dtype: DType) -> Self {
        match dtype {
            DType::Bool => Self::Bool,
            DType::Uint8 => Self::Uint8,
            DType::Int32 => Self::Int32,
            DType::Int64 => Self::Int64,
            DType::Float32 => Self::Float32,
            DType::Float64 => Self::Float64,
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for code in 0..32 {
            assert_eq!(ElementType::from_code(code).code(), code);
        }
    }
}
