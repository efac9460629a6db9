//! Separable convolutions on the CPU: both convolutions one after the other, with the intermediate feature map in
//! scratch memory.

use super::{Both, SeparableConv2dKernel, lengths};
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::ops::Activation;
use crate::ops::conv2d::{Conv2dKernel, Direction};
use crate::tensor::Write;

impl SeparableConv2dKernel for Cpu {
    fn separable_conv2d_forward(&self, sizes: &Both, f: Activation, weights: &[f32], x: &[f32], y: &mut [f32]) {
        let [first, second, middle] = lengths(sizes);
        let (depthwise, rest) = weights.split_at(first);
        let (pointwise, bias) = rest.split_at(second);
        scratch::with(middle, |between| {
            let (direction, none) = (Direction::Forward, Activation::Identity);
            self.conv2d(&sizes[0], direction, none, [depthwise, &[]], x, (between, Write::Set));
            self.conv2d(&sizes[1], direction, f, [pointwise, bias], between, (y, Write::Set));
        });
    }
    fn separable_conv2d_backward(
        &self,
        sizes: &Both,
        weights: &[f32],
        x: &[f32],
        dy: &[f32],
        (d_weights, write): (&mut [f32], Write),
        dx: Option<(&mut [f32], Write)>,
    ) {
        let [first, second, middle] = lengths(sizes);
        let (depthwise, rest) = weights.split_at(first);
        let (d_depthwise, d_rest) = d_weights.split_at_mut(first);
        let (d_pointwise, d_bias) = d_rest.split_at_mut(second);
        let (pointwise, none) = (&rest[..second], Activation::Identity);
        let (forward, back) = (Direction::Forward, Direction::Transposed);
        scratch::with(middle, |between| {
            self.conv2d(&sizes[0], forward, none, [depthwise, &[]], x, (between, Write::Set));
            self.conv2d_weight_gradient(&sizes[1], forward, between, dy, [d_pointwise, d_bias], write);
            self.conv2d(&sizes[1], back, none, [pointwise, &[]], dy, (between, Write::Set));
            self.conv2d_weight_gradient(&sizes[0], forward, x, between, [d_depthwise, &mut []], write);
            if let Some(dx) = dx {
                self.conv2d(&sizes[0], back, none, [depthwise, &[]], between, dx);
            }
        });
    }
}
