//! The kernel of convolutions: several neighbouring outputs at a time, whose sums stay in registers.

use super::Conv2dSizes;
use core::ops::Range;

/// The number of neighbouring outputs that are computed together: a vector of wasm, and what a small FPU has registers for.
const LANES: usize = 4;

/// `y = W * x + b`; `bias` is empty when the layer has none.
pub fn convolve(s: &Conv2dSizes, weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32]) {
    let (of_group, outputs_of_group) = (s.inputs / s.groups.max(1), s.outputs / s.groups.max(1));
    let (of_image, of_kernel) = (s.image[0] * s.image[1], of_group * s.kernel[0] * s.kernel[1]);
    if y.is_empty() || of_kernel == 0 {
        // There are no outputs, or nothing to sum.
        let size = s.output[0] * s.output[1];
        return y.iter_mut().enumerate().for_each(|(i, y)| *y = bias.get(i / size).copied().unwrap_or(0.0));
    }
    let inside = inside(s);
    for (row, y) in y.chunks_exact_mut(s.output[1]).enumerate() {
        let (o, r) = (row / s.output[0], row % s.output[0]);
        let group = o / outputs_of_group;
        let channels = &x[group * of_group * of_image..][..of_group * of_image];
        let window = Window { s, rows: s.inside(0, r), r, weight: &weight[o * of_kernel..][..of_kernel], channels };
        let bias = bias.get(o).copied().unwrap_or(0.0);
        let mut c = 0;
        while c < y.len() {
            if c >= inside.start && c + LANES <= inside.end {
                let sums = window.inside::<LANES>(c);
                y[c..c + LANES].iter_mut().zip(sums).for_each(|(y, sum)| *y = bias + sum);
                c += LANES;
            } else if c >= inside.start && c + 2 <= inside.end {
                let sums = window.inside::<2>(c);
                y[c..c + 2].iter_mut().zip(sums).for_each(|(y, sum)| *y = bias + sum);
                c += 2;
            } else {
                y[c] = bias + window.at_edge(c);
                c += 1;
            }
        }
    }
}

/// Returns the columns of the output whose windows lie inside of the image from side to side.
fn inside(s: &Conv2dSizes) -> Range<usize> {
    let reach = (s.kernel[1] - 1) * s.dilation[1];
    let start = s.padding[1].div_ceil(s.stride[1]);
    let end = match (s.image[1] + s.padding[1]).checked_sub(reach + 1) {
        Some(last) => (last / s.stride[1] + 1).min(s.output[1]),
        None => 0,
    };
    start..end
}

impl Conv2dSizes {
    /// Returns the elements of the kernel along an axis that lie inside of the image, for output `at`.
    fn inside(&self, axis: usize, at: usize) -> Range<usize> {
        let (start, dilation) = (at * self.stride[axis], self.dilation[axis]);
        let first = self.padding[axis].saturating_sub(start).div_ceil(dilation);
        let last = (self.image[axis] + self.padding[axis]).saturating_sub(start).div_ceil(dilation);
        first..last.min(self.kernel[axis]).max(first)
    }
}

/// The windows of one row of the output of one channel.
struct Window<'a> {
    s: &'a Conv2dSizes,
    /// The rows of the kernel that lie inside of the image.
    rows: Range<usize>,
    /// The row of the output.
    r: usize,
    /// The kernels of the channel.
    weight: &'a [f32],
    /// The input channels of its group.
    channels: &'a [f32],
}

