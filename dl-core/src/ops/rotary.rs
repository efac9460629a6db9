//! Rotary position embedding: pairs of features of every head are rotated by an angle that grows with the position of the row.

use super::positions::Frequencies;
use crate::pod::{flat, flat_mut};
use crate::tensor::Rows;
use core::slice;
use libm::{cosf, log, sinf};

/// The settings of a rotation.
#[derive(Clone, Copy, Debug)]
pub struct RotaryOp {
    /// The number of heads that are rotated; the features after them stay as they are.
    pub heads: usize,
    /// The number of features of a head, which is even.
    pub head_dim: usize,
    /// The base of the frequencies.
    pub base: f32,
}

impl RotaryOp {
    /// Rotates the heads of every row of a sequence by its position, `[T, N]` → `[T, N]`.
    #[inline(always)]
    pub fn forward<S: Rows<N>, const N: usize>(self, input: &S, output: &mut S) {
        let y = flat_mut(slice::from_mut(output));
        y.copy_from_slice(flat(slice::from_ref(input)));
        self.forward_in_place::<S, N>(output);
    }
    /// Does the same in place.
    #[inline(always)]
    pub fn forward_in_place<S: Rows<N>, const N: usize>(self, value: &mut S) {
        let rows = flat_mut(slice::from_mut(value)).chunks_exact_mut(N.max(1));
        rows.enumerate().for_each(|(t, row)| self.rotate(t as u64, row));
    }
    /// Rotates the row at position `t` of a stream.
    #[inline(always)]
    pub fn step<const N: usize>(self, t: u64, input: &[f32; N], output: &mut [f32; N]) {
        *output = *input;
        self.rotate(t, output);
    }
    /// Does the same in place.
    #[inline(always)]
    pub fn step_in_place<const N: usize>(self, t: u64, value: &mut [f32; N]) {
        self.rotate(t, value);
    }
    fn rotate(self, t: u64, row: &mut [f32]) {
        let half = self.head_dim / 2;
        let mut frequencies = Frequencies::new(log(f64::from(self.base)), self.head_dim);
        for pair in 0..half {
            // Frequency and angle are rounded as PyTorch's code for Llama does.
            let angle = t as f32 * frequencies.next() as f32;
            let (sine, cosine) = (sinf(angle), cosf(angle));
            for head in row.chunks_exact_mut(self.head_dim).take(self.heads) {
                let (x, y) = (head[pair], head[half + pair]);
                (head[pair], head[half + pair]) = (x * cosine - y * sine, y * cosine + x * sine);
            }
        }
    }
}
