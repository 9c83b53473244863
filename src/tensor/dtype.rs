//! Element types: how they meet, and how one becomes another.
//!
//! Two tensors meet in the first of these that holds both (`bool < uint8 < int32 < int64 < float32 <
//! float64`): as in NumPy, but for integers with float32, which stay float32. A Python number is
//! weak: it takes the tensor's type, unless it is of a higher kind (a float with integers gives
//! float32, an int with bools gives int64).

use super::{Array, DType, Tensor, TensorError, TensorResult, each};

/// A type that tensors hold.
pub trait Element: Copy + PartialEq + PartialOrd + Default + std::fmt::Debug + 'static {
    /// Its name.
    const DTYPE: DType;
    /// The tensor of an array of this type.
    fn wrap(array: Array<Self>) -> Tensor;
    /// The array of a tensor of this type.
    fn of(tensor: &Tensor) -> Option<&Array<Self>>;
    /// From a float: cut towards zero and kept in range; true unless zero.
    fn from_f64(value: f64) -> Self;
    /// From an integer: wrapped into range; true unless zero.
    fn from_i64(value: i64) -> Self;
    /// As a float.
    fn to_f64(self) -> f64;
    /// As an integer: cut towards zero and kept in range.
    fn to_i64(self) -> i64;
}

macro_rules! element {
    ($type:ty, $variant:ident, $value:ident: $from_f64:expr, $from_i64:expr, $to_f64:expr, $to_i64:expr) => {
        impl Element for $type {
            const DTYPE: DType = DType::$variant;
            fn wrap(array: Array<Self>) -> Tensor {
                Tensor::$variant(array)
            }
            fn of(tensor: &Tensor) -> Option<&Array<Self>> {
                match tensor {
                    Tensor::$variant(array) => Some(array),
                    _ => None,
                }
            }
            fn from_f64($value: f64) -> Self {
                $from_f64
            }
            fn from_i64($value: i64) -> Self {
                $from_i64
            }
            fn to_f64(self) -> f64 {
                let $value = self;
                $to_f64
            }
            fn to_i64(self) -> i64 {
                let $value = self;
                $to_i64
            }
        }
    };
}

element!(f32, Float32, v: v as f32, v as f32, f64::from(v), v as i64);
element!(f64, Float64, v: v, v as f64, v, v as i64);
element!(i64, Int64, v: v as i64, v, v as f64, v);
element!(i32, Int32, v: v as i32, v as i32, f64::from(v), i64::from(v));
element!(u8, Uint8, v: v as u8, v as u8, f64::from(v), i64::from(v));
element!(bool, Bool, v: v != 0.0, v != 0, f64::from(u8::from(v)), i64::from(v));

impl DType {
    /// All of them, from the lowest to the highest.
    pub const ALL: [Self; 6] =
        [Self::Bool, Self::Uint8, Self::Int32, Self::Int64, Self::Float32, Self::Float64];

    /// The type called `name`: NumPy's names, and Python's `bool`, `int` and `float`.
    ///
    /// # Errors
    /// No type of that name, with did-you-mean.
    pub fn parse(name: &str) -> TensorResult<Self> {
        match name {
            "int" => return Ok(Self::Int64),
            "float" => return Ok(Self::Float32),
            "double" => return Ok(Self::Float64),
            _ => {}
        }
        let names = Self::ALL.map(Self::name);
        Self::ALL.into_iter().find(|dtype| dtype.name() == name).ok_or_else(|| {
            let error = TensorError::type_(format!("there is no dtype '{name}'"));
            match crate::diag::closest(name, names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("dtypes are {}", names.join(", "))),
            }
        })
    }

    /// Bytes an element.
    pub fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::Uint8 => 1,
            Self::Int32 | Self::Float32 => 4,
            Self::Int64 | Self::Float64 => 8,
        }
    }

    /// Whether it is float32 or float64.
    pub fn is_float(self) -> bool {
        matches!(self, Self::Float32 | Self::Float64)
    }

    /// The type in which two tensors meet.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        self.max(other)
    }

    /// The float type of what is computed from this one.
    #[must_use]
    pub fn floating(self) -> Self {
        if self.is_float() { self } else { Self::Float32 }
    }
}

impl Tensor {
    /// The same values as `dtype`. Shares memory where that is the type already.
    #[must_use]
    pub fn astype(&self, dtype: DType) -> Self {
        if self.dtype() == dtype {
            return self.clone();
        }
        match dtype {
            DType::Float32 => Self::Float32(self.cast(f32::from_f64, f32::from_i64)),
            DType::Float64 => Self::Float64(self.cast(f64::from_f64, f64::from_i64)),
            DType::Int64 => Self::Int64(self.cast(i64::from_f64, i64::from_i64)),
            DType::Int32 => Self::Int32(self.cast(i32::from_f64, i32::from_i64)),
            DType::Uint8 => Self::Uint8(self.cast(u8::from_f64, u8::from_i64)),
            DType::Bool => Self::Bool(self.cast(bool::from_f64, bool::from_i64)),
        }
    }

    /// Integers go by way of i64, floats by way of f64: both ways are exact.
    fn cast<T: Element>(&self, from_f64: fn(f64) -> T, from_i64: fn(i64) -> T) -> Array<T> {
        if self.dtype().is_float() {
            each!(self, a => a.mapv(|v| from_f64(v.to_f64())).into_shared())
        } else {
            each!(self, a => a.mapv(|v| from_i64(v.to_i64())).into_shared())
        }
    }

    /// As float32 or float64, whichever is nearer.
    #[must_use]
    pub fn to_float(&self) -> Self {
        self.astype(self.dtype().floating())
    }
}
