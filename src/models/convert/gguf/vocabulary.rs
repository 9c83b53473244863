//! The tokenizer of a GGUF file as `tokenizer.json` and `tokenizer_config.json`.
//!
//! GGUF keeps a byte-level BPE as its tokens, its merges and the name of the way in which text is
//! cut before (`tokenizer.ggml.pre`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::file::File;
use crate::{Error, Result};

/// The kinds of token that are never made from a text: control and user defined ones.
const ADDED: [i64; 2] = [3, 4];

/// The `tokenizer.json`.
///
/// # Errors
/// The tokenizer is no byte-level BPE, or it cuts text in a way that is not known here.
pub(super) fn tokenizer(file: &File<'_>) -> Result<Vec<u8>> {
    let (model, before) = (file.text("tokenizer.ggml.model")?, file.text("tokenizer.ggml.pre")?);
    if (model, before) != ("gpt2", "smollm") {
        return Err(Error::new(format!("the GGUF file's tokenizer is a `{model}` of the kind `{before}`"))
            .hint("Kiln converts a `gpt2` of the kind `smollm`; name a tokenizer.json as a source instead"));
    }
    let tokens = file.texts("tokenizer.ggml.tokens")?;
    let kinds = file.integers("tokenizer.ggml.token_type")?;
    let mut ids = BTreeMap::new();
    for (id, token) in tokens.iter().enumerate() {
        if let Some(other) = ids.insert(token, id) {
            return Err(Error::new(format!("the tokens {other} and {id} are both `{token}`")));
        }
    }
    let added: Vec<Value> = (0..)
        .zip(tokens.iter().zip(kinds))
        .filter(|(_, (_, kind))| ADDED.contains(kind))
        .map(|(id, (token, _)): (usize, _)| {
            json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true})
        })
        .collect();
    let merges: Vec<[&str; 2]> = file
        .texts("tokenizer.ggml.merges")?
        .iter()
        .map(|merge| merge.split_once(' ').map(<[&str; 2]>::from))
        .collect::<Option<_>>()
        .ok_or_else(|| Error::new("a merge of the GGUF file has no space between its halves"))?;
    let vocabulary: Map<String, Value> =
        tokens.iter().enumerate().map(|(id, token)| (token.clone(), json!(id))).collect();
    let bytes =
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    spelled(&json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": null,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": true}, bytes
        ]},
        "post_processor": null,
        "decoder": bytes,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
            "vocab": vocabulary,
            "merges": merges
        }
    }))
}

/// The `tokenizer_config.json`.
///
/// # Errors
/// A special token is none of the tokens.
pub(super) fn config(file: &File<'_>) -> Result<Vec<u8>> {
    let tokens = file.texts("tokenizer.ggml.tokens")?;
    let token = |key: &str| {
        let id = file.token(&format!("tokenizer.ggml.{key}_token_id"))?;
        let found = usize::try_from(id).ok().and_then(|id| tokens.get(id));
        found.ok_or_else(|| Error::new(format!("the GGUF file has no token {id}, its {key}")))
    };
    spelled(&json!({
        "bos_token": token("bos")?,
        "eos_token": token("eos")?,
        "pad_token": token("padding")?,
        "unk_token": token("unknown")?,
        "model_max_length": file.size("llama.context_length")?,
        "chat_template": file.text("tokenizer.chat_template")?,
    }))
}

fn spelled(value: &Value) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(Error::because("the tokenizer cannot be written"))
}
