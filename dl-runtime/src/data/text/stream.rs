//! Text from tokens that come one after the other, as whole characters.

use super::Tokenizer;
use crate::{Error, Result};

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
    /// The tokens whose text has not been returned, after those of the last piece: some tokenizers write a token in another way at the
    /// beginning of a text.
    tokens: Vec<u32>,
    /// The number of tokens of the last piece.
    returned: usize,
}

impl<'a, T: Tokenizer + ?Sized> DecodeStream<'a, T> {
    /// The beginning of a text.
    pub fn new(tokenizer: &'a T) -> Self {
        DecodeStream { tokenizer, tokens: Vec::new(), returned: 0 }
    }
    /// Takes the next token. Returns the text that it completes, which is empty within a character.
    ///
    /// # Errors
    /// [`Error::UnknownToken`] where the token is not in the vocabulary; its index is that among the tokens
    /// that wait. The stream goes on without it.
    pub fn push(&mut self, token: u32) -> Result<String> {
        self.tokens.push(token);
        let text = self.text().map_err(|error| {
            self.tokens.pop();
            match error {
                Error::UnknownToken { index, token, vocabulary } => {
                    Error::UnknownToken { index: index.saturating_sub(self.returned), token, vocabulary }
                }
                other => other,
            }
        })?;
        // It may be the beginning of a character.
        if text.ends_with(char::REPLACEMENT_CHARACTER) {
            return Ok(String::new());
        }
        self.tokens.drain(..self.returned);
        self.returned = self.tokens.len();
        Ok(text)
    }
    /// Ends the text. Returns what still waits, with U+FFFD for a character that was not completed. The next token begins another text.
    ///
    /// # Errors
    /// As [`Tokenizer::decode`].
    pub fn finish(&mut self) -> Result<String> {
        let text = self.text();
        self.tokens.clear();
        self.returned = 0;
        text
    }

    /// Returns the text of the tokens that wait.
    fn text(&self) -> Result<String> {
        let all = self.tokenizer.decode(&self.tokens)?;
        let before = self.tokenizer.decode(&self.tokens[..self.returned])?;
        match all.strip_prefix(&*before) {
            Some(text) => Ok(text.into()),
            // The end of a piece became another by what follows.
            None => self.tokenizer.decode(&self.tokens[self.returned..]),
        }
    }
}
