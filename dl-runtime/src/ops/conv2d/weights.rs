//! The gradient to the weights of a convolution on the CPU. The batch and the output channels are split in a way that
//! depends on the sizes alone, so that results do not depend on the number of threads.

mod dots;
mod product;

use super::Conv2dSizes;
use super::blocked::gradient;
use super::image::Layout;
use crate::device::cpu::simd::{self, simd};
use crate::device::cpu::threads::chunks_mut;
use crate::device::cpu::{Threads, scratch};
use crate::ops::matmul::WORTH_THREADS;
use crate::ops::matmul::tile::{Step, with_steps};
use crate::tensor::Write;

/// The largest number of tasks.
const TASKS: usize = 16;
/// The smallest number of windows of a part of the batch, if there are several parts.
const PART: usize = 512;
/// The approximate number of windows that are summed in registers before the sums are written.
const PIECE: usize = 1024;
/// The largest size of all partial sums together.
const MAX_PARTIAL: usize = 1 << 21;
/// From these numbers of output channels and of weights of each on, the gradient is a packed matrix product: output
/// channels fill registers, and packing them pays.
const MANY: [usize; 2] = [8, 32];

/// One piece of the batch: some samples, or some rows of one sample.
#[derive(Clone, Copy)]
struct Piece<'a> {
    s: &'a Conv2dSizes,
    layout: Layout,
    /// For each weight of an output channel, the offset in its group's image at which it reads for the first window.
    taps: &'a [Step],
    /// For each window, its offset from the first one, and the offset of its packed gradient.
    pixels: &'a [Step],
    samples: usize,
    /// The number of rows of windows.
    rows: usize,
    /// The images in their layout.
    x: &'a [f32],
    /// The output's gradient, from the first window of the piece on.
    dy: &'a [f32],
}

/// The split of the work.
#[derive(Clone, Copy)]
struct Cut {
    /// The number of parts of the batch.
    parts: usize,
    /// The number of samples of a part.
    samples: usize,
    /// The number of output channels of a task.
    channels: usize,
    /// The number of samples of a piece.
    run: usize,
    /// The number of rows of windows of a piece.
    rows: usize,
}

impl Cut {
    fn new(s: &Conv2dSizes, weights: usize) -> Self {
        let spatial_size = s.output[0] * s.output[1];
        let parts = (s.samples * spatial_size / PART).min(MAX_PARTIAL / weights).clamp(1, TASKS.min(s.samples));
        let samples = s.samples.div_ceil(parts);
        let parts = s.samples.div_ceil(samples);
        let unit = if s.groups > 1 { s.outputs_of_group() } else { product::width(s.outputs) };
        let units = s.outputs.div_ceil(unit);
        let channels = units.div_ceil((TASKS / parts).clamp(1, units)) * unit;
        let rows = s.output[0].min(PIECE.div_ceil(s.output[1]).max(s.output[0] / 16));
        let run = if rows < s.output[0] { 1 } else { (PIECE / spatial_size).clamp(1, samples) };
        Cut { parts, samples, channels, run, rows }
    }
}

