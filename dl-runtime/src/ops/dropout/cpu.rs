//! Dropout on the CPU.

use super::{DropoutKernel, Mask};
use crate::random::{GROUP, Purpose, words};
use crate::{Cpu, ops::Write};

impl Mask {
    /// The factors of elements `64·group..`: `scale` or 0.
    #[inline(always)]
    fn factors(self, group: usize) -> [f32; GROUP] {
        words(self.seed, self.id, Purpose::Dropout, group as u64)
            .map(|word| if u64::from(word) >= self.threshold { self.scale } else { 0.0 })
    }
}

impl DropoutKernel for Cpu {
    fn dropout(&self, mask: Mask, x: &[f32], y: &mut [f32], write: Write) {
        for (group, (x, y)) in x.chunks(GROUP).zip(y.chunks_mut(GROUP)).enumerate() {
            for ((x, y), factor) in x.iter().zip(y).zip(mask.factors(group)) {
                // A product, not a choice: NaN stays visible.
                *y = if write == Write::Set { factor * x } else { *y + factor * x };
            }
        }
    }
    fn dropout_in_place(&self, mask: Mask, x: &mut [f32]) {
        for (group, x) in x.chunks_mut(GROUP).enumerate() {
            x.iter_mut().zip(mask.factors(group)).for_each(|(x, factor)| *x *= factor);
        }
    }
}
