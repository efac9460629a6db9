//! Stochastic depth on the CPU.

use super::{SampleMask, StochasticDepthKernel};
use crate::Cpu;
use crate::device::cpu::threads::samples_mut;
use crate::ops::parts::accumulate;
use crate::random::{GROUP, Purpose, words};
use crate::tensor::{Sequences, Write};

impl StochasticDepthKernel for Cpu {
    fn scale_samples(
        &self,
        mask: SampleMask,
        sequences: Sequences<'_, Cpu>,
        row: usize,
        x: &[f32],
        y: &mut [f32],
        write: Write,
    ) {
        // A task is a group of samples, so that its words are drawn once.
        self.threads().split(samples_mut(y, sequences, row, GROUP), &|group, mut y| {
            let words = words(mask.seed, mask.id, Purpose::StochasticDepth, group as u64);
            for (sample, word) in (group * GROUP..sequences.samples()).zip(words) {
                let factor = if word >= mask.threshold { mask.scale } else { 0.0 };
                let range = sequences.range(sample);
                let (x, sample) = (&x[range.start * row..range.end * row], y);
                let (sample, rest) = sample.split_at_mut(x.len());
                y = rest;
                // A product, not a choice: NaN stays visible.
                x.iter().zip(sample).for_each(|(x, y)| accumulate(y, factor * x, write));
            }
        });
    }
}
