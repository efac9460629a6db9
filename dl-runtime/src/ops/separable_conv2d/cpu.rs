//! Separable convolutions on the CPU: both convolutions one after the other, with the intermediate feature map in
//! scratch memory.

use super::{Both, SeparableConv2dKernel, lengths};
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::ops::Activation;
use crate::ops::conv2d::Conv2dKernel;
use crate::tensor::Write;

impl SeparableConv2dKernel for Cpu {
    fn separable_conv2d_forward(&self, sizes: &Both, f: Activation, weights: &[f32], x: &[f32], y: &mut [f32]) {
        let [first, second, middle] = lengths(sizes);
        let (depthwise, rest) = weights.split_at(first);
        let (pointwise, bias) = rest.split_at(second);
        scratch::with(middle, |between| {
            self.conv2d_forward(&sizes[0], Activation::Identity, depthwise, &[], x, between);
            self.conv2d_forward(&sizes[1], f, pointwise, bias, between, y);
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
        scratch::with(middle, |between| {
            self.conv2d_forward(&sizes[0], Activation::Identity, depthwise, &[], x, between);
            self.conv2d_backward_weights(&sizes[1], between, dy, d_pointwise, d_bias, write);
            self.conv2d_backward_input(&sizes[1], &rest[..second], dy, between, Write::Set);
            self.conv2d_backward_weights(&sizes[0], x, between, d_depthwise, &mut [], write);
            if let Some((dx, write)) = dx {
                self.conv2d_backward_input(&sizes[0], depthwise, between, dx, write);
            }
        });
    }
}
