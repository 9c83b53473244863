//! What is fed, checked without a model.

use super::*;

fn slot(name: &str, element: ElementType, dims: &[&str]) -> Slot {
    let dim = |text: &&str| text.parse().map_or_else(|_| Dim::Dynamic((*text).to_owned()), Dim::Fixed);
    Slot { name: name.to_owned(), element, dims: Some(dims.iter().map(dim).collect()) }
}

fn gpt() -> Vec<Slot> {
    vec![
        slot("input_ids", ElementType::Int64, &["batch", "sequence"]),
        slot("attention_mask", ElementType::Int64, &["batch", "past + sequence"]),
        slot("position_ids", ElementType::Int64, &["batch", "sequence"]),
        slot("past_key_values.0.key", ElementType::Float32, &["batch", "2", "past", "64"]),
    ]
}

fn ints(shape: &[usize], data: &[i64]) -> Tensor {
    Tensor::Int64(ArcArray::from_shape_vec(IxDyn(shape), data.to_vec()).unwrap())
}

fn feeds(entries: &[(&str, Tensor)]) -> BTreeMap<String, Tensor> {
    entries.iter().map(|(name, tensor)| ((*name).to_owned(), tensor.clone())).collect()
}

#[track_caller]
fn check(inputs: &[Slot], given: &[(&str, Tensor)], expected: &str) {
    let error = prepare(inputs, &feeds(given)).unwrap_err();
    let text = format!("{}: {error}; {}", error.kind(), error.hints().join("; "));
    assert_eq!(text.trim_end_matches("; "), expected);
}

#[test]
fn what_is_missing_is_filled() {
    let found = prepare(&gpt(), &feeds(&[("input_ids", ints(&[1, 3], &[5, 6, 7]))])).unwrap();
    assert_eq!(found[1], ints(&[1, 3], &[1, 1, 1]));
    assert_eq!(found[2], ints(&[1, 3], &[0, 1, 2]));
    assert_eq!(found[3].shape(), [1, 2, 0, 64]);
}

#[test]
fn positions_count_what_is_attended() {
    let past = Tensor::Float32(ArcArray::zeros(IxDyn(&[1, 2, 2, 64])));
    let given = feeds(&[
        ("input_ids", ints(&[1, 2], &[5, 6])),
        ("attention_mask", ints(&[1, 4], &[0, 1, 1, 1])),
        ("past_key_values.0.key", past),
    ]);
    assert_eq!(prepare(&gpt(), &given).unwrap()[2], ints(&[1, 2], &[1, 2]));
}

#[test]
fn masked_positions_are_one() {
    let given =
        feeds(&[("input_ids", ints(&[1, 3], &[0, 5, 6])), ("attention_mask", ints(&[1, 3], &[0, 1, 1]))]);
    assert_eq!(prepare(&gpt(), &given).unwrap()[2], ints(&[1, 3], &[1, 0, 1]));
}

#[test]
fn faults_name_what_is_expected_and_what_came() {
    let image = [slot("data", ElementType::Float32, &["1", "3", "224", "224"])];
    let zeros = |shape: &[usize]| Tensor::Float32(ArcArray::zeros(IxDyn(shape)));
    check(
        &image,
        &[("dta", zeros(&[1]))],
        "KeyError: the model has no input `dta`; its inputs: data; did you mean `data`?",
    );
    check(
        &image,
        &[],
        "KeyError: the input `data` (float32 [1, 3, 224, 224]) is missing; feed `data` with a tensor float32 [1, 3, 224, 224]",
    );
    check(
        &image,
        &[("data", zeros(&[3, 224, 224]))],
        "ValueError: the input `data` takes float32 [1, 3, 224, 224], got float32 [3, 224, 224]; \
         a model takes a batch: add the first axis with `x[None]`",
    );
    check(
        &gpt(),
        &[("input_ids", zeros(&[1, 3]))],
        "TypeError: the input `input_ids` takes int64 [batch, sequence], got float32 [1, 3]; \
         convert it with `.astype(\"int64\")`",
    );
}

#[test]
fn integers_widen_and_must_fit() {
    let narrow = [slot("x", ElementType::Int8, &["n"])];
    check(
        &narrow,
        &[("x", ints(&[1], &[200]))],
        "ValueError: the input `x` takes int8 [n], and a value is out of its range",
    );
    let found = prepare(&narrow, &feeds(&[("x", ints(&[1], &[-128]))])).unwrap();
    assert_eq!(found[0].dtype(), DType::Int32);
    let truth = Tensor::Bool(ArcArray::from_elem(IxDyn(&[1, 3]), true));
    let given = feeds(&[("input_ids", ints(&[1, 3], &[1, 2, 3])), ("attention_mask", truth)]);
    assert_eq!(prepare(&gpt(), &given).unwrap()[1], ints(&[1, 3], &[1, 1, 1]));
}

#[test]
fn a_past_given_in_part_is_not_filled() {
    let mut inputs = gpt();
    inputs.push(slot("past_key_values.0.value", ElementType::Float32, &["batch", "2", "past", "64"]));
    let past = Tensor::Float32(ArcArray::zeros(IxDyn(&[1, 2, 2, 64])));
    let given = feeds(&[("input_ids", ints(&[1, 1], &[5])), ("past_key_values.0.key", past)]);
    assert!(matches!(prepare(&inputs, &given), Err(RunError::Missing { .. })));
}

#[test]
fn axes_of_one_name_that_differ_are_told() {
    let inputs = [
        slot("input_ids", ElementType::Int64, &["batch", "sequence"]),
        slot("token_type_ids", ElementType::Int64, &["batch", "sequence"]),
    ];
    let tensors = [ints(&[1, 2], &[1, 2]), ints(&[1, 3], &[0, 0, 0])];
    assert_eq!(
        disagreement(&inputs, &tensors).unwrap(),
        "the axis `sequence` is 2 long in `input_ids` but 3 in `token_type_ids`"
    );
}