/// Computes `d_weight = Σ dy·x` over all windows, or `d_weight += …` with [`Write::Add`].
pub(super) fn weight_gradient(
    threads: &Threads,
    s: &Conv2dSizes,
    x: &[f32],
    dy: &[f32],
    d_weight: &mut [f32],
    write: Write,
) {
    if gradient::pays(s) {
        return gradient::gradient(threads, s, x, dy, d_weight, write);
    }
    let len = d_weight.len();
    let cut = Cut::new(s, len);
    let many = s.outputs_of_group() >= MANY[0] && len / s.outputs >= MANY[1];
    let layout = |first_row| {
        let flat = many || Layout::wants_flat(s, s.output[1]);
        Layout::input(s, flat, first_row..first_row + cut.rows)
    };
    let (plane, plain) = (layout(0).plane(), layout(0).is_plain());
    let (inputs, [kh, kw], windows) = (s.inputs_of_group(), s.kernel, cut.rows * s.output[1]);
    let width = if many { product::width(s.outputs_of_group()) } else { 0 };
    let tap = |i: usize, k: usize, l: usize| Step { a: (i * plane + layout(0).offset(k, l)) as u32, b: 0 };
    let taps = (0..inputs).flat_map(|i| (0..kh).flat_map(move |k| (0..kw).map(move |l| tap(i, k, l))));
    let pixel = |sample: usize, pixel: usize| Step {
        a: (sample * s.inputs * plane + pixel) as u32,
        b: ((sample * windows + pixel) * width) as u32,
    };
    let pixels = (0..if many { cut.run } else { 0 }).flat_map(|n| (0..windows).map(move |i| pixel(n, i)));
    let copied = if plain { 0 } else { cut.run * s.inputs * plane };
    let of_channel = len / s.outputs;
    let blocks = s.outputs.div_ceil(cut.channels);
    with_steps(taps.chain(pixels), |steps| {
        let (taps, pixels) = steps.split_at(of_channel);
        let task = |task: usize, memory: &mut [f32], to: &mut [f32]| {
            let (part, first_channel) = (task / blocks, task % blocks * cut.channels);
            let channels = first_channel..s.outputs.min(first_channel + cut.channels);
            let to = &mut to[..channels.len() * of_channel];
            let (copy, packed) = memory.split_at_mut(copied);
            let first = part * cut.samples;
            let last = s.samples.min(first + cut.samples);
            for sample in (first..last).step_by(cut.run) {
                let samples = cut.run.min(last - sample);
                for row in (0..s.output[0]).step_by(cut.rows) {
                    let (layout, rows) = (layout(row), cut.rows.min(s.output[0] - row));
                    let images = &x[sample * s.inputs * layout.image()..][..samples * s.inputs * layout.image()];
                    if !plain {
                        layout.fill(images, &mut copy[..samples * s.inputs * plane]);
                    }
                    let x = if plain { images } else { &*copy };
                    let dy = &dy[(sample * s.outputs * s.output[0] + row) * s.output[1]..];
                    let piece = Piece { s, layout, taps, pixels, samples, rows, x, dy };
                    let add = sample > first || row > 0;
                    if many {
                        product::gradient(&piece, channels.clone(), packed, to, add);
                    } else {
                        dots::gradient(&piece, channels.clone(), to, add);
                    }
                }
            }
        };
        // The partial sums of each task are contiguous, because parts are padded to whole blocks of channels.
        let (block, memory) = (cut.channels * of_channel, copied + cut.run * windows * width);
        scratch::with(cut.parts * blocks * block, |partial| {
            if s.work() < WORTH_THREADS {
                scratch::with(memory, |memory| {
                    partial.chunks_exact_mut(block).enumerate().for_each(|(i, to)| task(i, memory, to));
                });
            } else {
                threads.split_with_scratch(chunks_mut(partial, block), memory, &task);
            }
            const TASK: usize = 4096;
            threads.split(chunks_mut(d_weight, TASK), &|task, to| {
                for (part, partial) in partial.chunks_exact(blocks * block).enumerate() {
                    let partial = &partial[task * TASK..][..to.len()];
                    if part == 0 && write == Write::Set {
                        to.copy_from_slice(partial);
                    } else {
                        to.iter_mut().zip(partial).for_each(|(to, x)| *to += x);
                    }
                }
            });
        });
    });
}

/// Computes `d_bias = Σ dy` for each channel, or `d_bias += …` with [`Write::Add`].
pub(super) fn bias_gradient(
    threads: &Threads,
    [samples, channels, spatial_size]: [usize; 3],
    dy: &[f32],
    d_bias: &mut [f32],
    write: Write,
) {
    let per_task = (16 * 1024_usize).div_ceil(samples * spatial_size);
    threads.split(chunks_mut(d_bias, per_task), &|task, d_bias| {
        for (i, db) in d_bias.iter_mut().enumerate() {
            let channel = task * per_task + i;
            let sums =
                (0..samples).map(|n| channel_sum(&dy[(n * channels + channel) * spatial_size..][..spatial_size]));
            *db = if write == Write::Add { *db } else { 0.0 } + sums.sum::<f32>();
        }
    });
}

simd! {
    fn channel_sum<S>(dy: &[f32]) -> f32 {
        simd::sum::<S, 1>([dy], |[dy]| dy)
    }
}
