//! Convolution of groups with few output channels, such as one for each input channel: neighbouring columns of an output are computed together.

use super::Conv2dSizes;
use core::ops::Range;

/// The number of neighbouring outputs that are computed together: a vector of wasm, and what a small FPU has registers for.
const LANES: usize = 4;

/// `y = W * x` for one output channel; `channels` are the input channels of its group, and `weight` its kernels.
pub(super) fn convolve(s: &Conv2dSizes, channels: &[f32], weight: &[f32], y: &mut [f32]) {
    let inside = inside(s);
    for (r, y) in y.chunks_exact_mut(s.output[1]).enumerate() {
        let window = Window { s, rows: s.inside(0, r), r, weight, channels };
        let mut c = 0;
        while c < y.len() {
            if c >= inside.start && c + LANES <= inside.end {
                y[c..c + LANES].copy_from_slice(&window.inside::<LANES>(c));
                c += LANES;
            } else if c >= inside.start && c + 2 <= inside.end {
                y[c..c + 2].copy_from_slice(&window.inside::<2>(c));
                c += 2;
            } else {
                y[c] = window.at_edge(c);
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
