//! One-hot vectors.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The settings of one-hot vectors.
#[derive(Clone, Copy, Debug)]
pub struct OneHotOp {
    /// The number of classes, which is the length of a vector.
    pub classes: usize,
}

impl OneHotOp {
    /// `output[i][c] = 1` where `c = input[i]`, else 0; `[…]` → `[…, classes]`. NaN for an index that is not below `classes`.
    #[inline(always)]
    pub fn forward<S: Pod<Element = u32>, O: Pod<Element = f32>>(self, input: &S, output: &mut O) {
        let rows = flat_mut(slice::from_mut(output)).chunks_exact_mut(self.classes.max(1));
        for (y, &class) in rows.zip(flat(slice::from_ref(input))) {
            let valid = (class as usize) < self.classes;
            y.fill(if valid { 0.0 } else { f32::NAN });
            if let Some(y) = y.get_mut(class as usize) {
                *y = 1.0;
            }
        }
    }
}
