//! The sequential random number generator for initial weights and shuffles.

use super::{GROUP, Purpose, uniform, words};
use crate::device::cpu::simd::simd;
use std::slice;

/// A seeded sequence of random numbers. Its position can be saved, and the sequence can continue from there.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::random::Rng;
/// let mut rng = Rng::new(7);
/// let mut order = [0, 1, 2, 3, 4];
/// rng.shuffle(&mut order);
/// let mut resumed = Rng::at(7, rng.position());
/// assert_eq!(resumed.next_u32(), rng.next_u32());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    seed: u64,
    /// Index of the next word of the sequence.
    position: u64,
    /// The group of `position`, unless that is the first word of a group.
    buffer: [u32; GROUP],
}

impl Rng {
    /// Returns the start of the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self::at(seed, 0)
    }
    /// Returns the sequence of `seed` from a [`Rng::position`] on.
    pub fn at(seed: u64, position: u64) -> Self {
        let buffer = words(seed, 0, Purpose::Sequence, position / GROUP as u64);
        Rng { seed, position, buffer }
    }
    /// Returns the seed of the sequence.
    pub fn seed(&self) -> u64 {
        self.seed
    }
    /// Returns the number of words drawn so far, which is the whole state together with the seed.
    pub fn position(&self) -> u64 {
        self.position
    }
    /// Draws 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let at = (self.position % GROUP as u64) as usize;
        if at == 0 {
            self.buffer = words(self.seed, 0, Purpose::Sequence, self.position / GROUP as u64);
        }
        self.position += 1;
        self.buffer[at]
    }
    /// Draws 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) << 32 | u64::from(self.next_u32())
    }
    /// Draws a uniform number in [0, 1) of 24 random bits.
    pub fn uniform(&mut self) -> f32 {
        uniform(self.next_u32())
    }
    /// Draws a normal number with mean 0 and standard deviation 1.
    pub fn normal(&mut self) -> f32 {
        super::normal(self.next_u32())
    }
    /// Draws a uniform number in `0..n` without bias (Lemire, "Fast random integer generation in an interval", 2019); 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        let n = n as u64;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            // The lowest `2⁶⁴ mod n` products of each interval are rejected, so that all intervals have the same size.
            if n == 0 || product as u64 >= n.wrapping_neg() % n {
                return (product >> 64) as usize;
            }
        }
    }
    /// Puts `items` into random order by the Fisher-Yates shuffle. No item is moved to the stack, however large it is.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let (before, rest) = items.split_at_mut(i);
            // Not `swap`, which would have an item on the stack: this exchanges words.
            if let Some(other) = before.get_mut(self.below(i + 1)) {
                slice::from_mut(other).swap_with_slice(&mut rest[..1]);
            }
        }
    }
    /// Fills `values` with `f` of one random word each, from the next whole group on, which is faster than one call for each.
    pub fn fill(&mut self, values: &mut [f32], f: impl Fn(u32) -> f32) {
        let first = self.position.div_ceil(GROUP as u64);
        fill(self.seed, first, values, f);
        self.position = (first + values.len().div_ceil(GROUP) as u64) * GROUP as u64;
    }
}

simd! {
    /// Fills `values` with `f` of the words of the sequence from the group `first` on.
    fn fill<S, F>(seed: u64, first: u64, values: &mut [f32], f: F) where [F: Fn(u32) -> f32] {
        for (i, chunk) in values.chunks_mut(GROUP).enumerate() {
            let words = words(seed, 0, Purpose::Sequence, first + i as u64);
            chunk.iter_mut().zip(&words).for_each(|(value, word)| *value = f(*word));
        }
    }
}
