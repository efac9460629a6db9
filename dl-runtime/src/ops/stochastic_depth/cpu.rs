//! Stochastic depth on the CPU.

use super::{SampleMask, StochasticDepthKernel};
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::parts::accumulate;
use crate::random::{GROUP, Purpose, words};
use crate::tensor::Write;

impl StochasticDepthKernel for Cpu {
    fn scale_samples(&self, mask: SampleMask, len: usize, x: &[f32], y: &mut [f32], write: Write) {
        // A task is a group of samples, so that its words are drawn once.
        let task = GROUP * len;
        self.threads().split((chunks(x, task), chunks_mut(y, task)), &|group, (x, y)| {
            let words = words(mask.seed, mask.id, Purpose::StochasticDepth, group as u64);
            for ((x, y), word) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)).zip(words) {
                let factor = if word >= mask.threshold { mask.scale } else { 0.0 };
                // A product, not a choice: NaN stays visible.
                x.iter().zip(y).for_each(|(x, y)| accumulate(y, factor * x, write));
            }
        });
    }
}
