//! Upsampling of images by whole factors.

use super::Image;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The interpolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Takes the nearest element.
    Nearest,
    /// Interpolates linearly between neighbours, along rows and columns.
    Bilinear {
        /// `true` if the centres of the corner pixels of both images coincide, `false` if the corners of the images do.
        align_corners: bool,
    },
}

/// The settings of upsampling.
#[derive(Clone, Copy, Debug)]
pub struct UpsampleOp {
    /// The interpolation.
    pub mode: Mode,
}

impl UpsampleOp {
    /// Enlarges `input`, `[C, H, W]` → `[C, m·H, n·W]`.
    #[inline(always)]
    pub fn forward<X: Image, Y: Image>(self, input: &X, output: &mut Y) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        upsample(self.mode, X::SIZE, Y::SIZE, x, y);
    }
}

fn upsample(mode: Mode, image: [usize; 2], output: [usize; 2], x: &[f32], y: &mut [f32]) {
    let width = image[1];
    let planes = x.chunks_exact((image[0] * width).max(1)).zip(y.chunks_exact_mut((output[0] * output[1]).max(1)));
    for (x, y) in planes {
        for (at, y) in y.iter_mut().enumerate() {
            let [r, c] = [at / output[1], at % output[1]];
            *y = match mode {
                Mode::Nearest => x[r * image[0] / output[0] * width + c * width / output[1]],
                Mode::Bilinear { align_corners } => {
                    let ([above, below], [upper, lower]) = source(align_corners, image[0], output[0], r);
                    let ([i, j], [left, right]) = source(align_corners, width, output[1], c);
                    upper * (left * x[above * width + i] + right * x[above * width + j])
                        + lower * (left * x[below * width + i] + right * x[below * width + j])
                }
            };
        }
    }
}

/// Returns the two rows or columns of an image of `size` from which `at` of an output of size `output` is interpolated, and their weights.
#[inline(always)]
pub fn source(align_corners: bool, size: usize, output: usize, at: usize) -> ([usize; 2], [f32; 2]) {
    let last = size - 1;
    let (first, share) = if align_corners {
        // Integers keep the weight exact. An output of a single element is the input's first.
        let (from, to) = (at * last, (output - 1).max(1));
        (from / to, (from % to) as f32 / to as f32)
    } else {
        let position = ((at as f32 + 0.5) / (output / size) as f32 - 0.5).max(0.0);
        let first = (position as usize).min(last);
        (first, position - first as f32)
    };
    ([first, (first + 1).min(last)], [1.0 - share, share])
}
