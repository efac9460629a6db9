//! Convolutions on the CPU, without im2col: the sums read the image itself (see `correlate` and `weights`), which is
//! copied only if it has padding or a stride.

use super::blocked::Order;
use super::correlate::{Correlation, Finish, Target};
use super::depthwise::{depthwise, is_depthwise};
use super::image::{Layout, Parts, interleave};
use super::{Conv2dKernel, Conv2dSizes, Direction, blocked, reversed, weights};
use crate::Cpu;
use crate::device::cpu::threads::chunks_mut;
use crate::device::cpu::{Prepared, Threads, scratch};
use crate::ops::batch_norm::RunningNorm;
use crate::ops::channel_blocks::BLOCK;
use crate::ops::matmul::WORTH_THREADS;
use crate::ops::matmul::tile::{Step, with_steps};
use crate::ops::{Activation, activation::ActivationKernel};
use crate::tensor::Write;

/// From this number of samples on, each is a task of its own; with fewer, samples are split by channels too.
const MANY_SAMPLES: usize = 8;

impl Conv2dSizes {
    /// Returns the number of output channels of one group.
    pub(super) fn outputs_of_group(&self) -> usize {
        self.outputs / self.groups
    }
    /// Returns the number of input channels of one group.
    pub(super) fn inputs_of_group(&self) -> usize {
        self.inputs / self.groups
    }
    /// Returns the number of elements of one kernel.
    pub(super) fn spatial_size(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }
    /// Returns the number of multiply-adds of the whole batch.
    pub(super) fn work(&self) -> usize {
        self.samples * self.outputs * self.inputs_of_group() * self.spatial_size() * self.output[0] * self.output[1]
    }
    /// Returns the elements of the kernel that meet positions of the padded image with this remainder modulo the
    /// stride.
    pub(super) fn taps(&self, axis: usize, remainder: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        let (dilation, stride) = (self.dilation[axis], self.stride[axis]);
        (0..self.kernel[axis]).filter(move |k| k * dilation % stride == remainder)
    }
}

/// A block of output channels of one sample.
#[derive(Clone, Copy)]
struct Block<'a> {
    /// The sample's image in its layout.
    image: &'a [f32],
    /// The first channel.
    first: usize,
    /// The offset of the block in the output of the batch.
    at: usize,
}

/// Calls `body` for each sample and block of output channels, with the block's part of `to`.
fn for_blocks(
    threads: &Threads,
    s: &Conv2dSizes,
    layout: Layout,
    image_channels: usize,
    images: &[f32],
    to: &mut [f32],
    body: &(dyn Fn(Block, &mut [f32]) + Sync),
) {
    let image = image_channels * layout.image();
    let copied = image_channels * layout.plane();
    let sample = to.len() / s.samples;
    let channels = if image_channels == s.inputs { s.outputs } else { s.inputs };
    let few = s.work() < WORTH_THREADS;
    if layout.is_plain() || few || s.samples >= MANY_SAMPLES {
        let blocks = if s.samples >= MANY_SAMPLES || few { 1 } else { blocks(channels) };
        let run = |task: usize, copy: &mut [f32], to: &mut [f32]| {
            let image = &images[task / blocks * image..][..image];
            let (first, at) = (task % blocks * (channels / blocks), task * to.len());
            if layout.is_plain() {
                return body(Block { image, first, at }, to);
            }
            layout.fill(image, copy);
            body(Block { image: copy, first, at }, to);
        };
        let floats = if layout.is_plain() { 0 } else { copied };
        if few {
            scratch::with(floats, |copy| {
                to.chunks_exact_mut(sample).enumerate().for_each(|(task, to)| run(task, copy, to));
            });
        } else {
            threads.split_with_scratch(chunks_mut(to, sample / blocks), floats, &run);
        }
    } else {
        // Several blocks share a sample's copy, so all copies are made first.
        scratch::with(s.samples * copied, |copies| {
            let filled = (s.samples * image_channels).div_ceil(MOST_BLOCKS);
            threads.split(chunks_mut(copies, filled * layout.plane()), &|i, copies| {
                layout.fill(&images[i * filled * layout.image()..], copies);
            });
            let blocks = blocks(channels);
            threads.split(chunks_mut(to, sample / blocks), &|task, to| {
                let image = &copies[task / blocks * copied..][..copied];
                body(Block { image, first: task % blocks * (channels / blocks), at: task * to.len() }, to);
            });
        });
    }
}

/// The most blocks of a sample, or of a copy of images.
const MOST_BLOCKS: usize = 8;

/// Returns the number of blocks into which the channels of a sample are split, all of one size, and large enough for the rows of a tile.
fn blocks(channels: usize) -> usize {
    let least = (channels / 2).min(8);
    let fits = |blocks: &usize| channels.is_multiple_of(*blocks) && channels / blocks >= least;
    (1..=MOST_BLOCKS).rev().find(fits).unwrap_or(1)
}

