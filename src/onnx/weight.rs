//! Constant arrays of a model: where their bytes are and how to read them.

use half::{bf16, f16};
use ndarray::{ArcArray, IxDyn};

use super::element::ElementType;
use super::proto::{LOCATION_EXTERNAL, TensorProto};
use crate::tensor::{DType, Tensor};
use crate::{Error, Result};

/// A constant array that a graph carries, as described by its file.
#[derive(Clone, Copy, Debug)]
pub struct Weight<'m>(&'m TensorProto);

/// Where the bytes of a weight are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In the model's own file.
    Inside,
    /// In another file.
    Outside {
        /// That file, relative to the folder of the model's file.
        location: String,
        /// The first byte.
        offset: u64,
        /// Number of bytes; to the end of the file where absent.
        length: Option<u64>,
    },
}

impl<'m> Weight<'m> {
    /// The weight that `tensor` describes.
    pub fn new(tensor: &'m TensorProto) -> Self {
        Self(tensor)
    }

    /// Its name.
    pub fn name(&self) -> &'m str {
        &self.0.name
    }

    /// Its element type.
    pub fn element(&self) -> ElementType {
        ElementType::from_code(self.0.data_type.unwrap_or(0))
    }

    /// The length of each axis.
    ///
    /// # Errors
    /// An axis is negative, or there are more elements than memory can address.
    pub fn shape(&self) -> Result<Vec<usize>> {
        let shape: Option<Vec<usize>> = self.0.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
        shape
            .filter(|shape| shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)).is_some())
            .ok_or_else(|| self.fault(format!("its shape {:?} is impossible", self.0.dims)))
    }

    /// Where its bytes are.
    ///
    /// # Errors
    /// The description of external data is incomplete, or names a file outside the model's folder.
    pub fn storage(&self) -> Result<Storage> {
        if self.0.data_location != Some(LOCATION_EXTERNAL) {
            return Ok(Storage::Inside);
        }
        let entry = |key: &str| self.0.external_data.iter().find(|e| e.key == key).map(|e| e.value.as_str());
        let number = |key: &str| match entry(key).filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => match text.parse::<u64>() {
                Ok(n) => Ok(Some(n)),
                Err(_) => Err(self.fault(format!("the {key} of its external data, `{text}`, is no number"))),
            },
        };
        let location = entry("location").unwrap_or_default();
        let leaves =
            location.split(['/', '\\']).any(|part| part == "..") || location.starts_with(['/', '\\']);
        if location.is_empty() || leaves || location.contains(':') {
            return Err(
                self.fault(format!("its external data are at `{location}`, outside the model's folder"))
            );
        }
        Ok(Storage::Outside {
            location: location.to_owned(),
            offset: number("offset")?.unwrap_or(0),
            length: number("length")?,
        })
    }

    /// Its value, read from the model's own file or, for [`Storage::Outside`], from `outside`: the
    /// bytes of the other file from the offset, of the length given or to the end.
    ///
    /// Types that a tensor does not have are widened as [`ElementType::dtype`] says.
    ///
    /// # Errors
    /// The type has no counterpart, or the number of bytes does not fit the shape.
    pub fn value(&self, outside: Option<&[u8]>) -> Result<Tensor> {
        let shape = self.shape()?;
        let count: usize = shape.iter().product();
        if let Some(bytes) = outside.or(self.0.raw_data.as_deref()) {
            return self.spelled(bytes, shape, count);
        }
        let t = self.0;
        match self.element() {
            ElementType::Float32 => self.floats(t.float_data.clone(), shape),
            ElementType::Float64 => self.array(t.double_data.clone(), shape).map(Tensor::Float64),
            ElementType::Int64 => self.array(t.int64_data.clone(), shape).map(Tensor::Int64),
            ElementType::Int32 | ElementType::Int16 | ElementType::Uint16 | ElementType::Int8 => {
                self.array(t.int32_data.clone(), shape).map(Tensor::Int32)
            }
            ElementType::Uint8 => {
                self.array(t.int32_data.iter().map(|&v| v as u8).collect(), shape).map(Tensor::Uint8)
            }
            ElementType::Bool => {
                self.array(t.int32_data.iter().map(|&v| v != 0).collect(), shape).map(Tensor::Bool)
            }
            ElementType::Float16 => {
                let bits = t.int32_data.iter().map(|&v| f16::from_bits(v as u16).to_f32());
                self.floats(bits.collect(), shape)
            }
            ElementType::Bfloat16 => {
                let bits = t.int32_data.iter().map(|&v| bf16::from_bits(v as u16).to_f32());
                self.floats(bits.collect(), shape)
            }
            ElementType::Uint32 | ElementType::Uint64 => self.unsigned(t.uint64_data.iter().copied(), shape),
            ElementType::String | ElementType::Other(_) => Err(self.unsupported()),
        }
    }

    /// The value that little-endian `bytes` spell.
    fn spelled(&self, bytes: &[u8], shape: Vec<usize>, count: usize) -> Result<Tensor> {
        let size = self.element().size().ok_or_else(|| self.unsupported())?;
        let expected = count.checked_mul(size);
        if expected != Some(bytes.len()) {
            return Err(self.fault(format!(
                "its shape {shape:?} needs {count} elements of {size} bytes, but there are {} bytes",
                bytes.len()
            )));
        }
        // Each closure gets exactly as many bytes as the type has, so the copies cannot fail.
        fn each<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
            bytes.as_chunks::<N>().0.iter().map(|chunk| read(*chunk)).collect()
        }
        match self.element() {
            ElementType::Float32 => self.floats(each(bytes, f32::from_le_bytes), shape),
            ElementType::Float16 => self.floats(each(bytes, |b| f16::from_le_bytes(b).to_f32()), shape),
            ElementType::Bfloat16 => self.floats(each(bytes, |b| bf16::from_le_bytes(b).to_f32()), shape),
            ElementType::Float64 => self.array(each(bytes, f64::from_le_bytes), shape).map(Tensor::Float64),
            ElementType::Int64 => self.array(each(bytes, i64::from_le_bytes), shape).map(Tensor::Int64),
            ElementType::Int32 => self.array(each(bytes, i32::from_le_bytes), shape).map(Tensor::Int32),
            ElementType::Int16 => self.small(each(bytes, |b| i16::from_le_bytes(b).into()), shape),
            ElementType::Uint16 => self.small(each(bytes, |b| u16::from_le_bytes(b).into()), shape),
            ElementType::Int8 => self.small(each(bytes, |b| i8::from_le_bytes(b).into()), shape),
            ElementType::Uint8 => self.array(bytes.to_vec(), shape).map(Tensor::Uint8),
            ElementType::Bool => self.array(bytes.iter().map(|&b| b != 0).collect(), shape).map(Tensor::Bool),
            ElementType::Uint32 => {
                self.unsigned(each(bytes, |b| u64::from(u32::from_le_bytes(b))).into_iter(), shape)
            }
            ElementType::Uint64 => self.unsigned(each(bytes, u64::from_le_bytes).into_iter(), shape),
            ElementType::String | ElementType::Other(_) => Err(self.unsupported()),
        }
    }

    fn floats(&self, data: Vec<f32>, shape: Vec<usize>) -> Result<Tensor> {
        self.array(data, shape).map(Tensor::Float32)
    }

    fn small(&self, data: Vec<i32>, shape: Vec<usize>) -> Result<Tensor> {
        self.array(data, shape).map(Tensor::Int32)
    }

    fn unsigned(&self, data: impl Iterator<Item = u64>, shape: Vec<usize>) -> Result<Tensor> {
        let data: Result<Vec<i64>, _> = data.map(i64::try_from).collect();
        let data = data.map_err(|_| self.fault("it holds integers beyond int64".to_owned()))?;
        self.array(data, shape).map(Tensor::Int64)
    }

    fn array<T>(&self, data: Vec<T>, shape: Vec<usize>) -> Result<ArcArray<T, IxDyn>> {
        let found = data.len();
        ArcArray::from_shape_vec(IxDyn(&shape), data)
            .map_err(|_| self.fault(format!("its shape {shape:?} does not fit its {found} elements")))
    }

    fn unsupported(&self) -> Error {
        self.fault(format!("its element type is {}, which no tensor has", self.element())).hint(format!(
            "tensors are {}",
            [DType::Float32, DType::Int64].map(DType::name).join(", ") + ", …"
        ))
    }

    fn fault(&self, what: String) -> Error {
        Error::new(format!("the weight `{}` cannot be read: {what}", self.name()))
    }
}

