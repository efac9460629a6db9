//! Mean over windows of each channel: PyTorch's `AvgPool2d`, where zeros outside of the image count.

mod cpu;
#[cfg(test)]
mod tests;

use crate::device::{Device, Storage};
use crate::ops::{Grad, Write, max_pool2d};
use crate::{Pass, View, ViewMut};

pub use max_pool2d::Sizes;

/// The settings of a pooling; pairs are of height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// The window.
    pub kernel: [usize; 2],
    /// Steps of the window.
    pub stride: [usize; 2],
    /// Rows and columns of zeros around the image; less than the kernel.
    pub padding: [usize; 2],
}

/// The kernels of average pooling.
pub trait AvgPool2dKernel: Storage {
    /// `y = mean(window of x)`.
    fn avg_pool2d_forward(&self, op: Op, sizes: &Sizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `dx`: every element of a window gets an equal share of its gradient.
    fn avg_pool2d_backward(&self, op: Op, sizes: &Sizes, dy: Self::Ref<'_, f32>, dx: Self::Mut<'_, f32>, write: Write);
}

/// An image of `C` channels.
type Image<const C: usize, const H: usize, const W: usize> = [[[f32; W]; H]; C];

impl Op {
    /// The sizes of one call, checked.
    fn sizes(self, planes: usize, image: [usize; 2], output: [usize; 2]) -> Sizes {
        let Op { kernel, stride, padding } = self;
        max_pool2d::Op { kernel, stride, padding }.sizes(planes, image, output)
    }
    /// The mean of every window.
    pub fn forward<D: Device, const C: usize, const H: usize, const W: usize, const OH: usize, const OW: usize>(
        self,
        pass: &Pass<D>,
        input: View<D, Image<C, H, W>>,
        output: ViewMut<D, Image<C, OH, OW>>,
    ) {
        let sizes = self.sizes(input.len() * C, [H, W], [OH, OW]);
        pass.device.avg_pool2d_forward(self, &sizes, input.data(), output.into_data());
    }
    /// The gradient to the input.
    pub fn backward<D: Device, const C: usize, const H: usize, const W: usize, const OH: usize, const OW: usize>(
        self,
        pass: &Pass<D>,
        d_output: View<D, Image<C, OH, OW>>,
        d_input: Grad<D, Image<C, H, W>>,
    ) {
        let sizes = self.sizes(d_output.len() * C, [H, W], [OH, OW]);
        let Grad { to, write } = d_input;
        pass.device.avg_pool2d_backward(self, &sizes, d_output.data(), to.into_data(), write);
    }
}
