//! Softmax along an axis, and its logarithm.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;
use libm::{expf, logf};

/// The settings of softmax; the data has the layout [before, classes, positions].
#[derive(Clone, Copy, Debug)]
pub struct SoftmaxOp {
    /// The size of the axis over which the outputs sum to 1.
    pub classes: usize,
    /// The stride of that axis: the product of the dimensions after it.
    pub positions: usize,
    /// True if the logarithm of softmax is computed.
    pub log: bool,
}

impl SoftmaxOp {
    /// `output = softmax(input)`, `S` → `S`.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>>(self, input: &S, output: &mut S) {
        flat_mut(slice::from_mut(output)).copy_from_slice(flat(slice::from_ref(input)));
        self.forward_in_place(output);
    }
    /// `value = softmax(value)`.
    #[inline(always)]
    pub fn forward_in_place<S: Pod<Element = f32>>(self, value: &mut S) {
        let values = flat_mut(slice::from_mut(value));
        if self.log { log_softmax(self, values) } else { softmax(self, values) }
    }
    /// Calls `row` with the index of the first element of each row.
    #[inline(always)]
    fn each_row(self, len: usize, mut row: impl FnMut(usize)) {
        let block = self.classes * self.positions;
        (0..len / block.max(1)).for_each(|k| (0..self.positions).for_each(|p| row(k * block + p)));
    }
    /// Returns the indices of a row.
    fn indices(self, first: usize) -> impl Iterator<Item = usize> {
        (0..self.classes).map(move |k| first + k * self.positions)
    }
    fn max(self, values: &[f32], first: usize) -> f32 {
        self.indices(first).fold(f32::NEG_INFINITY, |max, i| if values[i] > max { values[i] } else { max })
    }
}

fn softmax(op: SoftmaxOp, values: &mut [f32]) {
    op.each_row(values.len(), |first| {
        let (max, mut sum) = (op.max(values, first), 0.0);
        for i in op.indices(first) {
            values[i] = expf(values[i] - max);
            sum += values[i];
        }
        op.indices(first).for_each(|i| values[i] /= sum);
    });
}

fn log_softmax(op: SoftmaxOp, values: &mut [f32]) {
    op.each_row(values.len(), |first| {
        let max = op.max(values, first);
        let sum: f32 = op.indices(first).map(|i| expf(values[i] - max)).sum();
        let log = logf(sum);
        op.indices(first).for_each(|i| values[i] = values[i] - max - log);
    });
}
