//! Convolution of an image, plain, in groups, or of each channel by itself.
//!
//! Two windows of the input at a time are written as two columns, so that the sums of all output channels are sums of products of
//! neighbours in memory. Padding is written as the zero point.

use super::dot::bytes_mut;
use super::parameters::{Parameters, tensors};
use super::weights::Channel;
use super::{Kernels, Multiplier, Output, Weights, flat};
use core::ops::Range;

/// The weights of a convolution with `I` input channels of each group, `O` output channels and kernels of `H` rows and `W` columns.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Conv2d<const I: usize, const O: usize, const H: usize, const W: usize> {
    /// See [`Weights::bias`].
    pub bias: [i32; O],
    /// See [`Weights::multiplier`].
    pub multiplier: [i32; O],
    /// See [`Weights::exponent`].
    pub exponent: [i8; O],
    /// The range of the outputs.
    pub output: Output,
    /// The number that means 0 in the input, with which the image is padded.
    pub input_zero_point: i8,
    /// The weights, symmetric around 0: those of each output channel have a scale of their own.
    pub weight: [[[[i8; W]; H]; I]; O],
}

// SAFETY: integers alone, with these offsets and shapes.
unsafe impl<const I: usize, const O: usize, const H: usize, const W: usize> Parameters for Conv2d<I, O, H, W> {
    tensors! {
        bias: I32 [O], multiplier: I32 [O], exponent: I8 [O], output: I8 [3], input_zero_point: I8 [], weight: I8 [O, I, H, W]
    }
}

/// The sizes and settings of a convolution. Each pair is [height, width].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dOp {
    /// The number of channels of the input.
    pub inputs: usize,
    /// The size of the input image.
    pub image: [usize; 2],
    /// The number of channels of the output.
    pub outputs: usize,
    /// The size of the output image.
    pub size: [usize; 2],
    /// The size of a kernel.
    pub kernel: [usize; 2],
    /// The step of the windows.
    pub stride: [usize; 2],
    /// The rows and columns of padding at the top and the left.
    pub padding: [usize; 2],
    /// The distance of neighbours in a window.
    pub dilation: [usize; 2],
    /// The number of groups of channels.
    pub groups: usize,
}

impl Conv2dOp {
    /// Computes `y = f(W * x + b)` for one image; `columns` is memory of [`Conv2dOp::columns`] words.
    pub fn infer<const I: usize, const O: usize, const H: usize, const W: usize>(
        &self,
        kernels: impl Kernels,
        weights: &Conv2d<I, O, H, W>,
        x: &[i8],
        y: &mut [i8],
        columns: &mut [u32],
    ) {
        let Conv2d { bias, multiplier, exponent, output, input_zero_point, weight } = weights;
        let (input_zero_point, output, weight) = (*input_zero_point, *output, flat(weight));
        let weights = Weights { weight, bias, multiplier, exponent, input_zero_point, output };
        conv2d(kernels, self, weights, x, y, columns);
    }
    /// Returns the length of a window: the number of products of an output.
    pub const fn window(&self) -> usize {
        self.inputs / self.groups * self.kernel[0] * self.kernel[1]
    }
    /// Returns where window `at` begins along an axis, which wraps around before the image.
    #[inline]
    fn begin(&self, axis: usize, at: usize) -> usize {
        (at * self.stride[axis]).wrapping_sub(self.padding[axis])
    }
    /// Returns whether a window that begins at `from` is inside of the image along an axis.
    #[inline]
    fn is_whole(&self, axis: usize, from: usize) -> bool {
        let reach = self.dilation[axis] * (self.kernel[axis] - 1);
        from < self.image[axis] && reach < self.image[axis] - from
    }
    /// Returns where window `at` begins along an axis, which wraps around before the image, and the part of the kernel that is inside.
    #[inline]
    fn inside(&self, axis: usize, at: usize) -> (usize, Range<usize>) {
        let (len, step, n) = (self.image[axis], self.dilation[axis], self.kernel[axis]);
        let (from, padding) = (at * self.stride[axis], self.padding[axis]);
        let (mut first, mut end) = (0, n);
        while first < n && from + first * step < padding {
            first += 1;
        }
        while end > first && from + (end - 1) * step >= len + padding {
            end -= 1;
        }
        (from.wrapping_sub(padding), first..end)
    }
    /// Returns the number of words of `columns`: two packed windows, and one that is packed.
    pub const fn columns(&self) -> usize {
        5 * self.window().div_ceil(4)
    }
}

