//! A dense layer with a low-rank update.

use super::dense::{dense, dot};
use crate::Pod;
use crate::ops::Activation;
use crate::pod::{flat, flat_mut};
use crate::tensor::Rows;
use core::slice;

/// The weights of a dense layer with `I` input features and `O` output features, and of an update of rank `R`; `B` is `O`, or 0 without a
/// bias.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct LoraDense<const I: usize, const O: usize, const R: usize, const B: usize = O> {
    /// One row of `I` weights for every output.
    pub weight: [[f32; I]; O],
    /// The bias of every output.
    pub bias: [f32; B],
    /// The first factor of the update, `A`, which is applied to the input.
    pub lora_a: [[f32; I]; R],
    /// The second factor of the update, `B`, initially zero.
    pub lora_b: [[f32; R]; O],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const I: usize, const O: usize, const R: usize, const B: usize> Pod for LoraDense<I, O, R, B> {
    type Element = f32;
}

/// The settings of a dense layer with a low-rank update.
#[derive(Clone, Copy, Debug)]
pub struct LoraDenseOp {
    /// The factor of the update: alpha/rank.
    pub scale: f32,
    /// The activation, which is applied to the sums.
    pub activation: Activation,
}

impl LoraDenseOp {
    /// `output = f(W·input + b + s·B·(A·input))`, `[…, I]` → `[…, O]`.
    #[inline(always)]
    pub fn infer<X: Rows<I>, Y: Rows<O>, const I: usize, const O: usize, const R: usize, const B: usize>(
        self,
        weights: &LoraDense<I, O, R, B>,
        input: &X,
        output: &mut Y,
    ) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        dense(flat(&weights.weight), &weights.bias, x, y, I, O);
        for (x, y) in x.chunks_exact(I.max(1)).zip(y.chunks_exact_mut(O.max(1))) {
            let update = weights.lora_a.each_ref().map(|row| self.scale * dot(row, x));
            y.iter_mut().zip(&weights.lora_b).for_each(|(y, row)| *y += dot(row, &update));
        }
        self.activation.apply(y);
    }
}
