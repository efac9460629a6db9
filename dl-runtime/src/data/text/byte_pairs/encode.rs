//! Encoding: in every word the earliest merge first, the leftmost one where there are several, until there is none.
//!
//! The pairs of a word wait in a heap, so that the time hardly grows faster than the length of a word, also where a text has no spaces.
//! Words that come again are copied.

use super::super::words::words;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// The neighbour of the first and the last token.
const NONE: usize = usize::MAX;
/// The token in the place of the right half of a merged pair.
const GONE: u32 = u32::MAX;

/// The tokens of `text`, where `merges` has the token of each pair.
pub fn encode(text: &str, merges: &HashMap<(u32, u32), u32>) -> Vec<u32> {
    let mut tokens = Vec::new();
    let mut seen = HashMap::new();
    let mut encoder =
        Encoder { merges, tokens: Vec::new(), before: Vec::new(), after: Vec::new(), waiting: BinaryHeap::new() };
    for word in words(text) {
        if let Some(&(start, end)) = seen.get(word) {
            tokens.extend_from_within(start..end);
            continue;
        }
        let start = tokens.len();
        encoder.encode(word.as_bytes(), &mut tokens);
        seen.insert(word, (start, tokens.len()));
    }
    tokens
}

/// A word while it is merged.
struct Encoder<'a> {
    merges: &'a HashMap<(u32, u32), u32>,
    tokens: Vec<u32>,
    before: Vec<usize>,
    after: Vec<usize>,
    /// Pairs that may be merged: the token that comes of it, and the place of the left half.
    waiting: BinaryHeap<Reverse<(u32, usize)>>,
}

impl Encoder<'_> {
    /// Appends the tokens of a word to `to`.
    fn encode(&mut self, word: &[u8], to: &mut Vec<u32>) {
        let len = word.len();
        self.tokens.clear();
        self.tokens.extend(word.iter().map(|byte| u32::from(*byte)));
        self.before.clear();
        self.before.extend((0..len).map(|at| at.checked_sub(1).unwrap_or(NONE)));
        self.after.clear();
        self.after.extend((1..=len).map(|at| if at < len { at } else { NONE }));
        (0..len).for_each(|at| self.wait(at));
        while let Some(Reverse((token, at))) = self.waiting.pop() {
            // One of the two may have gone into another merge.
            if self.merge_at(at) != Some(token) {
                continue;
            }
            let right = self.after[at];
            let after = self.after[right];
            self.tokens[at] = token;
            self.tokens[right] = GONE;
            self.after[at] = after;
            if after != NONE {
                self.before[after] = at;
            }
            self.wait(at);
            if self.before[at] != NONE {
                self.wait(self.before[at]);
            }
        }
        to.extend(self.tokens.iter().filter(|token| **token != GONE));
    }
    /// The token that the pair at `at` makes.
    fn merge_at(&self, at: usize) -> Option<u32> {
        let right = *self.tokens.get(self.after[at])?;
        self.merges.get(&(self.tokens[at], right)).copied()
    }
    /// Puts the pair at `at` among those that may be merged.
    fn wait(&mut self, at: usize) {
        if let Some(token) = self.merge_at(at) {
            self.waiting.push(Reverse((token, at)));
        }
    }
}
