//! Text: tokenizers, and windows of tokens for models that predict the next one.
//!
//! | tokenizer | its tokens |
//! |---|---|
//! | [`Bytes`] | the 256 bytes; every text can be encoded, and nothing is learned |
//! | [`Characters`] | the characters of a text |
//! | [`BytePairs`] | bytes and frequent sequences of bytes, such as parts of words, learned from a text |
//! | `TokenizerJson` | those of a `tokenizer.json`, with the feature `tokenizers` |
//!
//! ```
//! # use dl_runtime as dl;
//! use dl::data::text::{Characters, Tokenizer, windows};
//! let text = "to be, or not to be";
//! let characters = Characters::of(text);
//! let tokens = characters.encode(text)?;
//! // Inputs of 8 tokens, each with the 8 that follow its tokens; the next begins 8 tokens later.
//! let data = windows::<8>(&tokens, 8)?;
//! assert_eq!(data.len(), 2);
//! assert_eq!(characters.decode(&data.inputs[0])?, "to be, o");
//! assert_eq!(characters.decode(&data.targets[0])?, "o be, or");
//! # Ok::<(), dl::Error>(())
//! ```

mod byte_pairs;
mod bytes;
mod characters;
pub(super) mod file;
#[cfg(feature = "tokenizers")]
mod json;
mod stream;
#[cfg(test)]
mod tests;
mod windows;
mod words;

pub use byte_pairs::BytePairs;
pub use bytes::Bytes;
pub use characters::Characters;
#[cfg(feature = "tokenizers")]
pub use json::TokenizerJson;
pub use stream::DecodeStream;
pub use windows::{streams, windows};

use crate::{Error, Result};

/// Converts text to tokens, which are numbers below [`Tokenizer::vocabulary`], and back.
pub trait Tokenizer {
    /// Converts `text` to tokens.
    ///
    /// # Errors
    /// [`Error::UnknownCharacter`] where a text cannot be written in the tokens of this tokenizer.
    fn encode(&self, text: &str) -> Result<Vec<u32>>;
    /// Converts `tokens` to text. Decoding the result of [`Tokenizer::encode`] gives the original text.
    ///
    /// If tokens are bytes or parts of characters, a model may generate a list that is not valid UTF-8. Its invalid parts become
    /// U+FFFD (�), as in [`String::from_utf8_lossy`].
    ///
    /// # Errors
    /// [`Error::UnknownToken`] names the first token that is not in the vocabulary.
    fn decode(&self, tokens: &[u32]) -> Result<String>;
    /// The number of tokens: the first size of a model's `embedding`.
    fn vocabulary(&self) -> usize;
}

/// Checks that all of `tokens` are below `vocabulary`.
fn check(tokens: &[u32], vocabulary: usize) -> Result<()> {
    match tokens.iter().position(|&token| token as usize >= vocabulary) {
        Some(index) => Err(Error::UnknownToken { index, token: tokens[index], vocabulary }),
        None => Ok(()),
    }
}

/// Bytes as text, with U+FFFD in the place of what is not UTF-8.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
