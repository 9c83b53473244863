//! Texts of the two GPTs.

use kiln::runtime::onnx::Decoder;
use kiln::runtime::pipelines::{Finish, Generated, Sampling, generate};
use kiln::runtime::tokenizer::Tokenizer;
use kiln::tensor::Tensor;
use serde_json::Value;

use super::{FLOAT, INT8, check, close, floats, ids, integers, model, open, recorded};

const STORY: &str = "Once upon a time, there was a little robot";

/// Numbers in `[0, 1)` for sampling.
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut index = 0;
    move || {
        index += 1;
        super::uniform(index, seed * 1000)
    }
}

fn texts(id: &str, prompt: &str, sampling: &Sampling, seed: u64) -> Vec<Generated> {
    let tokenizer = Tokenizer::open(&model(id)).unwrap();
    generate(&mut open(id), &tokenizer, prompt, sampling, &mut uniform(seed), &mut |_, _| {}).unwrap()
}

/// Greedy tokens of a case, up to the first that ends a text.
fn greedy(case: &Value, eos: &[i64]) -> Vec<i64> {
    let all = integers(&case["greedy"]);
    let end = all.iter().position(|token| eos.contains(token)).map_or(all.len(), |at| at + 1);
    all[..end].to_vec()
}

#[test]
fn stories_equal_the_forward_pass_in_numpy() {
    let mut gpt = open("stories15m");
    for case in recorded("stories15m")["cases"].as_array().unwrap() {
        let feeds = [("input_ids".to_owned(), ids(&integers(&case["ids"])))].into();
        let logits = gpt.run(&feeds, &["logits".to_owned()]).unwrap();
        check(&logits[0].1, &case["logits"], FLOAT);
        let expected = greedy(case, &[1, 2]);
        let prompt = case["prompt"].as_str().unwrap();
        let found = &texts("stories15m", prompt, &Sampling::greedy(expected.len()), 0)[0];
        assert_eq!(found.prompt_ids, integers(&case["ids"]));
        assert_eq!(found.token_ids, expected);
        assert_eq!(format!("{prompt}{}", found.text), case["text"].as_str().unwrap());
    }
}

/// Four-bit weights in ONNX Runtime against the same weights unpacked in NumPy.
#[test]
fn smollm_equals_the_forward_pass_in_numpy() {
    let mut gpt = open("smollm2");
    let tokenizer = Tokenizer::open(&model("smollm2")).unwrap();
    for case in recorded("smollm2")["cases"].as_array().unwrap() {
        let prompt = integers(&case["ids"]);
        let feeds = [("input_ids".to_owned(), ids(&prompt))].into();
        let logits = gpt.run(&feeds, &["logits".to_owned()]).unwrap();
        check(&logits[0].1, &case["logits"], 1e-3);
        let scores: Vec<f32> =
            floats(&logits[0].1).iter().rev().take(49_152).rev().map(|&v| v as f32).collect();
        let certain = Sampling { do_sample: true, top_p: 1.0, temperature: 1.0, ..Sampling::greedy(1) };
        let chances = certain.probabilities(&scores, &[]);
        for best in case["best"].as_array().unwrap() {
            let token = tokenizer.token_to_id(best["token"].as_str().unwrap()).unwrap();
            close(&[chances[token as usize]], &[best["score"].as_f64().unwrap()], 1e-3);
        }
        let expected = greedy(case, &[2]);
        let found =
            &texts("smollm2", case["prompt"].as_str().unwrap(), &Sampling::greedy(expected.len()), 0)[0];
        assert_eq!(found.prompt_ids, prompt);
        assert_eq!(found.token_ids, expected);
    }
}

#[test]
fn minimind_equals_onnx_runtime_in_python() {
    let id = "minimind2-small";
    let mut gpt = open(id);
    for case in recorded(id)["cases"].as_array().unwrap() {
        let feeds = [("input_ids".to_owned(), ids(&integers(&case["ids"])))].into();
        for (name, summary) in case["outputs"].as_object().unwrap() {
            let found = gpt.run(&feeds, std::slice::from_ref(name)).unwrap();
            check(&found[0].1, summary, INT8);
        }
        let expected = greedy(case, &[2]);
        let found = &texts(id, case["prompt"].as_str().unwrap(), &Sampling::greedy(expected.len()), 0)[0];
        assert_eq!(found.token_ids, expected);
    }
}

/// Of the float32 model: an int8 one scales its activations by all that is read at once, so that
/// reading token by token gives other roundings.
#[test]
fn the_cache_changes_nothing() {
    let prompt = [1, 9038, 2501, 263, 931, 727, 471];
    let mut gpt = open("stories15m");
    let whole = gpt.run(&[("input_ids".to_owned(), ids(&prompt))].into(), &["logits".to_owned()]).unwrap();
    let whole = floats(&whole[0].1);
    let mut decoder = Decoder::new(&mut gpt).unwrap();
    assert!(decoder.has_cache());
    let (mut past, mut scores) = (decoder.start().unwrap(), Vec::new());
    for token in prompt {
        (scores, past) = decoder.step(&[token], &past).unwrap();
    }
    assert_eq!(past.len(), prompt.len());
    let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
    close(&scores, &whole[whole.len() - scores.len()..], FLOAT);
}