#[cfg(test)]
mod tests {
    use prost::bytes::Bytes;

    use super::*;
    use crate::onnx::proto::StringStringEntryProto;

    fn raw(code: i32, dims: &[i64], bytes: &'static [u8]) -> TensorProto {
        TensorProto {
            dims: dims.to_vec(),
            data_type: Some(code),
            raw_data: Some(Bytes::from_static(bytes)),
            name: "w".into(),
            ..TensorProto::default()
        }
    }

    #[track_caller]
    fn check(tensor: &TensorProto, expected: Result<Tensor, &str>) {
        match (Weight::new(tensor).value(None), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => assert!(found.to_string().contains(expected), "{found}"),
            (found, expected) => panic!("found {found:?}, expected {expected:?}"),
        }
    }

    fn ints(data: &[i32]) -> Tensor {
        Tensor::Int32(ArcArray::from_shape_vec(IxDyn(&[data.len()]), data.to_vec()).unwrap())
    }

    #[test]
    fn raw_bytes_are_little_endian_and_widened() {
        check(&raw(3, &[3], &[0xff, 0, 127]), Ok(ints(&[-1, 0, 127])));
        check(&raw(5, &[2], &[0xfe, 0xff, 1, 0]), Ok(ints(&[-2, 1])));
        let half = ArcArray::from_shape_vec(IxDyn(&[]), vec![1.5_f32]).unwrap();
        check(&raw(10, &[], &[0x00, 0x3e]), Ok(Tensor::Float32(half)));
    }

