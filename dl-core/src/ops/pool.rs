//! Pooling: the maximum or the mean over windows of each channel of an image. A sequence is an image of one row.

use super::Image;
use crate::pod::{flat, flat_mut};
use core::ops::Range;
use core::slice;

/// The windows of a pooling. Each pair is [height, width].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// Windows of one size, a fixed step apart.
    Sliding {
        /// The size of the window.
        kernel: [usize; 2],
        /// The step of the window.
        stride: [usize; 2],
        /// The number of rows and columns of padding on each side; less than the kernel.
        padding: [usize; 2],
    },
    /// One window for each element of the output, which together cover the image. Along an axis of length `l` with `n`
    /// windows, window `i` is `⌊i·l/n⌋ .. ⌈(i + 1)·l/n⌉`.
    Adaptive,
}

impl Windows {
    /// Returns the rows (`axis` 0) or columns (`axis` 1) in window `at` of `outputs`, of an image that has `size` of them.
    #[inline(always)]
    pub fn range(self, axis: usize, size: usize, outputs: usize, at: usize) -> Range<usize> {
        match self {
            Windows::Sliding { kernel, stride, padding } => {
                let start = at * stride[axis];
                start.saturating_sub(padding[axis])..(start + kernel[axis]).saturating_sub(padding[axis]).min(size)
            }
            Windows::Adaptive => {
                let n = outputs.max(1);
                at * size / n..((at + 1) * size).div_ceil(n)
            }
        }
    }
    /// Returns the number of rows or columns of a window, including those of the padding; the arguments are those of [`Windows::range`].
    #[inline(always)]
    pub fn counted(self, axis: usize, size: usize, outputs: usize, at: usize) -> usize {
        match self {
            Windows::Sliding { kernel, stride, padding } => {
                // If the number of windows was rounded up, the last one may extend beyond the padding.
                kernel[axis].min(size + 2 * padding[axis] - at * stride[axis])
            }
            Windows::Adaptive => self.range(axis, size, outputs, at).len(),
        }
    }
}

/// The maximum of every window.
#[derive(Clone, Copy, Debug)]
pub struct Max {
    /// The windows.
    pub windows: Windows,
}

/// The mean of every window.
#[derive(Clone, Copy, Debug)]
pub struct Avg {
    /// The windows.
    pub windows: Windows,
    /// `true` if the mean includes the zeros of the padding.
    pub count_include_pad: bool,
}

impl Max {
    /// `output = max(window of input)`, `[C, H, W]` → `[C, H', W']`; the maximum of a window with a NaN is NaN.
    #[inline(always)]
    pub fn forward<X: Image, Y: Image>(self, input: &X, output: &mut Y) {
        let sizes = PoolSizes { windows: self.windows, image: X::SIZE, output: Y::SIZE };
        max(&sizes, flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
    }
}

impl Avg {
    /// `output = mean(window of input)`, `[C, H, W]` → `[C, H', W']`.
    #[inline(always)]
    pub fn forward<X: Image, Y: Image>(self, input: &X, output: &mut Y) {
        let sizes = PoolSizes { windows: self.windows, image: X::SIZE, output: Y::SIZE };
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        mean(&sizes, self.count_include_pad, x, y);
    }
}

/// The sizes of one call.
#[derive(Clone, Copy)]
struct PoolSizes {
    windows: Windows,
    image: [usize; 2],
    output: [usize; 2],
}

impl PoolSizes {
    #[inline(always)]
    fn range(&self, axis: usize, at: usize) -> Range<usize> {
        self.windows.range(axis, self.image[axis], self.output[axis], at)
    }
    fn counted(&self, axis: usize, at: usize) -> usize {
        self.windows.counted(axis, self.image[axis], self.output[axis], at)
    }
    /// Calls `window` with each plane of the input, each output, and the indices of its window.
    #[inline(always)]
    fn each(&self, x: &[f32], y: &mut [f32], window: impl Fn(&[f32], usize, usize) -> f32) {
        let ([height, width], [rows, columns]) = (self.image, self.output);
        let planes = x.chunks_exact((height * width).max(1));
        for (x, y) in planes.zip(y.chunks_exact_mut((rows * columns).max(1))) {
            for (r, y) in y.chunks_exact_mut(columns).enumerate() {
                y.iter_mut().enumerate().for_each(|(c, y)| *y = window(x, r, c));
            }
        }
    }
}

fn max(s: &PoolSizes, x: &[f32], y: &mut [f32]) {
    s.each(x, y, |x, r, c| {
        let (columns, mut best) = (s.range(1, c), f32::NEG_INFINITY);
        for row in s.range(0, r) {
            for &x in &x[row * s.image[1]..][columns.clone()] {
                if x > best || x.is_nan() {
                    best = x;
                }
            }
        }
        best
    });
}

fn mean(s: &PoolSizes, count_include_pad: bool, x: &[f32], y: &mut [f32]) {
    let count = |axis, at| if count_include_pad { s.counted(axis, at) } else { s.range(axis, at).len() };
    s.each(x, y, |x, r, c| {
        let (columns, mut sum) = (s.range(1, c), 0.0);
        for row in s.range(0, r) {
            sum += x[row * s.image[1]..][columns.clone()].iter().sum::<f32>();
        }
        sum / (count(0, r) * count(1, c)) as f32
    });
}