/// Splits the channels `first..first + count` by group, and calls `body` with the group, the first channel and the
/// number of channels of each part.
fn for_groups(first: usize, count: usize, of_group: usize, mut body: impl FnMut(usize, usize, usize)) {
    let mut channel = first;
    while channel < first + count {
        let group = channel / of_group;
        let end = ((group + 1) * of_group).min(first + count);
        body(group, channel, end - channel);
        channel = end;
    }
}

/// Computes `dx = W ⊛ dy + shift`, or `dx += …`, between limits if there are any: the sums over all windows that contain an element
/// of the image. This is the gradient of a convolution to its input, or the forward pass of a transposed convolution.
fn transposed(threads: &Threads, s: &Conv2dSizes, weight: &[f32], finish: Finish, dy: &[f32], dx: &mut [f32]) {
    if reversed::pays(s) {
        return reversed::convolve(threads, s, weight, finish, dy, dx);
    }
    // The number of columns with the same remainder modulo the stride.
    let pitch = s.image[1].div_ceil(s.stride[1]);
    let layout = Layout::d_output(s, Layout::wants_flat(s, pitch));
    let (inputs, outputs) = (s.inputs_of_group(), s.outputs_of_group());
    // A position of the image meets only the elements of the kernel that have its remainder modulo the stride.
    let step = |o: usize, k: usize, l: usize| Step {
        a: (o * inputs * s.spatial_size() + k * s.kernel[1] + l) as u32,
        b: (o * layout.plane() + layout.offset(k, l)) as u32,
    };
    let remainders = |axis: usize| 0..s.stride[axis];
    let steps = remainders(0).flat_map(|r| remainders(1).map(move |c| (r, c))).flat_map(|(r, c)| {
        let taps = s.taps(0, r).flat_map(move |k| s.taps(1, c).map(move |l| (k, l)));
        (0..outputs).flat_map(move |o| taps.clone().map(move |(k, l)| step(o, k, l)))
    });
    // The first position with a remainder, and the row or column of windows that begins at it.
    let first = |axis: usize, remainder: usize| {
        let first = (remainder + s.padding[axis] * (s.stride[axis] - 1)) % s.stride[axis];
        (first, (first + s.padding[axis]) / s.stride[axis])
    };
    with_steps(steps, |steps| {
        let [height, width] = s.image;
        let spatial_size = height * width;
        let apart = s.stride != [1, 1];
        for_blocks(threads, s, layout, s.outputs, dy, dx, &|Block { image, first: first_channel, .. }, dx| {
            let part = dx.len() / spatial_size * height.div_ceil(s.stride[0]) * pitch;
            scratch::with(if apart { s.stride[1] * part } else { 0 }, |parts| {
                let mut rest = steps;
                for r in remainders(0) {
                    let (row, window_row) = first(0, r);
                    let rows = height.saturating_sub(row).div_ceil(s.stride[0]);
                    for c in remainders(1) {
                        let (these, others) = rest.split_at(outputs * s.taps(0, r).count() * s.taps(1, c).count());
                        rest = others;
                        let (column, window_column) = first(1, c);
                        if column >= width {
                            continue;
                        }
                        let begin = window_row * layout.columns.len + if layout.flat { 0 } else { window_column };
                        let (columns, rows) = if layout.flat { (rows * pitch, rows.min(1)) } else { (pitch, rows) };
                        if apart && these.is_empty() && finish.shift.is_empty() {
                            parts[column * part..][..part].fill(0.0);
                            continue;
                        }
                        let (to, channel_floats) = match apart {
                            true => (&mut parts[column * part..][..part], height.div_ceil(s.stride[0]) * pitch),
                            false => (&mut *dx, spatial_size),
                        };
                        for_groups(first_channel, to.len() / channel_floats, inputs, |group, channel, channels| {
                            let correlation = Correlation {
                                channels,
                                a: &weight[(group * outputs * inputs + channel - group * inputs) * s.spatial_size()..],
                                a_stride: s.spatial_size(),
                                steps: these,
                                columns,
                                b_row: layout.columns.len,
                                finish: Finish { add: !apart && finish.add, ..finish.from(channel, 0) },
                            };
                            let to_rows = Target { channel: channel_floats, row: pitch };
                            let image = &image[group * outputs * layout.plane() + begin..];
                            correlation.run(
                                image,
                                &mut to[(channel - first_channel) * channel_floats..],
                                to_rows,
                                rows,
                            );
                        });
                    }
                    if apart {
                        let from = Parts { parts, part, plane: part * spatial_size / dx.len(), pitch };
                        interleave(from, dx, spatial_size, width, row, s.stride, finish.add);
                    }
                }
            });
        });
    });
}

