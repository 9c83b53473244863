//! `k.ops` against the node tests of the ONNX package: `tests/cases/onnx`, made by
//! `tests/gen/onnx_cases.py`.

#![expect(clippy::disallowed_methods, reason = "tests read recorded cases")]
#![expect(clippy::print_stdout, reason = "the number of operators is wanted")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;
use std::rc::Rc;

use serde_json::Value;

use crate::lang::{STACK_BYTES, Session};
use crate::models::{Cache, Progress};
use crate::runtime::host::ProgramHost;
use crate::runtime::library::{LibraryRequest, locate_or_fetch};
use crate::snippet::output::Output;
use crate::snippet::program::{Fault, Outcome, Program, ProgramCell, Ran};

/// Writes what an operator gave as JSON.
const HELPER: &str = "
import kiln as k
import json
def record(results):
    if not isinstance(results, tuple):
        results = (results,)
    return json.dumps([[x.dtype, list(x.shape), [repr(v) for v in x.flatten().tolist()]] for x in results])
";

/// Runs `test` with a session over the real runtime, on a thread with the stack that it needs.
pub(super) fn with_session(test: impl FnOnce(&mut Session) + Send + 'static) {
    let request = LibraryRequest::new(None, Cache::of_user().unwrap());
    let program = Program {
        chapter: "operators".into(),
        ort_library: locate_or_fetch(&request, &Progress::quiet()).unwrap().path,
        ..Program::default()
    };
    let run = move || {
        let mut session = Session::new(Box::new(ProgramHost::new(&program, Rc::default()))).unwrap();
        ran(&mut session, HELPER);
        test(&mut session);
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run);
    if let Err(panic) = thread.unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

fn run(session: &mut Session, code: &str) -> Outcome {
    session.run_cell(&ProgramCell {
        label: "case".into(),
        code: code.into(),
        seed: 7,
        ..ProgramCell::default()
    })
}

#[track_caller]
pub(super) fn ran(session: &mut Session, code: &str) -> Ran {
    match run(session, code) {
        Outcome::Done(ran) => ran,
        Outcome::Failed(fault) => panic!("{code}: {fault:?}"),
    }
}

#[track_caller]
pub(super) fn fails(session: &mut Session, code: &str) -> Fault {
    match run(session, code) {
        Outcome::Done(ran) => panic!("{code} ran: {ran:?}"),
        Outcome::Failed(fault) => fault,
    }
}

#[track_caller]
pub(super) fn shows(session: &mut Session, code: &str, expect: &str) {
    match ran(session, code).outputs.as_slice() {
        [Output::Text { text }] => assert_eq!(text.trim_end(), expect, "{code}"),
        other => panic!("{code}: {other:?}"),
    }
}

fn recorded() -> Vec<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/onnx/node.json.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A recorded tensor, number or text as Python writes it.
fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Object(tensor) => tensor_text(&tensor["tensor"]),
        other => other.to_string(),
    }
}

fn tensor_text(recorded: &Value) -> String {
    if recorded.is_null() {
        return "None".into();
    }
    let elements = recorded[2].to_string().replace("\"nan\"", "k.nan").replace("\"inf\"", "k.inf");
    let elements = elements.replace("\"-inf\"", "-k.inf");
    format!("k.array({elements}, dtype={}).reshape({})", recorded[0], recorded[1])
}

fn call(case: &Value) -> String {
    let inputs = case["inputs"].as_array().unwrap().iter().map(tensor_text);
    let attributes = case["attributes"].as_object().unwrap().iter();
    let attributes = attributes.map(|(name, value)| format!("{name}={}", python(value)));
    let outputs = format!("outputs={}", case["outputs"].as_array().unwrap().len());
    let arguments: Vec<String> = inputs.chain(attributes).chain([outputs]).collect();
    format!("k.ops.{}({})", case["op"].as_str().unwrap(), arguments.join(", "))
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) if text == "True" => 1.0,
        Value::String(text) if text == "False" => 0.0,
        Value::String(text) => text.parse().unwrap(),
        number => number.as_f64().unwrap(),
    }
}

/// How an output differs from the recorded one. The bound on floats is ONNX's own: some were recorded
/// to four digits. Beside large elements more is allowed, for sums added up in another order.
fn differs(expect: &Value, got: &Value) -> Option<String> {
    if expect.is_null() {
        return None;
    }
    if expect[0] != got[0] || expect[1] != got[1] {
        return Some(format!("{} {} for {} {}", got[0], got[1], expect[0], expect[1]));
    }
    let exact = !expect[0].as_str()?.starts_with("float");
    let (expect, got) = (expect[2].as_array()?, got[2].as_array()?);
    let numbers: Vec<(f64, f64)> = expect.iter().map(number).zip(got.iter().map(number)).collect();
    let largest = numbers.iter().map(|(want, _)| want.abs()).filter(|v| v.is_finite()).fold(0.0, f64::max);
    let bound = |want: f64| if exact { 0.0 } else { 1e-6 * largest + 1e-3 * want.abs() };
    numbers.iter().find_map(|&(want, have)| {
        let same = want == have || (want.is_nan() && have.is_nan()) || (want - have).abs() <= bound(want);
        (!same).then(|| format!("{have} for {want}"))
    })
}

