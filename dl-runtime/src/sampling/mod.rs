//! Sampling draws the next token of a text from the logits of a model, and generates a text token by token.
//!
//! A [`Sampler`] turns logits into a distribution and draws from it: temperature first, then [`Sampler::top_k`], then [`Sampler::top_p`].
//! This is the order of Hugging Face's `transformers`, and order matters: top-p sums the probabilities of the tokens that top-k kept. Among
//! equal logits, the lower token comes first.
//!
//! ```text
//! p(i) ∝ exp(xᵢ / temperature)        over the tokens that are left
//! top-k: the k tokens of the largest logits
//! top-p: the fewest tokens, the most probable first, whose probabilities add up to at least p
//! ```
//!
//! Sources: Fan, Lewis, Dauphin, "Hierarchical neural story generation", ACL 2018, for top-k; Holtzman, Buys, Du, Forbes, Choi,
//! "The curious case of neural text degeneration", ICLR 2020, for top-p.
//!
//! [`Sampler::generate`] generates a whole text. The model is a function from tokens to logits, so the caller decides how much of the
//! text it sees:
//!
//! ```
//! # use dl_runtime as dl;
//! use dl::sampling::Sampler;
//! # fn logits(window: &[u32; 4]) -> Vec<f32> { (0..8).map(|i| if i == (window[3] + 1) % 8 { 9.0 } else { 0.0 }).collect() }
//! let mut sampler = Sampler::new(42).temperature(0.8).top_k(40).top_p(0.95);
//! let text = sampler.generate(&[1, 2], 6, |tokens| {
//!     // A model of the last 4 tokens, such as `net.predict_one(&window)`; 0 stands where there are none yet.
//!     let mut window = [0; 4];
//!     let seen = tokens.len().min(4);
//!     window[4 - seen..].copy_from_slice(&tokens[tokens.len() - seen..]);
//!     logits(&window)
//! });
//! assert_eq!(text.stop_at([7]).collect::<dl::Result<Vec<u32>>>()?, [3, 4, 5, 6]);
//! # Ok::<(), dl::Error>(())
//! ```

mod exp;
mod generation;
#[cfg(test)]
mod tests;

pub use generation::{Generation, Logits};

use crate::random::Rng;
use crate::range::{self, POSITIVE, SHARE};
use crate::{Error, Result};
use exp::exp;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::{fmt, iter, mem};

/// Draws tokens from the logits of a model.
///
/// The same seed, settings and logits give the same tokens, on every machine. After the first call, none allocates unless it is given
/// more logits than any before.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::sampling::Sampler;
/// let logits = [1.0, 3.0, 2.0, f32::NEG_INFINITY];
/// let mut sampler = Sampler::new(42).temperature(0.7).top_k(2);
/// let token = sampler.sample(&logits)?; // 1, sometimes 2
/// assert!(token == 1 || token == 2);
/// assert_eq!(Sampler::greedy().sample(&logits)?, 1);
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone)]
pub struct Sampler {
    temperature: f64,
    top_k: Option<usize>,
    top_p: f64,
    /// `None` if the token with the largest logit is always taken.
    rng: Option<Rng>,
    /// Memory for the tokens in order of their logits, used while cutting.
    ranked: BinaryHeap<Ranked>,
    /// The tokens that are left.
    left: Vec<Candidate>,
}

/// The settings, without the memory.
impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampler")
            .field("temperature", &self.temperature)
            .field("top_k", &self.top_k)
            .field("top_p", &self.top_p)
            .field("seed", &self.rng.as_ref().map(Rng::seed))
            .finish_non_exhaustive()
    }
}

/// A token that may be drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The token.
    pub token: u32,
    /// Its probability; those of all candidates add up to 1.
    pub probability: f64,
}

/// A token in the order of cuts: by its logit, and the lower token first where logits are equal.
#[derive(Clone, Copy)]
struct Ranked {
    /// A number, or -inf.
    logit: f32,
    token: u32,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        // By value, unlike `total_cmp`: -0 is 0. NaN has been refused.
        let logits = self.logit.partial_cmp(&other.logit).unwrap_or(Ordering::Equal);
        logits.then(other.token.cmp(&self.token))
    }
}
impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Ranked {}