#[test]
fn padding_before_a_text_changes_nothing() {
    let mut gpt = open("stories15m");
    let plain = gpt.run(&[("input_ids".to_owned(), ids(&[1, 9038, 2501, 263]))].into(), &[]).unwrap();
    let feeds = [
        ("input_ids".to_owned(), ids(&[0, 0, 1, 9038, 2501, 263])),
        ("attention_mask".to_owned(), ids(&[0, 0, 1, 1, 1, 1])),
    ];
    let padded = gpt.run(&feeds.into(), &[]).unwrap();
    let (plain, padded) = (floats(&plain[0].1), floats(&padded[0].1));
    close(&padded[2 * 32_000..], &plain, FLOAT);
}

#[test]
fn one_seed_gives_one_text() {
    let sampling = Sampling {
        do_sample: true,
        temperature: 0.9,
        top_k: 50,
        top_p: 0.95,
        repetition_penalty: 1.1,
        num_return_sequences: 3,
        ..Sampling::greedy(30)
    };
    let first = texts("stories15m", STORY, &sampling, 1);
    assert_eq!(first.len(), 3);
    assert_ne!(first[0].token_ids, first[1].token_ids);
    assert_eq!(first, texts("stories15m", STORY, &sampling, 1));
    assert_ne!(first, texts("stories15m", STORY, &sampling, 2));
    // With one candidate there is nothing to draw.
    let certain = Sampling { top_k: 1, num_return_sequences: 1, repetition_penalty: 1.0, ..sampling };
    let [drawn, greedy] =
        [(certain, 1), (Sampling::greedy(30), 0)].map(|(how, seed)| texts("stories15m", STORY, &how, seed));
    assert_eq!(drawn[0].token_ids, greedy[0].token_ids);
}

#[test]
fn a_stop_text_ends_the_answer_before_it() {
    let sampling = Sampling { stop: vec!["alone".to_owned()], ..Sampling::greedy(60) };
    let found = &texts("stories15m", STORY, &sampling, 0)[0];
    assert_eq!(found.finish, Finish::Stop);
    assert_eq!(found.text, ". The robot was very sad because it was all ");
}

#[test]
fn a_story_ends_where_the_model_can_hold_no_more() {
    let found = &texts("stories15m", STORY, &Sampling::greedy(10_000), 0)[0];
    assert!(found.prompt_ids.len() + found.token_ids.len() <= 256);
    assert!(found.text.len() > 200, "{}", found.text);
}

#[test]
fn tokens_come_one_by_one() {
    let tokenizer = Tokenizer::open(&model("stories15m")).unwrap();
    let mut seen = Vec::new();
    let mut gpt = open("stories15m");
    let sampling = Sampling::greedy(5);
    let made =
        generate(&mut gpt, &tokenizer, STORY, &sampling, &mut || 0.5, &mut |_, token| seen.push(token))
            .unwrap();
    assert_eq!(seen, made[0].token_ids);
}

#[test]
fn a_model_of_pictures_writes_no_text() {
    let mut unet = open("terrain-unet");
    let error = Decoder::new(&mut unet).unwrap_err();
    assert_eq!(error.to_string(), "the model `terrain-unet` writes no text: it has no output `logits`");
}

#[test]
fn the_past_can_be_passed_by_hand() {
    let mut gpt = open("stories15m");
    let first = gpt.run(&[("input_ids".to_owned(), ids(&[1, 9038, 2501]))].into(), &[]).unwrap();
    let mut feeds: std::collections::BTreeMap<String, Tensor> =
        first.into_iter().skip(1).map(|(name, t)| (name.replace("present", "past_key_values"), t)).collect();
    feeds.insert("input_ids".to_owned(), ids(&[263]));
    let next = gpt.run(&feeds, &["logits".to_owned(), "position_ids".to_owned()]).unwrap();
    assert_eq!(next[1].1, ids(&[3]));
    let whole = gpt.run(&[("input_ids".to_owned(), ids(&[1, 9038, 2501, 263]))].into(), &[]).unwrap();
    close(&floats(&next[0].1), &floats(&whole[0].1)[3 * 32_000..], FLOAT);
}

#[test]
fn minimind_answers_in_chinese() {
    let prompt = "<|im_start|>user\n什么是人工智能？<|im_end|>\n<|im_start|>assistant\n";
    let found = &texts("minimind2-small", prompt, &Sampling::greedy(40), 0)[0];
    assert!(found.text.starts_with("人工智能（Artificial Intelligence，简称AI）是一种"), "{}", found.text);
}

/// The probabilities that transformers' processors give, by their formulas in NumPy.
#[test]
fn sampling_cuts_as_transformers_does() {
    let record = recorded("sampling");
    let scores: Vec<f32> = super::numbers(&record["scores"]).into_iter().map(|v| v as f32).collect();
    let before = integers(&record["before"]);
    for case in record["cases"].as_array().unwrap() {
        let number = |key: &str| case[key].as_f64().unwrap();
        let sampling = Sampling {
            do_sample: true,
            temperature: number("temperature"),
            top_k: number("top_k") as usize,
            top_p: number("top_p"),
            repetition_penalty: number("repetition_penalty"),
            ..Sampling::greedy(1)
        };
        close(&sampling.probabilities(&scores, &before), &super::numbers(&case["probabilities"]), 1e-6);
    }
}
