//! The kernels that models on int8 run with in programs with `std`: those that this processor does best.

use super::{Conv2dOp, Kernels, Portable, Weights};

/// The fastest kernels of this processor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl Kernels for Native {
    fn dense(self, weights: Weights<'_>, x: &[i8], y: &mut [i8]) {
        Portable.dense(weights, x, y);
    }
    fn conv2d(self, op: &Conv2dOp, weights: Weights<'_>, x: &[i8], y: &mut [i8], columns: &mut [i8]) {
        Portable.conv2d(op, weights, x, y, columns);
    }
}
