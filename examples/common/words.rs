//! A vocabulary of whole words, for texts whose words stand between spaces.

use std::cmp::Reverse;
use std::collections::HashMap;

/// The words that have a token: the most frequent ones. All others share the token 0.
#[derive(Clone, Debug)]
pub struct Words {
    tokens: HashMap<String, u32>,
}

impl Words {
    /// Takes words that occur at least twice, so that some words of the same texts are unknown: a model learns what to make of those too.
    /// There are at most `vocabulary` tokens.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a String>, vocabulary: usize) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for text in texts {
            text.split_whitespace().for_each(|word| *counts.entry(word).or_default() += 1);
        }
        let mut words: Vec<(&str, usize)> = counts.into_iter().filter(|(_, count)| *count >= 2).collect();
        // The order of a map is another one each time; that of words is not.
        words.sort_unstable_by_key(|(word, count)| (Reverse(*count), *word));
        let words = words.into_iter().take(vocabulary.saturating_sub(1));
        Words { tokens: words.zip(1..).map(|((word, _), token)| (word.to_owned(), token)).collect() }
    }
    /// The tokens of a text; a text without words is one unknown word.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let tokens = text.split_whitespace().map(|word| self.tokens.get(word).copied().unwrap_or(0));
        let tokens: Vec<u32> = tokens.collect();
        if tokens.is_empty() { vec![0] } else { tokens }
    }
}
