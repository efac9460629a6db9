//! An iterator that generates a text token by token.

use super::Sampler;
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::iter::FusedIterator;

/// The logits of the next token, `[vocabulary]`: one for each token, as a model computes them.
///
/// Arrays, vectors and slices of `f32` are logits, boxed or not, and so are results of them.
pub trait Logits {
    /// Calls `f` with the logits, or returns the error instead of them.
    ///
    /// # Errors
    /// Returns the error of the model, or of `f`.
    fn read<R>(self, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R>;
}

macro_rules! logits {
    ($(<$($n:ident)?> $type:ty),* $(,)?) => {$(
        impl<$(const $n: usize)?> Logits for $type {
            fn read<R>(self, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
                f(&self[..])
            }
        }
    )*};
}

logits!(
    <> &[f32],
    <> Vec<f32>,
    <> Box<[f32]>,
    <N> [f32; N],
    <N> &[f32; N],
    <N> Box<[f32; N]>,
);

impl<L: Logits> Logits for Result<L> {
    fn read<R>(self, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
        self.and_then(|logits| logits.read(f))
    }
}

/// An iterator over the tokens of a text, made by [`Sampler::generate`]. Each token is drawn when `next` is called.
///
/// It ends after the requested number of tokens, before a token of [`Generation::stop_at`], and after an error.
#[derive(Debug)]
pub struct Generation<'a, F> {
    sampler: &'a mut Sampler,
    model: F,
    /// The first tokens, and those drawn.
    tokens: Vec<u32>,
    /// The number of tokens that may still be drawn; 0 after the end.
    left: usize,
    stops: BTreeSet<u32>,
    stopped_by: Option<u32>,
}

impl Sampler {
    /// Generates at most `max` tokens after `first`. For each, `model` gets all tokens so far and returns the logits of the next one; it
    /// decides which of them a network sees (such as the last few, padded or not).
    ///
    /// The iterator yields the drawn tokens, without `first`, or the error of `model` or [`Sampler::sample`].
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::sampling::Sampler;
    /// // Counts modulo 5, and is sure of it.
    /// let count = |tokens: &[u32]| {
    ///     let mut logits = [0.0; 5];
    ///     logits[(tokens.last().map_or(0, |last| last + 1) % 5) as usize] = 100.0;
    ///     logits
    /// };
    /// let mut sampler = Sampler::greedy();
    /// for token in sampler.generate(&[3], 4, count) {
    ///     print!("{} ", token?); // 4 0 1 2
    /// }
    /// let mut text = sampler.generate(&[], usize::MAX, count).stop_at([3]);
    /// assert_eq!(text.by_ref().collect::<dl::Result<Vec<u32>>>()?, [0, 1, 2]);
    /// assert_eq!(text.stopped_by(), Some(3));
    /// # Ok::<(), dl::Error>(())
    /// ```
    pub fn generate<F, L>(&mut self, first: &[u32], max: usize, model: F) -> Generation<'_, F>
    where
        F: FnMut(&[u32]) -> L,
        L: Logits,
    {
        let (tokens, stops) = (first.to_vec(), BTreeSet::new());
        Generation { sampler: self, model, tokens, left: max, stops, stopped_by: None }
    }
}

impl<F> Generation<'_, F> {
    /// Ends the text where one of these tokens is drawn, such as the one for the end of a text. It is not yielded itself.
    #[must_use]
    pub fn stop_at(mut self, tokens: impl IntoIterator<Item = u32>) -> Self {
        self.stops.extend(tokens);
        self
    }
    /// All tokens so far, the first ones and those that were drawn.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }
    /// The token of [`Generation::stop_at`] that ended the text.
    pub fn stopped_by(&self) -> Option<u32> {
        self.stopped_by
    }
}

impl<F, L> Iterator for Generation<'_, F>
where
    F: FnMut(&[u32]) -> L,
    L: Logits,
{
    type Item = Result<u32, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        match (self.model)(&self.tokens).read(|logits| self.sampler.sample(logits)) {
            Ok(token) if self.stops.contains(&token) => {
                (self.left, self.stopped_by) = (0, Some(token));
                None
            }
            Ok(token) => {
                self.left -= 1;
                self.tokens.push(token);
                Some(Ok(token))
            }
            Err(error) => {
                self.left = 0;
                Some(Err(error))
            }
        }
    }
}

impl<F, L> FusedIterator for Generation<'_, F>
where
    F: FnMut(&[u32]) -> L,
    L: Logits,
{
}
