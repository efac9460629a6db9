//! Pooling: the maximum or the mean over windows of each channel of an image. A sequence is an image of one row.
//!
//! | operation | PyTorch | padding |
//! |---|---|---|
//! | [`Max`] | `MaxPool2d`, `AdaptiveMaxPool2d` | -∞; the maximum of a window with a NaN is NaN |
//! | [`Avg`] | `AvgPool2d`, `AdaptiveAvgPool2d` | zeros, which the mean includes or not, as set |
//!
//! As in PyTorch, the gradient goes to the first maximum of a window in reading order.

mod avg;
mod blocked;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod maximum;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
mod sliding;
#[cfg(test)]
mod tests;

pub use dl_core::ops::pool::Windows;

use crate::ops::channel_blocks::AnyImage;
use crate::ops::{Device, Image};
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};
use std::ops::Range;

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

/// The sizes of one call. Pooling treats every channel of every sample as a plane of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSizes {
    /// The windows.
    pub windows: Windows,
    /// The number of samples times the number of channels.
    pub planes: usize,
    /// The height and width of an input plane.
    pub image: [usize; 2],
    /// The height and width of an output plane.
    pub output: [usize; 2],
}

impl PoolSizes {
    /// Returns the sizes of one call. Panics if a window lies outside of the image, or only one image is in blocks of channels.
    fn new<X: AnyImage, Y: AnyImage>(windows: Windows, samples: usize) -> Self {
        assert!(X::CHANNELS == Y::CHANNELS && X::BLOCKED == Y::BLOCKED, "channels of a pooling");
        let sizes = PoolSizes { windows, planes: samples * X::CHANNELS, image: X::SIZE, output: Y::SIZE };
        sizes.assert_windows();
        sizes
    }
    /// Checks that every window contains an element of the image.
    fn assert_windows(&self) {
        for axis in [0, 1] {
            let last = self.range(axis, self.output[axis].saturating_sub(1));
            assert!(!self.range(axis, 0).is_empty() && !last.is_empty(), "a window of a pooling is outside: {self:?}");
        }
    }
    /// Returns the rows (`axis` 0) or columns (`axis` 1) of the image in window `at`.
    #[inline(always)]
    fn range(&self, axis: usize, at: usize) -> Range<usize> {
        self.windows.range(axis, self.image[axis], self.output[axis], at)
    }
    /// Returns the number of rows or columns of window `at`, including those of the padding.
    #[inline(always)]
    fn counted(&self, axis: usize, at: usize) -> usize {
        self.windows.counted(axis, self.image[axis], self.output[axis], at)
    }
    /// Returns the size of an input plane and of an output plane.
    fn spatial_sizes(&self) -> (usize, usize) {
        (self.image[0] * self.image[1], self.output[0] * self.output[1])
    }
    /// Returns the number of planes of one task.
    fn task(&self) -> usize {
        (16 * 1024_usize).div_ceil(self.spatial_sizes().0)
    }
}

/// The kernels of pooling.
pub trait PoolKernel: Storage {
    /// `y = max(window of x)`.
    fn max_pool_forward(&self, sizes: &PoolSizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// Does the same as [`PoolKernel::max_pool_forward`], where a device with blocks of channels stores both images in them.
    fn max_pool_blocked(&self, sizes: &PoolSizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>) {
        self.max_pool_forward(sizes, x, y);
    }
    /// `dx = Σ dy` over the windows whose maximum the element is, or `+=` with [`Write::Add`]. The maxima are found
    /// again in `x`.
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
    /// Does the same as [`PoolKernel::avg_pool_forward`], where a device with blocks of channels stores both images in them.
    fn avg_pool_blocked(
        &self,
        sizes: &PoolSizes,
        count_include_pad: bool,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    ) {
        self.avg_pool_forward(sizes, count_include_pad, x, y);
    }
    /// `dx = Σ dy/n` over the windows that contain the element, where `n` is the size of the window, or `+=` with
    /// [`Write::Add`].
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
    /// Computes the maximum of every window, `[C, H, W]` → `[C, H', W']` (sequences `[C, L]` → `[C, L']`). At inference, both images
    /// may be in blocks of channels.
    pub fn forward<D: Device, X: AnyImage, Y: AnyImage>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = PoolSizes::new::<X, Y>(self.windows, input.len());
        let (x, y) = (input.data(), output.into_data());
        if X::BLOCKED {
            context.device.max_pool_blocked(&sizes, x, y)
        } else {
            context.device.max_pool_forward(&sizes, x, y)
        }
    }
    /// Computes the gradient to the input, `[C, H, W]`, from the input and the gradient to the output, `[C, H', W']`.
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
    /// Computes the mean of every window, `[C, H, W]` → `[C, H', W']` (sequences `[C, L]` → `[C, L']`). At inference, both images may
    /// be in blocks of channels.
    pub fn forward<D: Device, X: AnyImage, Y: AnyImage>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = PoolSizes::new::<X, Y>(self.windows, input.len());
        let (device, padded, x, y) = (context.device, self.count_include_pad, input.data(), output.into_data());
        if X::BLOCKED {
            device.avg_pool_blocked(&sizes, padded, x, y)
        } else {
            device.avg_pool_forward(&sizes, padded, x, y)
        }
    }
    /// Computes the gradient to the input, `[C, H, W]`, from the gradient to the output, `[C, H', W']`.
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