#[test]
fn operators_agree_with_the_standards_own_tests() {
    with_session(|session| {
        let (mut operators, mut faults) = (BTreeSet::new(), BTreeMap::new());
        let cases = recorded();
        for case in &cases {
            let name = case["name"].as_str().unwrap().to_owned();
            let fault = match run(session, &format!("print(record({}))", call(case))) {
                Outcome::Failed(fault) => Some(format!("{}: {}", fault.kind, fault.message)),
                Outcome::Done(ran) => match ran.outputs.as_slice() {
                    [Output::Text { text }] => {
                        let got: Value = serde_json::from_str(text).unwrap();
                        let expect = case["outputs"].as_array().unwrap();
                        expect.iter().zip(got.as_array().unwrap()).find_map(|(e, g)| differs(e, g))
                    }
                    other => Some(format!("{other:?}")),
                },
            };
            match fault {
                None => drop(operators.insert(case["op"].as_str().unwrap().to_owned())),
                Some(fault) => drop(faults.insert(name, fault)),
            }
        }
        println!("{} operators in {} cases", operators.len(), cases.len());
        assert!(faults.is_empty(), "{} differ:\n{faults:#?}", faults.len());
        assert!(operators.len() >= 150, "only {}", operators.len());
    });
}

#[test]
fn calls_are_read_as_python_reads_them() {
    with_session(|session| {
        shows(session, "k.ops.Add(k.arange(3.0), 1)", "array([1., 2., 3.])");
        shows(session, "k.ops.Clip(k.array([-1.0, 0.5, 2.0]), 0, 1)", "array([0. , 0.5, 1. ])");
        shows(session, "k.ops.Clip(k.array([-1, 5]), max=2)", "array([-1,  2])");
        shows(session, "k.ops.Cast(k.array([1.9]), to=k.int32).dtype", "'int32'");
        shows(session, "k.ops.TopK(k.array([1.0, 3.0, 2.0]), [2])[1]", "array([1, 2])");
        shows(session, "[len(x) for x in k.ops.Split(k.arange(5.0), num_outputs=2)]", "[3, 2]");
        shows(session, "[x.tolist() for x in k.ops.Split(k.arange(3.0), [1, 2])]", "[[0.0], [1.0, 2.0]]");
        shows(session, "len(k.ops.Split(k.arange(6.0), outputs=3))", "3");
        shows(session, "k.ops.ConstantOfShape([2], value=[7])", "array([7, 7])");
        shows(session, "from kiln.ops import Relu\nRelu([-1.0, 2.0])", "array([0., 2.])");
        let conv = "k.ops.Conv(k.ones((1, 1, 4, 4)), k.ones((1, 1, 3, 3)), pads=[1, 1, 1, 1]).shape";
        shows(session, conv, "(1, 1, 4, 4)");
        let made = ran(session, conv);
        assert!(made.models.is_empty() && made.runtime);
        let drawn = "k.ops.RandomNormal(shape=[2])";
        let first = ran(session, drawn).outputs;
        with_session(move |again| assert_eq!(ran(again, drawn).outputs, first));
    });
}

#[test]
fn what_is_wrong_is_said() {
    with_session(|session| {
        let check = |session: &mut Session, code: &str, kind: &str, message: &str, hint: &str| {
            let fault = fails(session, code);
            assert_eq!(fault.kind, kind, "{fault:?}");
            assert!(fault.message.contains(message), "{fault:?}");
            let hinted = fault.hints.iter().any(|have| have.contains(hint));
            assert!(hint.is_empty() || hinted, "{fault:?}");
        };
        check(session, "k.ops.Cnov(1)", "AttributeError", "Cnov", "Conv");
        check(
            session,
            "k.ops.Conv(1)",
            "TypeError",
            "needs the input 'W'",
            "ops.Conv(X, W, B=None, auto_pad='NOTSET'",
        );
        check(session, "k.ops.Relu(1.0, 2.0)", "TypeError", "at most 1 inputs, got 2", "ops.Relu(X)");
        check(session, "k.ops.Softmax([1.0], axsi=0)", "TypeError", "has no attribute 'axsi'", "`axis`");
        check(
            session,
            "k.ops.Softmax([1.0], axis='0')",
            "TypeError",
            "'axis' must be an integer, not '0'",
            "",
        );
        check(session, "k.ops.Cast([1], to='flaot64')", "TypeError", "not 'flaot64'", "`float64`");
        check(
            session,
            "k.ops.Concat([1])",
            "TypeError",
            "needs the attribute 'axis'",
            "ops.Concat(*inputs, axis)",
        );
        check(session, "k.ops.Split([1])", "TypeError", "any number of outputs", "outputs=2");
        check(session, "k.ops.Relu([1.0], outputs=2)", "TypeError", "does not make 2 outputs", "");
        check(session, "k.ops.Relu('a')", "TypeError", "the input 'X': expected", "");
        let shapes = "ops.Add(float32 (2, 3), float32 (4,)): ";
        check(session, "k.ops.Add(k.ones((2, 3)), k.ones(4))", "RuntimeError", shapes, "");
        let types = "ops.Add(float32 (2,), int64 (2,)): ";
        check(session, "k.ops.Add(k.ones(2), k.arange(2))", "RuntimeError", types, "");
    });
}
