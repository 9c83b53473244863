//! What each of TensorFlow's operators is in ONNX.

use super::file::{Node, wrong};
use super::graph::Writer;
use crate::Result;
use crate::onnx::ElementType;
use crate::onnx::build::Attribute;

/// Operators of the same meaning, by element.
const ALIKE: [(&str, &str); 10] = [
    ("Add", "Add"),
    ("AddV2", "Add"),
    ("Identity", "Identity"),
    ("Maximum", "Max"),
    ("Minimum", "Min"),
    ("Mul", "Mul"),
    ("Relu", "Relu"),
    ("Sigmoid", "Sigmoid"),
    ("Sub", "Sub"),
    ("Tanh", "Tanh"),
];

/// Writes `node`.
pub(super) fn write(w: &mut Writer<'_>, node: &Node) -> Result<()> {
    if let Some((_, op)) = ALIKE.iter().find(|(tensorflow, _)| *tensorflow == node.op) {
        let inputs: Vec<String> =
            (0..node.inputs().count()).map(|at| w.value(node, at)).collect::<Result<_>>()?;
        w.finish(op, node, &inputs.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        return Ok(());
    }
    match node.op.as_str() {
        "BatchToSpaceND" => batch_to_space(w, node),
        "Conv2D" => convolution(w, node),
        "Mean" => {
            let (x, axes) = (w.value(node, 0)?, w.file.integers(node, 1)?);
            let axes = w.b.ints(&axes);
            w.finish(
                "ReduceMean",
                node,
                &[&x, &axes],
                &[("keepdims", Attribute::Int(node.flag("keep_dims").into()))],
            );
            Ok(())
        }
        "Pad" => {
            let (x, pairs) = (w.value(node, 0)?, w.file.integers(node, 1)?);
            // Before and after, axis by axis; ONNX wants all that comes before first.
            let every_other = |first: usize| pairs.iter().skip(first).step_by(2).copied();
            let pads = w.b.ints(&every_other(0).chain(every_other(1)).collect::<Vec<_>>());
            w.finish("Pad", node, &[&x, &pads], &[]);
            Ok(())
        }
        "Reshape" => with_integers(w, node, "Reshape"),
        "Rsqrt" => {
            let x = w.value(node, 0)?;
            let root = w.between("Sqrt", node, &[&x], &[]);
            w.finish("Reciprocal", node, &[&root], &[]);
            Ok(())
        }
        "Square" => {
            let x = w.value(node, 0)?;
            w.finish("Mul", node, &[&x, &x], &[]);
            Ok(())
        }
        "Tile" => with_integers(w, node, "Tile"),
        other => Err(wrong(&format!("`{}` is a {other}, which Kiln does not know", node.name))),
    }
}

/// An operator whose second input are integers.
fn with_integers(w: &mut Writer<'_>, node: &Node, op: &str) -> Result<()> {
    let (x, integers) = (w.value(node, 0)?, w.file.integers(node, 1)?);
    let integers = w.b.ints(&integers);
    w.finish(op, node, &[&x, &integers], &[]);
    Ok(())
}

fn turned(w: &mut Writer<'_>, node: &Node, x: &str, order: &[i64]) -> String {
    w.between("Transpose", node, &[x], &[("perm", Attribute::Ints(order.to_vec()))])
}

/// The order of axes from TensorFlow's pictures to ONNX's, and back.
const TO_CHANNELS_FIRST: [i64; 4] = [0, 3, 1, 2];
const TO_CHANNELS_LAST: [i64; 4] = [0, 2, 3, 1];

fn convolution(w: &mut Writer<'_>, node: &Node) -> Result<()> {
    let unknown = |what: &str| wrong(&format!("`{}` (Conv2D) {what}", node.name));
    if node.text("data_format").is_some_and(|format| format != "NHWC") {
        return Err(unknown("has its channels first"));
    }
    let padding = match node.text("padding").as_deref() {
        Some("SAME") => "SAME_UPPER",
        Some("VALID") => "VALID",
        other => return Err(unknown(&format!("pads in the way {other:?}"))),
    };
    let inner = |name: &str| match node.list(name).as_deref() {
        Some(&[1, down, across, 1]) => Ok(vec![down, across]),
        None => Ok(vec![1, 1]),
        Some(other) => Err(unknown(&format!("has {name} {other:?}"))),
    };
    let (strides, dilations) = (inner("strides")?, inner("dilations")?);
    let x = w.value(node, 0)?;
    let name = node.input(1)?.to_owned();
    let kernel = w.file.constant(&name).ok_or_else(|| unknown("has a kernel that is no constant"))?;
    let &[height, width, inside, out] = kernel.dims.as_slice() else {
        return Err(unknown(&format!("has a kernel of the sizes {:?}", kernel.dims)));
    };
    let bytes = channels_first(kernel.floats(&name)?, [height, width, inside, out]);
    let weight = format!("{}/kernel", node.name);
    let weight = w.b.raw(&weight, ElementType::Float32, &[out, inside, height, width], bytes);
    let x = turned(w, node, &x, &TO_CHANNELS_FIRST);
    let how = [
        ("auto_pad", Attribute::Text(padding.to_owned())),
        ("dilations", Attribute::Ints(dilations)),
        ("strides", Attribute::Ints(strides)),
    ];
    let made = w.between("Conv", node, &[&x, &weight], &how);
    w.finish("Transpose", node, &[&made], &[("perm", Attribute::Ints(TO_CHANNELS_LAST.to_vec()))]);
    Ok(())
}

/// A kernel `[height, width, in, out]` as `[out, in, height, width]`.
fn channels_first(bytes: &[u8], [height, width, inside, out]: [usize; 4]) -> Vec<u8> {
    let (words, _) = bytes.as_chunks::<4>();
    let mut turned = Vec::with_capacity(bytes.len());
    for o in 0..out {
        for i in 0..inside {
            for place in 0..height * width {
                turned.extend(words[(place * inside + i) * out + o]);
            }
        }
    }
    turned
}

/// Pictures of a batch become one larger picture: those at `i · n + b` its pixels in row and column `i`.
fn batch_to_space(w: &mut Writer<'_>, node: &Node) -> Result<()> {
    let unknown = |what: &str| wrong(&format!("`{}` (BatchToSpaceND) {what}", node.name));
    let (block, crops) = (w.file.integers(node, 1)?, w.file.integers(node, 2)?);
    let size = match block.as_slice() {
        &[down, across] if down == across && down > 0 => down,
        other => return Err(unknown(&format!("has blocks of {other:?}"))),
    };
    if crops.iter().any(|&crop| crop != 0) {
        return Err(unknown(&format!("cuts off {crops:?}")));
    }
    let x = w.value(node, 0)?;
    let last = turned(w, node, &x, &[1, 2, 3, 0]); // [h, w, c, i · n + b]
    let apart = w.b.ints(&[0, 0, 0, size * size, -1]);
    let apart = w.between("Reshape", node, &[&last, &apart], &[]); // [h, w, c, i, b]
    let apart = turned(w, node, &apart, &[4, 0, 1, 3, 2]); // [b, h, w, i, c]
    let deep = w.b.ints(&[0, 0, 0, -1]);
    let deep = w.between("Reshape", node, &[&apart, &deep], &[]);
    let deep = turned(w, node, &deep, &TO_CHANNELS_FIRST); // [b, i · c, h, w]
    let large = w.between("DepthToSpace", node, &[&deep], &[("blocksize", Attribute::Int(size))]);
    w.finish("Transpose", node, &[&large], &[("perm", Attribute::Ints(TO_CHANNELS_LAST.to_vec()))]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::file::File;
    use super::super::graph::build;
    use super::*;
    use crate::onnx::Graph;

    fn file(nodes: serde_json::Value, weights: serde_json::Value, bytes: &[u8]) -> Result<File> {
        let model = json!({
            "modelTopology": {"node": nodes},
            "weightsManifest": [{"paths": ["a", "b"], "weights": weights}],
            "signature": {"outputs": {"y:0": {"name": "y:0"}}}
        });
        let (first, second) = bytes.split_at(bytes.len() / 2 + 1);
        let shard = |name: &str| Ok(if name == "a" { first.to_vec() } else { second.to_vec() });
        File::read(model.to_string().as_bytes(), shard)
    }

    fn placeholder() -> serde_json::Value {
        json!({"name": "x", "op": "Placeholder", "attr": {"shape": {"shape": {"dim": [{"size": "-1"}, {"size": "4"}]}}}})
    }

    #[test]
    fn nodes_are_put_in_order_and_weights_span_shards() {
        let nodes = json!([
            {"name": "y", "op": "Mul", "input": ["square", "scale"]},
            {"name": "square", "op": "Square", "input": ["x:0"]},
            {"name": "scale", "op": "Const"},
            placeholder()
        ]);
        let weights = json!([{"name": "scale", "shape": [2], "dtype": "float32"}]);
        let file = file(nodes, weights, &[0, 0, 128, 63, 0, 0, 0, 64]).unwrap();
        let graph = Graph::read(build(&file).unwrap().into()).unwrap();
        let operators: Vec<String> = graph.nodes().into_iter().map(|node| node.op_type).collect();
        assert_eq!(operators, ["Mul", "Mul"]);
        assert_eq!(graph.inputs()[0].to_string(), "float32 [batch_size, 4]");
        assert_eq!(graph.outputs()[0].name, "y");
        assert_eq!(graph.weight("scale").unwrap().shape().unwrap(), [2]);
    }

    #[test]
    fn what_is_not_known_is_named() {
        let nodes = json!([placeholder(), {"name": "y", "op": "Erf", "input": ["x"]}]);
        let error = build(&file(nodes, json!([]), &[0]).unwrap()).unwrap_err().to_string();
        assert!(error.ends_with("`y` is a Erf, which Kiln does not know"), "{error}");
        let weights = json!([{"name": "scale", "shape": [3], "dtype": "float32"}]);
        let error = file(json!([]), weights, &[0; 8]).err().unwrap().to_string();
        assert!(error.ends_with("its shards end before `scale`"), "{error}");
        let nodes = json!([{"name": "y", "op": "Square", "input": ["y"]}]);
        let error = build(&file(nodes, json!([]), &[0]).unwrap()).unwrap_err().to_string();
        assert!(error.ends_with("`y` reads what no node makes before it"), "{error}");
    }

    #[test]
    fn kernels_are_turned() {
        // 1 x 2 places, 1 channel in, 2 out
        let bytes: Vec<u8> = [1_f32, 2.0, 3.0, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let turned: Vec<u8> = [1_f32, 3.0, 2.0, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(channels_first(&bytes, [1, 2, 1, 2]), turned);
    }
}
