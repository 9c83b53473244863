//! What counts as drift and what does not.

use super::super::output::Bytes;
use super::*;
use serde_json::json;

#[track_caller]
fn differ(was: &Value, now: &Value, expect: &[&str]) {
    let mut comparison = Comparison { tolerance: 1e-3, margin: None, found: Vec::new() };
    comparison.plain("o", was, now, false);
    let places: Vec<&str> = comparison.found.iter().map(|drift| drift.place.as_str()).collect();
    assert_eq!(places, expect, "{was} against {now}");
}

#[test]
fn numbers_may_move_a_little_and_nothing_else() {
    differ(&json!({"y": [1.0, 2.0]}), &json!({"y": [1.001, 2.0]}), &[]);
    differ(&json!({"y": [1.0, 2.0]}), &json!({"y": [1.0, 2.1]}), &["o.y[1]"]);
    differ(&json!([1]), &json!([2]), &["o[0]"]);
    differ(&json!(["a"]), &json!(["b"]), &["o[0]"]);
    differ(&json!([1.0, 2.0]), &json!([1.0]), &["o"]);
    differ(&json!({"a": 1.0}), &json!({"b": 1.0}), &["o"]);
    differ(&json!([1.0]), &json!([null]), &["o[0]"]);
}

fn picture(level: u8) -> Value {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&[level]).expect("pixels");
    writer.finish().expect("an end");
    json!({ "png": Bytes(file) })
}

#[test]
fn pictures_without_numbers_are_compared_by_their_pixels() {
    differ(&picture(100), &picture(102), &[]);
    differ(&picture(100), &picture(103), &["o.png"]);
}

fn text(text: &str, raw: Option<Raw>) -> Bake {
    let raws = raw.into_iter().map(|raw| Raw { at: Some([0, text.len()]), ..raw }).collect();
    Bake { outputs: vec![Output::Text { text: text.to_owned() }], raws, ..Bake::default() }
}

#[track_caller]
fn drifts(was: &Bake, now: &Bake, expect: &[&str]) -> Vec<Drift> {
    let found = drift(was, now, 1e-4);
    let places: Vec<&str> = found.iter().map(|drift| drift.place.as_str()).collect();
    assert_eq!(places, expect, "{found:?}");
    found
}

#[test]
fn a_flipped_digit_of_a_tensor_is_no_drift_and_one_of_a_text_is() {
    let raw = |numbers: &[f64]| Some(Raw::exact("float32", &[numbers.len()], numbers));
    let (was, now) = ("tensor([0.12345, 2.0000])", "tensor([0.12346, 2.0000])");
    drifts(&text(was, None), &text(now, None), &["outputs[0]"]);
    let (a, b) = (raw(&[0.123_455, 2.0]), raw(&[0.123_456, 2.0]));
    drifts(&text(was, a.clone()), &text(now, b.clone()), &[]);
    drifts(&text(was, a.clone()), &text(now, raw(&[0.124, 2.0])), &["outputs[0], element [0]"]);
    // The same digits over other numbers are a drift, too.
    drifts(&text(was, a.clone()), &text(was, raw(&[0.5, 2.0])), &["outputs[0], element [0]"]);
    drifts(&text(was, a.clone()), &text("tensor([0.12346, 2.0000], dtype)", b.clone()), &["outputs[0]"]);
    // And so are other digits over the same numbers.
    drifts(&text(was, a), &text("tensor([0.92346, 2.0000])", b), &["outputs[0]"]);
}

#[test]
fn a_flipped_greatest_is_a_drift_with_its_margin() {
    let raw = |numbers: &[f64]| Some(Raw::exact("float64", &[2, 2], numbers));
    let was = text("[[0.1, 0.2], [0.50001, 0.5]]", raw(&[0.1, 0.2, 0.500_01, 0.5]));
    let now = text("[[0.1, 0.2], [0.5, 0.50001]]", raw(&[0.1, 0.2, 0.5, 0.500_01]));
    let found = drifts(&was, &now, &["outputs[0], row 1, the greatest"]);
    assert!(found[0].margin.is_some_and(|margin| (margin - 1e-5).abs() < 1e-9), "{found:?}");
    let tie = text("[[0.1, 0.2], [0.5, 0.5]]", raw(&[0.1, 0.2, 0.5, 0.5]));
    drifts(&tie, &now, &[]);
}

