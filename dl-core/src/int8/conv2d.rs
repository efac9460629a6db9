//! Convolution of an image, plain, in groups, or of each channel by itself.
//!
//! Two windows of the input at a time are written as two columns of bytes, so that the sums of all output channels are sums of products of
//! neighbours in memory. Padding is written as the zero point.

use super::dot::products;
use super::parameters::{Parameters, tensors};
use super::{Kernels, Output, Weights, flat};

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
    /// Computes `y = f(W * x + b)` for one image; `columns` is memory for [`Conv2dOp::columns`] numbers.
    pub fn infer<const I: usize, const O: usize, const H: usize, const W: usize>(
        &self,
        kernels: impl Kernels,
        weights: &Conv2d<I, O, H, W>,
        x: &[i8],
        y: &mut [i8],
        columns: &mut [i8],
    ) {
        let Conv2d { bias, multiplier, exponent, output, input_zero_point, weight } = weights;
        let (input_zero_point, output, weight) = (*input_zero_point, *output, flat(weight));
        let weights = Weights { weight, bias, multiplier, exponent, input_zero_point, output };
        kernels.conv2d(self, weights, x, y, columns);
    }
    /// Returns the length of a window: the number of products of an output.
    pub const fn window(&self) -> usize {
        self.inputs / self.groups * self.kernel[0] * self.kernel[1]
    }
    /// Returns the number of elements of `columns`: two windows.
    pub const fn columns(&self) -> usize {
        2 * self.window()
    }
}

/// Computes the convolution of the image `x`, `[inputs, height, width]`, with weights `[outputs, inputs/groups, kernel height, kernel
/// width]`, to `y`, `[outputs, size]`. `columns` is memory for [`Conv2dOp::columns`] numbers.
pub fn conv2d(op: &Conv2dOp, weights: Weights<'_>, x: &[i8], y: &mut [i8], columns: &mut [i8]) {
    let (window, positions) = (op.window(), op.size[0] * op.size[1]);
    let (inputs, outputs) = (op.inputs / op.groups, op.outputs / op.groups);
    let (first, second) = columns[..2 * window].split_at_mut(window);
    for group in 0..op.groups {
        let x = &x[group * inputs * op.image[0] * op.image[1]..];
        let weights = weights.channels(group * outputs..(group + 1) * outputs, window);
        let y = &mut y[group * outputs * positions..][..outputs * positions];
        let mut position = 0;
        let [mut row, mut column] = [0, 0];
        while position < positions {
            // The last position may be alone, and then takes the place of two.
            let last = (position + 1).min(positions - 1);
            for part in [&mut *first, &mut *second] {
                gather(op, weights.input_zero_point, x, [row, column], part);
                column += 1;
                if column == op.size[1] {
                    [row, column] = [row + 1, 0];
                }
                if row == op.size[0] {
                    break;
                }
            }
            for pair in 0..outputs.div_ceil(2) {
                let [o, p] = [2 * pair, (2 * pair + 1).min(outputs - 1)];
                let sums = products([weights.row(o, window), weights.row(p, window)], [first, second]);
                for (o, [a, b]) in [o, p].into_iter().zip(sums) {
                    if last > position {
                        y[o * positions + last] = weights.output(o, b);
                    }
                    y[o * positions + position] = weights.output(o, a);
                }
            }
            position += 2;
        }
    }
}

/// Writes the window at a position of the output into a column, in the order of the weights: channel, row, column.
fn gather(op: &Conv2dOp, zero_point: i8, x: &[i8], position: [usize; 2], column: &mut [i8]) {
    let Conv2dOp { image: [height, width], kernel: [kernel_height, kernel_width], dilation, .. } = *op;
    // Where the window begins, which may be left of or above the image: these wrap around.
    let top = (position[0] * op.stride[0]).wrapping_sub(op.padding[0]);
    let left = (position[1] * op.stride[1]).wrapping_sub(op.padding[1]);
    let inside =
        |from: usize, kernel: usize, dilation: usize, len: usize| from < len && from + (kernel - 1) * dilation < len;
    let rows_inside = inside(top, kernel_height, dilation[0], height);
    let columns_inside = inside(left, kernel_width, dilation[1], width);
    let mut lines = column.chunks_exact_mut(kernel_width);
    for plane in x.chunks_exact(height * width) {
        for ky in 0..kernel_height {
            let Some(line) = lines.next() else { return };
            let y = top.wrapping_add(ky * dilation[0]);
            if !rows_inside && y >= height {
                line.fill(zero_point);
                continue;
            }
            let row = &plane[y * width..][..width];
            if columns_inside {
                let row = row[left..].iter().step_by(dilation[1]);
                line.iter_mut().zip(row).for_each(|(to, from)| *to = *from);
            } else {
                line.iter_mut().enumerate().for_each(|(kx, to)| {
                    *to = row.get(left.wrapping_add(kx * dilation[1])).copied().unwrap_or(zero_point);
                });
            }
        }
    }
}
