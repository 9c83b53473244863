//! A model whose large weights stay where they are: in the file that it was read from.
//!
//! ONNX Runtime copies what stands in a model into each session, and maps what stands in another file. So
//! it is given a model that names its own file as the other one: all processes and sessions then share one
//! mapping of it.

use prost::Message;
use prost::bytes::Bytes;

use super::element::ElementType;
use super::graph::Graph;
use super::proto::{LOCATION_EXTERNAL, ModelProto, StringStringEntryProto, TensorProto};
use super::weight::Weight;

/// Weights of fewer bytes are copied: ONNX Runtime reads small ones, such as shapes, while it plans.
const LEAST: usize = 64 << 10;

impl Graph {
    /// The bytes of this model, in which the large weights that lie in `file` are said to be in the file
    /// `location`, beside it; `None` where there are none. A weight is left inside where its elements do
    /// not lie as the processor wants them, which a file does not promise, or its bytes do not fit its shape.
    pub fn sharing(&self, file: &Bytes, location: &str) -> Option<Bytes> {
        let mut graph = self.graph.clone();
        let mut any = false;
        for tensor in &mut graph.initializer {
            if let Some(offset) = place(tensor, file) {
                let length = tensor.raw_data.take().map_or(0, |data| data.len());
                let entry =
                    |(key, value): (&str, String)| StringStringEntryProto { key: key.to_owned(), value };
                let entries = [
                    ("location", location.to_owned()),
                    ("offset", offset.to_string()),
                    ("length", length.to_string()),
                ];
                tensor.external_data = entries.map(entry).into();
                tensor.data_location = Some(LOCATION_EXTERNAL);
                any = true;
            }
        }
        any.then(|| Bytes::from(ModelProto { graph: Some(graph), ..self.model.clone() }.encode_to_vec()))
    }
}

/// Where in `file` the bytes of `tensor` lie.
fn place(tensor: &TensorProto, file: &Bytes) -> Option<usize> {
    let data = tensor.raw_data.as_ref().filter(|data| data.len() >= LEAST)?;
    let offset = (data.as_ptr() as usize).checked_sub(file.as_ptr() as usize)?;
    let bytes = bytes(Weight::new(tensor).element())?;
    let count: usize = Weight::new(tensor).shape().ok()?.iter().product();
    let sound = offset.checked_add(data.len())? <= file.len()
        && offset.is_multiple_of(bytes)
        && count.checked_mul(bytes) == Some(data.len());
    sound.then_some(offset)
}

/// The bytes of an element, for types that have whole ones.
fn bytes(element: ElementType) -> Option<usize> {
    match element {
        ElementType::Uint8 | ElementType::Int8 | ElementType::Bool => Some(1),
        ElementType::Uint16 | ElementType::Int16 | ElementType::Float16 | ElementType::Bfloat16 => Some(2),
        ElementType::Float32 | ElementType::Int32 | ElementType::Uint32 => Some(4),
        ElementType::Float64 | ElementType::Int64 | ElementType::Uint64 => Some(8),
        ElementType::String | ElementType::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{Builder, Storage};
    use crate::tensor::Tensor;

    /// A model with a large and a small weight.
    fn model(large: usize) -> Bytes {
        let mut b = Builder::new("shared", 18);
        b.input("x", ElementType::Float32, &["n"]);
        let large = b.floats("large", &[large], &vec![0.5; large]);
        let small = b.floats("small", &[2], &[1.0, 2.0]);
        let y = b.node("Mul", "y", &["x", &large], &[]);
        let z = b.node("Mul", "z", &[&y, &small], &[]);
        b.output(&z, ElementType::Float32, &["n"]);
        b.finish().into()
    }

    /// Bytes in front that move what follows to a multiple of 4.
    fn aligned(file: &Bytes) -> Bytes {
        // A field that nobody knows, as long as it takes.
        (0..4)
            .map(|n| Bytes::from([vec![0x8a, 0x3f, n as u8], vec![0; n], file.to_vec()].concat()))
            .find(|moved| {
                let graph = Graph::read(moved.clone()).unwrap();
                let at = graph.graph.initializer[0].raw_data.as_ref().unwrap().as_ptr() as usize;
                (at - moved.as_ptr() as usize).is_multiple_of(4)
            })
            .unwrap()
    }

    #[test]
    fn large_weights_stay_in_the_file() {
        let file = aligned(&model(LEAST));
        let graph = Graph::read(file.clone()).unwrap();
        let slim = graph.sharing(&file, "model.onnx").unwrap();
        assert!(slim.len() < 1000, "{}", slim.len());
        let found = Graph::read(slim).unwrap();
        let Storage::Outside { location, offset, length } = found.weight("large").unwrap().storage().unwrap()
        else {
            panic!("it is inside")
        };
        assert_eq!((location.as_str(), length), ("model.onnx", Some(4 * LEAST as u64)));
        let part = &file[offset as usize..][..4 * LEAST];
        assert_eq!(
            found.weight("large").unwrap().value(Some(part)).unwrap(),
            graph.weight("large").unwrap().value(None).unwrap()
        );
        assert_eq!(found.weight("small").unwrap().storage().unwrap(), Storage::Inside);
        // What has been exchanged lies in no file.
        let patched =
            graph.patched(&[("large".into(), Tensor::from_vec(&[LEAST], vec![1_f32; LEAST]).unwrap())]);
        assert_eq!(patched.unwrap().sharing(&file, "model.onnx"), None);
    }

    #[test]
    fn what_does_not_lie_well_is_left_inside() {
        let file = aligned(&model(LEAST));
        let moved = Bytes::from([&[0x8a, 0x3f, 0], &file[..]].concat());
        assert_eq!(Graph::read(moved.clone()).unwrap().sharing(&moved, "m"), None);
        let small = model(3);
        assert_eq!(Graph::read(small.clone()).unwrap().sharing(&small, "m"), None);
        let mut wrong = Graph::read(file.clone()).unwrap();
        wrong.graph.initializer[0].dims = vec![7];
        assert_eq!(wrong.sharing(&file, "m"), None);
    }
}
