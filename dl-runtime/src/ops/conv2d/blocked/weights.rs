//! Weights of convolutions in blocks of channels, packed into the order in which the tiles read them.

use super::tile::shape;
use super::{BLOCK, Conv2dSizes};
use crate::device::cpu::threads::chunks_mut;
use crate::device::cpu::{Threads, scratch};
use crate::ops::matmul::pack::transpose;

/// The layout of packed weights: for each group `[panels, blocks, kernel elements, channels of a block, lanes]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    /// The number of output channels of a panel.
    pub lanes: usize,
    /// The number of panels of a group.
    pub panels: usize,
    /// The number of weights of an output channel.
    pub sums: usize,
    /// The number of input channels of a block.
    pub channels: usize,
}

impl Packed {
    /// Returns the layout for weights whose input channels lie in blocks, or are few.
    pub fn new(s: &Conv2dSizes) -> Self {
        let (lanes, inputs) = (shape().lanes, s.inputs_of_group());
        let (panels, sums) = (s.outputs_of_group().div_ceil(lanes), inputs * s.spatial_size());
        Packed { lanes, panels, sums, channels: inputs.min(BLOCK) }
    }
    /// Returns the size of a panel.
    pub fn panel(&self) -> usize {
        self.sums * self.lanes
    }
    /// Returns the size of a group.
    pub fn group(&self) -> usize {
        self.panels * self.panel()
    }
    /// Packs weights in some order, in tasks if there are threads. Lanes without a channel are zeros.
    pub fn fill(&self, threads: Option<&Threads>, s: &Conv2dSizes, order: Order, weight: &[f32], to: &mut [f32]) {
        let taps = s.spatial_size();
        let rows = Rows { s, order, taps, of_block: self.channels * taps };
        // Whole registers are transposed, so there is room for a few columns more.
        let columns = match order {
            Order::Forward => rows.of_block.next_multiple_of(self.lanes),
            Order::Reversed { kernel, .. } => (kernel[0] * kernel[1]).next_multiple_of(self.lanes),
        };
        let pack = |panel: usize, memory: &mut [f32], to: &mut [f32]| {
            let (group, first) = (panel / self.panels, panel % self.panels * self.lanes);
            let lanes = self.lanes.min(s.outputs_of_group() - first);
            for (block, to) in to.chunks_exact_mut(rows.of_block * self.lanes).enumerate() {
                if lanes < self.lanes {
                    to.fill(0.0);
                }
                rows.pack([group, first, block * self.channels], lanes, self, weight, memory, to);
            }
        };
        let memory = columns * self.lanes;
        match threads {
            Some(threads) if to.len() >= WORTH_TASKS => {
                threads.split_with_scratch(chunks_mut(to, self.panel()), memory, &pack);
            }
            _ => scratch::with(memory, |memory| {
                to.chunks_exact_mut(self.panel()).enumerate().for_each(|(panel, to)| pack(panel, memory, to));
            }),
        }
    }
}

/// From this number of weights on, panels are packed in tasks.
const WORTH_TASKS: usize = 1 << 14;

/// The order of the weights of a convolution before they are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops::conv2d) enum Order {
    /// `[out, in / groups, kh, kw]`.
    Forward,
    /// `[in, out / groups, kh, kw]`: those of a convolution to whose input this one computes the gradient, or every `stride`-th row and
    /// column of it. It meets the elements of the kernel from the last to the first, only those that reach its rows and columns.
    Reversed {
        /// The size of the kernel.
        kernel: [usize; 2],
        /// The row and column of the last element that it meets.
        last: [usize; 2],
        /// The distances between those.
        stride: [usize; 2],
    },
}

/// The places of the weights of output channels before they are packed.
struct Rows<'a> {
    s: &'a Conv2dSizes,
    order: Order,
    /// The number of elements of a kernel.
    taps: usize,
    /// The number of weights of a block of input channels, for each output channel.
    of_block: usize,
}

