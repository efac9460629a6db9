//! The tokenizer of byte pairs: bytes, and what often stands together, learned from a text.

mod encode;
mod train;

use super::{Tokenizer, check, file, lossy};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// The tokens that are bytes.
const BYTES: usize = 256;
/// The most bytes of a token: two tokens that would be longer are not merged. A file cannot ask for more memory than it is long.
const LONGEST: usize = 256;

/// A tokenizer whose tokens are bytes and merged pairs of tokens: the most frequent pair of a text becomes a token, again and again.
///
/// The first 256 tokens are the bytes, so every text can be encoded, and every text comes back from its tokens. Pairs lie within
/// words, which are cut as GPT-2 cuts them, with the space before a word as a part of it.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::text::{BytePairs, Tokenizer};
/// let text = "the cat and the other cat gather the feathers";
/// let pairs = BytePairs::train(text, 260)?;
/// let tokens = pairs.encode("the weather")?;
/// assert_eq!(pairs.decode(&tokens)?, "the weather");
/// // `he` and ` t` are frequent: they have tokens of their own.
/// assert!(tokens.len() < "the weather".len());
/// assert_eq!(pairs.bytes_of(256), Some(&b"he"[..]));
/// # Ok::<(), dl::Error>(())
/// ```
///
/// With serde it is `{"merges": [[104, 101], …]}`: token `256 + i` is merge `i`, a pair of earlier tokens.
///
/// Sources: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units", ACL 2016; over bytes and such words:
/// Radford et al., "Language models are unsupervised multitask learners", 2019.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Merges", into = "Merges")]
pub struct BytePairs {
    merges: Vec<(u32, u32)>,
    /// The token of each pair.
    tokens: HashMap<(u32, u32), u32>,
    /// The bytes of all tokens, one after the other.
    bytes: Vec<u8>,
    /// The ends of the tokens in `bytes`.
    ends: Vec<usize>,
}

/// The contents of a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Merges {
    merges: Vec<(u32, u32)>,
}

impl BytePairs {
    /// Learns a vocabulary of at most `vocabulary` tokens, at least 256, from `text`.
    ///
    /// The most frequent pair becomes a token, the one of the lowest tokens where several are as frequent. Overlapping pairs count each
    /// (`aaa` has two of `aa`). Pairs that occur once are never merged, nor those of more than 256 bytes together: so a short text
    /// may end with fewer tokens, as [`Tokenizer::vocabulary`] tells. The time is about that of reading the text and of
    /// changing its distinct words, whatever the size of the vocabulary.
    ///
    /// # Errors
    /// [`Error::Setting`] where the vocabulary is below 256, or its tokens would not fit a `u32`.
    pub fn train(text: &str, vocabulary: usize) -> Result<Self> {
        if vocabulary < BYTES || u32::try_from(vocabulary).is_err() {
            let expected = format!("a whole number from {BYTES} to {}", u32::MAX);
            let found = vocabulary.to_string();
            return Err(Error::Setting { setting: "vocabulary", of: "BytePairs", expected, found });
        }
        Self::from_merges(train::merges(text, vocabulary))
    }
    /// Takes merges from elsewhere: token `256 + i` is the pair `merges[i]` of earlier tokens, each pair once, of at most 256 bytes.
    ///
    /// # Errors
    /// [`Error::Setting`] about the first pair that is not so.
    pub fn from_merges(merges: Vec<(u32, u32)>) -> Result<Self> {
        let mut pairs = BytePairs {
            merges: Vec::new(),
            tokens: HashMap::with_capacity(merges.len()),
            bytes: (0..=u8::MAX).collect(),
            ends: (1..=BYTES).collect(),
        };
        for (index, &(left, right)) in merges.iter().enumerate() {
            let wrong = |expected: String| {
                let found = format!("({left}, {right}) at index {index}");
                Err(Error::Setting { setting: "merges", of: "BytePairs", expected, found })
            };
            let (Some(a), Some(b)) = (pairs.range_of(left), pairs.range_of(right)) else {
                return wrong(format!("a pair of earlier tokens, here 0 to {}", BYTES + index - 1));
            };
            if a.len() + b.len() > LONGEST {
                return wrong(format!("pairs of at most {LONGEST} bytes together"));
            }
            if pairs.tokens.insert((left, right), (BYTES + index) as u32).is_some() {
                return wrong("pairs that do not come twice".into());
            }
            pairs.bytes.extend_from_within(a);
            pairs.bytes.extend_from_within(b);
            pairs.ends.push(pairs.bytes.len());
        }
        pairs.merges = merges;
        Ok(pairs)
    }
    /// The pairs that are tokens: `merges()[i]` is the token `256 + i`.
    pub fn merges(&self) -> &[(u32, u32)] {
        &self.merges
    }
    /// The bytes of a token, which may be a part of a character; `None` if it is not in the vocabulary.
    pub fn bytes_of(&self, token: u32) -> Option<&[u8]> {
        self.range_of(token).map(|range| &self.bytes[range])
    }
    /// Writes the merges as JSON, atomically.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::text::BytePairs;
    /// # let path = std::env::temp_dir().join(format!("pairs-{}.json", std::process::id()));
    /// let pairs = BytePairs::train("never and ever", 300)?;
    /// pairs.save(&path)?;
    /// assert_eq!(BytePairs::load(&path)?, pairs);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::save(self, path.as_ref())
    }
    /// Reads what [`BytePairs::save`] wrote. Other programs' files of byte pairs (`tokenizer.json`, `merges.txt`) are something else.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Format`] where it is something else, or merges that [`BytePairs::from_merges`] refuses.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        file::load(path.as_ref(), "the merges of byte pairs")
    }

    fn range_of(&self, token: u32) -> Option<std::ops::Range<usize>> {
        let token = token as usize;
        let end = *self.ends.get(token)?;
        Some(if token == 0 { 0 } else { self.ends[token - 1] }..end)
    }
}

impl Tokenizer for BytePairs {
    /// The tokens of `text`; there are some for every text.
    fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Ok(encode::encode(text, &self.tokens))
    }
    fn decode(&self, tokens: &[u32]) -> Result<String> {
        check(tokens, self.vocabulary())?;
        let bytes = tokens.iter().filter_map(|token| self.bytes_of(*token));
        Ok(lossy(bytes.flatten().copied().collect()))
    }
    fn vocabulary(&self) -> usize {
        self.ends.len()
    }
}

impl From<BytePairs> for Merges {
    fn from(pairs: BytePairs) -> Self {
        Merges { merges: pairs.merges }
    }
}

impl TryFrom<Merges> for BytePairs {
    type Error = Error;

    fn try_from(file: Merges) -> Result<Self> {
        BytePairs::from_merges(file.merges)
    }
}
