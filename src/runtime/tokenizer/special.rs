//! The tokens and limits that a tokenizer's files single out.

use serde_json::Value;

/// Tokens that end a text in models whose files do not say so, most usual first.
const USUAL_EOS: [&str; 6] =
    ["</s>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<eos>", "<|eot_id|>"];

/// Tokens that fill up rows in models whose files do not say so.
const USUAL_PAD: [&str; 3] = ["[PAD]", "<pad>", "<|endoftext|>"];

/// Lengths above this are transformers' way of saying that there is no limit.
const NO_LIMIT: u64 = 1 << 24;

/// What a tokenizer's files say besides how to cut text.
#[derive(Debug)]
pub(super) struct Special {
    pub(super) pad: i64,
    pub(super) eos: Vec<i64>,
    pub(super) max_length: Option<usize>,
    pub(super) chat_template: Option<String>,
    /// The special tokens as texts, by the names that templates know them by: `eos_token`.
    pub(super) named: serde_json::Map<String, Value>,
}

impl Special {
    /// Reads `tokenizer` and its `tokenizer_config.json`.
    pub(super) fn read(tokenizer: &tokenizers::Tokenizer, config: Option<&Value>) -> Self {
        let id = |token: &str| tokenizer.token_to_id(token).map(i64::from);
        let named = |key: &str| {
            let token = config?.get(key)?;
            id(token.as_str().or_else(|| token.get("content")?.as_str())?)
        };
        let special = |name: &&str| {
            let found = tokenizer.token_to_id(name)?;
            let added = tokenizer.get_added_tokens_decoder();
            added.get(&found).filter(|token| token.special).map(|_| i64::from(found))
        };
        let spelled = |key: &str| -> Option<Value> {
            let token = config?.get(key)?;
            Some(token.as_str().or_else(|| token.get("content")?.as_str())?.into())
        };
        let texts =
            ["bos_token", "cls_token", "eos_token", "mask_token", "pad_token", "sep_token", "unk_token"];
        let texts = texts.into_iter().filter_map(|key| Some((key.to_owned(), spelled(key)?))).collect();
        let eos = match named("eos_token") {
            Some(eos) => vec![eos],
            None => USUAL_EOS.iter().filter_map(special).collect(),
        };
        let padding = tokenizer.get_padding().map(|padding| i64::from(padding.pad_id));
        let pad = named("pad_token").or(padding).or_else(|| USUAL_PAD.iter().find_map(|name| id(name)));
        let limit = config.and_then(|config| config.get("model_max_length")?.as_u64());
        let truncation = tokenizer.get_truncation().map(|truncation| truncation.max_length);
        Self {
            pad: pad.or(eos.first().copied()).unwrap_or(0),
            eos,
            max_length: truncation.or(limit.filter(|&n| n < NO_LIMIT).and_then(|n| usize::try_from(n).ok())),
            chat_template: config.and_then(|c| c.get("chat_template")?.as_str()).map(str::to_owned),
            named: texts,
        }
    }
}