/// Computes the convolution `y = W * x`, and finishes its sums.
pub(super) fn correlate(threads: &Threads, s: &Conv2dSizes, weight: &[f32], finish: Finish, x: &[f32], y: &mut [f32]) {
    if is_depthwise(s) {
        return depthwise(threads, s, weight, finish, x, y);
    }
    let numbers = x.len() * usize::from(s.inputs >= BLOCK) + y.len();
    if blocked::takes_planes([s.inputs, s.outputs], s.groups, s.work(), numbers) {
        return blocked::convolve_planes(threads, s, Order::Forward, None, weight, finish, x, y);
    }
    let layout = Layout::input(s, Layout::wants_flat(s, s.output[1]), 0..s.output[0]);
    let inputs = s.inputs_of_group();
    let step = |i: usize, k: usize, l: usize| Step {
        a: ((i * s.kernel[0] + k) * s.kernel[1] + l) as u32,
        b: (i * layout.plane() + layout.offset(k, l)) as u32,
    };
    let [kh, kw] = s.kernel;
    let steps = (0..inputs).flat_map(|i| (0..kh).flat_map(move |k| (0..kw).map(move |l| step(i, k, l))));
    with_steps(steps, |steps| {
        let spatial_size = s.output[0] * s.output[1];
        let [rows, columns] = if layout.flat { [1, spatial_size] } else { s.output };
        for_blocks(threads, s, layout, s.inputs, x, y, &|Block { image, first, at }, y| {
            for_groups(first, y.len() / spatial_size, s.outputs_of_group(), |group, channel, channels| {
                let from = (channel - first) * spatial_size;
                let correlation = Correlation {
                    channels,
                    a: &weight[channel * inputs * s.spatial_size()..],
                    a_stride: inputs * s.spatial_size(),
                    steps,
                    columns,
                    b_row: layout.columns.len,
                    finish: finish.from(channel, at + from),
                };
                let to = Target { channel: spatial_size, row: columns };
                let image = &image[group * inputs * layout.plane()..];
                correlation.run(image, &mut y[from..][..channels * spatial_size], to, rows);
            });
        });
    });
}

impl Conv2dKernel for Cpu {
    fn conv2d(
        &self,
        s: &Conv2dSizes,
        direction: Direction,
        f: Activation,
        [weight, bias]: [&[f32]; 2],
        from: &[f32],
        (to, write): (&mut [f32], Write),
    ) {
        let run = match direction {
            Direction::Forward => correlate,
            Direction::Transposed => transposed,
        };
        let finish = Finish { shift: bias, add: write == Write::Add, limits: f.limits(), ..Finish::default() };
        run(self.threads(), s, weight, finish, from, to);
        self.activation_forward_in_place(f.beyond_limits(), to);
    }
    fn conv2d_normalised(
        &self,
        s: &Conv2dSizes,
        norm: RunningNorm<'_, Cpu>,
        f: Activation,
        [weight, bias]: [&[f32]; 2],
        from: &[f32],
        summand: Option<&[f32]>,
        to: &mut [f32],
    ) {
        scratch::with(2 * s.outputs, |affine| {
            norm.fold(bias, affine);
            let (scale, shift) = affine.split_at(s.outputs);
            let finish = Finish { scale, shift, summand: summand.unwrap_or(&[]), add: false, limits: f.limits() };
            correlate(self.threads(), s, weight, finish, from, to);
        });
        self.activation_forward_in_place(f.beyond_limits(), to);
    }
    fn conv2d_blocked(
        &self,
        s: &Conv2dSizes,
        from_blocks: bool,
        prepared: Option<&Prepared>,
        norm: Option<RunningNorm<'_, Cpu>>,
        f: Activation,
        [weight, bias]: [&[f32]; 2],
        from: &[f32],
        summand: Option<&[f32]>,
        to: &mut [f32],
    ) {
        scratch::with(if norm.is_some() { 2 * s.outputs } else { 0 }, |affine| {
            let (scale, shift): (&[f32], _) = match norm {
                Some(norm) => {
                    norm.fold(bias, affine);
                    affine.split_at(s.outputs)
                }
                None => (&[], bias),
            };
            let finish = Finish { scale, shift, summand: summand.unwrap_or(&[]), add: false, limits: f.limits() };
            blocked::convolve(self.threads(), s, from_blocks, prepared, weight, finish, from, to);
        });
        self.activation_forward_in_place(f.beyond_limits(), to);
    }
    fn conv2d_weight_gradient(
        &self,
        s: &Conv2dSizes,
        direction: Direction,
        x: &[f32],
        dy: &[f32],
        [d_weight, d_bias]: [&mut [f32]; 2],
        write: Write,
    ) {
        let [images, windows] = direction.images_and_windows([x, dy]);
        weights::weight_gradient(self.threads(), s, images, windows, d_weight, write);
        let [channels, spatial_size] = s.computed(direction);
        weights::bias_gradient(self.threads(), [s.samples, channels, spatial_size], dy, d_bias, write);
    }
}
