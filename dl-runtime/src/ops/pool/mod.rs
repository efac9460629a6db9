//! Pooling: the largest number, or the mean, over windows of each channel of an image, or of a sequence as an image of one row.
//!
//! | operation | PyTorch | |
//! |---|---|---|
//! | [`Max`] | `MaxPool2d`, `AdaptiveMaxPool2d` | outside of the image is -∞; NaN wins over numbers |
//! | [`Avg`] | `AvgPool2d`, `AdaptiveAvgPool2d` | outside of the image are zeros, which count or do not |
//!
//! The gradient of a maximum goes to the first one of a window in reading order, as PyTorch's does.

mod avg;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::ops::Image;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};
use std::ops::Range;

/// Where the windows are; pairs are of height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// Of one size, at regular distances.
    Sliding {
        /// The window.
        kernel: [usize; 2],
        /// Steps of the window.
        stride: [usize; 2],
        /// Rows and columns around the image; less than the kernel.
        padding: [usize; 2],
    },
    /// As many as the output has elements, so that together they cover the image; number `i` of `n` over a length of `l` is
    /// `⌊i·l/n⌋ .. ⌈(i + 1)·l/n⌉`.
    Adaptive,
}

/// The maximum of every window.
#[derive(Clone, Copy, Debug)]
pub struct Max {
    /// Where the windows are.
    pub windows: Windows,
}

/// The mean of every window.
#[derive(Clone, Copy, Debug)]
pub struct Avg {
    /// Where the windows are.
    pub windows: Windows,
    /// Whether the zeros around the image count.
    pub count_include_pad: bool,
}

/// Sizes at run time; channels and samples are alike to a pooling: both are planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSizes {
    /// Where the windows are.
    pub windows: Windows,
    /// Samples times channels.
    pub planes: usize,
    /// Height and width of an input plane.
    pub image: [usize; 2],
    /// Height and width of an output plane.
    pub output: [usize; 2],
}

impl PoolSizes {
    /// The sizes of one call, checked.
    fn new<X: Image, Y: Image>(windows: Windows, samples: usize) -> Self {
        assert_eq!(X::CHANNELS, Y::CHANNELS, "channels of a pooling");
        let sizes = PoolSizes { windows, planes: samples * X::CHANNELS, image: X::SIZE, output: Y::SIZE };
        sizes.assert_windows();
        sizes
    }
    /// Checks that every window meets the image.
    fn assert_windows(&self) {
        for axis in [0, 1] {
            let last = self.range(axis, self.output[axis].saturating_sub(1));
            assert!(!self.range(axis, 0).is_empty() && !last.is_empty(), "a window of a pooling is outside: {self:?}");
        }
    }
    /// The rows (`axis` 0) or columns of the image in window number `at`.
    #[inline(always)]
    fn range(&self, axis: usize, at: usize) -> Range<usize> {
        let size = self.image[axis];
        match self.windows {
            Windows::Sliding { kernel, stride, padding } => {
                let start = at * stride[axis];
                start.saturating_sub(padding[axis])..(start + kernel[axis]).saturating_sub(padding[axis]).min(size)
            }
            Windows::Adaptive => {
                let n = self.output[axis];
                at * size / n..((at + 1) * size).div_ceil(n)
            }
        }
    }
    /// How many rows or columns window number `at` has, with those of the padding.
    #[inline(always)]
    fn counted(&self, axis: usize, at: usize) -> usize {
        match self.windows {
            Windows::Sliding { kernel, stride, padding } => {
                // A window that was rounded up to may go beyond the padding.
                kernel[axis].min(self.image[axis] + 2 * padding[axis] - at * stride[axis])
            }
            Windows::Adaptive => self.range(axis, at).len(),
        }
    }
    /// Numbers of an input plane and of an output plane.
    fn spatial_sizes(&self) -> (usize, usize) {
        (self.image[0] * self.image[1], self.output[0] * self.output[1])
    }
    /// Planes of one task.
    fn task(&self) -> usize {
        (16 * 1024_usize).div_ceil(self.spatial_sizes().0)
    }
}

/// The kernels of pooling.
pub trait PoolKernel: Storage {
    /// `y = max(window of x)`.
    fn max_pool_forward(&self, sizes: &PoolSizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `dx` from `x`, where the maxima are looked for again.
    fn max_pool_backward(
        &self,
        sizes: &PoolSizes,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `y = mean(window of x)`.
    fn avg_pool_forward(
        &self,
        sizes: &PoolSizes,
        count_include_pad: bool,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// `dx`: every element of a window gets an equal share of its gradient.
    fn avg_pool_backward(
        &self,
        sizes: &PoolSizes,
        count_include_pad: bool,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl Max {
    /// The maximum of every window.
    pub fn forward<D: Device, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = PoolSizes::new::<X, Y>(self.windows, input.len());
        context.device.max_pool_forward(&sizes, input.data(), output.into_data());
    }
    /// The gradient to the input, from the input.
    pub fn backward<D: Device, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        d_output: View<D, Y>,
        d_input: Grad<D, X>,
    ) {
        let sizes = PoolSizes::new::<X, Y>(self.windows, input.len());
        let Grad { to, write } = d_input;
        context.device.max_pool_backward(&sizes, input.data(), d_output.data(), to.into_data(), write);
    }
}

impl Avg {
    /// The mean of every window.
    pub fn forward<D: Device, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = PoolSizes::new::<X, Y>(self.windows, input.len());
        context.device.avg_pool_forward(&sizes, self.count_include_pad, input.data(), output.into_data());
    }
    /// The gradient to the input.
    pub fn backward<D: Device, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        d_output: View<D, Y>,
        d_input: Grad<D, X>,
    ) {
        let sizes = PoolSizes::new::<X, Y>(self.windows, d_output.len());
        let Grad { to, write } = d_input;
        context.device.avg_pool_backward(&sizes, self.count_include_pad, d_output.data(), to.into_data(), write);
    }
}
