//! Text from tokens that come one after the other, as whole characters.

use super::Tokenizer;
use crate::Result;
use std::mem;

/// Decodes tokens as they come, such as those of [`Sampler::generate`](crate::sampling::Sampler::generate).
///
/// A token may be a part of a character. Its text then waits for the tokens that complete it; so the pieces together are the text that
/// [`Tokenizer::decode`] makes of all tokens at once.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::text::{Bytes, DecodeStream, Tokenizer};
/// let mut stream = DecodeStream::new(&Bytes);
/// let mut pieces = Vec::new();
/// for token in Bytes.encode("né!")? {
///     pieces.push(stream.push(token)?);
/// }
/// assert_eq!(pieces, ["n", "", "é", "!"]);
/// assert_eq!(stream.finish()?, "");
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DecodeStream<'a, T: ?Sized> {
    tokenizer: &'a T,
    /// The tokens whose text has not been returned.
    waiting: Vec<u32>,
}

impl<'a, T: Tokenizer + ?Sized> DecodeStream<'a, T> {
    /// The beginning of a text.
    pub fn new(tokenizer: &'a T) -> Self {
        DecodeStream { tokenizer, waiting: Vec::new() }
    }
    /// Takes the next token. Returns the text that it completes, which is empty within a character.
    ///
    /// # Errors
    /// [`Error::UnknownToken`](crate::Error::UnknownToken) where the token is not in the vocabulary; its index is that among the tokens
    /// that wait. The stream goes on without it.
    pub fn push(&mut self, token: u32) -> Result<String> {
        self.waiting.push(token);
        let text = self.tokenizer.decode(&self.waiting).inspect_err(|_| {
            self.waiting.pop();
        })?;
        // It may be the beginning of a character.
        if text.ends_with(char::REPLACEMENT_CHARACTER) {
            return Ok(String::new());
        }
        self.waiting.clear();
        Ok(text)
    }
    /// Ends the text. Returns what still waits, with U+FFFD for a character that was not completed. The next token begins another text.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn finish(&mut self) -> Result<String> {
        self.tokenizer.decode(&mem::take(&mut self.waiting))
    }
}
