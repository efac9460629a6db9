//! Lengths of the sequences of a test case: equal ones, as of static sequences, or ragged ones.

use super::{Tensor, TestDevice};
use crate::Device;
use crate::tensor::Sequences;
use std::ops::Range;

/// The lengths of the samples of a case.
#[derive(Clone, Debug)]
pub struct Lengths {
    lengths: Vec<usize>,
    equal: bool,
}

impl Lengths {
    /// Returns `samples` sequences of `len` rows.
    pub fn equal(samples: usize, len: usize) -> Self {
        Lengths { lengths: vec![len; samples], equal: true }
    }
    /// Returns packed sequences of these lengths.
    pub fn ragged(lengths: &[usize]) -> Self {
        Lengths { lengths: lengths.to_vec(), equal: false }
    }
    pub fn rows(&self) -> usize {
        self.lengths.iter().sum()
    }
    /// Returns the rows of each sample.
    pub fn ranges(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let range = |&len: &usize| {
            start += len;
            start - len..start
        };
        self.lengths.iter().map(range).collect()
    }
    /// Returns the ends of the samples on the host and on a device, from which [`Lengths::sequences`] makes what operations take.
    pub fn ends_on<'d, D: Device>(&self, device: &'d D) -> (Vec<u32>, Tensor<'d, D, u32>) {
        let ends: Vec<u32> = self.ranges().iter().map(|range| range.end as u32).collect();
        let on_device = device.tensor(&ends);
        (ends, on_device)
    }
    pub fn sequences<'a, D: Device>(&self, ends: &'a (Vec<u32>, Tensor<'_, D, u32>)) -> Sequences<'a, D> {
        if self.equal {
            Sequences::equal(self.lengths.len(), self.lengths.first().copied().unwrap_or(0))
        } else {
            Sequences::ragged(&ends.0, ends.1.buffer())
        }
    }
}
