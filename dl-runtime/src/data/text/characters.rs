//! The tokenizer of characters.

use super::{Tokenizer, check, file};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// The characters of a text are the tokens, numbered in the order of their code points.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::text::{Characters, Tokenizer};
/// let characters = Characters::of("banana");
/// assert_eq!(characters.characters(), ['a', 'b', 'n']);
/// assert_eq!(characters.encode("nab")?, [2, 0, 1]);
/// assert_eq!(characters.decode(&[1, 0, 2])?, "ban");
/// let error = characters.encode("nap").unwrap_err();
/// assert_eq!(error.to_string(), "character 'p' (U+0070) at byte 2 of the text is not in the vocabulary of 3 characters");
/// # Ok::<(), dl::Error>(())
/// ```
///
/// With serde it is a string of its characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Characters {
    /// Without repetitions, in ascending order.
    characters: Vec<char>,
}

impl Characters {
    /// Makes the vocabulary of all characters of `text`. Pass the whole text, because a character of validation data that is not in
    /// the vocabulary cannot be encoded.
    pub fn of(text: &str) -> Self {
        let mut characters = BTreeSet::new();
        characters.extend(text.chars());
        Characters { characters: characters.into_iter().collect() }
    }
    /// All characters; the index of each is its token.
    pub fn characters(&self) -> &[char] {
        &self.characters
    }
    /// Writes the characters as JSON, atomically.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::save(self, path.as_ref())
    }
    /// Reads a file that [`Characters::save`] wrote.
    ///
    /// # Errors
    /// Returns [`Error::Io`], and [`Error::Format`] if the file holds something else.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        file::load(path.as_ref(), "a string of characters in ascending order")
    }
}

impl Tokenizer for Characters {
    fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let token = |(at, character)| match self.characters.binary_search(&character) {
            Ok(token) => Ok(token as u32),
            Err(_) => Err(Error::UnknownCharacter { character, at, vocabulary: self.characters.len() }),
        };
        text.char_indices().map(token).collect()
    }
    fn decode(&self, tokens: &[u32]) -> Result<String> {
        check(tokens, self.vocabulary())?;
        Ok(tokens.iter().map(|token| self.characters[*token as usize]).collect())
    }
    fn vocabulary(&self) -> usize {
        self.characters.len()
    }
}

impl From<Characters> for String {
    fn from(characters: Characters) -> String {
        characters.characters.into_iter().collect()
    }
}

impl TryFrom<String> for Characters {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let characters: Vec<char> = text.chars().collect();
        match characters.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(format!("{:?} stands before {:?}", pair[0], pair[1])),
            None => Ok(Characters { characters }),
        }
    }
}
