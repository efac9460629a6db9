//! Positions of a sequence: adds a vector for each position to its row.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use crate::tensor::Rows;
use core::f64::consts::{LN_10, TAU};
use core::slice;
use libm::{cosf, exp, floor, sinf};

/// A learned vector of `N` features for each of `T` positions.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct LearnedPositions<const T: usize, const N: usize> {
    /// The vector of every position.
    pub weight: [[f32; N]; T],
}

// SAFETY: `repr(C)` and an array of `f32` only.
unsafe impl<const T: usize, const N: usize> Pod for LearnedPositions<T, N> {
    type Element = f32;
}

/// Learned positions have no settings.
#[derive(Clone, Copy, Debug)]
pub struct LearnedPositionsOp {}

/// The order of the sines and cosines of a position in its features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A sine, its cosine, the next sine: as in the paper.
    Alternating,
    /// All sines, then all cosines: as in Tensor2Tensor, XLM and Marian.
    Halves,
}

impl Order {
    /// Returns the features with the sine and the cosine of pair `pair` of `features` features.
    pub fn of_pair(self, pair: usize, features: usize) -> [usize; 2] {
        match self {
            Order::Alternating => [2 * pair, 2 * pair + 1],
            Order::Halves => [pair, features / 2 + pair],
        }
    }
}

/// The settings of sinusoidal positions.
#[derive(Clone, Copy, Debug)]
pub struct SinusoidalPositionsOp {
    /// The order of sines and cosines.
    pub order: Order,
}

impl LearnedPositionsOp {
    /// `output[t] = input[t] + weight[t]`, `[T, N]` → `[T, N]`.
    #[inline(always)]
    pub fn forward<S: Rows<N>, const T: usize, const N: usize>(
        self,
        weights: &LearnedPositions<T, N>,
        input: &S,
        output: &mut S,
    ) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        y.iter_mut().zip(x.iter().zip(flat(&weights.weight))).for_each(|(y, (x, position))| *y = x + position);
    }
    /// Does the same for the row at position `t` of a stream; a position that is not in the table gives NaN.
    #[inline(always)]
    pub fn step<const T: usize, const N: usize>(
        self,
        t: u64,
        weights: &LearnedPositions<T, N>,
        input: &[f32; N],
        output: &mut [f32; N],
    ) {
        match usize::try_from(t).ok().and_then(|t| weights.weight.get(t)) {
            Some(position) => {
                output.iter_mut().zip(input.iter().zip(position)).for_each(|(y, (x, position))| *y = x + position);
            }
            None => output.fill(f32::NAN),
        }
    }
}

impl SinusoidalPositionsOp {
    /// `output[t] = input[t] + PE[t]`, `[T, N]` → `[T, N]`, for an even `N`.
    #[inline(always)]
    pub fn forward<S: Rows<N>, const N: usize>(self, input: &S, output: &mut S) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        for (t, (x, y)) in x.chunks_exact(N.max(1)).zip(y.chunks_exact_mut(N.max(1))).enumerate() {
            self.row(t as u64, x, y);
        }
    }
    /// Does the same for the row at position `t` of a stream.
    #[inline(always)]
    pub fn step<const N: usize>(self, t: u64, input: &[f32; N], output: &mut [f32; N]) {
        self.row(t, input, output);
    }
    fn row(self, t: u64, x: &[f32], y: &mut [f32]) {
        let features = x.len();
        let mut frequencies = Frequencies::new(4.0 * LN_10, features);
        for pair in 0..features / 2 {
            // The angle is reduced in double precision; its sine in single precision then has all bits.
            let turns = t as f64 * frequencies.next() / TAU;
            let angle = (TAU * (turns - floor(turns))) as f32;
            let [sine, cosine] = self.order.of_pair(pair, features);
            (y[sine], y[cosine]) = (x[sine] + sinf(angle), x[cosine] + cosf(angle));
        }
    }
}

/// The frequencies `base^(-2j/n)` of the pairs `j` of `n` features, each the one before times a factor, in double precision.
pub(super) struct Frequencies {
    next: f64,
    factor: f64,
}

impl Frequencies {
    /// Returns those of a base, given by its logarithm.
    pub fn new(logarithm: f64, features: usize) -> Self {
        Frequencies { next: 1.0, factor: exp(-2.0 * logarithm / features as f64) }
    }
    /// Returns the next one.
    pub fn next(&mut self) -> f64 {
        let next = self.next;
        self.next *= self.factor;
        next
    }
}
