//! What Kiln adds to what its cells compute: one figure a run, as JSON, for `benches/cells.py`.
//!
//! `tensors` times 10,000 operations on small tensors in a loop of a cell; `generate MODEL greedy|nucleus`
//! times text generation as a cell does it, `bare MODEL` the calls of ONNX Runtime for the greedy text with
//! nothing around them, and `model MODEL` says what a contender needs.

#![expect(clippy::disallowed_methods, reason = "a bench reads models.toml")]
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench ends where something is missing")]

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use kiln::lang::host::{Host, HostError, HostErrorKind, HostModel, HostResult, HostScheduler, Setting};
use kiln::lang::{STACK_BYTES, Session};
use kiln::models::{Cache, Manifest, ModelStore, Progress, ensure};
use kiln::runtime::library::{LibraryRequest, locate_or_fetch};
use kiln::runtime::onnx::{Library, Model};
use kiln::runtime::pipelines::{Sampling, generate};
use kiln::runtime::tokenizer::{Encode, Tokenizer};
use kiln::runtime::worker::ENVIRONMENT;
use kiln::snippet::program::{LocalModel, Outcome, ProgramCell};
use ort::session::{Session as OrtSession, SessionInputValue};
use ort::value::{DynValue, Tensor};
use serde_json::json;

const PROMPT: &str = "Once upon a time, there was a little";
const TOKENS: usize = 100;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tensors"] => on_a_large_stack(tensors),
        ["generate", model, "greedy"] => generation(model, &Sampling::greedy(TOKENS)),
        ["generate", model, "nucleus"] => generation(model, &nucleus()),
        ["bare", model] => bare(model),
        ["model", model] => {
            let (_, local) = parts(model);
            let path = |role: &str| local.file(role).map(Path::to_owned);
            let nucleus = nucleus();
            json!({
                "graph": path("graph"),
                "tokenizer": path("tokenizer"),
                "prompt": PROMPT,
                "tokens": TOKENS,
                "temperature": nucleus.temperature,
                "top_p": nucleus.top_p,
                "uniform": UNIFORM,
                "ends": Tokenizer::open(&local).expect("a tokenizer").eos_ids(),
                "environment": BTreeMap::from(ENVIRONMENT),
            })
        }
        _ => json!({ "modes": ["tensors", "generate MODEL greedy|nucleus", "bare MODEL", "model MODEL"] }),
    };
    println!("{result}");
}

/// Drawing among the best tokens, as most texts are made.
fn nucleus() -> Sampling {
    Sampling { do_sample: true, temperature: 0.8, top_p: 0.95, ..Sampling::greedy(TOKENS) }
}

/// What stands for every random number: all contenders are to draw the same text.
const UNIFORM: f64 = 0.5;

fn on_a_large_stack(run: fn() -> serde_json::Value) -> serde_json::Value {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).expect("a thread");
    thread.join().expect("no panic")
}

struct NoModels;

impl Host for NoModels {
    fn model(&mut self, id: &str) -> HostResult<Rc<dyn HostModel>> {
        Err(HostError::new(HostErrorKind::Lookup, format!("there is no model `{id}`")))
    }

    fn graph(&mut self, id: &str, _: &[u8]) -> HostResult<Rc<dyn HostModel>> {
        self.model(id)
    }

    fn scheduler(&mut self, class: &str, _: &[(String, Setting)]) -> HostResult<Box<dyn HostScheduler>> {
        Err(HostError::new(HostErrorKind::Lookup, format!("there is no scheduler `{class}`")))
    }
}

/// Milliseconds of 10,000 operations, less those of the empty loop: the best of nine.
fn tensors() -> serde_json::Value {
    let mut session = Session::new(Box::new(NoModels)).expect("the interpreter starts");
    let mut time = |body: &str| {
        let code = format!("for i in range(10000):\n    {body}\n");
        let cell = ProgramCell { label: "a".into(), code, ..ProgramCell::default() };
        let one = |_| match session.run_cell(&cell) {
            Outcome::Done(ran) => ran.ms,
            Outcome::Failed(fault) => panic!("{fault:?}"),
        };
        (0..9).map(one).fold(f64::INFINITY, f64::min)
    };
    time("import kiln as k; x = k.arange(4.0); y = k.ones(4); m = k.ones((3, 3))");
    let empty = time("pass");
    let mut cost = |body: &str| time(body) - empty;
    json!({
        "x + y": cost("x + y"),
        "x * 2": cost("x * 2"),
        "m @ m": cost("m @ m"),
        "k.exp(x)": cost("k.exp(x)"),
        "x.sum()": cost("x.sum()"),
        "x[1:3]": cost("x[1:3]"),
        "x > y": cost("x > y"),
    })
}

