//! Sentence vectors of the two BERTs.

use kiln::runtime::pipelines::{Pooling, feature_extraction};
use kiln::runtime::tokenizer::{Encode, Tokenizer};
use kiln::tensor::Tensor;

use super::{INT8, check, close, floats, integers, model, numbers, open, recorded};

fn vectors(id: &str, texts: &[&str], pooling: Pooling) -> Tensor {
    let tokenizer = Tokenizer::open(&model(id)).unwrap();
    feature_extraction(&mut open(id), &tokenizer, texts, pooling, true).unwrap()
}

fn cosine(id: &str, pooling: Pooling, pair: [&str; 2]) -> f64 {
    let found = floats(&vectors(id, &pair, pooling));
    let (a, b) = found.split_at(found.len() / 2);
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[track_caller]
fn check_model(id: &str, pooling: Pooling) {
    let recorded = recorded(id);
    let tokenizer = Tokenizer::open(&model(id)).unwrap();
    let mut bert = open(id);
    let cases = recorded["cases"].as_array().unwrap();
    let texts: Vec<&str> = cases.iter().map(|case| case["text"].as_str().unwrap()).collect();
    for case in cases {
        let tokens =
            tokenizer.batch(&[(case["text"].as_str().unwrap(), None)], Encode::default(), 0).unwrap();
        assert_eq!(tokens.input_ids, super::ids(&integers(&case["ids"])));
        // The mask and the types are left out: they are filled in.
        let feeds = [("input_ids".to_owned(), tokens.input_ids)].into();
        let found = bert.run(&feeds, &["last_hidden_state".to_owned()]).unwrap();
        check(&found[0].1, &case["last_hidden_state"], INT8);
    }
    let found = floats(&vectors(id, &texts, pooling));
    let size = found.len() / texts.len();
    for (row, case) in found.chunks(size).zip(cases) {
        let first = numbers(&case["embedding"]["first"]);
        close(&row[..first.len()], &first, INT8);
    }
    for (a, expected) in found.chunks(size).zip(recorded["cosines"].as_array().unwrap()) {
        let cosines: Vec<f64> =
            found.chunks(size).map(|b| a.iter().zip(b).map(|(a, b)| a * b).sum()).collect();
        close(&cosines, &numbers(expected), INT8);
    }
}

#[test]
fn english() {
    check_model("minilm", Pooling::Mean);
}

#[test]
fn chinese() {
    check_model("bge-small-zh", Pooling::Cls);
}

#[test]
fn what_is_alike_lies_close() {
    let near = cosine("minilm", Pooling::Mean, ["A cat sits on the mat.", "A kitten is resting on a rug."]);
    let far = cosine("minilm", Pooling::Mean, ["A cat sits on the mat.", "The stock market fell sharply."]);
    assert!(near > 0.4 && far < 0.2, "{near} {far}");
    let near = cosine("bge-small-zh", Pooling::Cls, ["今天天气很好。", "今天天气怎么样？"]);
    let far = cosine("bge-small-zh", Pooling::Cls, ["今天天气很好。", "股票市场今天大幅下跌。"]);
    assert!(near > far + 0.05, "{near} {far}");
}

#[test]
fn a_text_has_one_vector_whatever_its_neighbours() {
    let alone = vectors("bge-small-zh", &["你好"], Pooling::Mean);
    let beside = vectors("bge-small-zh", &["你好", "今天天气很好，我们去公园散步。"], Pooling::Mean);
    assert_eq!(floats(&alone), floats(&beside)[..512]);
}

#[test]
fn vectors_of_tokens_are_padded_with_zeros() {
    let found = vectors("minilm", &["one", "one two three"], Pooling::None);
    assert_eq!(found.shape(), [2, 5, 384]);
    assert!(floats(&found)[3 * 384..5 * 384].iter().all(|v| *v == 0.0));
}

#[test]
fn padding_does_not_change_a_text() {
    let tokenizer = Tokenizer::open(&model("minilm")).unwrap();
    let pair = [("A short one.", None), ("A much longer sentence, with more words in it.", None)];
    let batch = tokenizer.batch(&pair, Encode::default(), 0).unwrap();
    let alone = tokenizer.batch(&pair[..1], Encode::default(), 0).unwrap();
    let mut bert = open("minilm");
    let mut run = |batch: kiln::runtime::tokenizer::Batch| {
        let feeds = [
            ("input_ids".to_owned(), batch.input_ids),
            ("attention_mask".to_owned(), batch.attention_mask),
            ("token_type_ids".to_owned(), batch.token_type_ids),
        ];
        floats(&bert.run(&feeds.into(), &[]).unwrap()[0].1)
    };
    let (both, one) = (run(batch), run(alone));
    close(&both[..one.len()], &one, 1e-4);
}
