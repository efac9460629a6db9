//! Padding of images with rows and columns: PyTorch's `ZeroPad2d`, `ReflectionPad2d` and `ReplicationPad2d`.
//!
//! | mode | value `d` rows above the first row of an image |
//! |---|---|
//! | zeros | 0 |
//! | reflect | row `d`: the image is mirrored at its border, which is not repeated |
//! | replicate | row 0 |

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::pad2d::Mode;

use crate::ops::Device;
use crate::ops::Image;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

/// The settings of padding; the padding below and on the right follows from the shapes.
#[derive(Clone, Copy, Debug)]
pub struct Pad2dOp {
    /// The number of rows above and of columns on the left.
    pub before: [usize; 2],
    /// The values of the padding.
    pub mode: Mode,
}

/// The sizes of one call.
#[derive(Clone, Copy, Debug)]
pub struct Pad2dSizes {
    /// The number of samples times channels.
    pub planes: usize,
    /// The height and width of an input plane.
    pub image: [usize; 2],
    /// The height and width of an output plane.
    pub output: [usize; 2],
}

/// The kernels of padding.
pub trait Pad2dKernel: Storage {
    /// `y` is `x` with padding around each plane.
    fn pad2d_forward(&self, op: Pad2dOp, sizes: &Pad2dSizes, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// Computes `dx`: every number gets the sum of the gradients of all its copies.
    fn pad2d_backward(
        &self,
        op: Pad2dOp,
        sizes: &Pad2dSizes,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl Pad2dOp {
    /// Returns the sizes of one call, after checking them.
    fn sizes<X: Image, Y: Image>(self, samples: usize) -> Pad2dSizes {
        assert_eq!(X::CHANNELS, Y::CHANNELS, "channels of a padding");
        let sizes = Pad2dSizes { planes: samples * X::CHANNELS, image: X::SIZE, output: Y::SIZE };
        for (axis, before) in self.before.into_iter().enumerate() {
            let (image, output) = (sizes.image[axis], sizes.output[axis]);
            let after = output.checked_sub(image + before).expect("output of a padding");
            assert!(self.mode != Mode::Reflect || before.max(after) < image, "more than a reflection has");
        }
        sizes
    }
    /// Pads the input: `[C, H, W]` → `[C, H + top + bottom, W + left + right]`.
    pub fn forward<D: Device, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let sizes = self.sizes::<X, Y>(input.len());
        context.device.pad2d_forward(self, &sizes, input.data(), output.into_data());
    }
    /// Computes the gradient to the input.
    pub fn backward<D: Device, X: Image, Y: Image>(
        self,
        context: &Context<D>,
        d_output: View<D, Y>,
        d_input: Grad<D, X>,
    ) {
        let sizes = self.sizes::<X, Y>(d_output.len());
        let Grad { to, write } = d_input;
        context.device.pad2d_backward(self, &sizes, d_output.data(), to.into_data(), write);
    }
}
