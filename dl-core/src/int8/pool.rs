//! Pooling: the maximum or the mean over windows of each channel. Inputs and outputs have the same scale and zero point.

use super::Kernels;
use super::parameters::{Parameters, tensors};
use core::ops::Range;

/// The number that means 0, for layers that have no other parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ZeroPoint {
    /// The number.
    pub zero_point: i8,
}

// SAFETY: one integer.
unsafe impl Parameters for ZeroPoint {
    tensors! { zero_point: I8 [] }
}

/// The maximum of every window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPoolOp(pub PoolSizes);

impl MaxPoolOp {
    /// Computes the maximum of each window: see [`max`].
    pub fn infer(&self, _: impl Kernels, x: &[i8], y: &mut [i8]) {
        max(&self.0, x, y);
    }
}

/// The mean of every window, without the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvgPoolOp(pub PoolSizes);

impl AvgPoolOp {
    /// Computes the mean of each window: see [`avg`].
    pub fn infer(&self, _: impl Kernels, x: &[i8], y: &mut [i8]) {
        avg(&self.0, None, x, y);
    }
}

/// The mean of every window, with the zeros of the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaddedAvgPoolOp(pub PoolSizes);

impl PaddedAvgPoolOp {
    /// Computes the mean of each window: see [`avg`].
    pub fn infer(&self, _: impl Kernels, zero: &ZeroPoint, x: &[i8], y: &mut [i8]) {
        avg(&self.0, Some(zero.zero_point), x, y);
    }
}

/// The sizes of a pooling. Each pair is [height, width].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSizes {
    /// The size of the input image.
    pub image: [usize; 2],
    /// The size of the output image.
    pub size: [usize; 2],
    /// The windows.
    pub windows: Windows,
}

/// The windows of a pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// Windows of one size, a fixed step apart.
    Sliding {
        /// The size of a window.
        kernel: [usize; 2],
        /// The step of the window.
        stride: [usize; 2],
        /// The rows and columns of padding on each side.
        padding: [usize; 2],
    },
    /// One window for each element of the output, which together cover the image: `⌊i·l/n⌋ .. ⌈(i + 1)·l/n⌉`.
    Adaptive,
}

impl PoolSizes {
    /// Returns the part of a window that is inside the image along one axis, and the length of the window within image and padding.
    #[inline]
    fn window(&self, axis: usize, i: usize) -> (Range<usize>, usize) {
        let (len, n) = (self.image[axis], self.size[axis]);
        match self.windows {
            Windows::Sliding { kernel, stride, padding } => {
                let (from, padding) = (i * stride[axis], padding[axis]);
                let to = (from + kernel[axis]).min(len + 2 * padding);
                (from.saturating_sub(padding)..to.saturating_sub(padding).min(len), to - from)
            }
            Windows::Adaptive => {
                let range = i * len / n..((i + 1) * len).div_ceil(n);
                (range.clone(), range.len())
            }
        }
    }
    /// Calls `f` for each window of each channel with the rows and columns of the window, and writes what it returns.
    #[inline]
    fn for_each(&self, x: &[i8], y: &mut [i8], f: impl Fn(&[i8], Range<usize>, Range<usize>, usize) -> i8) {
        let [height, width] = self.size;
        for (x, y) in x.chunks_exact(self.image[0] * self.image[1]).zip(y.chunks_exact_mut(height * width)) {
            for (i, y) in y.chunks_exact_mut(width).enumerate() {
                let (rows, tall) = self.window(0, i);
                for (j, y) in y.iter_mut().enumerate() {
                    let (columns, wide) = self.window(1, j);
                    *y = f(x, rows.clone(), columns, tall * wide);
                }
            }
        }
    }
}

/// Computes the maximum of each window of the image `x`, `[channels, image]`, to `y`, `[channels, size]`. Padding counts as nothing.
pub fn max(sizes: &PoolSizes, x: &[i8], y: &mut [i8]) {
    let width = sizes.image[1];
    sizes.for_each(x, y, |x, rows, columns, _| {
        rows.fold(i8::MIN, |max, row| x[row * width..][columns.clone()].iter().fold(max, |max, &x| max.max(x)))
    });
}

/// Computes the mean of each window, rounded half away from zero; `zero_point` is given if it includes the zeros of the padding.
pub fn avg(sizes: &PoolSizes, zero_point: Option<i8>, x: &[i8], y: &mut [i8]) {
    let width = sizes.image[1];
    sizes.for_each(x, y, |x, rows, columns, whole| {
        let inside = rows.len() * columns.len();
        let add = |sum, row: usize| x[row * width..][columns.clone()].iter().fold(sum, |sum, &x| sum + i32::from(x));
        let sum = rows.fold(0, add);
        match zero_point {
            Some(zero_point) => mean(sum + i32::from(zero_point) * (whole - inside) as i32, whole),
            None => mean(sum, inside),
        }
    });
}

/// Divides a sum by the number of its terms, rounded half away from zero.
fn mean(sum: i32, count: usize) -> i8 {
    let count = (count as i32).max(1);
    let half = if sum > 0 { count / 2 } else { -(count / 2) };
    ((sum + half) / count) as i8
}