/// Computes the convolution of the image `x`, `[inputs, height, width]`, with weights `[outputs, inputs/groups, kernel height, kernel
/// width]`, to `y`, `[outputs, size]`. `columns` is memory of [`Conv2dOp::columns`] words.
pub fn conv2d(kernels: impl Kernels, op: &Conv2dOp, weights: Weights<'_>, x: &[i8], y: &mut [i8], columns: &mut [u32]) {
    let (inputs, outputs) = (op.inputs / op.groups, op.outputs / op.groups);
    if inputs == 1 && outputs == 1 {
        return depthwise(op, weights, x, y);
    }
    let (window, positions) = (op.window(), op.size[0] * op.size[1]);
    let (columns, one) = columns[..op.columns()].split_at_mut(4 * window.div_ceil(4));
    // What is behind the window in its last word stays zero.
    one.fill(0);
    for group in 0..op.groups {
        let x = &x[group * inputs * op.image[0] * op.image[1]..];
        let weights = weights.channels(group * outputs..(group + 1) * outputs, window);
        let y = &mut y[group * outputs * positions..][..outputs * positions];
        let [mut row, mut column] = [0, 0];
        for position in (0..positions).step_by(2) {
            // The last position may be alone.
            let two = position + 1 < positions;
            for part in 0..1 + usize::from(two) {
                gather(op, weights.input_zero_point, x, [row, column], &mut bytes_mut(one)[..window]);
                kernels.pack(one, part, columns);
                column += 1;
                if column == op.size[1] {
                    [row, column] = [row + 1, 0];
                }
            }
            channels(kernels, weights, window, columns, y, [position, positions]);
        }
    }
}

/// Computes the outputs of all channels at one position, or at two neighbours, from their packed columns. A function of its own has
/// registers for its inner loop.
#[inline(never)]
fn channels(
    kernels: impl Kernels,
    weights: Weights<'_>,
    window: usize,
    columns: &[u32],
    y: &mut [i8],
    [position, positions]: [usize; 2],
) {
    let outputs = weights.outputs();
    let Weights { weight, bias, multiplier, exponent, output, .. } = weights;
    // One comparison for all channels, not one for each.
    let (multiplier, exponent, y) = (&multiplier[..outputs], &exponent[..outputs], &mut y[..outputs * positions]);
    let two = position + 1 < positions;
    let mut write = |o: usize, sums: [i32; 2]| {
        let factor = Multiplier { mantissa: multiplier[o], exponent: exponent[o] };
        let [a, b] = sums.map(|sum| output.of(factor.apply(sum.wrapping_add(bias[o]))));
        y[o * positions + position] = a;
        // The last position may be alone.
        if two {
            y[o * positions + position + 1] = b;
        }
    };
    for first in (0..outputs).step_by(2) {
        // The last channel may be alone, too, and then takes the place of two.
        let second = (first + 1).min(outputs - 1);
        let rows = [&weight[first * window..], &weight[second * window..]];
        let sums = kernels.packed_products(rows, window, columns);
        write(first, sums[0]);
        write(second, sums[1]);
    }
}

/// Computes a convolution of each channel by itself, whose windows are too small to be copied.
fn depthwise(op: &Conv2dOp, weights: Weights<'_>, x: &[i8], y: &mut [i8]) {
    let Conv2dOp { image: [height, width], size, kernel, .. } = *op;
    let zero = i32::from(weights.input_zero_point);
    let planes = x.chunks_exact(height * width).zip(y.chunks_exact_mut(size[0] * size[1]));
    for (c, (x, y)) in planes.enumerate() {
        let (w, channel) = (weights.row(c, kernel[0] * kernel[1]), weights.channel(c));
        // What is outside of the image counts as zero, and the sum of all weights times the zero point is in the bias.
        let base = w.iter().fold(0_i32, |sum, &w| sum + i32::from(w)).wrapping_mul(zero);
        for (i, y) in y.chunks_exact_mut(size[1]).enumerate() {
            depthwise_row(op, x, w, [base, zero], channel, i, y);
        }
    }
}

