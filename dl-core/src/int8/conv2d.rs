//! Convolution of an image, plain, in groups, or of each channel by itself.
//!
//! Two windows of the input at a time are written as two columns of bytes, so that the sums of all output channels are sums of products of
//! neighbours in memory. Padding is written as the zero point.

use super::Channels;
use super::dot::products;

/// The sizes of a convolution. Each pair is [height, width].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dSizes {
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
    /// The number that means 0 in the input.
    pub zero_point: i8,
}

impl Conv2dSizes {
    /// Returns the length of a window: the number of products of an output.
    pub const fn window(&self) -> usize {
        self.inputs / self.groups * self.kernel[0] * self.kernel[1]
    }
    /// Returns the number of elements of `columns`: two windows.
    pub const fn columns(&self) -> usize {
        2 * self.window()
    }
}

/// Computes the convolution of the image `x`, `[inputs, height, width]`, with `weight`, `[outputs, inputs/groups, kernel height, kernel
/// width]`, to `y`, `[outputs, size]`.
pub fn conv2d(sizes: &Conv2dSizes, weight: &[i8], channels: Channels<'_>, x: &[i8], y: &mut [i8], columns: &mut [i8]) {
    let (window, positions) = (sizes.window(), sizes.size[0] * sizes.size[1]);
    let (inputs, outputs) = (sizes.inputs / sizes.groups, sizes.outputs / sizes.groups);
    let (first, second) = columns[..2 * window].split_at_mut(window);
    for group in 0..sizes.groups {
        let x = &x[group * inputs * sizes.image[0] * sizes.image[1]..];
        let weight = &weight[group * outputs * window..][..outputs * window];
        let channels = channels.slice(group * outputs..(group + 1) * outputs);
        let y = &mut y[group * outputs * positions..][..outputs * positions];
        let mut position = 0;
        let [mut row, mut column] = [0, 0];
        while position < positions {
            // The last position may be alone, and then takes the place of two.
            let last = (position + 1).min(positions - 1);
            for part in [&mut *first, &mut *second] {
                gather(sizes, x, [row, column], part);
                column += 1;
                if column == sizes.size[1] {
                    [row, column] = [row + 1, 0];
                }
                if row == sizes.size[0] {
                    break;
                }
            }
            for pair in 0..outputs.div_ceil(2) {
                let [o, p] = [2 * pair, (2 * pair + 1).min(outputs - 1)];
                let row = |o: usize| &weight[o * window..][..window];
                let sums = products([row(o), row(p)], [first, second]);
                for (o, [a, b]) in [o, p].into_iter().zip(sums) {
                    if last > position {
                        y[o * positions + last] = channels.output(o, b);
                    }
                    y[o * positions + position] = channels.output(o, a);
                }
            }
            position += 2;
        }
    }
}

/// Writes the window at a position of the output into a column, in the order of the weights: channel, row, column.
fn gather(sizes: &Conv2dSizes, x: &[i8], position: [usize; 2], column: &mut [i8]) {
    let Conv2dSizes { image: [height, width], kernel: [kernel_height, kernel_width], dilation, zero_point, .. } =
        *sizes;
    // Where the window begins, which may be left of or above the image: these wrap around.
    let top = (position[0] * sizes.stride[0]).wrapping_sub(sizes.padding[0]);
    let left = (position[1] * sizes.stride[1]).wrapping_sub(sizes.padding[1]);
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
