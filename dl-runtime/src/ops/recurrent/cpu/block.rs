//! The samples of one task, sorted by length, so that those still running at a step come first.

use super::Run;
use crate::Cpu;
use crate::ops::matmul::tile::LINE;
use std::ops::Range;

/// The largest number of samples of a block.
pub(super) const MOST: usize = 32;

/// Some samples of a batch that follow each other, longest first.
pub(super) struct Block {
    /// The rows of all samples of the block.
    pub rows: Range<usize>,
    /// The index in the batch of the first sample of the block.
    pub first: usize,
    samples: [Sample; MOST],
    count: usize,
    reversed: bool,
}

/// A sample of a block.
#[derive(Clone, Copy, Default)]
pub(super) struct Sample {
    /// Its index in the block.
    pub index: usize,
    /// Its first row in the block.
    first: usize,
    /// The number of its rows.
    len: usize,
}

impl Block {
    /// Returns block number `block` of `count` samples each.
    pub fn new(run: &Run<'_, Cpu>, block: usize, count: usize) -> Self {
        let sequences = run.sequences;
        let all = block * count..sequences.samples().min((block + 1) * count);
        let rows = sequences.range(all.start).start..sequences.range(all.end - 1).end;
        let mut samples = [Sample::default(); MOST];
        for (index, (sample, to)) in all.clone().zip(&mut samples).enumerate() {
            let range = sequences.range(sample);
            *to = Sample { index, first: range.start - rows.start, len: range.len() };
        }
        samples[..all.len()].sort_unstable_by_key(|sample| (std::cmp::Reverse(sample.len), sample.index));
        Block { rows, first: all.start, samples, count: all.len(), reversed: run.reversed }
    }
    /// Returns the samples, longest first.
    pub fn samples(&self) -> &[Sample] {
        &self.samples[..self.count]
    }
    /// Returns the number of steps of the longest sample.
    pub fn steps(&self) -> usize {
        self.samples()[0].len
    }
    /// Returns the number of samples that have a row at a step; they are the first.
    pub fn running(&self, step: usize) -> usize {
        self.samples().partition_point(|sample| sample.len > step)
    }
    /// Returns where the numbers begin that a product at a step asks for in its strip number `strip`: some rows of `data`, `[rows, size]`,
    /// of one sample, from this step on, or back from it. In `k * LINE / size` steps every sample is asked for once, with that many rows.
    pub fn ahead(
        &self,
        data: &[f32],
        size: usize,
        k: usize,
        step: usize,
        back: bool,
        strip: usize,
    ) -> Option<*const f32> {
        let rows = (k * LINE / size).max(1);
        let at_once = self.count.div_ceil(rows);
        let sample = step % rows * at_once + strip;
        if strip >= at_once || sample >= self.running(step) {
            return None;
        }
        let row = self.row(sample, step);
        let first = if back == self.reversed { row } else { (row + 1).saturating_sub(rows) };
        Some(data[first * size..].as_ptr())
    }
    /// Returns the row of sample number `i` at a step, counted from the first row of the block.
    pub fn row(&self, i: usize, step: usize) -> usize {
        let Sample { first, len, .. } = self.samples[i];
        first + if self.reversed { len - 1 - step } else { step }
    }
}
