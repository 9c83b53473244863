//! The generator of a DCGAN, saved by PyTorch, as an ONNX graph.
//!
//! DCGAN (<https://arxiv.org/abs/1511.06434>): transposed convolutions of 4 × 4, the first from one
//! point, each of the others doubling the picture; batch normalisation and ReLU between them, tanh at
//! the end. `torch.save` writes a zip archive whose entries `data/0`, `data/1`, … are the bytes of
//! the tensors in the order of the layers: of each convolution its weight `[in, out, 4, 4]`, then
//! scale, shift, mean, variance and a counter of its normalisation; the last layer has no
//! normalisation. Their sizes say how wide each layer is.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use super::Inputs;
use crate::onnx::ElementType;
use crate::onnx::build::{Attribute, Builder};
use crate::{Error, Result};

/// The version of ONNX's operators.
const OPSET: i64 = 18;

/// Numbers of a kernel: 4 × 4.
const KERNEL: usize = 16;

/// Tensors of a layer with a normalisation.
const PARTS: usize = 6;

/// Makes the ONNX graph: `latents` `[batch, n]` in, `sample` `[batch, channels, height, width]` out.
///
/// # Errors
/// There is no file with the role `data`, or its tensors are not those of such a generator.
pub fn graph(inputs: &Inputs) -> Result<Vec<u8>> {
    build(&tensors(inputs.only("DCGAN")?)?)
}

/// The bytes of the archive's tensors, in their order.
fn tensors(bytes: Vec<u8>) -> Result<Vec<Vec<u8>>> {
    let wrong = |cause: zip::result::ZipError| Error::new(format!("this is no file of torch.save: {cause}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(wrong)?;
    let numbered = |name: &str| Some((name.rsplit_once("/data/")?.1.parse::<usize>().ok()?, name.to_owned()));
    let names: BTreeMap<usize, String> =
        archive.file_names().filter_map(|name| numbered(&name.ok()?)).collect();
    names
        .values()
        .map(|name| {
            let mut tensor = Vec::new();
            let mut entry = archive.by_name(name).map_err(wrong)?;
            entry.read_to_end(&mut tensor).map_err(Error::because("a tensor cannot be unpacked"))?;
            Ok(tensor)
        })
        .collect()
}

fn build(tensors: &[Vec<u8>]) -> Result<Vec<u8>> {
    let wrong = || {
        let sizes: Vec<usize> = tensors.iter().map(Vec::len).collect();
        Error::new(format!("these are not the tensors of a DCGAN's generator, in bytes: {sizes:?}"))
    };
    let floats = |tensor: &Vec<u8>| tensor.len() / size_of::<f32>();
    if tensors.len() <= PARTS || tensors.len() % PARTS != 1 {
        return Err(wrong());
    }
    let mut b = Builder::new("main_graph", OPSET);
    let (mut x, mut inside) = (String::new(), 0);
    for (layer, parts) in tensors.chunks(PARTS).enumerate() {
        let last = parts.len() == 1;
        let pairs = floats(&parts[0]) / KERNEL;
        let out = if last { pairs.checked_div(inside).unwrap_or(0) } else { floats(&parts[1]) };
        let into = if layer == 0 { pairs.checked_div(out).unwrap_or(0) } else { inside };
        let fits = parts[0].len() == into * out * KERNEL * size_of::<f32>()
            && parts[1..].iter().take(4).all(|part| part.len() == out * size_of::<f32>());
        if !fits || into == 0 || out == 0 {
            return Err(wrong());
        }
        if layer == 0 {
            b.input("latents", ElementType::Float32, &["batch", &into.to_string()]);
            b.output("sample", ElementType::Float32, &["batch", "channels", "height", "width"]);
            let axes = b.ints(&[2, 3]);
            x = b.node("Unsqueeze", "/Unsqueeze", &["latents", &axes], &[]);
        }
        let name = |part: &str| format!("layers.{layer}.{part}");
        let weight = b.raw(&name("weight"), ElementType::Float32, &[into, out, 4, 4], parts[0].clone());
        let (stride, pad) = if layer == 0 { (1, 0) } else { (2, 1) };
        let how = [("strides", Attribute::Ints(vec![stride; 2])), ("pads", Attribute::Ints(vec![pad; 4]))];
        x = b.node("ConvTranspose", &format!("/layers.{layer}/ConvTranspose"), &[&x, &weight], &how);
        if last {
            b.node_into("Tanh", "/Tanh", &[&x], &[], &["sample"]);
            break;
        }
        let norm: Vec<String> = ["scale", "shift", "mean", "variance"]
            .iter()
            .zip(&parts[1..])
            .map(|(part, bytes)| b.raw(&name(part), ElementType::Float32, &[out], bytes.clone()))
            .collect();
        let from = [&x, &norm[0], &norm[1], &norm[2], &norm[3]].map(String::as_str);
        let epsilon = [("epsilon", Attribute::Float(1e-5))];
        x = b.node("BatchNormalization", &format!("/layers.{layer}/BatchNormalization"), &from, &epsilon);
        x = b.node("Relu", &format!("/layers.{layer}/Relu"), &[&x], &[]);
        inside = out;
    }
    Ok(b.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::Graph;

    fn floats(count: usize) -> Vec<u8> {
        vec![0; 4 * count]
    }

    /// Two latents, two channels, one colour.
    fn tiny() -> Vec<Vec<u8>> {
        vec![floats(64), floats(2), floats(2), floats(2), floats(2), vec![0; 8], floats(32)]
    }

    #[test]
    fn sizes_say_how_wide_the_layers_are() {
        let graph = Graph::read(build(&tiny()).unwrap().into()).unwrap();
        assert_eq!(graph.inputs()[0].to_string(), "float32 [batch, 2]");
        assert_eq!(graph.weight("layers.1.weight").unwrap().shape().unwrap(), [2, 1, 4, 4]);
        let operators: Vec<String> = graph.nodes().into_iter().map(|node| node.op_type).collect();
        let expected = ["Unsqueeze", "ConvTranspose", "BatchNormalization", "Relu", "ConvTranspose", "Tanh"];
        assert_eq!(operators, expected);
    }

    #[test]
    fn other_tensors_are_refused() {
        let mut other = tiny();
        other[1] = floats(3);
        assert!(build(&other).unwrap_err().to_string().contains("not the tensors of a DCGAN's generator"));
        assert!(build(&tiny()[..6]).is_err());
        assert!(tensors(b"PK".to_vec()).unwrap_err().to_string().contains("no file of torch.save"));
    }
}
