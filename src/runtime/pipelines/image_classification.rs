//! `image-classification`: what a picture shows.

use std::collections::BTreeMap;

use super::super::files;
use super::super::onnx::{Model, RunError};
use super::image_processing::imagenet;
use crate::Result;
use crate::snippet::program::LocalModel;
use crate::tensor::Tensor;

/// One guess.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// What it is called; `LABEL_285` where the model brings no names.
    pub label: String,
    /// Its number among the model's classes.
    pub index: usize,
    /// Its probability.
    pub score: f64,
}

/// The `top_k` most probable classes of `image`, uint8 `[height, width, 3]`, best first.
///
/// # Errors
/// It is no picture, or the model takes none.
pub fn image_classification(
    model: &mut Model,
    image: &Tensor,
    labels: &[String],
    top_k: usize,
) -> Result<Vec<Class>, RunError> {
    let wrong = |model: &Model| RunError::Setting {
        message: format!("the model `{}` does not classify pictures", model.id()),
        hint: Some("image-classification takes a model with one input [batch, 3, side, side]".to_owned()),
    };
    let [input] = model.inputs() else { return Err(wrong(model)) };
    let dims = input.dims.as_deref().unwrap_or_default();
    let [_, _, height, width] = dims else { return Err(wrong(model)) };
    let side = height.fixed().unwrap_or(224);
    if width.fixed().unwrap_or(side) != side {
        return Err(wrong(model));
    }
    let feeds = BTreeMap::from([(input.name.clone(), imagenet(image, side)?)]);
    let output = model.outputs()[..1].iter().map(|slot| slot.name.clone()).collect::<Vec<_>>();
    let Some((_, Tensor::Float32(logits))) = model.run(&feeds, &output)?.into_iter().next() else {
        return Err(wrong(model));
    };
    let probabilities = super::sampling::softmax(logits.iter().map(|&v| f64::from(v)));
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let class = |index: usize| Class {
        label: labels.get(index).cloned().unwrap_or_else(|| format!("LABEL_{index}")),
        index,
        score: probabilities[index],
    };
    Ok(order.into_iter().take(top_k).map(class).collect())
}

/// The names of a model's classes, from its file with the role `labels`: a JSON list, a JSON object
/// from numbers to names (as `id2label`), or one name a line. Empty where there is no such file.
///
/// # Errors
/// The file cannot be read.
pub fn labels(local: &LocalModel) -> Result<Vec<String>> {
    let Some(path) = local.file("labels") else { return Ok(Vec::new()) };
    Ok(parse_labels(&String::from_utf8_lossy(&files::read(path)?)))
}

fn parse_labels(text: &str) -> Vec<String> {
    // A class may have several entries, as ["n02123045", "tabby"]: the last is the readable one.
    let name = |value: &serde_json::Value| match value {
        serde_json::Value::String(name) => name.clone(),
        serde_json::Value::Array(names) => {
            names.last().and_then(|n| n.as_str()).unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    };
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Array(items)) => items.iter().map(name).collect(),
        Ok(serde_json::Value::Object(map)) => {
            let map = map.get("id2label").and_then(|inner| inner.as_object()).unwrap_or(&map);
            let numbered: BTreeMap<usize, String> =
                map.iter().filter_map(|(key, value)| Some((key.parse().ok()?, name(value)))).collect();
            let count = numbered.keys().max().map_or(0, |last| (last + 1).min(1 << 20));
            (0..count).map(|i| numbered.get(&i).cloned().unwrap_or_default()).collect()
        }
        _ => text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(parse_labels(text), expected);
    }

    #[test]
    fn labels_are_read_in_every_usual_form() {
        check("[\"tench\", \"goldfish\"]", &["tench", "goldfish"]);
        check("{\"1\": \"goldfish\", \"0\": [\"n01440764\", \"tench\"]}", &["tench", "goldfish"]);
        check("{\"id2label\": {\"0\": \"a\"}}", &["a"]);
        check("tench\ngoldfish\n", &["tench", "goldfish"]);
    }
}
