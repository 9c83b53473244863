//! Tensors as a file writes them.

use half::{bf16, f16};
use prost::bytes::Bytes;

use super::element::ElementType;
use super::proto::TensorProto;
use crate::tensor::{Element, Tensor};

/// `tensor` under the name `name`, in its own element type.
pub(super) fn whole(name: &str, tensor: &Tensor) -> TensorProto {
    let element = ElementType::from(tensor.dtype());
    // A type always holds its own values.
    proto(name, tensor, element, spelled(tensor, element).unwrap_or_default())
}

/// `tensor` as elements of type `element`, which may be narrower; `None` where a value does not fit,
/// or the type is none that is read as the tensor's.
pub(super) fn narrowed(name: &str, tensor: &Tensor, element: ElementType) -> Option<TensorProto> {
    (element.dtype() == Some(tensor.dtype())).then_some(())?;
    Some(proto(name, tensor, element, spelled(tensor, element)?))
}

fn proto(name: &str, tensor: &Tensor, element: ElementType, raw: Vec<u8>) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        data_type: Some(element.code()),
        dims: tensor.shape().iter().map(|&length| length as i64).collect(),
        raw_data: Some(Bytes::from(raw)),
        ..TensorProto::default()
    }
}

/// The little-endian bytes of the elements, row by row.
fn spelled(tensor: &Tensor, element: ElementType) -> Option<Vec<u8>> {
    match element {
        ElementType::Float32 => Some(each(tensor, f32::to_le_bytes)),
        ElementType::Float16 => Some(each(tensor, |v: f32| f16::from_f32(v).to_le_bytes())),
        ElementType::Bfloat16 => Some(each(tensor, |v: f32| bf16::from_f32(v).to_le_bytes())),
        ElementType::Float64 => Some(each(tensor, f64::to_le_bytes)),
        ElementType::Int64 => Some(each(tensor, i64::to_le_bytes)),
        ElementType::Int32 => Some(each(tensor, i32::to_le_bytes)),
        ElementType::Uint8 => Some(each(tensor, u8::to_le_bytes)),
        ElementType::Bool => Some(each(tensor, |v: bool| [u8::from(v)])),
        ElementType::Int16 => fitting(tensor, |v| i16::try_from(v).ok().map(i16::to_le_bytes)),
        ElementType::Uint16 => fitting(tensor, |v| u16::try_from(v).ok().map(u16::to_le_bytes)),
        ElementType::Int8 => fitting(tensor, |v| i8::try_from(v).ok().map(i8::to_le_bytes)),
        ElementType::Uint32 => fitting(tensor, |v| u32::try_from(v).ok().map(u32::to_le_bytes)),
        ElementType::Uint64 => fitting(tensor, |v| u64::try_from(v).ok().map(u64::to_le_bytes)),
        ElementType::String | ElementType::Other(_) => None,
    }
}

/// Nothing for a tensor of another type: callers have compared the types.
fn each<T: Element, const N: usize>(tensor: &Tensor, spell: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    T::of(tensor).into_iter().flat_map(|array| array.iter().flat_map(|&v| spell(v))).collect()
}

fn fitting<const N: usize>(tensor: &Tensor, spell: impl Fn(i64) -> Option<[u8; N]>) -> Option<Vec<u8>> {
    let chunks: Option<Vec<[u8; N]>> = tensor.to_i64s().into_iter().map(spell).collect();
    Some(chunks?.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::Weight;

    #[track_caller]
    fn check(tensor: &Tensor, element: ElementType, expect: Option<&Tensor>) {
        let written = narrowed("w", tensor, element);
        let read = written.as_ref().map(|proto| Weight::new(proto).value(None).unwrap());
        assert_eq!(read.as_ref(), expect);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let floats = Tensor::from_vec(&[2, 1], vec![1.5_f32, -2.0]).unwrap();
        let (integers, wide) = (Tensor::scalar(-7_i32), Tensor::scalar(70_000_i32));
        for element in [ElementType::Float32, ElementType::Float16, ElementType::Bfloat16] {
            check(&floats, element, Some(&floats));
        }
        for element in [ElementType::Int32, ElementType::Int16, ElementType::Int8] {
            check(&integers, element, Some(&integers));
        }
        check(&wide, ElementType::Int16, None);
        check(&integers, ElementType::Uint16, None);
        check(&floats, ElementType::Float64, None);
        check(&Tensor::scalar(true), ElementType::Bool, Some(&Tensor::scalar(true)));
    }
}
