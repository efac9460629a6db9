//! Operations that only move numbers: the parts of `concat`, and padding with the zero point.

use super::Kernels;
use super::pool::ZeroPoint;

/// The concatenation of values along one dimension, which all have the scale and zero point of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConcatOp {
    /// The product of the dimensions before it.
    pub outer: usize,
    /// The size of each input along the dimension, times the dimensions after it.
    pub parts: &'static [usize],
}

impl ConcatOp {
    /// Writes input `k` to its part of `y`.
    pub fn infer(&self, _: impl Kernels, k: usize, x: &[i8], y: &mut [i8]) {
        concat(self.outer, self.parts.iter().sum(), self.parts[..k].iter().sum(), x, y);
    }
}

/// The padding of images with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pad2dOp {
    /// The height and width of the input.
    pub image: [usize; 2],
    /// The columns on the left and the right, and the rows at the top and the bottom.
    pub padding: [usize; 4],
}

impl Pad2dOp {
    /// Pads each channel.
    pub fn infer(&self, _: impl Kernels, zero: &ZeroPoint, x: &[i8], y: &mut [i8]) {
        pad2d(self.image, self.padding, zero.zero_point, x, y);
    }
}

/// Copies all numbers.
pub fn copy(x: &[i8], y: &mut [i8]) {
    y.copy_from_slice(x);
}

/// Writes one input of a `concat`: of `outer` runs, each has `whole` numbers in `y`, of which `x` gives those from `offset`.
pub fn concat(outer: usize, whole: usize, offset: usize, x: &[i8], y: &mut [i8]) {
    let part = x.len() / outer.max(1);
    for (x, y) in x.chunks_exact(part.max(1)).zip(y.chunks_exact_mut(whole.max(1))) {
        y[offset..offset + part].copy_from_slice(x);
    }
}

/// Pads images by `[left, right, top, bottom]`: `x` is `[channels, image]`, and each pair is [height, width].
pub fn pad2d(image: [usize; 2], [left, right, top, bottom]: [usize; 4], zero_point: i8, x: &[i8], y: &mut [i8]) {
    let [height, width] = image;
    let wide = width + left + right;
    y.fill(zero_point);
    for (x, y) in x.chunks_exact(height * width).zip(y.chunks_exact_mut((height + top + bottom) * wide)) {
        for (x, y) in x.chunks_exact(width).zip(y[top * wide..].chunks_exact_mut(wide)) {
            y[left..left + width].copy_from_slice(x);
        }
    }
}