fn parts(model: &str) -> (Library, LocalModel) {
    let cache = Cache::of_user().expect("a cache");
    let request = LibraryRequest::new(None, cache.clone());
    let library = locate_or_fetch(&request, &Progress::quiet()).expect("ONNX Runtime");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("models.toml")).expect("models.toml");
    let mut sources = kiln::diag::Sources::default();
    let file = sources.add("models.toml", text.as_str());
    let manifest = Manifest::parse(&text, file).value;
    let entry = manifest.get(model).expect("the model");
    let model = ensure(entry, &ModelStore::new(cache, root), &Progress::quiet()).expect("its files");
    (Library::at(library.path), model)
}

fn seconds(times: impl IntoIterator<Item = Duration>) -> f64 {
    times.into_iter().min().unwrap_or_default().as_secs_f64()
}

/// Tokens per second of `pipeline("text-generation")`, tokenizer and decoding included.
fn generation(model: &str, how: &Sampling) -> serde_json::Value {
    let (library, local) = parts(model);
    let mut model = Model::open(&library, &local).expect("a model");
    let tokenizer = Tokenizer::open(&local).expect("a tokenizer");
    let mut tokens = Vec::new();
    let mut once = || {
        let start = Instant::now();
        let made =
            generate(&mut model, &tokenizer, PROMPT, how, &mut || UNIFORM, &mut |_, _| {}).expect("a text");
        tokens = made[0].token_ids.clone();
        start.elapsed()
    };
    once();
    let best = seconds((0..5).map(|_| once()));
    json!({ "tokens": tokens.len(), "seconds": best, "last": tokens.last() })
}

/// Seconds within ONNX Runtime's own `Run` for the same tokens, the past handed on as it came.
fn bare(model: &str) -> serde_json::Value {
    let (library, local) = parts(model);
    let tokenizer = Tokenizer::open(&local).expect("a tokenizer");
    let prompt = tokenizer.encode(PROMPT, None, Encode::default()).expect("tokens").ids;
    let environment = ort::init_from(library.path()).expect("ONNX Runtime").build().expect("an environment");
    let mut session = OrtSession::builder(&environment)
        .expect("a builder")
        .with_intra_threads(1)
        .expect("an option")
        .with_inter_threads(1)
        .expect("an option")
        .with_deterministic_compute(true)
        .expect("an option")
        .commit_from_file(local.file("graph").expect("a graph"))
        .expect("a session");
    let (mut tokens, mut last) = (0, None);
    let mut once = || {
        let mut within = Duration::ZERO;
        let mut past = empty_past(&session);
        let (mut read, mut seen) = (prompt.clone(), 0_usize);
        for count in 1..=TOKENS {
            let total = seen + read.len();
            let shape = [1, read.len()];
            let positions: Vec<i64> = (seen as i64..total as i64).collect();
            let mut values: Vec<(String, SessionInputValue<'_>)> = Vec::new();
            for name in session.inputs().iter().map(|input| input.name().to_owned()) {
                let value = match name.as_str() {
                    "input_ids" => Tensor::from_array((shape, read.clone())).expect("a value").into_dyn(),
                    "attention_mask" => {
                        Tensor::from_array(([1, total], vec![1_i64; total])).expect("a value").into_dyn()
                    }
                    "position_ids" => {
                        Tensor::from_array((shape, positions.clone())).expect("a value").into_dyn()
                    }
                    _ => continue,
                };
                values.push((name, value.into()));
            }
            values.extend(past.iter().map(|(name, value)| (name.clone(), value.into())));
            let start = Instant::now();
            let mut found = session.run(values).expect("a run");
            within += start.elapsed();
            let next = {
                let (shape, scores) = found["logits"].try_extract_tensor::<f32>().expect("scores");
                let width = shape.last().copied().unwrap_or(1) as usize;
                let row = &scores[scores.len() - width..];
                (0..width).fold(0, |best, at| if row[at] > row[best] { at } else { best }) as i64
            };
            (tokens, last) = (count, Some(next));
            let names: Vec<String> = past.iter().map(|(name, _)| name.clone()).collect();
            past = names
                .into_iter()
                .map(|name| {
                    let present = name.replace("past_key_values.", "present.");
                    let value = found.remove(present).expect("a present value");
                    (name, value)
                })
                .collect();
            (seen, read) = (total, vec![next]);
            if tokenizer.eos_ids().contains(&next) {
                break;
            }
        }
        within
    };
    once();
    let best = seconds((0..5).map(|_| once()));
    json!({ "tokens": tokens, "seconds": best, "last": last })
}

/// An empty tensor for every key and value of the past.
fn empty_past(session: &OrtSession) -> Vec<(String, DynValue)> {
    let past = session.inputs().iter().filter(|input| input.name().starts_with("past_key_values."));
    past.map(|input| {
        let dims = input.dtype().tensor_shape().expect("a tensor").to_vec();
        let length = |(axis, dim): (usize, &i64)| match (axis, *dim) {
            (_, fixed) if fixed > 0 => fixed as usize,
            (0, _) => 1,
            _ => 0,
        };
        let shape: Vec<usize> = dims.iter().enumerate().map(length).collect();
        let value = Tensor::from_array((shape, Vec::<f32>::new())).expect("a value").into_dyn();
        (input.name().to_owned(), value)
    })
    .collect()
}
