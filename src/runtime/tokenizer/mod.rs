//! Text to tokens and back, by a model's `tokenizer.json`.
//!
//! As in transformers, padding and truncation that the file asks for are not applied unless the
//! caller wants them: they are settings of whoever saved the file, not of the model.

mod chat;
mod readable;
mod special;

use ndarray::{Array2, Ix2};
use tokenizers::{Encoding, PostProcessor};

use self::readable::Pieces;
use self::special::Special;
use super::files;
use super::onnx::RunError;
use crate::snippet::program::LocalModel;
use crate::tensor::Tensor;
use crate::{Error, Result};

/// The tokenizer of one model.
#[derive(Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    pieces: Pieces,
    special: Special,
}

/// How texts become tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encode {
    /// Whether to add what the model expects around a text: `[CLS] … [SEP]`, `<s>`.
    pub add_special_tokens: bool,
    /// Where to cut off longer texts, in tokens, the special ones included.
    pub max_length: Option<usize>,
}

impl Default for Encode {
    fn default() -> Self {
        Self { add_special_tokens: true, max_length: None }
    }
}

/// Texts as tensors of one shape, int64 `[texts, longest]`, shorter ones padded at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The tokens.
    pub input_ids: Tensor,
    /// 1 where there is a token, 0 where there is padding.
    pub attention_mask: Tensor,
    /// 0 for the first text of a pair, 1 for the second.
    pub token_type_ids: Tensor,
}

/// One text as tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Numbers in the vocabulary.
    pub ids: Vec<i64>,
    /// 0 for the first text of a pair, 1 for the second.
    pub type_ids: Vec<i64>,
    /// The pieces, readable: see [`Tokenizer::tokens`].
    pub pieces: Vec<String>,
    /// For each token the characters of the text that it stands for, first and one past the last;
    /// `(0, 0)` for special tokens.
    pub offsets: Vec<(usize, usize)>,
    /// The number of the word that each token is part of, in its text; `None` for special tokens.
    pub words: Vec<Option<u32>>,
    /// Which text of a pair each token is of; `None` for special tokens.
    pub sequences: Vec<Option<usize>>,
}

impl Tokenizer {
    /// Reads the files of a model with the roles `tokenizer` and, if it has one, `tokenizer_config`.
    ///
    /// # Errors
    /// There is no such file, or it is no tokenizer.
    pub fn open(local: &LocalModel) -> Result<Self> {
        let path = local.file("tokenizer").ok_or_else(|| {
            Error::new(format!("the model `{}` has no tokenizer", local.id))
                .hint("give its tokenizer.json the role `tokenizer` in models.toml")
        })?;
        let config = local.file("tokenizer_config").map(files::read).transpose()?;
        Self::read(&files::read(path)?, config.as_deref()).map_err(|error| {
            Error::new(format!("{}: {error}", path.display())).hint("run `kiln models verify`")
        })
    }

    /// Reads the bytes of a `tokenizer.json` and of a `tokenizer_config.json`.
    ///
    /// # Errors
    /// They are not what they should be.
    pub fn read(file: &[u8], config: Option<&[u8]>) -> Result<Self> {
        let json: serde_json::Value =
            serde_json::from_slice(file).map_err(Error::because("this is no tokenizer.json"))?;
        let mut inner = tokenizers::Tokenizer::from_bytes(file)
            .map_err(|cause| Error::new(format!("this tokenizer.json describes no tokenizer: {cause}")))?;
        let config: Option<serde_json::Value> = config
            .map(serde_json::from_slice)
            .transpose()
            .map_err(Error::because("its tokenizer_config.json is no JSON"))?;
        let special = Special::read(&inner, config.as_ref());
        inner.with_padding(None);
        inner
            .with_truncation(None)
            .map_err(|cause| Error::new(format!("its truncation is wrong: {cause}")))?;
        Ok(Self { pieces: Pieces::of(&json), inner, special })
    }

