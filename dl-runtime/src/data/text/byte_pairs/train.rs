//! Training: the most frequent pair, again and again, in a time that does not grow with the number of merges times the text.
//!
//! Words that are equal are merged once, and count as often as they occur. Where each pair stands is known, so a merge goes to these
//! places alone and counts what changes there. Every merge of two tokens makes the words shorter: all merges together take about as
//! many steps as the distinct words have bytes. The most frequent pair comes from a heap whose counts may be too high; then it is put back
//! with the true one.

use super::super::words::words;
use super::{BYTES, LONGEST};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// The fewest occurrences of a pair that is merged: those that occur once would learn the text by heart.
const FEWEST: u64 = 2;
/// The token in the place of the right half of a merged pair.
const GONE: u32 = u32::MAX;
/// The neighbour of the first and the last token of a word.
const NONE: usize = usize::MAX;

type Pair = (u32, u32);

/// Learns the merges of a vocabulary of at most `vocabulary` tokens.
pub fn merges(text: &str, vocabulary: usize) -> Vec<Pair> {
    let mut times: HashMap<&str, u64> = HashMap::new();
    words(text).for_each(|word| *times.entry(word).or_default() += 1);
    // Sums do not depend on the order, which is another in every run.
    let mut corpus = Corpus::of(times);
    let mut frequent: BinaryHeap<(u64, Reverse<Pair>)> = BinaryHeap::new();
    frequent.extend(corpus.pairs.iter().map(|(pair, found)| (found.times, Reverse(*pair))));

    let mut merges: Vec<Pair> = Vec::new();
    let mut lengths = vec![1; BYTES];
    while BYTES + merges.len() < vocabulary {
        let Some((times, Reverse(pair))) = frequent.pop() else { break };
        let Some(found) = corpus.pairs.get(&pair) else { continue };
        if found.times < FEWEST {
            continue;
        }
        if found.times < times {
            frequent.push((found.times, Reverse(pair)));
            continue;
        }
        let length = lengths[pair.0 as usize] + lengths[pair.1 as usize];
        if length > LONGEST {
            continue;
        }
        let token = (BYTES + merges.len()) as u32;
        merges.push(pair);
        lengths.push(length);
        for made in corpus.merge(pair, token) {
            frequent.extend(corpus.pairs.get(&made).map(|found| (found.times, Reverse(made))));
        }
    }
    merges
}

/// The distinct words, one after the other, as lists of tokens.
struct Corpus {
    tokens: Vec<u32>,
    /// The places of the neighbours in the word.
    before: Vec<usize>,
    after: Vec<usize>,
    /// The number of times that the word of each place occurs in the text.
    times: Vec<u64>,
    pairs: HashMap<Pair, Found>,
}

/// The occurrences of a pair.
#[derive(Default)]
struct Found {
    /// Their number in the text, with equal words.
    times: u64,
    /// The places of the left half, some of which other merges have taken; in ascending order within each word.
    places: Vec<usize>,
}

impl Corpus {
    fn of(words: HashMap<&str, u64>) -> Self {
        let mut corpus = Corpus {
            tokens: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            times: Vec::new(),
            pairs: HashMap::new(),
        };
        for (word, times) in words {
            let start = corpus.tokens.len();
            let end = start + word.len();
            corpus.tokens.extend(word.bytes().map(u32::from));
            corpus.times.resize(end, times);
            for at in start..end {
                corpus.before.push(if at == start { NONE } else { at - 1 });
                corpus.after.push(if at + 1 == end { NONE } else { at + 1 });
            }
            for at in start..end - 1 {
                corpus.add((corpus.tokens[at], corpus.tokens[at + 1]), at);
            }
        }
        corpus
    }
    /// Counts a pair whose left half is at `at`. Returns whether it is the first.
    fn add(&mut self, pair: Pair, at: usize) -> bool {
        let found = self.pairs.entry(pair).or_default();
        found.times += self.times[at];
        found.places.push(at);
        found.places.len() == 1
    }
    /// Takes a pair away that is no longer at `at`.
    fn remove(&mut self, pair: Pair, at: usize) {
        // The pair that is being merged is not among them.
        if let Some(found) = self.pairs.get_mut(&pair) {
            found.times -= self.times[at];
        }
    }
    /// Puts `token` in all places of a pair. Returns the pairs that are new.
    fn merge(&mut self, pair: Pair, token: u32) -> Vec<Pair> {
        let mut made = Vec::new();
        for at in self.pairs.remove(&pair).unwrap_or_default().places {
            let right = self.after[at];
            // Another merge may have taken one of the two: also this one, in `aaa`.
            if self.tokens[at] != pair.0 || right == NONE || self.tokens[right] != pair.1 {
                continue;
            }
            let (before, after) = (self.before[at], self.after[right]);
            self.tokens[at] = token;
            self.tokens[right] = GONE;
            self.after[at] = after;
            if before != NONE {
                let left = self.tokens[before];
                self.remove((left, pair.0), at);
                made.extend(self.add((left, token), before).then_some((left, token)));
            }
            if after != NONE {
                self.before[after] = at;
                let right = self.tokens[after];
                self.remove((pair.1, right), at);
                made.extend(self.add((token, right), at).then_some((token, right)));
            }
        }
        made
    }
}
