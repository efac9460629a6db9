//! The kernel of convolutions, which looks at a group of channels in the way that suits the number of its outputs.

use super::{Conv2dSizes, columns, gathered};
use core::ops::Range;

/// From so many output channels of a group on, it pays off to gather what their kernels see.
const MANY: usize = 8;

/// `y = W * x + b`; `bias` is empty when the layer has none.
pub fn convolve(s: &Conv2dSizes, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
    let (size, of_kernel, outputs) = (s.output[0] * s.output[1], s.of_kernel(), s.outputs / s.groups.max(1));
    y.fill(0.0);
    if !y.is_empty() && of_kernel > 0 {
        let channels = x.chunks_exact((x.len() / s.groups.max(1)).max(1));
        let groups = channels.zip(weight.chunks_exact(outputs * of_kernel)).zip(y.chunks_exact_mut(outputs * size));
        for ((channels, weight), y) in groups {
            if outputs >= MANY {
                gathered::convolve(s, channels, weight, y);
            } else {
                let maps = weight.chunks_exact(of_kernel).zip(y.chunks_exact_mut(size));
                maps.for_each(|(weight, y)| columns::convolve(s, channels, weight, y));
            }
        }
    }
    for (y, bias) in y.chunks_exact_mut(size.max(1)).zip(bias) {
        y.iter_mut().for_each(|y| *y += bias);
    }
}

impl Conv2dSizes {
    /// Returns the number of weights of an output channel.
    pub(super) fn of_kernel(&self) -> usize {
        self.inputs / self.groups.max(1) * self.kernel[0] * self.kernel[1]
    }
    /// Returns the elements of the kernel along an axis that lie inside of the image, for output `at`.
    pub(super) fn inside(&self, axis: usize, at: usize) -> Range<usize> {
        let (start, dilation) = (at * self.stride[axis], self.dilation[axis]);
        let first = self.padding[axis].saturating_sub(start).div_ceil(dilation);
        let last = (self.image[axis] + self.padding[axis]).saturating_sub(start).div_ceil(dilation);
        first..last.min(self.kernel[axis]).max(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::conv2d::gathered::GATHERED;
    extern crate std;
    use std::vec::Vec;

    #[test]
    fn all_windows_are_summed() {
        let numbers = |n: usize| (0..n).map(|i| ((i * 37 + 11) % 23) as f32 - 11.0).collect::<Vec<f32>>();
        for k in 0..192 {
            let pick = |shift: usize, of: usize| (k >> shift) % of;
            let (kernel, stride, dilation) = ([1 + pick(0, 3), 1 + pick(1, 4)], 1 + pick(2, 2), 1 + pick(3, 2));
            let padding = [pick(1, 3), pick(2, 4)];
            let image = [4 + pick(4, 3), 3 + k % 9];
            // Windows that are gathered in several parts: by rows, and by columns.
            let (kernel, image) = match k % 11 {
                5 => ([5, 7], [10, 14]),
                7 => ([2, GATHERED + 5], [5, 2 * GATHERED + 20]),
                _ => (kernel, image),
            };
            let size = |axis: usize| {
                let window = dilation * (kernel[axis] - 1) + 1;
                (image[axis] + 2 * padding[axis]).checked_sub(window).map_or(0, |rest| rest / stride + 1)
            };
            // Nine outputs that see four channels, or three in each of two groups.
            let groups = 1 + pick(5, 2);
            let (inputs, outputs, of_group, output) = (4, [9, 6][groups - 1], 4 / groups, [size(0), size(1)]);
            let (stride, dilation) = ([stride; 2], [dilation; 2]);
            let s = Conv2dSizes { inputs, outputs, image, output, kernel, stride, padding, dilation, groups };
            let (weight, bias) = (numbers(outputs * of_group * kernel[0] * kernel[1]), numbers(outputs));
            let (x, mut y) = (numbers(inputs * image[0] * image[1]), Vec::new());
            y.resize(outputs * output[0] * output[1], f32::NAN);
            convolve(&s, &weight, &bias, &x, &mut y);
            for (at, y) in y.iter().enumerate() {
                let (o, r, c) = (at / (output[0] * output[1]), at / output[1] % output[0], at % output[1]);
                let mut sum = bias[o];
                for i in 0..of_group {
                    for (k, l) in (0..kernel[0]).flat_map(|k| (0..kernel[1]).map(move |l| (k, l))) {
                        let row =
                            (r * stride[0] + k * dilation[0]).checked_sub(padding[0]).filter(|row| *row < image[0]);
                        let column =
                            (c * stride[1] + l * dilation[1]).checked_sub(padding[1]).filter(|c| *c < image[1]);
                        if let Some((row, column)) = row.zip(column) {
                            let channel = o / (outputs / groups) * of_group + i;
                            sum += weight[((o * of_group + i) * kernel[0] + k) * kernel[1] + l]
                                * x[(channel * image[0] + row) * image[1] + column];
                        }
                    }
                }
                assert_eq!(*y, sum, "{s:?} at {at}");
            }
        }
    }
}
