//! Between a cell's tensors and the values of ONNX Runtime.

use half::{bf16, f16};
use ndarray::{ArcArray, IxDyn};
use ort::session::SessionInputValue;
use ort::value::{DynValue, PrimitiveTensorElementType, TensorElementType, TensorRef, ValueType};

use super::error::RunError;
use crate::onnx::ElementType;
use crate::tensor::{Array, Tensor};

/// `tensor`, whose type is `element.dtype()`, as a value of type `element`. The memory is shared
/// where the types agree.
pub(super) fn feed(tensor: &Tensor, element: ElementType) -> Result<SessionInputValue<'static>, RunError> {
    match (tensor, element) {
        (Tensor::Float32(a), ElementType::Float16) => share(&a.mapv(f16::from_f32).into_shared()),
        (Tensor::Float32(a), ElementType::Bfloat16) => share(&a.mapv(bf16::from_f32).into_shared()),
        // `feeds` has checked that each integer fits.
        (Tensor::Int32(a), ElementType::Int8) => share(&a.mapv(|v| v as i8).into_shared()),
        (Tensor::Int32(a), ElementType::Int16) => share(&a.mapv(|v| v as i16).into_shared()),
        (Tensor::Int32(a), ElementType::Uint16) => share(&a.mapv(|v| v as u16).into_shared()),
        (Tensor::Int64(a), ElementType::Uint32) => share(&a.mapv(|v| v as u32).into_shared()),
        (Tensor::Int64(a), ElementType::Uint64) => share(&a.mapv(|v| v as u64).into_shared()),
        (Tensor::Float32(a), _) => share(a),
        (Tensor::Float64(a), _) => share(a),
        (Tensor::Int64(a), _) => share(a),
        (Tensor::Int32(a), _) => share(a),
        (Tensor::Uint8(a), _) => share(a),
        (Tensor::Bool(a), _) => share(a),
    }
}

fn share<T>(array: &Array<T>) -> Result<SessionInputValue<'static>, RunError>
where
    T: PrimitiveTensorElementType + Clone + std::fmt::Debug + 'static,
{
    let whole = if array.is_standard_layout() {
        array.clone()
    } else {
        array.as_standard_layout().into_owned().into_shared()
    };
    Ok(TensorRef::from_array_view(whole).map_err(|cause| runtime(cause.message()))?.into())
}

/// The output called `name` as a tensor, widened as [`ElementType::dtype`] says.
pub(super) fn output(name: &str, value: &DynValue) -> Result<Tensor, RunError> {
    let element = element_of(value.dtype());
    match element {
        ElementType::Float32 => copy::<f32, _>(value, |v| v).map(Tensor::Float32),
        ElementType::Float16 => copy::<f16, _>(value, f16::to_f32).map(Tensor::Float32),
        ElementType::Bfloat16 => copy::<bf16, _>(value, bf16::to_f32).map(Tensor::Float32),
        ElementType::Float64 => copy::<f64, _>(value, |v| v).map(Tensor::Float64),
        ElementType::Int64 => copy::<i64, _>(value, |v| v).map(Tensor::Int64),
        ElementType::Int32 => copy::<i32, _>(value, |v| v).map(Tensor::Int32),
        ElementType::Int16 => copy::<i16, _>(value, i32::from).map(Tensor::Int32),
        ElementType::Uint16 => copy::<u16, _>(value, i32::from).map(Tensor::Int32),
        ElementType::Int8 => copy::<i8, _>(value, i32::from).map(Tensor::Int32),
        ElementType::Uint8 => copy::<u8, _>(value, |v| v).map(Tensor::Uint8),
        ElementType::Bool => copy::<bool, _>(value, |v| v).map(Tensor::Bool),
        ElementType::Uint32 => copy::<u32, _>(value, i64::from).map(Tensor::Int64),
        // Saturates: a count beyond 2^63 is no count that a graph makes.
        ElementType::Uint64 => {
            copy::<u64, _>(value, |v| i64::try_from(v).unwrap_or(i64::MAX)).map(Tensor::Int64)
        }
        ElementType::String | ElementType::Other(_) => {
            Err(RunError::Unsupported { name: name.to_owned(), element })
        }
    }
}

fn copy<T, U>(value: &DynValue, widen: impl Fn(T) -> U) -> Result<Array<U>, RunError>
where
    T: PrimitiveTensorElementType + Copy,
{
    let (shape, data) = value.try_extract_tensor::<T>().map_err(|cause| runtime(cause.message()))?;
    // ONNX Runtime never gives back a negative length; were there one, the sizes would not agree.
    let shape: Vec<usize> = shape.iter().map(|&d| usize::try_from(d).unwrap_or(0)).collect();
    ArcArray::from_shape_vec(IxDyn(&shape), data.iter().map(|&v| widen(v)).collect())
        .map_err(|cause| runtime(&cause.to_string()))
}

/// An error of ONNX Runtime without hints.
pub(super) fn runtime(message: &str) -> RunError {
    RunError::Runtime { message: format!("ONNX Runtime: {message}"), hints: Vec::new() }
}

fn element_of(value: &ValueType) -> ElementType {
    let ValueType::Tensor { ty, .. } = value else {
        return ElementType::Other(0);
    };
    match ty {
        TensorElementType::Float32 => ElementType::Float32,
        TensorElementType::Uint8 => ElementType::Uint8,
        TensorElementType::Int8 => ElementType::Int8,
        TensorElementType::Uint16 => ElementType::Uint16,
        TensorElementType::Int16 => ElementType::Int16,
        TensorElementType::Int32 => ElementType::Int32,
        TensorElementType::Int64 => ElementType::Int64,
        TensorElementType::String => ElementType::String,
        TensorElementType::Bool => ElementType::Bool,
        TensorElementType::Float16 => ElementType::Float16,
        TensorElementType::Float64 => ElementType::Float64,
        TensorElementType::Uint32 => ElementType::Uint32,
        TensorElementType::Uint64 => ElementType::Uint64,
        TensorElementType::Bfloat16 => ElementType::Bfloat16,
        TensorElementType::Complex64 => ElementType::Other(14),
        TensorElementType::Complex128 => ElementType::Other(15),
        TensorElementType::Uint4 => ElementType::Other(21),
        TensorElementType::Int4 => ElementType::Other(22),
        _ => ElementType::Other(17),
    }
}
