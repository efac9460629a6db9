//! The tokenizer of bytes.

use super::{Tokenizer, check, lossy};
use crate::Result;
use serde::{Deserialize, Serialize};

/// Every byte of a text in UTF-8 is a token: 0 to 255.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::text::{Bytes, Tokenizer};
/// assert_eq!(Bytes.encode("né")?, [110, 195, 169]);
/// assert_eq!(Bytes.decode(&[110, 195, 169])?, "né");
/// assert_eq!(Bytes.decode(&[110, 195])?, "n\u{fffd}"); // half of an é is no text
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes;

impl Tokenizer for Bytes {
    fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Ok(text.bytes().map(u32::from).collect())
    }
    fn decode(&self, tokens: &[u32]) -> Result<String> {
        check(tokens, self.vocabulary())?;
        Ok(lossy(tokens.iter().map(|token| *token as u8).collect()))
    }
    fn vocabulary(&self) -> usize {
        256
    }
}