impl Rows<'_> {
    /// Packs one block of input channels for some output channels, from a group, an output channel and an input channel of the group on.
    fn pack(
        &self,
        [group, first, input]: [usize; 3],
        lanes: usize,
        packed: &Packed,
        weight: &[f32],
        memory: &mut [f32],
        to: &mut [f32],
    ) {
        let (s, taps, width) = (self.s, self.taps, packed.lanes);
        let [outputs, inputs] = [s.outputs_of_group(), s.inputs_of_group()];
        let row = |tap: usize, channel: usize| (tap * packed.channels + channel) * width;
        match self.order {
            Order::Forward => {
                let from = &weight[((group * outputs + first) * inputs + input) * taps..];
                let columns = transpose_whole(from, inputs * taps, lanes, self.of_block, memory, width);
                for (column, lane) in columns.chunks_exact(width).take(self.of_block).enumerate() {
                    let (channel, tap) = (column / taps, column % taps);
                    copy_lanes(&lane[..lanes], &mut to[row(tap, channel)..]);
                }
            }
            Order::Reversed { kernel, last, stride } => {
                let of_kernel = kernel[0] * kernel[1];
                for channel in 0..packed.channels {
                    let from = &weight[((group * inputs + input + channel) * outputs + first) * of_kernel..];
                    let columns = match of_kernel {
                        1 => &from[..lanes],
                        _ => transpose_whole(from, of_kernel, lanes, of_kernel, memory, width),
                    };
                    for tap in 0..taps {
                        let [k, l] = [tap / s.kernel[1], tap % s.kernel[1]];
                        let at = (last[0] - k * stride[0]) * kernel[1] + last[1] - l * stride[1];
                        copy_lanes(&columns[at * width..][..lanes], &mut to[row(tap, channel)..]);
                    }
                }
            }
        }
    }
}

/// Writes weights `[in, out, kh, kw]` of a convolution without stride as those of the convolution that computes its gradient to the input,
/// `[out, in, kh, kw]` with the elements of the kernel from the last to the first.
pub(super) fn reverse(s: &Conv2dSizes, weight: &[f32], to: &mut [f32]) {
    let taps = s.spatial_size();
    assert!(weight.len() == to.len() && to.len() == s.inputs * s.outputs * taps, "weights of whole kernels");
    for (output, to) in to.chunks_exact_mut(s.inputs * taps).enumerate() {
        let kernels = weight[output * taps..].chunks(s.outputs * taps);
        for (kernel, to) in kernels.zip(to.chunks_exact_mut(taps)) {
            to.iter_mut().zip(kernel[..taps].iter().rev()).for_each(|(to, weight)| *to = *weight);
        }
    }
}

/// Copies a few lanes to the beginning of `to`. A call of `memmove` for each would cost several times as much.
#[inline(always)]
pub(super) fn copy_lanes(from: &[f32], to: &mut [f32]) {
    #[inline(always)]
    fn copy<const LANES: usize>(from: &[f32], to: &mut [f32]) -> bool {
        match (from.len() == LANES, from.first_chunk::<LANES>(), to.first_chunk_mut::<LANES>()) {
            (true, Some(from), Some(to)) => *to = *from,
            _ => return false,
        }
        true
    }
    if !(copy::<16>(from, to) || copy::<32>(from, to) || copy::<8>(from, to)) {
        to[..from.len()].copy_from_slice(from);
    }
}

/// Transposes rows, and whole registers of them where what follows a row can be read, and returns the columns.
fn transpose_whole<'a>(
    from: &[f32],
    stride: usize,
    rows: usize,
    columns: usize,
    to: &'a mut [f32],
    width: usize,
) -> &'a [f32] {
    let whole = columns.next_multiple_of(width);
    let columns = if (rows - 1) * stride + whole <= from.len() { whole } else { columns };
    transpose(from, stride, rows, columns, to, width);
    to
}
