//! Global average pooling: `[C, H, W]` or `[C, L]` → `[C]`, the mean of every channel. Source: Lin, Chen, Yan, "Network
//! in network", ICLR 2014.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::channel_blocks::AnyImage;
use crate::ops::{Device, Image};
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

/// Global average pooling has no settings.
#[derive(Clone, Copy, Debug)]
pub struct GlobalAvgPool2dOp {}

/// The kernels of global average pooling; `spatial_size` is H·W, and the number of means follows from the lengths.
pub trait GlobalAvgPool2dKernel: Storage {
    /// `y = mean(x)` of every `spatial_size` numbers.
    fn global_avg_pool2d_forward(&self, spatial_size: usize, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// Does the same as [`GlobalAvgPool2dKernel::global_avg_pool2d_forward`], where a device with blocks of channels stores `x` in them.
    fn global_avg_pool2d_blocked(&self, spatial_size: usize, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>) {
        self.global_avg_pool2d_forward(spatial_size, x, y);
    }
    /// `dx = dy/spatial_size`, or `+=` with [`Write::Add`].
    fn global_avg_pool2d_backward(
        &self,
        spatial_size: usize,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl GlobalAvgPool2dOp {
    /// `output[c] = mean(input[c])`, `[C, H, W]` or `[C, L]` → `[C]`. At inference, the input may be in blocks of channels.
    pub fn forward<D: Device, X: AnyImage, const C: usize>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        output: ViewMut<D, [f32; C]>,
    ) {
        let (device, spatial_size, x, y) = (context.device, spatial_size::<X, C>(), input.data(), output.into_data());
        if X::BLOCKED {
            device.global_avg_pool2d_blocked(spatial_size, x, y);
        } else {
            device.global_avg_pool2d_forward(spatial_size, x, y);
        }
    }
    /// Computes the gradient to the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, X: Image, const C: usize>(
        self,
        context: &Context<D>,
        d_output: View<D, [f32; C]>,
        d_input: Grad<D, X>,
    ) {
        let Grad { to, write } = d_input;
        context.device.global_avg_pool2d_backward(spatial_size::<X, C>(), d_output.data(), to.into_data(), write);
    }
}

/// Returns the size of each of `C` channels.
fn spatial_size<X: AnyImage, const C: usize>() -> usize {
    assert_eq!(X::CHANNELS, C, "channels of a global pooling");
    X::SIZE[0] * X::SIZE[1]
}
