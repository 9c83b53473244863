//! A BERT's `vocab.txt`, one token a line, as `tokenizer.json`.
//!
//! Text is lower-cased, accents are dropped, Chinese characters stand alone: BERT's "uncased" rules.

use serde_json::{Map, Value, json};

use super::Inputs;
use crate::{Error, Result};

/// The tokens that the rules need.
const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// Makes the `tokenizer.json`.
///
/// # Errors
/// There is no file with the role `data`, or it lacks a special token.
pub fn tokenizer(inputs: &Inputs) -> Result<Vec<u8>> {
    let text = String::from_utf8(inputs.only("word-piece")?)
        .map_err(Error::because("a vocabulary is text in UTF-8"))?;
    build(&text)
}

fn build(text: &str) -> Result<Vec<u8>> {
    // Where a token stands twice the last line counts, as in transformers.
    let vocabulary: Map<String, Value> = text
        .strip_suffix('\n')
        .unwrap_or(text)
        .split('\n')
        .enumerate()
        .map(|(id, token)| (token.trim_end_matches('\r').to_owned(), json!(id)))
        .collect();
    let id = |token: &str| {
        vocabulary
            .get(token)
            .ok_or_else(|| Error::new(format!("this is no BERT vocabulary: it lacks `{token}`")))
    };
    let added: Vec<Value> = SPECIAL
        .into_iter()
        .map(|token| {
            Ok(json!({"id": id(token)?, "content": token, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true}))
        })
        .collect::<Result<_>>()?;
    let special = |token: &str, segment: u8| json!({"SpecialToken": {"id": token, "type_id": segment}});
    let text = |name: &str, segment: u8| json!({"Sequence": {"id": name, "type_id": segment}});
    let tokenizer = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special("[CLS]", 0), text("A", 0), special("[SEP]", 0)],
            "pair": [special("[CLS]", 0), text("A", 0), special("[SEP]", 0), text("B", 1), special("[SEP]", 1)],
            "special_tokens": {
                "[CLS]": {"id": "[CLS]", "ids": [id("[CLS]")?], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [id("[SEP]")?], "tokens": ["[SEP]"]}
            }
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary}
    });
    serde_json::to_vec(&tokenizer).map_err(Error::because("the tokenizer cannot be written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_into_pieces() {
        let json = build("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsun\n##ny\n天\n，\n天\n").unwrap();
        let tokenizer = tokenizers::Tokenizer::from_bytes(json).unwrap();
        let ids = |text: &str| tokenizer.encode(text, true).unwrap().get_ids().to_vec();
        assert_eq!(ids("Sunny"), [2, 5, 6, 3]);
        assert_eq!(ids("天，moon"), [2, 9, 8, 1, 3]);
        let pair = tokenizer.encode(("sun", "天"), true).unwrap();
        assert_eq!(pair.get_ids(), [2, 5, 3, 9, 3]);
        assert_eq!(pair.get_type_ids(), [0, 0, 0, 1, 1]);
    }

    #[test]
    fn another_list_is_refused() {
        let error = build("a\nb\n").unwrap_err();
        assert_eq!(error.to_string(), "this is no BERT vocabulary: it lacks `[PAD]`");
    }
}
