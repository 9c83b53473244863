//! What models say of themselves, and what is seen of their insides.

use std::collections::BTreeMap;

use kiln::runtime::onnx::RunError;
use kiln::tensor::Tensor;

use super::{FLOAT, close, floats, ids, model, open};

fn one(name: &str, tensor: Tensor) -> BTreeMap<String, Tensor> {
    BTreeMap::from([(name.to_owned(), tensor)])
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn rows_of_attention_sum_to_one() {
    let mut bert = open("minilm");
    let softmax = bert.nodes().into_iter().find(|node| node.op_type == "Softmax").unwrap().outputs[0].clone();
    let story = "/model/layers.5/self_attn/Softmax_output_0".to_owned();
    for (model, name) in [(&mut bert, softmax), (&mut open("stories15m"), story)] {
        let feeds = one("input_ids", ids(&[1, 501, 502, 503, 504]));
        let found = model.run(&feeds, std::slice::from_ref(&name)).unwrap();
        assert_eq!(found[0].0, name);
        assert_eq!(found[0].1.shape().len(), 4);
        let width = *found[0].1.shape().last().unwrap();
        for row in floats(&found[0].1).chunks(width) {
            close(&[row.iter().sum()], &[1.0], 1e-5);
        }
    }
}

#[test]
fn a_token_of_a_story_sees_nothing_that_comes_later() {
    let name = "/model/layers.0/self_attn/Softmax_output_0";
    let feeds = one("input_ids", ids(&[1, 9038, 2501, 263]));
    let found = open("stories15m").run(&feeds, &names(&[name])).unwrap();
    let weights = floats(&found[0].1); // [1, 6, 4, 4]
    for (at, weight) in weights.iter().enumerate() {
        assert!(at % 4 <= at / 4 % 4 || *weight == 0.0);
    }
}

#[test]
fn exposing_a_value_leaves_the_outputs_alone() {
    let mut model = open("stories15m");
    let feeds = one("input_ids", ids(&[1, 9038, 2501, 263, 931]));
    let plain = model.run(&feeds, &names(&["logits"])).unwrap();
    let more = model.run(&feeds, &names(&["/model/layers.2/mlp/Mul_output_0", "logits"])).unwrap();
    close(&floats(&more[1].1), &floats(&plain[0].1), FLOAT);
    let again = model.run(&feeds, &names(&["logits"])).unwrap();
    assert_eq!(again, plain);
}

#[test]
fn inputs_and_weights_can_be_asked_for() {
    let mut model = open("stories15m");
    let feeds = one("input_ids", ids(&[1, 2]));
    let wanted = names(&["position_ids", "model.norm.weight", "input_ids", "position_ids"]);
    let found = model.run(&feeds, &wanted).unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], ("position_ids".to_owned(), ids(&[0, 1])));
    assert_eq!(found[1].1, model.weight("model.norm.weight").unwrap());
    assert_eq!(found[1].1.shape(), [288]);
}

#[test]
fn a_patched_model_computes_with_the_new_weight() {
    let mut old = open("stories15m");
    let feeds = one("input_ids", ids(&[1, 9038, 2501]));
    let plain = old.run(&feeds, &[]).unwrap();
    let name = "model.norm.weight".to_owned();
    let scale = old.weight(&name).unwrap();
    let same = old.patched(&[(name.clone(), scale.clone())]).unwrap().run(&feeds, &[]).unwrap();
    assert_eq!(same[0], plain[0]);
    // The logits are linear in the last norm's weight.
    let Tensor::Float32(values) = &scale else { panic!() };
    let halved = Tensor::Float32(values.mapv(|v| v / 2.0).into_shared());
    let mut changed = old.patched(&[(name, halved)]).unwrap();
    let half: Vec<f64> = floats(&plain[0].1).iter().map(|v| v / 2.0).collect();
    close(&floats(&changed.run(&feeds, &[]).unwrap()[0].1), &half, FLOAT);
    assert_eq!(old.run(&feeds, &[]).unwrap(), plain);
    let error = old.patched(&[("model.norm.wieght".into(), scale)]).unwrap_err();
    assert_eq!(error.to_string(), "the model has no weight `model.norm.wieght`");
    assert_eq!(error.hints(), ["did you mean `model.norm.weight`?"]);
}

#[test]
fn a_bypassed_node_gives_its_input() {
    let old = open("stories15m");
    let value = "/model/layers.0/self_attn/Softmax_output_0".to_owned();
    let node = old.nodes().into_iter().find(|node| node.outputs.contains(&value)).unwrap();
    let scores = node.inputs[0].clone();
    let mut without = old.bypassed(std::slice::from_ref(&node.name), None).unwrap();
    let found = without.run(&one("input_ids", ids(&[1, 2, 3])), &[value, scores, "logits".into()]).unwrap();
    assert_eq!(found[0].1, found[1].1);
    let plain = open("stories15m").run(&one("input_ids", ids(&[1, 2, 3])), &[]).unwrap();
    assert_ne!(found[2].1, plain[0].1);
    let error = old.bypassed(&names(&["/model/layers.0/self_attn/Sofmax"]), None).unwrap_err();
    assert_eq!(error.to_string(), "the model has no node `/model/layers.0/self_attn/Sofmax`");
}

#[test]
fn weights_are_read_wherever_they_lie() {
    let story = open("stories15m");
    let embedding = story.weight("model.embed_tokens.weight").unwrap();
    assert_eq!(embedding.shape(), [32_000, 288]);
    assert_eq!(story.nodes().len(), story.nodes().iter().filter(|n| !n.op_type.is_empty()).count());
    let error = story.weight("model.embed_tokens.wieght").unwrap_err();
    assert_eq!(error.hints(), ["did you mean `model.embed_tokens.weight`?"]);
    let bert = open("minilm");
    assert!(bert.weight_names().iter().all(|name| bert.weight(name).is_ok()));
    let unet = open("terrain-unet");
    assert!(unet.weight_names().iter().all(|name| unet.weight(name).is_ok()));
}

#[test]
fn a_name_that_no_value_has_is_told() {
    let mut model = open("stories15m");
    let feeds = one("input_ids", ids(&[1, 2]));
    let name = "/model/layers.0/self_attn/Sofmax_output_0";
    let error = model.run(&feeds, &names(&[name])).unwrap_err();
    assert_eq!(error.to_string(), format!("the model has no value `{name}`"));
    assert_eq!(error.hints(), ["did you mean `/model/layers.0/self_attn/Softmax_output_0`?"]);
}

#[test]
fn what_onnx_runtime_refuses_names_the_node() {
    let error = open("stories15m").run(&one("input_ids", ids(&[99_999])), &[]).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, RunError::Runtime { .. }));
    assert!(text.starts_with("the node `/model/embed_tokens/Gather` (Gather) failed: "), "{text}");
    assert!(text.contains("99999"), "{text}");
}

#[test]
fn a_file_that_is_no_model_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(model("minilm").file("graph").unwrap()).unwrap();
    for (name, bytes) in
        [("text.onnx", b"this is no model\n".to_vec()), ("cut.onnx", whole[..1_000_000].to_vec())]
    {
        let mut local = model("minilm");
        local.files[0].path = folder.path().join(name);
        std::fs::write(&local.files[0].path, bytes).unwrap();
        let error = kiln::runtime::onnx::Model::open(&super::library(), &local).unwrap_err();
        assert!(error.to_string().contains(&format!("{name}: this is not an ONNX model: ")), "{error}");
    }
}
