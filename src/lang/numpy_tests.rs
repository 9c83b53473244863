//! Cells against what NumPy gave: `tests/cases/numpy`, made by `tests/gen/numpy_cases.py`.

#![expect(clippy::disallowed_methods, reason = "tests read recorded cases")]

use serde_json::Value;

use super::session_tests::{cell, with_session};
use crate::lang::Session;
use crate::snippet::output::Output;
use crate::snippet::program::Outcome;

/// Turns any result into JSON: shape, dtype, elements.
const HELPER: &str = "
import kiln as k
import json
def record(v):
    if isinstance(v, (tuple, list)):
        return {'all': [record(x) for x in v]}
    if not isinstance(v, k.Tensor):
        v = k.array(v)
    return {'shape': list(v.shape), 'dtype': v.dtype, 'values': [repr(float(x)) for x in v.flatten().tolist()]}
";

fn run(session: &mut Session, code: &str) -> Result<String, String> {
    match session.run_cell(&cell("case", code)) {
        Outcome::Done(ran) => match ran.outputs.as_slice() {
            [Output::Text { text }] => Ok(text.clone()),
            other => Err(format!("{other:?}")),
        },
        Outcome::Failed(fault) => Err(format!("{}: {}", fault.kind, fault.message)),
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        number => number.as_f64().unwrap(),
    }
}

fn differs(expect: &Value, got: &Value) -> Option<String> {
    if let Some(all) = expect.get("all") {
        let (all, got) = (all.as_array()?, got.get("all").and_then(Value::as_array));
        let Some(got) = got.filter(|got| got.len() == all.len()) else {
            return Some("another number of results".into());
        };
        return all.iter().zip(got).find_map(|(expect, got)| differs(expect, got));
    }
    if expect["shape"] != got["shape"] {
        return Some(format!("shape {} for {}", got["shape"], expect["shape"]));
    }
    // An integer tensor with a float32 one is float32 here: the documented deviation.
    if expect["dtype"] != got["dtype"] {
        return Some(format!("dtype {} for {}", got["dtype"], expect["dtype"]));
    }
    let (want, have) = (expect["values"].as_array()?, got["values"].as_array()?);
    want.iter().zip(have).find_map(|(want, have)| {
        let (want, have) = (number(want), number(have));
        let close = want == have
            || (want.is_nan() && have.is_nan())
            || (want - have).abs() <= 1e-6 + 2e-6 * want.abs();
        (!close).then(|| format!("{have} for {want}"))
    })
}

#[test]
fn numpy_agrees() {
    with_session(|session| {
        session.run_cell(&cell("helper", HELPER));
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/numpy");
        let mut faults = Vec::new();
        let mut count = 0;
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
            for case in cases {
                let expr = case["expr"].as_str().unwrap();
                count += 1;
                if let (Some(repr), Some(text)) = (case["repr"].as_str(), case["str"].as_str()) {
                    for (how, expect) in [("repr", repr), ("str", text)] {
                        match run(session, &format!("print({how}({expr}))")) {
                            Ok(got) if got.trim_end_matches('\n') == expect => {}
                            Ok(got) => faults.push(format!("{how} of {expr}:\n{got}for\n{expect}")),
                            Err(fault) => faults.push(format!("{expr}: {fault}")),
                        }
                    }
                    continue;
                }
                let fault = match run(session, &format!("print(json.dumps(record({expr})))")) {
                    Ok(got) => differs(&case, &serde_json::from_str(&got).unwrap()),
                    Err(fault) => Some(fault),
                };
                faults.extend(fault.map(|fault| format!("{expr}: {fault}")));
            }
        }
        assert!(count >= 400, "only {count} cases");
        assert!(faults.is_empty(), "{} of {count} differ:\n{}", faults.len(), faults.join("\n"));
    });
}

#[test]
fn small_operations_are_fast() {
    with_session(|session| {
        let code =
            "import kiln as k\nx = k.array([1.0, 2.0, 3.0, 4.0])\nfor i in range(10000):\n    y = x + x";
        let Outcome::Done(ran) = session.run_cell(&cell("warm", code)) else { panic!() };
        // The bound is 50 ms for an optimised build; this one is not, and shares its machine.
        assert!(ran.ms < 500.0, "{} ms", ran.ms);
    });
}
