//! The gradient of a convolution to its input on the CPU, as convolutions of the gradient to the output without strides.
//!
//! With strides, rows and columns of the input meet different elements of the kernel, depending on their remainders modulo the stride: so there
//! is a convolution for each pair of remainders (Dumoulin and Visin, A guide to convolution arithmetic, 2016, section 4).

use super::Conv2dSizes;
use super::blocked::{self, Order, Spread};
use super::correlate::Finish;
use crate::device::cpu::Threads;

/// The positions along an axis with the same remainder.
#[derive(Clone, Copy)]
struct Class {
    /// The first position.
    first: usize,
    /// The number of positions.
    len: usize,
    /// The number of elements of the kernel that meet them, and the last of those.
    taps: usize,
    last: usize,
    /// The number of zeros before the gradient to the output.
    padding: usize,
}

impl Class {
    /// Returns a class; `None` if its first position does not meet the first window, so that these kernels do not compute it.
    fn new(s: &Conv2dSizes, axis: usize, remainder: usize) -> Option<Self> {
        let (stride, padding) = (s.stride[axis], s.padding[axis]);
        let first = (remainder + padding * (stride - 1)) % stride;
        let len = s.image[axis].saturating_sub(first).div_ceil(stride);
        let (taps, last) = (s.taps(axis, remainder).count(), s.taps(axis, remainder).last().unwrap_or(0));
        // Without a stride, elements of the kernel may be farther apart.
        let reach = last * s.dilation[axis];
        let padding = if taps == 0 { 0 } else { reach.checked_sub(first + padding)? / stride };
        Some(Class { first, len, taps, last, padding })
    }
}

/// Calls `body` for each pair of remainders, if all of them can be computed here.
fn for_classes(s: &Conv2dSizes, mut body: impl FnMut([Class; 2])) -> bool {
    for row in 0..s.stride[0] {
        for column in 0..s.stride[1] {
            let [Some(row), Some(column)] = [Class::new(s, 0, row), Class::new(s, 1, column)] else {
                return false;
            };
            body([row, column]);
        }
    }
    true
}

/// Says whether [`convolve`] computes the gradient of a convolution to its input, and in less time than kernels whose registers hold pixels.
pub(super) fn pays(s: &Conv2dSizes) -> bool {
    let strided = s.stride != [1, 1];
    if strided && s.dilation != [1, 1] {
        return false;
    }
    let pixels = |[rows, columns]: [usize; 2]| rows * columns;
    // The gradient to the output is packed for every class.
    let numbers = s.samples * (pixels(s.stride) * s.outputs * pixels(s.output) + s.inputs * pixels(s.image));
    blocked::takes_planes([s.outputs, s.inputs], s.groups, s.work(), numbers) && for_classes(s, |_| {})
}

/// Computes the gradient to the input, if [`pays`] says so.
pub(super) fn convolve(threads: &Threads, s: &Conv2dSizes, weight: &[f32], finish: Finish, dy: &[f32], dx: &mut [f32]) {
    for_classes(s, |[row, column]| {
        if row.len == 0 || column.len == 0 {
            return;
        }
        let spread = Spread { image: s.image, first: [row.first, column.first], step: s.stride };
        if row.taps == 0 || column.taps == 0 {
            return without_taps(s, spread, finish, dx);
        }
        let of_class = Conv2dSizes {
            inputs: s.outputs,
            outputs: s.inputs,
            image: s.output,
            output: [row.len, column.len],
            kernel: [row.taps, column.taps],
            stride: [1, 1],
            padding: [row.padding, column.padding],
            ..*s
        };
        let order = Order::Reversed { kernel: s.kernel, last: [row.last, column.last], stride: s.stride };
        let spread = (s.stride != [1, 1]).then_some(spread);
        blocked::convolve_planes(threads, &of_class, order, spread, weight, finish, dy, dx);
    });
}

/// Finishes the sums of positions that meet no element of the kernel.
fn without_taps(s: &Conv2dSizes, spread: Spread, finish: Finish, dx: &mut [f32]) {
    let Spread { image, first, step } = spread;
    for (plane, dx) in dx.chunks_exact_mut(image[0] * image[1]).enumerate() {
        let shift = finish.shift.get(plane % s.inputs).copied().unwrap_or(0.0);
        for row in dx.chunks_exact_mut(image[1]).skip(first[0]).step_by(step[0]) {
            for x in row.iter_mut().skip(first[1]).step_by(step[1]) {
                let sum = if finish.add { *x } else { 0.0 } + shift;
                *x = finish.limits.map_or(sum, |[least, largest]| sum.clamp(least, largest));
            }
        }
    }
}
