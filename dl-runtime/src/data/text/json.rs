//! Tokenizers of `tokenizer.json`, the file of the library `tokenizers`, by its own crate.

use super::Tokenizer;
use crate::{Error, IN_MEMORY, Result};
use serde::de::IgnoredAny;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::{fmt, fs};

/// A tokenizer from a `tokenizer.json`, which models of `transformers` have beside their weights: byte pairs, word pieces, unigrams.
///
/// It needs the feature `tokenizers`, and the tokens are those of the Python library. What the file says about the length of a text is left
/// out: texts are neither cut nor filled up. A file whose parts contradict each other is an error, except in programs that end at a panic
/// (`panic = "abort"`), because the crate panics.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::text::{Tokenizer, TokenizerJson};
/// let json = r#"{"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
///     "model": {"type": "WordLevel", "vocab": {"?": 0, "to": 1, "be": 2}, "unk_token": "?"}}"#;
/// let words = TokenizerJson::from_bytes(json.as_bytes())?;
/// assert_eq!(words.encode("to be fair")?, [1, 2, 0]);
/// assert_eq!(words.decode(&[1, 2])?, "to be");
/// assert_eq!((words.vocabulary(), words.token("be")), (3, Some(2)));
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone)]
pub struct TokenizerJson {
    tokenizer: tokenizers::Tokenizer,
    vocabulary: usize,
    special_tokens: bool,
}

impl TokenizerJson {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Format`] where it is no tokenizer that the crate `tokenizers` knows.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::read(path, &fs::read(path).map_err(Error::io(path))?)
    }
    /// Reads the bytes of a file, such as those of `include_bytes!`.
    ///
    /// # Errors
    /// As [`TokenizerJson::open`], with [`IN_MEMORY`] for the path.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::read(Path::new(IN_MEMORY), bytes)
    }
    /// With `true`, encoding adds the special tokens around a text that the model was trained with, such as `[CLS]` and `[SEP]` of BERT,
    /// and decoding leaves special tokens out. By default, encoding adds none, and decoding keeps all.
    pub fn special_tokens(mut self, special_tokens: bool) -> Self {
        self.special_tokens = special_tokens;
        self
    }
    /// Returns the token that is written like this, such as `[MASK]` or `<|endoftext|>`; `None` if there is none.
    pub fn token(&self, text: &str) -> Option<u32> {
        self.tokenizer.token_to_id(text)
    }

    fn read(path: &Path, bytes: &[u8]) -> Result<Self> {
        let wrong = |found: String| Error::Format {
            path: path.into(),
            format: "tokenizer.json",
            expected: "a tokenizer of the library `tokenizers`".into(),
            found,
        };
        // The crate panics where a part of the file is no JSON.
        let text = str::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| wrong(error.to_string()))?;
        let mut tokenizer = caught(|| tokenizers::Tokenizer::from_bytes(text)).map_err(wrong)?;
        tokenizer.with_padding(None).with_truncation(None).map_err(|error| wrong(error.to_string()))?;
        // Numbers may be left out between tokens.
        let highest = tokenizer.get_vocab(true).into_values().max();
        let vocabulary = highest.map_or(0, |token| token as usize + 1);
        Ok(TokenizerJson { tokenizer, vocabulary, special_tokens: false })
    }
}

/// Calls the crate, which panics where parts of a file contradict each other, such as a template whose special token is missing.
fn caught<T>(call: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, String> {
    match panic::catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err("parts of the `tokenizer.json` contradict each other".into()),
    }
}

impl Tokenizer for TokenizerJson {
    /// Converts `text` to tokens.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] where the tokenizer has no token for a part of the text, and none for unknown ones.
    fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoded = caught(|| self.tokenizer.encode_fast(text, self.special_tokens));
        let encoded = encoded.map_err(|reason| Error::Tokenizer { doing: "encode the text", reason })?;
        Ok(encoded.get_ids().to_vec())
    }
    /// Converts `tokens` to text. It is the original one as far as the tokenizer keeps it: one that makes all letters small does not.
    fn decode(&self, tokens: &[u32]) -> Result<String> {
        if let Some(index) = tokens.iter().position(|token| self.tokenizer.id_to_token(*token).is_none()) {
            return Err(Error::UnknownToken { index, token: tokens[index], vocabulary: self.vocabulary });
        }
        let decoded = caught(|| self.tokenizer.decode(tokens, self.special_tokens));
        decoded.map_err(|reason| Error::Tokenizer { doing: "decode the tokens", reason })
    }
    fn vocabulary(&self) -> usize {
        self.vocabulary
    }
}

impl fmt::Debug for TokenizerJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenizerJson")
            .field("vocabulary", &self.vocabulary)
            .field("special_tokens", &self.special_tokens)
            .finish_non_exhaustive()
    }
}
