//! Transposed convolutions on CUDA: the kernels of convolutions, in the other direction.

use super::ConvTranspose2dKernel;
use crate::device::cuda::{Cuda, Mut, Ref};
use crate::ops::Activation;
use crate::ops::conv2d::Conv2dSizes;
use crate::ops::conv2d::cuda::{Direction, Gradient, gather};
use crate::tensor::Storage;
use crate::tensor::Write;

impl ConvTranspose2dKernel for Cuda {
    fn conv_transpose2d_forward(
        &self,
        s: &Conv2dSizes,
        f: Activation,
        weight: Ref<'_, f32>,
        bias: Ref<'_, f32>,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        gather(self, s, Direction::Back, f, weight, bias, x, y, Write::Set);
    }
    fn conv_transpose2d_backward_input(
        &self,
        s: &Conv2dSizes,
        weight: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        let none = Cuda::slice(weight, 0..0);
        gather(self, s, Direction::Forward, Activation::Identity, weight, none, dy, dx, write);
    }
    fn conv_transpose2d_backward_weights(
        &self,
        s: &Conv2dSizes,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_weight: Mut<'_, f32>,
        d_bias: Mut<'_, f32>,
        write: Write,
    ) {
        let gradient = Gradient::new(self, s, Direction::Back, d_bias.len());
        gradient.run(self, dy, x, d_weight, d_bias, write, self.scratch(gradient.scratch()));
    }
}
