//! The index of the largest number of each row.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The settings of an argmax.
#[derive(Clone, Copy, Debug)]
pub struct ArgmaxOp {
    /// The number of classes, which is the length of a row.
    pub classes: usize,
}

impl ArgmaxOp {
    /// `output[i]` is the first class `c` with the largest `input[i][c]`, or that of a NaN; `[…, classes]` → `[…]`.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>, O: Pod<Element = u32>>(self, input: &S, output: &mut O) {
        let rows = flat(slice::from_ref(input)).chunks_exact(self.classes.max(1));
        rows.zip(flat_mut(slice::from_mut(output))).for_each(|(x, y)| *y = largest(x));
    }
}

fn largest(x: &[f32]) -> u32 {
    let mut best = 0;
    for (i, &value) in x.iter().enumerate() {
        if value > x[best] || value.is_nan() && !x[best].is_nan() {
            best = i;
        }
    }
    best as u32
}