    #[test]
    fn typed_fields_are_read() {
        let tensor = TensorProto { int32_data: vec![7, 8], raw_data: None, ..raw(6, &[2], &[]) };
        check(&tensor, Ok(ints(&[7, 8])));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        check(&raw(1, &[2], &[0; 7]), Err("needs 2 elements of 4 bytes, but there are 7 bytes"));
        check(&raw(1, &[-1], &[0; 4]), Err("shape [-1] is impossible"));
        check(&raw(1, &[i64::MAX, i64::MAX], &[0; 4]), Err("is impossible"));
        check(&raw(8, &[1], &[0; 4]), Err("element type is string"));
        check(&raw(13, &[1], &[0xff; 8]), Err("beyond int64"));
    }

    #[test]
    fn external_data_stay_in_the_folder() {
        let outside = |location: &str| {
            let entry =
                |key: &str, value: &str| StringStringEntryProto { key: key.into(), value: value.into() };
            TensorProto {
                data_location: Some(LOCATION_EXTERNAL),
                external_data: vec![entry("location", location), entry("offset", "28")],
                ..TensorProto::default()
            }
        };
        let found = Weight::new(&outside("a.data")).storage().unwrap();
        assert_eq!(found, Storage::Outside { location: "a.data".into(), offset: 28, length: None });
        for bad in ["../a", "/etc/passwd", "", "a/../../b", "C:\\x"] {
            assert!(Weight::new(&outside(bad)).storage().is_err(), "{bad}");
        }
    }
}
