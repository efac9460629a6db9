//! Separable convolutions on CUDA: both convolutions one after the other, with the intermediate feature map in the
//! workspace.

use super::{Both, SeparableConv2dKernel};
use crate::device::cuda::{Cuda, Mut, Ref};
use crate::ops::Activation;
use crate::ops::conv2d::Direction;
use crate::ops::conv2d::cuda::{Gather, Gradient};
use crate::tensor::Storage;
use crate::tensor::Write;

/// Splits the workspace: `middle` numbers for the intermediate feature map, and the largest workspace that one of the
/// steps needs.
fn scratch<'a>(device: &'a Cuda, middle: usize, steps: &[usize]) -> [Mut<'a, f32>; 2] {
    // The second part begins at a multiple of 256 bytes, as allocated memory does.
    let room = middle.next_multiple_of(64);
    let (between, rest) = Cuda::split_mut(device.scratch(room + steps.iter().max().unwrap_or(&0)), room);
    [Cuda::split_mut(between, middle).0, rest]
}

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
        let [to_middle, to_output] = [0, 1].map(|i| Gather::new(self, &s[i], Direction::Forward));
        let [mut between, mut rest] = scratch(self, middle, &[to_middle.scratch(), to_output.scratch()]);
        let (to, temporary) = (Cuda::reborrow(&mut between), Cuda::reborrow(&mut rest));
        to_middle.run(self, Activation::Identity, [depthwise, none], x, (to, Write::Set), temporary);
        to_output.run(self, f, [pointwise, bias], Cuda::share(&between), (y, Write::Set), rest);
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
        let to_middle = Gather::new(self, &s[0], Direction::Forward);
        let [to_input, from_output] = [0, 1].map(|i| Gather::new(self, &s[i], Direction::Transposed));
        let [a, b, c] = [to_middle, to_input, from_output].map(|gather| gather.scratch());
        let [d, e] = [of_pointwise, of_depthwise].map(|gradient| gradient.scratch());
        let [mut between, mut rest] = scratch(self, middle, &[a, b, c, d, e]);

        let f = Activation::Identity;
        let (to, temporary) = (Cuda::reborrow(&mut between), Cuda::reborrow(&mut rest));
        to_middle.run(self, f, [depthwise, none], x, (to, Write::Set), temporary);
        let temporary = Cuda::reborrow(&mut rest);
        of_pointwise.run(self, Cuda::share(&between), dy, [d_pointwise, d_bias], write, temporary);
        let (to, temporary) = (Cuda::reborrow(&mut between), Cuda::reborrow(&mut rest));
        from_output.run(self, f, [pointwise, none], dy, (to, Write::Set), temporary);
        let temporary = Cuda::reborrow(&mut rest);
        of_depthwise.run(self, x, Cuda::share(&between), [d_depthwise, no_bias], write, temporary);
        if let Some(dx) = dx {
            to_input.run(self, f, [depthwise, none], Cuda::share(&between), dx, rest);
        }
    }
}
