//! Dropout on the CPU.

use super::{DropoutKernel, Mask};
use crate::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::random::{GROUP, Purpose, words};
use crate::tensor::Write;

/// The number of groups of one task.
const GROUPS: usize = 128;

impl Mask {
    /// Returns the factors of the elements of a group, each `scale` or 0.
    #[inline(always)]
    fn factors(self, group: usize) -> [f32; GROUP] {
        let words = words(self.seed, self.id, Purpose::Dropout, group as u64);
        let threshold = self.word_threshold();
        words.map(|word| if word >= threshold { self.scale } else { 0.0 })
    }
}

simd! {
    /// `y = mask·x`, or `+=`, from `group` on.
    fn product<S>(mask: Mask, group: usize, x: &[f32], y: &mut [f32], write: Write) {
        for (i, (x, y)) in x.chunks(GROUP).zip(y.chunks_mut(GROUP)).enumerate() {
            let factors = mask.factors(group + i);
            for ((x, y), factor) in x.iter().zip(y).zip(&factors) {
                // A product with 0 keeps a NaN, which a selection of 0 would hide.
                *y = if write == Write::Set { factor * x } else { *y + factor * x };
            }
        }
    }

    /// `x = mask·x` from `group` on.
    fn in_place<S>(mask: Mask, group: usize, x: &mut [f32]) {
        for (i, x) in x.chunks_mut(GROUP).enumerate() {
            let factors = mask.factors(group + i);
            x.iter_mut().zip(&factors).for_each(|(x, factor)| *x *= factor);
        }
    }
}

impl DropoutKernel for Cpu {
    fn dropout(&self, mask: Mask, x: &[f32], y: &mut [f32], write: Write) {
        let parts = (chunks(x, GROUPS * GROUP), chunks_mut(y, GROUPS * GROUP));
        self.threads().split(parts, &|task, (x, y)| product(mask, task * GROUPS, x, y, write));
    }
    fn dropout_in_place(&self, mask: Mask, x: &mut [f32]) {
        self.threads().split(chunks_mut(x, GROUPS * GROUP), &|task, x| in_place(mask, task * GROUPS, x));
    }
}