#[test]
fn a_flipped_token_is_told_with_the_closest_choice() {
    let was = Bake { margin: Some(0.002), ..text("a cat", None) };
    let found = drifts(&was, &text("a dog", None), &["outputs[0]"]);
    assert_eq!((found[0].was.as_str(), found[0].margin), ("\"a cat\"", Some(0.002)));
}

#[test]
fn tables_are_compared_field_by_field() {
    let table = |word: &str, digits: &str, number: f64| {
        let row = vec![Field::Text(word.to_owned()), Field::Number { number: digits.to_owned() }];
        let table = Table { columns: vec!["a".into(), "b".into()], rows: vec![row] };
        let raws = vec![Raw::exact("float64", &[1, 2], &[f64::NAN, number])];
        Bake { outputs: vec![Output::Table(table)], raws, ..Bake::default() }
    };
    drifts(&table("x", "0.3", 0.3), &table("x", "0.30001", 0.300_01), &[]);
    drifts(&table("x", "0.3", 0.3), &table("x", "0.3", 0.4), &["outputs[0], row 0, column 1"]);
    drifts(&table("x", "0.3", 0.3), &table("x", "0.6", 0.3), &["outputs[0], row 0, column 1"]);
    drifts(&table("x", "12", f64::NAN), &table("x", "13", f64::NAN), &["outputs[0], row 0, column 1"]);
    drifts(&table("x", "0.3", 0.3), &table("y", "0.3", 0.3), &["outputs[0], row 0, column 0"]);
}

#[test]
fn a_number_that_a_table_has_as_text_may_move_a_little() {
    let table = |word: &str| {
        let table = Table { columns: vec!["a".into()], rows: vec![vec![Field::Text(word.to_owned())]] };
        Bake { outputs: vec![Output::Table(table)], ..Bake::default() }
    };
    drifts(&table("1.05e-05"), &table("1.34e-05"), &[]);
    drifts(&table("0.333"), &table("0.334"), &[]);
    drifts(&table("0.333"), &table("0.343"), &["outputs[0], row 0, column 0"]);
    drifts(&table("12"), &table("13"), &["outputs[0], row 0, column 0"]);
    drifts(&table("v1.5"), &table("v1.6"), &["outputs[0], row 0, column 0"]);
    drifts(&table("1.5 s"), &table("1.6 s"), &["outputs[0], row 0, column 0"]);
}

#[test]
fn pictures_are_compared_by_the_numbers_behind_them() {
    let image = |level: u8, numbers: &[f64]| {
        let Value::Object(fields) = picture(level) else { unreachable!() };
        let png = serde_json::from_value(fields["png"].clone()).expect("bytes");
        let image = super::super::output::Image { width: 1, height: 1, scale: 1, png };
        let raws = vec![Raw::picture("float32", &[numbers.len()], numbers)];
        Bake { outputs: vec![Output::Image(image)], raws, ..Bake::default() }
    };
    drifts(&image(100, &[0.0, 1.0]), &image(110, &[0.000_01, 1.0]), &[]);
    drifts(&image(100, &[0.0, 1.0]), &image(100, &[0.01, 1.0]), &["outputs[0], picture 0, element [0]"]);
}

#[test]
fn measured_numbers_of_checks_may_move_a_little() {
    let check = |measured: Value, ok: bool| {
        let (name, op) = ("small".to_owned(), "<=".to_owned());
        let check = super::super::output::Check { name, measured, op, bound: json!(1), ok, control: false };
        Bake { checks: vec![check], ..Bake::default() }
    };
    drifts(&check(json!(0.5), true), &check(json!(0.500_01), true), &[]);
    drifts(&check(json!(0.5), true), &check(json!(0.6), true), &["check \"small\""]);
    drifts(&check(json!(3), true), &check(json!(4), true), &["check \"small\""]);
    drifts(&check(json!(1.0), true), &check(json!(1.000_001), false), &["check \"small\""]);
    drifts(&check(json!(1.0), true), &Bake::default(), &["check \"small\""]);
}

#[test]
fn inline_values_may_move_a_little() {
    assert_eq!(drift_of_text("x", "0.333333", "0.333334", 1e-4), []);
    assert_eq!(drift_of_text("x", "0.333333", "0.4", 1e-4).len(), 1);
    assert_eq!(drift_of_text("x", "12", "13", 1e-1).len(), 1);
    assert_eq!(drift_of_text("x", "cat", "dog", 1e-4).len(), 1);
}
