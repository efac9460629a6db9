//! Larger images: PyTorch's `Upsample` by whole factors, which follow from the shapes.
//!
//! | mode | number `i` of a row of `n` numbers enlarged by `f` |
//! |---|---|
//! | nearest | `x[⌊i/f⌋]` |
//! | bilinear | `(1 - λ)·x[⌊s⌋] + λ·x[⌊s⌋ + 1]`, `λ = s - ⌊s⌋`; the last number goes on; rows likewise |
//! | … by default (`align_corners=False`) | `s = max((i + ½)/f - ½, 0)`: a pixel is an area, and the corners of those areas meet |
//! | … with `align_corners` | `s = i·(n - 1)/(f·n - 1)`: a pixel is a point, and the outermost pixels of both images meet |

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

/// What is between the numbers of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The nearest of them.
    Nearest,
    /// On straight lines between neighbours.
    Bilinear {
        /// Whether the outermost pixels of both images meet, rather than the borders of their areas.
        align_corners: bool,
    },
}

/// The settings of enlargement.
#[derive(Clone, Copy, Debug)]
pub struct UpsampleOp {
    /// What is between the numbers of the input.
    pub mode: Mode,
}

/// Sizes at run time.
#[derive(Clone, Copy, Debug)]
pub struct UpsampleSizes {
    /// Samples times channels.
    pub planes: usize,
    /// Height and width of an input plane.
    pub image: [usize; 2],
    /// How many rows and columns of the output each one of the input becomes.
    pub factor: [usize; 2],
}

/// The kernels of enlargement.
pub trait UpsampleKernel: Storage {
    /// `y` = `x` enlarged.
    fn upsample_forward(&self, mode: Mode, sizes: &UpsampleSizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `dx`: every number gets its share of the gradients of those made from it.
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
    /// The sizes of one call, checked.
    fn new<X: Image, Y: Image>(samples: usize) -> Self {
        let ([h, w], [rows, columns]) = (X::SIZE, Y::SIZE);
        let whole = rows.is_multiple_of(h) && columns.is_multiple_of(w);
        assert!(X::CHANNELS == Y::CHANNELS && whole, "output of an enlargement");
        UpsampleSizes { planes: samples * X::CHANNELS, image: X::SIZE, factor: [rows / h, columns / w] }
    }
}

impl UpsampleOp {
    /// `output` = `input` enlarged.
    pub fn forward<D: Device, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = UpsampleSizes::new::<X, Y>(input.len());
        context.device.upsample_forward(self.mode, &sizes, input.data(), output.into_data());
    }
    /// The gradient to the input.
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
