//! Kiln's answers against those that `models/reference/make.py` recorded, for every model.

#![expect(clippy::disallowed_methods, reason = "tests read what was recorded and write broken models")]
#![expect(clippy::unwrap_used, reason = "a test may end here")]

mod diffusers;
mod embeddings;
mod generation;
mod images;
mod inside;
mod pipelines;
mod schedulers;
mod translation;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use kiln::diag::Sources;
use kiln::models::{self, Cache, Manifest, ModelStore, Progress};
use kiln::runtime::library::{LibraryRequest, locate_or_fetch};
use kiln::runtime::onnx::{Library, Model};
use kiln::runtime::tokenizer::{Encode, Tokenizer};
use kiln::snippet::program::LocalModel;
use kiln::tensor::Tensor;
use ndarray::{ArcArray, IxDyn};
use serde_json::Value;

/// What is allowed between models of float32 run by two programs.
const FLOAT: f64 = 1e-4;

/// The same between a converted model and the framework that it was made for.
const PARITY: f64 = 1e-3;

/// The same for models of int8, whose roundings may fall on either side.
const INT8: f64 = 1e-2;

/// The verified files of a model, from the user's cache; fetched where they are missing.
pub(crate) fn model(id: &str) -> LocalModel {
    static KNOWN: Mutex<BTreeMap<String, LocalModel>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(id) {
        return found.clone();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("models.toml")).unwrap();
    let file = Sources::default().add("models.toml", text.as_str());
    let manifest = Manifest::parse(&text, file).value;
    let store = ModelStore::new(Cache::of_user().unwrap(), root);
    let found = models::ensure(manifest.get(id).unwrap(), &store, &Progress::quiet()).unwrap();
    known.insert(id.to_owned(), found.clone());
    found
}

/// The library, fetched where it is missing.
pub(crate) fn library() -> Library {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    let path = FOUND.get_or_init(|| {
        let request = LibraryRequest::new(None, Cache::of_user().unwrap());
        locate_or_fetch(&request, &Progress::quiet()).unwrap().path
    });
    Library::at(path)
}

fn open(id: &str) -> Model {
    Model::open(&library(), &model(id)).unwrap()
}

fn recorded(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/reference").join(format!("{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

pub(crate) fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|v| v.as_i64().unwrap()).collect()
}

/// The values of a tensor of floats.
fn floats(tensor: &Tensor) -> Vec<f64> {
    match tensor {
        Tensor::Float32(a) => a.iter().map(|&v| f64::from(v)).collect(),
        Tensor::Float64(a) => a.iter().copied().collect(),
        other => panic!("{} is no tensor of floats", other.dtype()),
    }
}

fn ids(values: &[i64]) -> Tensor {
    Tensor::Int64(ArcArray::from_shape_vec(IxDyn(&[1, values.len()]), values.to_vec()).unwrap())
}

#[track_caller]
fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance, "value {at} is {f}, expected {e} within {tolerance}");
    }
}

/// Compares a tensor of floats or integers with a recorded summary.
#[track_caller]
pub(crate) fn check_values(tensor: &Tensor, summary: &Value, tolerance: f64) {
    match tensor {
        Tensor::Int64(a) => check(&Tensor::Float64(a.mapv(|v| v as f64).into_shared()), summary, tolerance),
        other => check(other, summary, tolerance),
    }
}

/// Compares a tensor with a recorded summary.
#[track_caller]
fn check(tensor: &Tensor, summary: &Value, tolerance: f64) {
    let shape: Vec<i64> = tensor.shape().iter().map(|&d| d as i64).collect();
    assert_eq!(shape, integers(&summary["shape"]));
    let values = floats(tensor);
    let first = numbers(&summary["first"]);
    close(&values[..first.len()], &first, tolerance);
    if let Some(step) = summary["step"].as_u64() {
        let every = numbers(&summary["every"]);
        let found: Vec<f64> = values.iter().copied().step_by(step as usize).take(every.len()).collect();
        close(&found, &every, tolerance);
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let (min, max) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let expected = ["mean", "min", "max"].map(|key| summary[key].as_f64().unwrap());
    close(&[mean, min, max], &expected, tolerance);
}

/// Numbers in `[0, 1)`, made as `uniform` of `make.py` makes them.
fn uniform(index: usize, salt: u64) -> f64 {
    let h = ((index as u64 + salt) * 2_654_435_761) & 0xffff_ffff;
    let h = ((h ^ (h >> 15)) * 2_246_822_519) & 0xffff_ffff;
    (h ^ (h >> 13)) as f64 / 4_294_967_296.0
}

/// Nearly normal numbers, made as `noise` of `make.py` makes them.
pub(crate) fn noise(count: usize) -> Vec<f64> {
    (0..count).map(|i| (0..12).map(|k| uniform(i, k * 1_000_003)).sum::<f64>() - 6.0).collect()
}

/// Every recorded text, token for token.
#[track_caller]
fn check_tokenization(id: &str) {
    let tokenizer = Tokenizer::open(&model(id)).unwrap();
    let recorded = recorded(id);
    let cases = recorded["tokenization"].as_array().unwrap();
    assert!(cases.len() >= 20);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let found = tokenizer.encode(text, None, Encode::default()).unwrap().ids;
        assert_eq!(found, integers(&case["ids"]), "{id}: {text:?}");
        assert_eq!(
            tokenizer.decode(&found, true).unwrap(),
            case["decoded"].as_str().unwrap(),
            "{id}: {text:?}"
        );
    }
}

#[test]
fn tokenization_is_equal_token_for_token() {
    for id in ["minilm", "bge-small-zh", "minimind2-small", "stories15m", "smollm2", "uie-nano"] {
        check_tokenization(id);
    }
}
