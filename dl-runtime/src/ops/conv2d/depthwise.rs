//! Convolutions whose groups have one input channel: each channel is copied into the L1 cache on its own, with its padding.

use super::Conv2dSizes;
use super::correlate::{Correlation, FEW, Finish, Target};
use super::image::Layout;
use crate::device::cpu::Threads;
use crate::device::cpu::threads::chunks_mut;
use crate::ops::matmul::WORTH_THREADS;
use crate::ops::matmul::tile::{Step, with_steps};

/// The numbers behind a copy that may be read: those of the widest register.
const BEHIND: usize = 16;
/// The number of multiply-adds of one task.
const TASK: usize = WORTH_THREADS / 4;

/// Returns `true` for a convolution that is computed here.
pub(super) fn is_depthwise(s: &Conv2dSizes) -> bool {
    s.inputs_of_group() == 1 && s.outputs_of_group() <= FEW && s.inputs > 1
}

/// Computes the convolution `y = W * x` of every channel, and finishes its sums.
pub(super) fn depthwise(threads: &Threads, s: &Conv2dSizes, weight: &[f32], finish: Finish, x: &[f32], y: &mut [f32]) {
    let layout = Layout::input(s, false, 0..s.output[0]);
    let (plane, image, taps) = (layout.plane(), layout.image(), s.spatial_size());
    let (outputs, [rows, columns]) = (s.outputs_of_group(), s.output);
    let step = |tap: usize| Step { a: tap as u32, b: layout.offset(tap / s.kernel[1], tap % s.kernel[1]) as u32 };
    let of_input = outputs * rows * columns;
    // A task is some channels, by the sizes alone.
    let least = if s.work() < WORTH_THREADS { WORTH_THREADS } else { TASK };
    let task_inputs = least.div_ceil(of_input * taps).min(s.samples * s.inputs);
    with_steps((0..taps).map(step), |steps| {
        let run = |task: usize, copy: &mut [f32], y: &mut [f32]| {
            for (i, y) in y.chunks_exact_mut(of_input).enumerate() {
                let input = task * task_inputs + i;
                let channel = input % s.inputs * outputs;
                layout.fill(&x[input * image..][..image], &mut copy[..plane]);
                let correlation = Correlation {
                    channels: outputs,
                    a: &weight[channel * taps..],
                    a_stride: taps,
                    steps,
                    columns,
                    b_row: layout.columns.len,
                    finish: finish.from(channel, input * of_input),
                };
                correlation.run(copy, y, Target { channel: rows * columns, row: columns }, rows);
            }
        };
        threads.split_with_scratch(chunks_mut(y, task_inputs * of_input), plane + BEHIND, &run);
    });
}
