//! The mean of every channel.

use super::Image;
use crate::pod::flat;
use core::slice;

/// Global average pooling has no settings.
#[derive(Clone, Copy, Debug)]
pub struct GlobalAvgPool2dOp {}

impl GlobalAvgPool2dOp {
    /// `output[c] = mean(input[c])`, `[C, H, W]` or `[C, L]` → `[C]`.
    #[inline(always)]
    pub fn forward<X: Image, const C: usize>(self, input: &X, output: &mut [f32; C]) {
        means(flat(slice::from_ref(input)), output, X::SIZE[0] * X::SIZE[1]);
    }
}

fn means(x: &[f32], y: &mut [f32], size: usize) {
    for (x, y) in x.chunks_exact(size.max(1)).zip(y) {
        *y = x.iter().sum::<f32>() / size as f32;
    }
}
