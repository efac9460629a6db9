//! Maximum over windows of each channel: PyTorch's `MaxPool2d`; outside of the image is -∞.
//!
//! The gradient goes to the first maximum of a window in reading order, as PyTorch's does; NaN wins over numbers.

mod cpu;
#[cfg(test)]
mod tests;

pub(in crate::ops) use cpu::inside;

use crate::device::{Device, Storage};
use crate::ops::conv2d::output_size;
use crate::ops::{Grad, Write};
use crate::{Pass, View, ViewMut};

/// The settings of a pooling; pairs are of height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// The window.
    pub kernel: [usize; 2],
    /// Steps of the window.
    pub stride: [usize; 2],
    /// Rows and columns around the image; less than the kernel.
    pub padding: [usize; 2],
}

/// Sizes at run time; channels and samples are alike to a pooling: both are planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Samples times channels.
    pub planes: usize,
    /// Height and width of an input plane.
    pub image: [usize; 2],
    /// Height and width of an output plane.
    pub output: [usize; 2],
}

impl Op {
    /// The sizes of one call, checked.
    pub(crate) fn sizes(self, planes: usize, image: [usize; 2], output: [usize; 2]) -> Sizes {
        let Op { kernel, stride, padding } = self;
        let size = |i: usize| output_size(image[i], kernel[i], stride[i], padding[i], 1);
        assert_eq!(output, [size(0), size(1)], "output of a pooling");
        assert!(padding[0] < kernel[0] && padding[1] < kernel[1], "padding of a pooling is less than its kernel");
        Sizes { planes, image, output }
    }
}

/// The kernels of max pooling.
pub trait MaxPool2dKernel: Storage {
    /// `y = max(window of x)`.
    fn max_pool2d_forward(&self, op: Op, sizes: &Sizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `dx` from `x`, where the maxima are looked for again.
    fn max_pool2d_backward(
        &self,
        op: Op,
        sizes: &Sizes,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

/// An image of `C` channels.
type Image<const C: usize, const H: usize, const W: usize> = [[[f32; W]; H]; C];

impl Op {
    /// The maximum of every window.
    pub fn forward<D: Device, const C: usize, const H: usize, const W: usize, const OH: usize, const OW: usize>(
        self,
        pass: &Pass<D>,
        input: View<D, Image<C, H, W>>,
        output: ViewMut<D, Image<C, OH, OW>>,
    ) {
        let sizes = self.sizes(input.len() * C, [H, W], [OH, OW]);
        pass.device.max_pool2d_forward(self, &sizes, input.data(), output.into_data());
    }
    /// The gradient to the input, from the input.
    pub fn backward<D: Device, const C: usize, const H: usize, const W: usize, const OH: usize, const OW: usize>(
        self,
        pass: &Pass<D>,
        input: View<D, Image<C, H, W>>,
        d_output: View<D, Image<C, OH, OW>>,
        d_input: Grad<D, Image<C, H, W>>,
    ) {
        let sizes = self.sizes(input.len() * C, [H, W], [OH, OW]);
        let Grad { to, write } = d_input;
        pass.device.max_pool2d_backward(self, &sizes, input.data(), d_output.data(), to.into_data(), write);
    }
}
