//! Upsampling: PyTorch's `Upsample` by integer factors, which follow from the shapes.
//!
//! | mode | element `i` of a row of `n` elements, upsampled by `f` |
//! |---|---|
//! | nearest | `x[⌊i/f⌋]` |
//! | bilinear | `(1 - λ)·x[⌊s⌋] + λ·x[⌊s⌋ + 1]` with `λ = s - ⌊s⌋`; the last element is repeated; rows likewise |
//! | … by default (`align_corners=False`) | `s = max((i + ½)/f - ½, 0)`: pixels are areas, and both images have the same corners |
//! | … with `align_corners` | `s = i·(n - 1)/(f·n - 1)`: pixels are points, and both images have the same outermost points |

mod bilinear;
mod blocked;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod nearest;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::upsample::Mode;

use crate::ops::channel_blocks::AnyImage;
use crate::ops::{Device, Image};
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

/// The settings of upsampling.
#[derive(Clone, Copy, Debug)]
pub struct UpsampleOp {
    /// The interpolation.
    pub mode: Mode,
}

/// The sizes of one call.
#[derive(Clone, Copy, Debug)]
pub struct UpsampleSizes {
    /// The number of samples times the number of channels.
    pub planes: usize,
    /// The height and width of an input plane.
    pub image: [usize; 2],
    /// The factors of the height and the width.
    pub factor: [usize; 2],
}

/// The kernels of upsampling.
pub trait UpsampleKernel: Storage {
    /// Writes the upsampled `x` to `y`.
    fn upsample_forward(&self, mode: Mode, sizes: &UpsampleSizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// Does the same as [`UpsampleKernel::upsample_forward`], where a device with blocks of channels stores both images in them.
    fn upsample_blocked(&self, mode: Mode, sizes: &UpsampleSizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>) {
        self.upsample_forward(mode, sizes, x, y);
    }
    /// `dx = Σ λ·dy` over the elements of the output that are interpolated from it, where `λ` is its weight, or `+=`
    /// with [`Write::Add`].
    fn upsample_backward(
        &self,
        mode: Mode,
        sizes: &UpsampleSizes,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl UpsampleSizes {
    /// Returns the sizes of one call. Panics unless the output is an integer multiple of the input, in the same layout.
    fn new<X: AnyImage, Y: AnyImage>(samples: usize) -> Self {
        let ([h, w], [rows, columns]) = (X::SIZE, Y::SIZE);
        let whole = rows.is_multiple_of(h) && columns.is_multiple_of(w);
        assert!(X::CHANNELS == Y::CHANNELS && X::BLOCKED == Y::BLOCKED && whole, "output of an upsampling");
        UpsampleSizes { planes: samples * X::CHANNELS, image: X::SIZE, factor: [rows / h, columns / w] }
    }
}

impl UpsampleOp {
    /// Writes the upsampled `input` to `output`, `[C, H, W]` → `[C, m·H, n·W]`. At inference, both images may be in blocks of channels.
    pub fn forward<D: Device, X: AnyImage, Y: AnyImage>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = UpsampleSizes::new::<X, Y>(input.len());
        let (device, x, y) = (context.device, input.data(), output.into_data());
        if X::BLOCKED {
            device.upsample_blocked(self.mode, &sizes, x, y)
        } else {
            device.upsample_forward(self.mode, &sizes, x, y)
        }
    }
    /// Computes the gradient to the input, `[C, H, W]`, from the gradient to the output, `[C, m·H, n·W]`.
    pub fn backward<D: Device, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        d_output: View<D, Y>,
        d_input: Grad<D, X>,
    ) {
        let sizes = UpsampleSizes::new::<X, Y>(d_output.len());
        let Grad { to, write } = d_input;
        context.device.upsample_backward(self.mode, &sizes, d_output.data(), to.into_data(), write);
    }
}
