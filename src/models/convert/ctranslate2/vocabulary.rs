//! SentencePiece's model and the translator's tokens as one `tokenizer.json`.
//!
//! A text is cut into SentencePiece's pieces, and a piece is looked up among the tokens, which are those of
//! both languages. A unigram of the tokens library does both at once: tokens that are no pieces get scores so
//! low that they are taken only where nothing else fits, as a lookup would find them. (A run of characters that
//! SentencePiece does not know is one unknown piece there; here those of them are found that the tokens have.)

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use prost::Message;
use serde_json::json;

use crate::{Error, Result};

/// SentencePiece's number of the unigram model.
const UNIGRAM: i32 = 1;

/// The kind of a piece that texts are cut into.
const NORMAL: i32 = 1;

/// The score of a character that only the other language has, and of its longer tokens.
const CHARACTER: f64 = -1e6;
const FOREIGN: f64 = -1e8;

/// SentencePiece's space.
const SPACE: &str = "▁";

/// What is read of SentencePiece's `ModelProto`.
#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(message, repeated, tag = "1")]
    pieces: Vec<Piece>,
    #[prost(message, optional, tag = "2")]
    trainer: Option<Trainer>,
    #[prost(message, optional, tag = "3")]
    normalizer: Option<Normalizer>,
}

#[derive(Clone, PartialEq, Message)]
struct Piece {
    #[prost(string, tag = "1")]
    piece: String,
    #[prost(float, tag = "2")]
    score: f32,
    #[prost(int32, optional, tag = "3")]
    kind: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Trainer {
    #[prost(int32, optional, tag = "3")]
    model_type: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Normalizer {
    #[prost(bytes = "vec", tag = "2")]
    charsmap: Vec<u8>,
}

/// The `tokenizer.json` of a translator with these `tokens`, whose texts are cut by `sentencepiece`.
///
/// # Errors
/// It is no unigram model, or the tokens lack `</s>` or `<unk>`.
pub(super) fn tokenizer(tokens: &[String], sentencepiece: &[u8]) -> Result<Vec<u8>> {
    let model = Model::decode(sentencepiece)
        .map_err(Error::because("sentencepiece.model is no model of SentencePiece"))?;
    // Unigram is what a file means that does not say.
    let kind = model.trainer.as_ref().and_then(|trainer| trainer.model_type).unwrap_or(UNIGRAM);
    if kind != UNIGRAM || model.pieces.is_empty() {
        return Err(Error::new("sentencepiece.model holds no unigram model"));
    }
    let normal = |piece: &&Piece| piece.kind.unwrap_or(NORMAL) == NORMAL;
    let scores: BTreeMap<&str, f64> =
        model.pieces.iter().filter(normal).map(|p| (p.piece.as_str(), f64::from(p.score))).collect();
    let id = |token: &str| {
        let found = tokens.iter().position(|known| known == token);
        found.ok_or_else(|| Error::new(format!("the translator's tokens lack `{token}`")))
    };
    let (end, unknown, pad) = (id("</s>")?, id("<unk>")?, tokens.len());
    let score = |token: &String| match scores.get(token.as_str()) {
        Some(score) => *score,
        None if token.trim_start_matches(SPACE).chars().count() <= 1 => CHARACTER,
        None => FOREIGN,
    };
    let vocabulary: Vec<_> = tokens.iter().map(|token| json!([token, score(token)])).collect();
    let added: Vec<_> = [(end, "</s>"), (unknown, "<unk>"), (pad, "<pad>")]
        .map(|(id, token)| {
            json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true})
        })
        .into();
    let charsmap = model.normalizer.map(|normalizer| normalizer.charsmap).unwrap_or_default();
    let mut normalizers = Vec::new();
    if !charsmap.is_empty() {
        let charsmap = BASE64_STANDARD.encode(charsmap);
        normalizers.push(json!({"type": "Precompiled", "precompiled_charsmap": charsmap}));
    }
    normalizers.push(json!({"type": "Strip", "strip_left": true, "strip_right": true}));
    normalizers.push(json!({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}));
    let spaces =
        json!({"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": true});
    let text = |name: &str| json!({"Sequence": {"id": name, "type_id": 0}});
    let ended = json!({"SpecialToken": {"id": "</s>", "type_id": 0}});
    let tokenizer = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": normalizers},
        "pre_tokenizer": spaces,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [text("A"), ended],
            "pair": [text("A"), text("B"), ended],
            "special_tokens": {"</s>": {"id": "</s>", "ids": [end], "tokens": ["</s>"]}}
        },
        "decoder": spaces,
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": vocabulary, "byte_fallback": false}
    });
    serde_json::to_vec(&tokenizer).map_err(Error::because("the tokenizer cannot be written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Vec<u8> {
        let piece =
            |piece: &str, score: f32, kind: i32| Piece { piece: piece.to_owned(), score, kind: Some(kind) };
        let pieces = vec![
            piece("<unk>", 0.0, 2),
            piece("▁", -2.0, 1),
            piece("▁今天", -3.0, 1),
            piece("天", -4.0, 1),
            piece("今", -9.0, 1),
        ];
        Model { pieces, trainer: Some(Trainer { model_type: Some(UNIGRAM) }), normalizer: None }
            .encode_to_vec()
    }

    fn tokens() -> Vec<String> {
        ["</s>", "<unk>", "▁", "▁今天", "天", "今", "▁sky", "é", "今é"].map(str::to_owned).into()
    }

    #[test]
    fn pieces_are_looked_up_among_the_tokens() {
        let json = tokenizer(&tokens(), &model()).unwrap();
        let tokenizer = tokenizers::Tokenizer::from_bytes(json).unwrap();
        let ids = |text: &str| tokenizer.encode(text, true).unwrap().get_ids().to_vec();
        assert_eq!(ids("今天天"), [3, 4, 0]);
        // A character of the other language, and one of neither.
        assert_eq!(ids("今é"), [2, 5, 7, 0]);
        assert_eq!(ids("今x"), [2, 5, 1, 0]);
        assert_eq!(tokenizer.decode(&[6, 7], true).unwrap(), "skyé");
        assert_eq!(tokenizer.token_to_id("<pad>"), Some(9));
    }

    #[test]
    fn what_is_no_unigram_is_refused() {
        assert!(tokenizer(&tokens(), b"\xff").is_err());
        let bpe =
            Model { trainer: Some(Trainer { model_type: Some(2) }), ..Model::decode(&*model()).unwrap() };
        let error = tokenizer(&tokens(), &bpe.encode_to_vec()).unwrap_err().to_string();
        assert_eq!(error, "sentencepiece.model holds no unigram model");
        let error = tokenizer(&[], &model()).unwrap_err().to_string();
        assert_eq!(error, "the translator's tokens lack `</s>`");
    }
}
