//! Tokens as a reader wants to see them.

use std::collections::BTreeMap;

/// How a vocabulary spells its pieces.
#[derive(Debug)]
pub(super) enum Pieces {
    /// Each byte as one character (GPT-2).
    Bytes(BTreeMap<char, u8>),
    /// As text, with `▁` for a space (SentencePiece).
    Metaspace,
    /// As text.
    Plain,
}

impl Pieces {
    /// The spelling that a `tokenizer.json` uses, by the parts it is made of.
    pub(super) fn of(json: &serde_json::Value) -> Self {
        let parts = [&json["decoder"], &json["pre_tokenizer"], &json["normalizer"]];
        if parts.iter().any(|part| mentions(part, "ByteLevel")) {
            return Self::Bytes(byte_characters());
        }
        if parts.iter().any(|part| mentions(part, "Metaspace") || mentions(part, "▁")) {
            return Self::Metaspace;
        }
        Self::Plain
    }

    /// `token` as text.
    pub(super) fn readable(&self, token: &str) -> String {
        if let Some(byte) = byte_token(token) {
            return spell(&[byte]);
        }
        match self {
            Self::Plain => token.to_owned(),
            Self::Metaspace => token.replace('▁', " "),
            Self::Bytes(bytes) => {
                let found: Option<Vec<u8>> = token.chars().map(|c| bytes.get(&c).copied()).collect();
                // Special tokens are spelled as they are.
                found.map_or_else(|| token.to_owned(), |bytes| spell(&bytes))
            }
        }
    }
}

/// Whether `part`, or a part of it, has the type or the pattern `word`.
fn mentions(part: &serde_json::Value, word: &str) -> bool {
    match part {
        serde_json::Value::Object(map) => map.values().any(|value| mentions(value, word)),
        serde_json::Value::Array(items) => items.iter().any(|item| mentions(item, word)),
        serde_json::Value::String(text) => text == word,
        _ => false,
    }
}

/// The byte that a token of the form `<0x0A>` stands for.
fn byte_token(token: &str) -> Option<u8> {
    let hex = token.strip_prefix("<0x")?.strip_suffix('>')?;
    (hex.len() == 2).then(|| u8::from_str_radix(hex, 16).ok())?
}

/// `bytes` as text, with `\xe4` for each that is no part of a whole character.
fn spell(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// GPT-2's way to write any byte as one printable character: those that print stand for themselves,
/// the others are counted from U+0100.
fn byte_characters() -> BTreeMap<char, u8> {
    let prints = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let mut next = 0x100_u32;
    let mut found = BTreeMap::new();
    for byte in 0..=u8::MAX {
        if prints(byte) {
            found.insert(char::from(byte), byte);
        } else {
            // U+0100 and the 67 characters after it are all assigned.
            found.extend(char::from_u32(next).map(|c| (c, byte)));
            next += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &Pieces, token: &str, expected: &str) {
        assert_eq!(pieces.readable(token), expected);
    }

    #[test]
    fn bytes_are_shown_as_text() {
        let bytes = Pieces::Bytes(byte_characters());
        check(&bytes, "Ġthe", " the");
        check(&bytes, "ä½łå¥½", "你好");
        check(&bytes, "ä½", "\\xe4\\xbd");
        check(&bytes, "Ċ", "\n");
        check(&bytes, "<|im_end|>", "<|im_end|>");
        assert_eq!(byte_characters().len(), 256);
    }

    #[test]
    fn spaces_and_byte_tokens_are_shown() {
        check(&Pieces::Metaspace, "▁the", " the");
        check(&Pieces::Metaspace, "<0x0A>", "\n");
        check(&Pieces::Metaspace, "<0xE4>", "\\xe4");
        check(&Pieces::Plain, "##ing", "##ing");
    }
}
