//! Padding of images.

use super::Image;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The values of the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Zeros.
    Zeros,
    /// The mirrored image. The padding must be smaller than the image.
    Reflect,
    /// The border of the image, repeated.
    Replicate,
}

/// The settings of padding; the padding below and on the right follows from the shapes.
#[derive(Clone, Copy, Debug)]
pub struct Pad2dOp {
    /// The number of rows above and of columns on the left.
    pub before: [usize; 2],
    /// The values of the padding.
    pub mode: Mode,
}

impl Mode {
    /// Returns the row or column of an image of `size` for index `at` of the output; `None` for zeros. The output begins `before` the image.
    #[inline(always)]
    pub fn source(self, before: usize, size: usize, at: usize) -> Option<usize> {
        match self {
            Mode::Zeros => at.checked_sub(before).filter(|at| *at < size),
            Mode::Replicate => Some(at.saturating_sub(before).min(size - 1)),
            Mode::Reflect => {
                let at = at.abs_diff(before);
                Some(if at < size { at } else { 2 * (size - 1) - at })
            }
        }
    }
}

impl Pad2dOp {
    /// `output` is `input` with padding around each channel.
    #[inline(always)]
    pub fn forward<X: Image, Y: Image>(self, input: &X, output: &mut Y) {
        pad(self, X::SIZE, Y::SIZE, flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
    }
}

fn pad(op: Pad2dOp, image: [usize; 2], output: [usize; 2], x: &[f32], y: &mut [f32]) {
    let planes = x.chunks_exact((image[0] * image[1]).max(1)).zip(y.chunks_exact_mut((output[0] * output[1]).max(1)));
    for (x, y) in planes {
        for (at, y) in y.iter_mut().enumerate() {
            let source = |axis: usize, at| op.mode.source(op.before[axis], image[axis], at);
            let from = source(0, at / output[1]).zip(source(1, at % output[1]));
            *y = from.map_or(0.0, |(row, column)| x[row * image[1] + column]);
        }
    }
}
