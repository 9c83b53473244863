//! ONNX files: read, looked into, edited and written again. What ONNX Runtime makes of them happens
//! in workers, which may crash: see `hostile`.

use kiln::onnx::{Attribute, Builder, ElementType, Graph};
use kiln::tensor::Tensor;

use super::{Dice, fuzz};

fn built(dice: &mut Dice) -> Vec<u8> {
    const OPS: [&str; 10] =
        ["Add", "MatMul", "Where", "Relu", "Concat", "Identity", "Softmax", "If", "", "Loop"];
    let mut builder = Builder::new("fuzz", dice.below(30) as i64 - 3);
    builder.input("x", ElementType::from_code(dice.below(30) as i32), &["batch", "3"]);
    let mut values = vec!["x".to_owned(), String::new()];
    for at in 0..dice.below(8) {
        let name = format!("n{}", if dice.once_in(5) { 0 } else { at });
        let dims: Vec<usize> = (0..dice.below(4)).map(|_| [0, 1, 3, 1 << 40][dice.below(4)]).collect();
        let made = match dice.below(4) {
            0 => {
                let count = if dice.once_in(2) {
                    dims.iter().fold(1_usize, |n, d| n.saturating_mul(*d)).min(64)
                } else {
                    dice.below(9)
                };
                builder.floats(&name, &dims, &vec![0.5; count])
            }
            1 => builder.outside(
                &name,
                &dims,
                ["../x", "w.data", "/etc/passwd", "a/../../b", "C:x", ""][dice.below(6)],
                u64::MAX >> dice.below(64),
            ),
            _ => {
                let inputs: Vec<String> =
                    (0..dice.below(4)).map(|_| values[dice.below(values.len())].clone()).collect();
                let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
                let attribute = match dice.below(3) {
                    0 => Attribute::Int(i64::MIN),
                    1 => Attribute::Text("\u{202e}".to_owned()),
                    _ => Attribute::Tensor(Tensor::scalar(f32::NAN)),
                };
                builder.node(dice.pick(&OPS), &name, &inputs, &[("axis", attribute)])
            }
        };
        values.push(made);
    }
    let last = values[dice.below(values.len())].clone();
    builder.output(&last, ElementType::Float32, &["?", ""]);
    builder.finish()
}

fn make(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = if dice.once_in(2) { corpus[dice.below(corpus.len())].clone() } else { built(dice) };
    if !dice.once_in(4) {
        let other = built(dice);
        dice.mutate(&mut bytes, &other);
    }
    bytes
}

fn check(input: &[u8]) {
    let Ok(graph) = Graph::read(input.to_vec().into()) else { return };
    let nodes = graph.nodes();
    let _ = (graph.inputs(), graph.outputs(), graph.parameters(), graph.notes(), graph.values().count());
    for slot in graph.inputs().iter().chain(&graph.outputs()) {
        assert!(!slot.to_string().is_empty());
    }
    for weight in graph.weights() {
        let _ = (weight.name(), weight.element(), weight.shape(), weight.storage());
        let value = weight.value(None);
        if let Ok(value) = value {
            let patched = graph.patched(&[(weight.name().to_owned(), value)]);
            if let Ok(patched) = patched {
                Graph::read(patched.encoded()).expect("what is written can be read");
            }
        }
        let _ = weight.value(Some(input));
    }
    for name in nodes.iter().flat_map(|node| [&node.name].into_iter().chain(&node.outputs)).take(16) {
        for input in [None, Some(0), Some(usize::MAX)] {
            if let Ok(cut) = graph.bypassed(std::slice::from_ref(name), input) {
                Graph::read(cut.encoded()).expect("what is written can be read");
            }
        }
    }
}

#[test]
fn models() {
    fuzz("models", make, check);
}