impl<'a> Window<'a> {
    /// Calls `row` with each row of each kernel and the row of the image below it.
    #[inline(always)]
    fn each_row(&self, mut row: impl FnMut(&'a [f32], &'a [f32])) {
        let s = self.s;
        let images = self.channels.chunks_exact(s.image[0] * s.image[1]);
        for (image, kernel) in images.zip(self.weight.chunks_exact(s.kernel[0] * s.kernel[1])) {
            for k in self.rows.clone() {
                let at = self.r * s.stride[0] + k * s.dilation[0] - s.padding[0];
                row(&kernel[k * s.kernel[1]..][..s.kernel[1]], &image[at * s.image[1]..][..s.image[1]]);
            }
        }
    }
    /// Returns the sums of `N` windows from column `c` on, which lie inside of the image.
    #[inline(always)]
    fn inside<const N: usize>(&self, c: usize) -> [f32; N] {
        let (s, mut sums) = (self.s, [0.0; N]);
        let (from, stride, dilation) = (c * s.stride[1] - s.padding[1], s.stride[1], s.dilation[1]);
        if stride == 1 {
            self.each_row(|kernel, image| {
                for (l, weight) in kernel.iter().enumerate() {
                    let x = &image[from + l * dilation..][..N];
                    sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += weight * x);
                }
            });
        } else {
            self.each_row(|kernel, image| {
                for (l, weight) in kernel.iter().enumerate() {
                    let x = image[from + l * dilation..].iter().step_by(stride);
                    sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += weight * x);
                }
            });
        }
        sums
    }
    /// Returns the sum of the window at column `c`, of which a part may lie in the padding.
    fn at_edge(&self, c: usize) -> f32 {
        let (s, mut sum) = (self.s, 0.0);
        let columns = s.inside(1, c);
        if columns.is_empty() {
            return sum;
        }
        let from = c * s.stride[1] + columns.start * s.dilation[1] - s.padding[1];
        if s.dilation[1] == 1 {
            self.each_row(|kernel, image| {
                let pairs = kernel[columns.clone()].iter().zip(&image[from..]);
                pairs.for_each(|(weight, x)| sum += weight * x);
            });
        } else {
            self.each_row(|kernel, image| {
                let pairs = kernel[columns.clone()].iter().zip(image[from..].iter().step_by(s.dilation[1]));
                pairs.for_each(|(weight, x)| sum += weight * x);
            });
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    #[test]
    fn all_windows_are_summed() {
        let numbers = |n: usize| (0..n).map(|i| ((i * 37 + 11) % 23) as f32 - 11.0).collect::<Vec<f32>>();
        for k in 0..96 {
            let pick = |shift: usize, of: usize| (k >> shift) % of;
            let (kernel, stride, dilation) = ([1 + pick(0, 3), 1 + pick(1, 4)], 1 + pick(2, 2), 1 + pick(3, 2));
            let padding = [pick(1, 3), pick(2, 4)];
            let image = [4 + pick(4, 3), 3 + k % 9];
            let size = |axis: usize| {
                let window = dilation * (kernel[axis] - 1) + 1;
                (image[axis] + 2 * padding[axis]).checked_sub(window).map_or(0, |rest| rest / stride + 1)
            };
            let (inputs, outputs, groups, output) = (4, 6, 2, [size(0), size(1)]);
            let (stride, dilation) = ([stride; 2], [dilation; 2]);
            let s = Conv2dSizes { inputs, outputs, image, output, kernel, stride, padding, dilation, groups };
            let (weight, bias) = (numbers(outputs * 2 * kernel[0] * kernel[1]), numbers(outputs));
            let (x, mut y) = (numbers(inputs * image[0] * image[1]), Vec::new());
            y.resize(outputs * output[0] * output[1], f32::NAN);
            convolve(&s, &weight, &bias, &x, &mut y);
            for (at, y) in y.iter().enumerate() {
                let (o, r, c) = (at / (output[0] * output[1]), at / output[1] % output[0], at % output[1]);
                let mut sum = bias[o];
                for i in 0..2 {
                    for (k, l) in (0..kernel[0]).flat_map(|k| (0..kernel[1]).map(move |l| (k, l))) {
                        let row =
                            (r * stride[0] + k * dilation[0]).checked_sub(padding[0]).filter(|row| *row < image[0]);
                        let column =
                            (c * stride[1] + l * dilation[1]).checked_sub(padding[1]).filter(|c| *c < image[1]);
                        if let Some((row, column)) = row.zip(column) {
                            let channel = o / 3 * 2 + i;
                            sum += weight[((o * 2 + i) * kernel[0] + k) * kernel[1] + l]
                                * x[(channel * image[0] + row) * image[1] + column];
                        }
                    }
                }
                assert_eq!(*y, sum, "{s:?} at {at}");
            }
        }
    }
}
