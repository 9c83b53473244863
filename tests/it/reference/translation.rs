//! Translators: a converted pair against CTranslate2 and NumPy, and a small one by the pipeline.

use std::collections::BTreeMap;

use kiln::runtime::onnx::Model;
use kiln::runtime::pipelines::Sampling;
use kiln::runtime::pipelines::text2text::text2text;
use kiln::runtime::tokenizer::{Encode, Tokenizer};
use kiln::tensor::Tensor;

use super::{PARITY, check, ids, integers, model, open, recorded};

const OPUS: &str = "opus-mt-zh-en";

fn run(model: &mut Model, feeds: Vec<(&str, Tensor)>, output: &str) -> Tensor {
    let feeds: BTreeMap<String, Tensor> = feeds.into_iter().map(|(name, t)| (name.to_owned(), t)).collect();
    model.run(&feeds, &[output.to_owned()]).unwrap().remove(0).1
}

/// The translation of `text` and its tokens.
fn translate(id: &str, text: &str, how: &Sampling) -> (String, Vec<i64>) {
    let (mut encoder, tokenizer) = (open(id), Tokenizer::open(&model(id)).unwrap());
    let mut decoder = encoder.decoder().unwrap();
    let mut made = text2text(&mut encoder, &mut decoder, &tokenizer, text, how, &mut || 0.0).unwrap();
    let one = made.remove(0);
    (one.text, one.token_ids)
}

#[test]
fn opus_mt_equals_ctranslate2() {
    let tokenizer = Tokenizer::open(&model(OPUS)).unwrap();
    let mut encoder = open(OPUS);
    let mut decoder = encoder.decoder().unwrap();
    for case in recorded(OPUS)["cases"].as_array().unwrap() {
        let (text, read) = (case["text"].as_str().unwrap(), integers(&case["ids"]));
        assert_eq!(tokenizer.encode(text, None, Encode::default()).unwrap().ids, read);
        let mask = ids(&vec![1; read.len()]);
        let feeds = vec![("input_ids", ids(&read)), ("attention_mask", mask.clone())];
        let states = run(&mut encoder, feeds, "last_hidden_state");
        check(&states, &case["last_hidden_state"], PARITY);
        let greedy = integers(&case["greedy"]);
        let written = [vec![tokenizer.pad_id()], greedy.clone()].concat();
        let feeds = vec![
            ("input_ids", ids(&written)),
            ("encoder_hidden_states", states),
            ("encoder_attention_mask", mask),
        ];
        check(&run(&mut decoder, feeds, "logits"), &case["logits"], PARITY);
        // Token by token, with what is kept of those before.
        let (words, tokens) = translate(OPUS, text, &Sampling::greedy(64));
        assert_eq!(words, case["translation"].as_str().unwrap());
        assert_eq!(tokens, [greedy, tokenizer.eos_ids().to_vec()].concat());
    }
}

/// Texts as SentencePiece cuts them and the translator's vocabulary numbers them. A run of characters that it
/// does not know is one `<unk>` there; here those of them are found that the other language has.
#[test]
fn opus_mt_reads_what_sentencepiece_reads() {
    let tokenizer = Tokenizer::open(&model(OPUS)).unwrap();
    let unknown = tokenizer.token_to_id("<unk>").unwrap();
    let mut equal = 0;
    for case in recorded(OPUS)["tokenization"].as_array().unwrap() {
        let (text, expected) = (case["text"].as_str().unwrap(), integers(&case["ids"]));
        let found = tokenizer.encode(text, None, Encode::default()).unwrap().ids;
        assert!(found == expected || expected.contains(&unknown), "{text:?}: {found:?}, not {expected:?}");
        equal += usize::from(found == expected);
    }
    assert!(equal >= 20, "{equal}");
}

#[test]
fn padding_after_a_text_changes_nothing() {
    let case = &recorded(OPUS)["cases"][0];
    let (read, mut encoder) = (integers(&case["ids"]), open(OPUS));
    let longer = |more: i64| ids(&[read.clone(), vec![more; 3]].concat());
    let mask = ids(&[vec![1; read.len()], vec![0; 3]].concat());
    let states = run(
        &mut encoder,
        vec![("input_ids", longer(7)), ("attention_mask", mask.clone())],
        "last_hidden_state",
    );
    let Tensor::Float32(states) = states else { unreachable!() };
    let kept = states.slice_axis(ndarray::Axis(1), (0..read.len()).into()).to_owned().into_shared();
    check(&Tensor::Float32(kept), &case["last_hidden_state"], PARITY);
}

/// A small translator begins with the token that its `config.json` names: with another it loses the first word.
#[test]
fn a_translation_begins_where_the_model_was_taught_to() {
    let how = Sampling::greedy(24);
    assert_eq!(translate("transformer-mini", "<to-en>三百一十四", &how).0, "three hundred fourteen");
    assert_ne!(
        translate("transformer-mini-untrained", "<to-en>三百一十四", &how).0,
        "three hundred fourteen"
    );
}