impl Sampler {
    /// Draws from the softmax of all logits, with random numbers from `seed`.
    pub fn new(seed: u64) -> Self {
        Sampler { rng: Some(Rng::new(seed)), ..Sampler::greedy() }
    }
    /// Always takes the token with the largest logit, the lowest token among equal ones. Temperature, top-k and top-p have no effect.
    pub fn greedy() -> Self {
        Sampler { temperature: 1.0, top_k: None, top_p: 1.0, rng: None, ranked: BinaryHeap::new(), left: Vec::new() }
    }
    /// Divides the logits by `temperature`, which must be above 0. Below 1, probable tokens become more probable; above 1, less. The
    /// default is 1.
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = temperature;
        self
    }
    /// Keeps the `k` tokens with the largest logits, or all if there are fewer. `k` must be at least 1.
    ///
    /// Among equal logits at the border it keeps the lower tokens, so there are never more than `k` (`transformers` keeps all of them).
    #[must_use]
    pub fn top_k(mut self, k: usize) -> Self {
        self.top_k = Some(k);
        self
    }
    /// Keeps the smallest set of most probable tokens whose probabilities add up to at least `p`, from 0 to 1 (nucleus sampling).
    ///
    /// At least one token is kept. The default, 1, keeps all.
    #[must_use]
    pub fn top_p(mut self, p: f64) -> Self {
        self.top_p = p;
        self
    }
    /// Checks that every setting is in its range. [`Sampler::sample`] calls it.
    ///
    /// # Errors
    /// [`Error::Setting`] with the value and the range.
    pub fn check(&self) -> Result<()> {
        range::check("Sampler", &[("temperature", self.temperature, POSITIVE), ("top_p", self.top_p, SHARE)])?;
        range::at_least_one("Sampler", "top_k", self.top_k.unwrap_or(1) as u64)
    }

    /// Draws a token, which is an index into `logits`, `[vocabulary]`. A token whose logit is -inf is never drawn.
    ///
    /// # Errors
    /// [`Error::Empty`] without logits, [`Error::Logit`] where one is NaN or +inf, [`Error::NoToken`] where all are -inf, and
    /// [`Error::Setting`].
    pub fn sample(&mut self, logits: &[f32]) -> Result<u32> {
        self.distribution(logits)?;
        let Some(rng) = &mut self.rng else { return Ok(self.left[0].token) };
        // A number in [0, 1) of 53 random bits.
        let mut rest = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let mut drawn = self.left[0].token;
        for candidate in self.left.iter().filter(|candidate| candidate.probability > 0.0) {
            drawn = candidate.token;
            rest -= candidate.probability;
            if rest < 0.0 {
                break;
            }
        }
        Ok(drawn)
    }

    /// Computes the distribution that [`Sampler::sample`] draws from: the tokens that top-k and top-p keep, with their probabilities.
    ///
    /// They are in order of their logits, the largest first, where there are cuts, and in order of tokens otherwise. A token whose
    /// probability is below 1e-307 has 0.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::sampling::Sampler;
    /// // Probabilities of 1/8, 4/8, 2/8 and 1/8.
    /// let logits = [1.0_f32, 4.0, 2.0, 1.0].map(f32::ln);
    /// let mut sampler = Sampler::new(42).top_p(0.75);
    /// let left = sampler.distribution(&logits)?;
    /// assert_eq!(left.iter().map(|candidate| candidate.token).collect::<Vec<_>>(), [1, 2]);
    /// assert!((left[0].probability - 2.0 / 3.0).abs() < 1e-6);
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Sampler::sample`].
    pub fn distribution(&mut self, logits: &[f32]) -> Result<&[Candidate]> {
        self.check()?;
        let largest = largest(logits)?;
        self.left.clear();
        self.left.reserve(self.top_k.unwrap_or(usize::MAX).min(logits.len()));
        if self.rng.is_none() {
            self.left.push(Candidate { token: largest.token, probability: 1.0 });
            return Ok(&self.left);
        }
        let (most, temperature) = (f64::from(largest.logit), self.temperature);
        // In `f64`, so that no temperature overflows: the most probable weighs 1, and the others less.
        let weigh = |logit: f32| exp((f64::from(logit) - most) / temperature);
        let possible = |(token, &logit): (u32, &f32)| (logit > f32::NEG_INFINITY).then_some(Ranked { logit, token });
        let possible = (0..).zip(logits).filter_map(possible);
        let candidate = |ranked: Ranked| Candidate { token: ranked.token, probability: weigh(ranked.logit) };
        if self.top_k.is_none_or(|k| k >= logits.len()) && self.top_p == 1.0 {
            self.left.extend(possible.map(candidate));
        } else {
            // A heap gives the first ones without sorting the rest.
            let mut ranked = mem::take(&mut self.ranked).into_vec();
            ranked.clear();
            ranked.reserve(logits.len());
            ranked.extend(possible);
            // Added up in order of tokens, which no version of the heap changes.
            let mass = || ranked.iter().map(|ranked| weigh(ranked.logit)).sum();
            let mass = self.top_k.is_none_or(|k| k >= ranked.len()).then(mass);
            self.ranked = BinaryHeap::from(ranked);
            self.cut(mass, candidate);
        }
        let mass = mass(&self.left);
        self.left.iter_mut().for_each(|candidate| candidate.probability /= mass);
        Ok(&self.left)
    }

    /// Moves the tokens that top-k and top-p leave from the heap to `left`, the first of them first. `all` is the mass of all together,
    /// or none where top-k leaves some.
    fn cut(&mut self, all: Option<f64>, candidate: impl Fn(Ranked) -> Candidate) {
        let k = self.top_k.unwrap_or(usize::MAX);
        // Top-p counts what top-k leaves, so all of that is weighed first.
        let whole = all.unwrap_or_else(|| {
            self.left.extend(iter::from_fn(|| self.ranked.pop()).take(k).map(&candidate));
            mass(&self.left)
        });
        let enough = if self.top_p < 1.0 { self.top_p * whole } else { f64::INFINITY };
        let mut before = 0.0;
        for at in 0..k {
            if at == self.left.len() {
                let Some(next) = self.ranked.pop() else { return };
                self.left.push(candidate(next));
            }
            before += self.left[at].probability;
            if before >= enough {
                return self.left.truncate(at + 1);
            }
        }
    }
}

/// The sum of the weights of some tokens.
fn mass(candidates: &[Candidate]) -> f64 {
    candidates.iter().map(|candidate| candidate.probability).sum()
}

/// The first of the largest logits, or what is wrong with them.
fn largest(logits: &[f32]) -> Result<Ranked> {
    let mut largest = Ranked { logit: f32::NEG_INFINITY, token: 0 };
    for (token, &logit) in (0..).zip(logits) {
        if logit.is_nan() || logit == f32::INFINITY {
            return Err(Error::Logit { token, value: logit });
        }
        if logit > largest.logit {
            largest = Ranked { logit, token };
        }
    }
    match largest.logit > f32::NEG_INFINITY {
        true => Ok(largest),
        false if logits.is_empty() => Err(Error::Empty { what: "list of logits" }),
        false => Err(Error::NoToken { tokens: logits.len() }),
    }
}
