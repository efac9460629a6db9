//! Convolution of groups with many output channels. What the kernels see from one place of the image is gathered once for all of them, with
//! zeros for the padding: so products are of numbers side by side, and edges, which are the most of a small image, cost no more than its middle.

use super::Conv2dSizes;
use core::array::from_fn;
use core::ops::Range;

/// The number of output channels that are computed together, whose sums stay in registers.
const CHANNELS: usize = 4;
/// The most numbers that are gathered at a time, on the stack.
pub(super) const GATHERED: usize = 48;

/// `y = W * x` for the output channels of a group; `channels` are its input channels. `y` begins with zeros.
pub(super) fn convolve(s: &Conv2dSizes, channels: &[f32], weight: &[f32], y: &mut [f32]) {
    let mut memory = [0.0; GATHERED];
    for r in 0..s.output[0] {
        let rows = s.inside(0, r);
        for c in 0..s.output[1] {
            let window = Window { s, channels, at: [r, c], inside: [rows.clone(), s.inside(1, c)] };
            window.each_part(&mut memory, |start, seen| {
                add_products(s, weight, start, seen, &mut y[r * s.output[1] + c..])
            });
        }
    }
}

/// Adds the products of the kernels of all channels, from element `start` of each on, with `x` to the first number of each map.
fn add_products(s: &Conv2dSizes, weight: &[f32], start: usize, x: &[f32], y: &mut [f32]) {
    let (size, of_kernel) = (s.output[0] * s.output[1], s.of_kernel());
    let (mut kernels, mut at) = (weight, 0);
    while kernels.len() >= CHANNELS * of_kernel {
        add::<CHANNELS>(kernels, [of_kernel, start], x, &mut y[at..], size);
        (kernels, at) = (&kernels[CHANNELS * of_kernel..], at + CHANNELS * size);
    }
    while !kernels.is_empty() {
        add::<1>(kernels, [of_kernel, start], x, &mut y[at..], size);
        (kernels, at) = (&kernels[of_kernel..], at + size);
    }
}

/// Does the same for the first `N` kernels.
#[inline(always)]
fn add<const N: usize>(kernels: &[f32], [of_kernel, start]: [usize; 2], x: &[f32], y: &mut [f32], size: usize) {
    let kernels: [&[f32]; N] = from_fn(|k| &kernels[k * of_kernel + start..][..x.len()]);
    let mut sums: [f32; N] = from_fn(|k| y[k * size]);
    let (fours, ones) = x.as_chunks::<4>();
    let weights = kernels.map(|kernel| &kernel.as_chunks::<4>().0[..fours.len()]);
    for (i, x) in fours.iter().enumerate() {
        for l in 0..4 {
            sums.iter_mut().zip(weights).for_each(|(sum, weights)| *sum += weights[i][l] * x[l]);
        }
    }
    for (l, x) in (4 * fours.len()..).zip(ones) {
        sums.iter_mut().zip(kernels).for_each(|(sum, kernel)| *sum += kernel[l] * x);
    }
    sums.iter().enumerate().for_each(|(k, sum)| y[k * size] = *sum);
}

/// The numbers that the kernels see from one place of the output, in the order of their weights.
struct Window<'a> {
    s: &'a Conv2dSizes,
    /// The input channels of the group.
    channels: &'a [f32],
    /// The row and column of the output.
    at: [usize; 2],
    /// The elements of the kernel along both axes that lie inside of the image.
    inside: [Range<usize>; 2],
}

impl Window<'_> {
    /// Calls `add` with parts of the window, each gathered in `memory`, and with the place of their first number.
    #[inline(always)]
    fn each_part(&self, memory: &mut [f32; GATHERED], mut add: impl FnMut(usize, &[f32])) {
        let (s, [rows, columns]) = (self.s, &self.inside);
        let [height, width] = s.kernel;
        let lines = self.channels.len() / (s.image[0] * s.image[1]) * height;
        let padded = rows.len() < height || columns.len() < width;
        // A part is some rows of kernels, or some columns of a row that is too long.
        let (lines_of_part, columns_of_part) = ((GATHERED / width).max(1), width.min(GATHERED));
        for line in (0..lines).step_by(lines_of_part) {
            let count = lines_of_part.min(lines - line);
            for from in (0..width).step_by(columns_of_part) {
                let part = columns_of_part.min(width - from);
                let inside = columns.start.max(from)..columns.end.min(from + part);
                let to = &mut memory[..count * part];
                if padded {
                    to.fill(0.0);
                }
                let (mut channel, mut k) = (line / height, line % height);
                for to in to.chunks_exact_mut(part) {
                    if rows.contains(&k) && !inside.is_empty() {
                        self.gather([channel, k], inside.start, &mut to[inside.start - from..inside.end - from]);
                    }
                    k += 1;
                    if k == height {
                        (channel, k) = (channel + 1, 0);
                    }
                }
                add(line * width + from, to);
            }
        }
    }
    /// Writes what row `k` of the kernel of a channel sees, from column `from` on.
    #[inline(always)]
    fn gather(&self, [channel, k]: [usize; 2], from: usize, to: &mut [f32]) {
        let s = self.s;
        let row = channel * s.image[0] + self.at[0] * s.stride[0] + k * s.dilation[0] - s.padding[0];
        let mut at = row * s.image[1] + self.at[1] * s.stride[1] + from * s.dilation[1] - s.padding[1];
        for to in to {
            *to = self.channels[at];
            at += s.dilation[1];
        }
    }
}