    /// The tokens of `text`, or of the pair `text` and `second`.
    ///
    /// # Errors
    /// The tokenizer cannot express the text (it has no token for the unknown).
    pub fn encode(&self, text: &str, second: Option<&str>, how: Encode) -> Result<Tokens, RunError> {
        let encoding = self.encoding(text, second, how)?;
        let wide = |ids: &[u32]| ids.iter().map(|&id| i64::from(id)).collect();
        Ok(Tokens {
            ids: wide(encoding.get_ids()),
            type_ids: wide(encoding.get_type_ids()),
            pieces: encoding.get_tokens().iter().map(|token| self.pieces.readable(token)).collect(),
            offsets: encoding.get_offsets().to_vec(),
            words: encoding.get_word_ids().to_vec(),
            sequences: encoding.get_sequence_ids(),
        })
    }

    /// The tokens of several texts, or pairs, side by side, filled up to the longest and to `at_least`.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn batch(
        &self,
        texts: &[(&str, Option<&str>)],
        how: Encode,
        at_least: usize,
    ) -> Result<Batch, RunError> {
        let rows: Result<Vec<Tokens>, RunError> =
            texts.iter().map(|(text, second)| self.encode(text, *second, how)).collect();
        let rows = rows?;
        let longest = rows.iter().map(|row| row.ids.len()).max().unwrap_or(0).max(at_least);
        crate::tensor::check_size(&[rows.len(), longest], crate::tensor::DType::Int64)
            .map_err(|error| RunError::setting(error.message))?;
        let table = |read: &dyn Fn(&Tokens, usize) -> i64| {
            let cells = Array2::from_shape_fn(Ix2(rows.len(), longest), |(row, at)| read(&rows[row], at));
            Tensor::Int64(cells.into_dyn().into_shared())
        };
        let pad = self.special.pad;
        Ok(Batch {
            input_ids: table(&|row, at| row.ids.get(at).copied().unwrap_or(pad)),
            attention_mask: table(&|row, at| i64::from(at < row.ids.len())),
            token_type_ids: table(&|row, at| row.type_ids.get(at).copied().unwrap_or(0)),
        })
    }

    /// The readable pieces of `text`: bytes are shown as the text they spell (or `\xe4` where a
    /// piece is part of a character), `▁` as a space; `##` stays, because it says that a piece goes
    /// on from the one before.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn tokens(&self, text: &str, add_special_tokens: bool) -> Result<Vec<String>, RunError> {
        Ok(self.encode(text, None, Encode { add_special_tokens, max_length: None })?.pieces)
    }

    /// The text of `ids`.
    ///
    /// # Errors
    /// A number is not in the vocabulary.
    pub fn decode(&self, ids: &[i64], skip_special_tokens: bool) -> Result<String, RunError> {
        let ids: Result<Vec<u32>, RunError> = ids.iter().map(|&id| self.known(id)).collect();
        self.inner
            .decode(&ids?, skip_special_tokens)
            .map_err(|cause| RunError::setting(format!("these tokens cannot be decoded: {cause}")))
    }

    /// The number of the token spelled `token` in the vocabulary.
    pub fn token_to_id(&self, token: &str) -> Option<i64> {
        self.inner.token_to_id(token).map(i64::from)
    }

    /// How the vocabulary spells the token `id`.
    pub fn id_to_token(&self, id: i64) -> Option<String> {
        self.inner.id_to_token(u32::try_from(id).ok()?)
    }

    /// The token `id`, readable as in [`Tokenizer::tokens`].
    pub fn piece(&self, id: i64) -> Option<String> {
        self.id_to_token(id).map(|token| self.pieces.readable(&token))
    }

    /// Number of tokens in the vocabulary, the special ones included.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// The special token that transformers calls `name`: `eos_token`, `mask_token`.
    pub fn special(&self, name: &str) -> Option<String> {
        if let Some(token) = self.special.named.get(name) {
            return token.as_str().map(str::to_owned);
        }
        match name {
            "eos_token" => self.id_to_token(*self.special.eos.first()?),
            "pad_token" => self.id_to_token(self.special.pad),
            _ => None,
        }
    }

    /// The number of the token that fills up shorter rows.
    pub fn pad_id(&self) -> i64 {
        self.special.pad
    }

    /// The tokens that end a text.
    pub fn eos_ids(&self) -> &[i64] {
        &self.special.eos
    }

    /// The longest text that the model was made for, in tokens, where the files say so.
    pub fn max_length(&self) -> Option<usize> {
        self.special.max_length
    }

    /// The Jinja template of a conversation, where the model has one.
    pub fn chat_template(&self) -> Option<&str> {
        self.special.chat_template.as_deref()
    }

    /// A conversation (a list of objects with `role` and `content`) as the text that the model knows.
    ///
    /// # Errors
    /// The model has no chat template, or it refuses the messages.
    pub fn chat(
        &self,
        messages: &serde_json::Value,
        add_generation_prompt: bool,
    ) -> Result<String, RunError> {
        let template = self.chat_template().ok_or_else(|| RunError::Setting {
            message: "this tokenizer has no chat template".to_owned(),
            hint: Some("a model that was tuned to talk has one in its tokenizer_config.json".to_owned()),
        })?;
        chat::render(template, messages, add_generation_prompt, &self.special.named)
    }

    fn encoding(&self, text: &str, second: Option<&str>, how: Encode) -> Result<Encoding, RunError> {
        let fault =
            |cause: tokenizers::Error| RunError::setting(format!("the text cannot be encoded: {cause}"));
        let Some(limit) = how.max_length else {
            return match second {
                None => self.inner.encode_char_offsets(text, how.add_special_tokens),
                Some(second) => self.inner.encode_char_offsets((text, second), how.add_special_tokens),
            }
            .map_err(fault);
        };
        // Special tokens must survive the cut, so they are added after it.
        let plain = |text: &str| self.inner.encode_char_offsets(text, false).map_err(fault);
        let (mut first, mut second) = (plain(text)?, second.map(plain).transpose()?);
        let added = match self.inner.get_post_processor() {
            Some(processor) if how.add_special_tokens => processor.added_tokens(second.is_some()),
            _ => 0,
        };
        let room = limit.saturating_sub(added);
        // The longer of a pair gives way first.
        let other = second.as_ref().map_or(0, Encoding::len);
        let (a, b) = share(first.len(), other, room);
        first.truncate(a, 0, tokenizers::TruncationDirection::Right);
        if let Some(second) = &mut second {
            second.truncate(b, 0, tokenizers::TruncationDirection::Right);
        }
        self.inner.post_process(first, second, how.add_special_tokens).map_err(fault)
    }

    fn known(&self, id: i64) -> Result<u32, RunError> {
        let known = u32::try_from(id).ok().filter(|&id| self.inner.id_to_token(id).is_some());
        known.ok_or_else(|| {
            RunError::setting(format!("the vocabulary of {} tokens has no token {id}", self.vocab_size()))
        })
    }
}

/// How many tokens of two texts of `a` and `b` tokens stay when `room` do.
fn share(a: usize, b: usize, room: usize) -> (usize, usize) {
    let half = room / 2;
    if a + b <= room {
        (a, b)
    } else if b <= half {
        (room - b, b)
    } else if a <= room - half {
        (a, room - a)
    } else {
        (room - half, half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_files_are_clear_errors() {
        let error = |file: &[u8]| Tokenizer::read(file, None).unwrap_err().to_string();
        assert_eq!(
            error(b"{\"model\": "),
            "this is no tokenizer.json: EOF while parsing a value at line 1 column 10"
        );
        assert!(error(b"{}").starts_with("this tokenizer.json describes no tokenizer"), "{}", error(b"{}"));
        assert!(error(b"not json").starts_with("this is no tokenizer.json"));
    }

    #[test]
    fn the_longer_of_a_pair_gives_way() {
        assert_eq!(share(3, 4, 10), (3, 4));
        assert_eq!(share(20, 4, 10), (6, 4));
        assert_eq!(share(2, 20, 10), (2, 8));
        assert_eq!(share(20, 20, 9), (5, 4));
    }
}
