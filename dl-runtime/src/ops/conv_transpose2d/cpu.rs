//! Transposed convolutions on the CPU: the loops of convolutions, in the other direction.

use super::ConvTranspose2dKernel;
use crate::Cpu;
use crate::ops::conv2d::{Conv2dSizes, bias_gradient, correlate, transposed, weight_gradient};
use crate::ops::{Activation, activation::ActivationKernel};
use crate::tensor::Write;

impl ConvTranspose2dKernel for Cpu {
    fn conv_transpose2d_forward(
        &self,
        s: &Conv2dSizes,
        f: Activation,
        weight: &[f32],
        bias: &[f32],
        x: &[f32],
        y: &mut [f32],
    ) {
        transposed(self.threads(), s, weight, bias, f == Activation::Relu, x, y, Write::Set);
        if !matches!(f, Activation::Identity | Activation::Relu) {
            self.activation_forward_in_place(f, y);
        }
    }
    fn conv_transpose2d_backward_input(
        &self,
        s: &Conv2dSizes,
        weight: &[f32],
        dy: &[f32],
        dx: &mut [f32],
        write: Write,
    ) {
        correlate(self.threads(), s, weight, &[], false, dy, dx, write);
    }
    fn conv_transpose2d_backward_weights(
        &self,
        s: &Conv2dSizes,
        x: &[f32],
        dy: &[f32],
        d_weight: &mut [f32],
        d_bias: &mut [f32],
        write: Write,
    ) {
        weight_gradient(self.threads(), s, dy, x, d_weight, write);
        bias_gradient(self.threads(), [s.samples, s.inputs, s.image[0] * s.image[1]], dy, d_bias, write);
    }
}
