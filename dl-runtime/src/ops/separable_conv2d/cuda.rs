//! Separable convolutions on CUDA: both kinds one after the other, with what is between in temporary memory.

use super::{Both, SeparableConv2dKernel};
use crate::device::Storage;
#[cfg(test)]
use crate::device::both;
use crate::device::cuda::{Cuda, Mut, Ref};
use crate::ops::conv2d::cuda::{Direction, Gradient, gather};
use crate::ops::{Activation, Write};

impl SeparableConv2dKernel for Cuda {
    fn separable_conv2d_forward(
        &self,
        s: &Both,
        f: Activation,
        weights: Ref<'_, f32>,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        let [first, second, middle] = super::lengths(s);
        let [depthwise, pointwise] = [0..first, first..first + second].map(|range| Cuda::slice(weights, range));
        let (none, bias) = (Cuda::slice(weights, 0..0), Cuda::slice(weights, first + second..weights.len()));
        let mut between = self.scratch(middle);
        let to = Cuda::reborrow(&mut between);
        gather(self, &s[0], Direction::Forward, Activation::Identity, depthwise, none, x, to, Write::Set);
        gather(self, &s[1], Direction::Forward, f, pointwise, bias, Cuda::share(&between), y, Write::Set);
    }
    fn separable_conv2d_backward(
        &self,
        s: &Both,
        weights: Ref<'_, f32>,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        (d_weights, write): (Mut<'_, f32>, Write),
        dx: Option<(Mut<'_, f32>, Write)>,
    ) {
        let [first, second, middle] = super::lengths(s);
        let [depthwise, pointwise] = [0..first, first..first + second].map(|range| Cuda::slice(weights, range));
        let none = Cuda::slice(weights, 0..0);
        let (d_depthwise, d_rest) = Cuda::split_mut(d_weights, first);
        let (d_pointwise, d_bias) = Cuda::split_mut(d_rest, second);
        let (no_bias, d_depthwise) = Cuda::split_mut(d_depthwise, 0);
        let of_pointwise = Gradient::new(self, &s[1], Direction::Forward, d_bias.len());
        let of_depthwise = Gradient::new(self, &s[0], Direction::Forward, 0);
        let scratch = self.scratch(middle + of_pointwise.scratch().max(of_depthwise.scratch()));
        let (mut between, mut scratch) = Cuda::split_mut(scratch, middle);

        let f = Activation::Identity;
        gather(self, &s[0], Direction::Forward, f, depthwise, none, x, Cuda::reborrow(&mut between), Write::Set);
        let partial = Cuda::reborrow(&mut scratch);
        of_pointwise.run(self, Cuda::share(&between), dy, d_pointwise, d_bias, write, partial);
        gather(self, &s[1], Direction::Back, f, pointwise, none, dy, Cuda::reborrow(&mut between), Write::Set);
        of_depthwise.run(self, x, Cuda::share(&between), d_depthwise, no_bias, write, scratch);
        if let Some((dx, write)) = dx {
            gather(self, &s[0], Direction::Back, f, depthwise, none, Cuda::share(&between), dx, write);
        }
    }
}

#[cfg(test)]
impl SeparableConv2dKernel for crate::device::Twin {
    fn separable_conv2d_forward(&self, s: &Both, f: Activation, weights: &[f32], x: &[f32], y: &mut [f32]) {
        both!(self, [weights, x], [y], |device| device.separable_conv2d_forward(s, f, weights, x, y));
    }
    fn separable_conv2d_backward(
        &self,
        s: &Both,
        weights: &[f32],
        x: &[f32],
        dy: &[f32],
        (d_weights, write): (&mut [f32], Write),
        dx: Option<(&mut [f32], Write)>,
    ) {
        match dx {
            Some((dx, write_dx)) => both!(self, [weights, x, dy], [d_weights, dx], |device| {
                device.separable_conv2d_backward(s, weights, x, dy, (d_weights, write), Some((dx, write_dx)))
            }),
            None => both!(self, [weights, x, dy], [d_weights], |device| {
                device.separable_conv2d_backward(s, weights, x, dy, (d_weights, write), None)
            }),
        }
    }
}
