//! The tokenizer of llama2.c as a `tokenizer.json`.
//!
//! llama2.c puts a space before the text, cuts it into characters (or, where the vocabulary lacks
//! one, into bytes), and then joins, again and again, the neighbours whose union has the highest
//! score. The same is said here with a list of merges in order of falling scores: each way to cut a
//! token into two others. Spaces are kept as they are: the vocabulary has no `▁`, so that a `▁` in a
//! text stays one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Error, Result};

/// The tokens for the unknown, the beginning and the end of a text, whatever the file calls them.
const SPECIAL: [&str; 3] = ["<unk>", "<s>", "</s>"];

/// The tokens that stand for one byte each, after the special ones. Some versions of the file spell
/// them `<0x0A>`, others as the character of that number, which other tokens are spelled as too.
const BYTES: std::ops::Range<usize> = SPECIAL.len()..SPECIAL.len() + 256;

/// A token and its score.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) score: f32,
}

/// Reads the `count` tokens of a `tokenizer.bin`.
pub(super) fn read(bytes: &[u8], count: usize) -> Result<Vec<Entry>> {
    let wrong = |at: usize, what: &str| {
        Error::new(format!("the checkpoint is not followed by a llama2.c tokenizer: token {at} {what}"))
    };
    // The first number is the longest token's length, of use to C alone.
    let mut rest = bytes.get(4..).ok_or_else(|| wrong(0, "is missing"))?;
    let mut entries = Vec::with_capacity(count);
    for at in 0..count {
        let Some((head, tail)) = rest.split_at_checked(8) else { return Err(wrong(at, "is missing")) };
        let [score, length] = [0, 4].map(|i| [head[i], head[i + 1], head[i + 2], head[i + 3]]);
        let length = usize::try_from(i32::from_le_bytes(length)).ok();
        let Some((text, tail)) = length.and_then(|length| tail.split_at_checked(length)) else {
            return Err(wrong(at, "is cut off"));
        };
        let text = std::str::from_utf8(text).map_err(|_| wrong(at, "is not UTF-8"))?;
        let text = match SPECIAL.get(at) {
            Some(special) => (*special).to_owned(),
            None if BYTES.contains(&at) => format!("<0x{:02X}>", at - BYTES.start),
            None => text.to_owned(),
        };
        entries.push(Entry { text, score: f32::from_le_bytes(score) });
        rest = tail;
    }
    Ok(entries)
}

/// The `tokenizer.json` for `entries`.
///
/// # Errors
/// Two tokens are spelled alike, or there are fewer than the special ones.
pub(super) fn build(entries: &[Entry]) -> Result<Vec<u8>> {
    let mut ids = BTreeMap::new();
    for (id, entry) in entries.iter().enumerate() {
        if let Some(other) = ids.insert(entry.text.as_str(), id) {
            return Err(Error::new(format!("the tokens {other} and {id} are both `{}`", entry.text)));
        }
    }
    if entries.len() < BYTES.end {
        return Err(Error::new(format!("a vocabulary of {} tokens lacks those of bytes", entries.len())));
    }
    let special = |id: usize| {
        json!({"id": id, "content": SPECIAL[id], "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    };
    let vocabulary: serde_json::Map<String, Value> =
        entries.iter().enumerate().map(|(id, entry)| (entry.text.clone(), json!(id))).collect();
    let tokenizer = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [special(0), special(1), special(2)],
        "normalizer": {"type": "Prepend", "prepend": " "},
        "pre_tokenizer": null,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}
            ],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}
        },
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}
        ]},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true, "ignore_merges": false,
            "vocab": vocabulary,
            "merges": merges(entries, &ids)
        }
    });
    serde_json::to_vec(&tokenizer).map_err(Error::because("the tokenizer cannot be written"))
}

/// All ways to cut a token into two others, highest score first.
///
/// Where scores are equal, llama2.c joins what stands leftmost. A list of merges cannot say that, but
/// only runs of spaces have equal scores, and there the longer left part comes to the same.
fn merges(entries: &[Entry], ids: &BTreeMap<&str, usize>) -> Vec<[String; 2]> {
    let mut found = Vec::new();
    for (id, entry) in entries.iter().enumerate().skip(BYTES.end) {
        for (cut, _) in entry.text.char_indices().skip(1) {
            let (left, right) = entry.text.split_at(cut);
            if ids.contains_key(left) && ids.contains_key(right) {
                found.push((entry.score, id, cut, [left.to_owned(), right.to_owned()]));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.2.cmp(&a.2)).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(.., pair)| pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str, score: f32) -> Entry {
        Entry { text: text.to_owned(), score }
    }

    fn file(entries: &[Entry]) -> Vec<u8> {
        let mut bytes = 9_i32.to_le_bytes().to_vec();
        for entry in entries {
            bytes.extend(entry.score.to_le_bytes());
            bytes.extend((entry.text.len() as i32).to_le_bytes());
            bytes.extend(entry.text.as_bytes());
        }
        bytes
    }

    fn tiny() -> Vec<Entry> {
        let special = SPECIAL.map(|text| entry(text, 0.0)).into_iter();
        let bytes = (0..256).map(|byte| entry(&format!("<0x{byte:02X}>"), 0.0));
        let rest =
            [entry(" ", -9.0), entry("a", -8.0), entry("b", -7.0), entry("ab", -2.0), entry(" a", -1.0)];
        special.chain(bytes).chain(rest).collect()
    }

    #[test]
    fn the_file_is_read_back() {
        assert_eq!(read(&file(&tiny()), 264).unwrap(), tiny());
        let cut = &file(&tiny())[..50];
        let error = read(cut, 264).unwrap_err().to_string();
        assert!(error.contains("not followed by a llama2.c tokenizer"), "{error}");
    }

    #[test]
    fn the_highest_score_is_joined_first() {
        let json = build(&tiny()).unwrap();
        let tokenizer = tokenizers::Tokenizer::from_bytes(json).unwrap();
        let ids = |text: &str| tokenizer.encode(text, true).unwrap().get_ids().to_vec();
        // " ab": " a" scores higher than "ab".
        assert_eq!(ids("ab"), [1, 263, 261]);
        assert_eq!(ids("bab"), [1, 259, 261, 262]);
        assert_eq!(ids("é"), [1, 259, 3 + 0xc3, 3 + 0xa9]);
        assert_eq!(tokenizer.decode(&[1, 263, 261], true).unwrap(), "ab");
    }

    #[test]
    fn tokens_spelled_alike_are_refused() {
        let twice = [tiny(), vec![entry("a", 0.0)]].concat();
        assert_eq!(build(&twice).unwrap_err().to_string(), "the tokens 260 and 264 are both `a`");
    }
}