/// Computes one row of the output of one channel.
#[inline(never)]
fn depthwise_row(op: &Conv2dOp, x: &[i8], w: &[i8], [base, zero]: [i32; 2], channel: Channel, i: usize, y: &mut [i8]) {
    let (width, kernel) = (op.image[1], op.kernel[1]);
    let (top, rows) = op.inside(0, i);
    let (first, w) = (top.wrapping_add(rows.start * op.dilation[0]), &w[rows.start * kernel..rows.end * kernel]);
    let step = op.dilation[0] * width;
    for (j, y) in y.iter_mut().enumerate() {
        let left = op.begin(1, j);
        let mut sum = base;
        let mut at = (first * width).wrapping_add(left);
        if op.is_whole(1, left) && op.dilation[1] == 1 {
            for w in w.chunks_exact(kernel) {
                let products = w.iter().zip(&x[at..at + kernel]).map(|(&w, &x)| i32::from(w) * (i32::from(x) - zero));
                sum = products.fold(sum, i32::wrapping_add);
                at += step;
            }
        } else {
            let columns = op.inside(1, j).1;
            for w in w.chunks_exact(kernel) {
                for kx in columns.clone() {
                    let x = i32::from(x[at.wrapping_add(kx * op.dilation[1])]) - zero;
                    sum = sum.wrapping_add(i32::from(w[kx]) * x);
                }
                at = at.wrapping_add(step);
            }
        }
        *y = channel.output(sum);
    }
}

/// Writes the window at a position of the output into a column, in the order of the weights: channel, row, column.
#[inline(never)]
fn gather(op: &Conv2dOp, zero_point: i8, x: &[i8], position: [usize; 2], column: &mut [i8]) {
    let Conv2dOp { image: [height, width], kernel: [kernel_height, kernel_width], dilation, .. } = *op;
    let (top, left) = (op.begin(0, position[0]), op.begin(1, position[1]));
    let x = &x[..op.inputs / op.groups * height * width];
    if op.is_whole(0, top) && op.is_whole(1, left) && dilation == [1; 2] {
        return copy_window(&x[top * width + left..], column, [kernel_height, kernel_width], width, height * width);
    }
    let (rows, columns) = (op.inside(0, position[0]).1, op.inside(1, position[1]).1);
    column.fill(zero_point);
    for (x, column) in x.chunks_exact(height * width).zip(column.chunks_exact_mut(kernel_height * kernel_width)) {
        for ky in rows.clone() {
            let row = &x[top.wrapping_add(ky * dilation[0]) * width..][..width];
            let line = &mut column[ky * kernel_width..][..kernel_width];
            for kx in columns.clone() {
                line[kx] = row[left.wrapping_add(kx * dilation[1])];
            }
        }
    }
}

/// Copies a window that lies inside of the image: from each plane, `height` lines of `width` numbers, few of which are worth no `memcpy`.
#[inline(never)]
fn copy_window(x: &[i8], column: &mut [i8], [height, width]: [usize; 2], row: usize, plane: usize) {
    let channels = column.len() / (height * width);
    assert!(channels == 0 || (channels - 1) * plane + (height - 1) * row + width <= x.len());
    assert!(channels * height * width <= column.len());
    let (mut from, mut to) = (x.as_ptr(), column.as_mut_ptr());
    for _ in 0..channels {
        let mut line = from;
        for _ in 0..height {
            // SAFETY: the assertions compare the ends of the last line with those of both slices.
            unsafe {
                copy_few(line, to, width);
                to = to.add(width);
            }
            line = line.wrapping_add(row);
        }
        from = from.wrapping_add(plane);
    }
}

/// Copies `n` numbers.
///
/// # Safety
/// Both are valid for `n` numbers.
#[inline(always)]
unsafe fn copy_few(mut from: *const i8, mut to: *mut i8, n: usize) {
    // SAFETY: by the contract; the parts are of `n` numbers together.
    unsafe {
        for _ in 0..n / 4 {
            to.cast::<u32>().write_unaligned(from.cast::<u32>().read_unaligned());
            (from, to) = (from.add(4), to.add(4));
        }
        if n & 2 > 0 {
            to.cast::<u16>().write_unaligned(from.cast::<u16>().read_unaligned());
            (from, to) = (from.add(2), to.add(2));
        }
        if n & 1 > 0 {
            *to = *from;
        }
    }
}
