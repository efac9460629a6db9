//! Convolutions in blocks of channels by their definition: rows of windows meet panels of weights.

use super::copy::Copy;
use super::offsets::with_offsets;
use super::tile::{self, End, Row, Shape};
use super::weights::Packed;
use super::{BLOCK, Conv2dSizes, Finish, of_sample};
use crate::device::cpu::threads::{SharedRows, chunks_mut};
use crate::device::cpu::{Threads, scratch};
use crate::ops::matmul::WORTH_THREADS;
use std::ops::Range;
use std::ptr::null;

/// From this number of samples on, each is a task of its own; with fewer, samples are split too.
const MANY_SAMPLES: usize = 8;
/// The number of bytes of weights that stay in the L1 cache while rows of windows meet them.
const CHUNK: usize = 24 << 10;
/// The number of pixels of a line where rows need not be kept apart: a multiple of the largest tiles.
const LINE: usize = 56;
/// The most tasks of a sample.
const TASKS: usize = 16;

/// The values that all samples of a call share.
struct Convolution<'a> {
    s: &'a Conv2dSizes,
    packed: Packed,
    shape: Shape,
    weights: &'a [f32],
    /// For each block of input channels of a group and element of the kernel, its offset.
    taps: &'a [u32],
    /// The size of a block of channels of what is read.
    plane: usize,
    /// The distance between lines of windows in what is read.
    row: usize,
    /// The number of lines of windows, and the number of windows of each; the last one may be shorter.
    lines: [usize; 2],
}

impl Convolution<'_> {
    /// Computes the part `task` of `tasks` of a sample. `from` holds what is read, and `to` is a single row.
    fn run(&self, from: &[f32], finish: Finish, to: &SharedRows, task: usize, tasks: usize) {
        let sets = self.sets();
        let (groups, lines) = (self.s.groups, self.lines[0]);
        let sets_of_group = self.packed.panels.div_ceil(sets);
        let bands = tasks.div_ceil(groups * sets_of_group).min(lines);
        let items = groups * sets_of_group * bands;
        for item in task * items / tasks..(task + 1) * items / tasks {
            let (set, band) = (item / bands, item % bands);
            let (group, first) = (set / sets_of_group, set % sets_of_group * sets);
            let mut panel = first;
            while panel < self.packed.panels.min(first + sets) {
                // Tiles have one, two or four panels.
                let left = self.packed.panels.min(first + sets) - panel;
                let panels = if left == 3 { 2 } else { left };
                self.band(from, finish, to, [group, panel, panels], band * lines / bands..(band + 1) * lines / bands);
                panel += panels;
            }
        }
    }

    /// Returns the number of panels of a tile.
    fn sets(&self) -> usize {
        let narrow = self.lines[1] <= self.shape.narrow;
        self.packed.panels.min(if narrow { 4 } else { 2 })
    }

    /// Computes some panels of a group for some lines of windows.
    fn band(
        &self,
        from: &[f32],
        finish: Finish,
        to: &SharedRows,
        [group, panel, panels]: [usize; 3],
        lines: Range<usize>,
    ) {
        let (packed, s) = (&self.packed, self.s);
        let pixels = s.output[0] * s.output[1];
        let channel = panel * packed.lanes;
        let outputs = (s.outputs_of_group() - channel).min(panels * packed.lanes);
        let block = (group * s.outputs_of_group() + channel) / BLOCK;
        let weights = &self.weights[group * packed.group() + panel * packed.panel()..][..panels * packed.panel()];
        let of_panels = |of: &[f32]| match of.is_empty() {
            true => null(),
            false => of[block * BLOCK..][..outputs].as_ptr(),
        };
        // The blocks of input channels and elements of the kernel whose weights stay in the cache.
        let of_tap = packed.channels * packed.lanes;
        let chunk = (CHUNK / size_of::<f32>() / (of_tap * panels)).max(1);
        let chunks = self.taps.len().div_ceil(chunk);
        let chunk = self.taps.len().div_ceil(chunks);
        let of_block = pixels * BLOCK;
        let first = group * s.inputs_of_group().div_ceil(BLOCK) * self.plane;
        let from = &from[first..];
        let farthest = self.taps.iter().max().map_or(0, |far| *far as usize);
        let line = self.lines[1];
        assert!(
            (lines.end - 1) * self.row + farthest + (self.pixels(lines.end - 1) - 1) * BLOCK + BLOCK <= from.len(),
            "image of a convolution"
        );
        for (number, taps) in self.taps.chunks(chunk).enumerate() {
            for i in lines.clone() {
                let (pixels, at) = (self.pixels(i), block * of_block + i * line * BLOCK);
                // The outputs of the last block end here.
                let len = (outputs / BLOCK - 1) * of_block + pixels * BLOCK;
                let row = Row {
                    level: self.shape.level,
                    pixels,
                    tile: if panels == 4 { self.shape.narrow } else { self.shape.pixels },
                    panels,
                    last: outputs - (panels - 1) * packed.lanes,
                    from: from[i * self.row..].as_ptr(),
                    taps,
                    channels: packed.channels,
                    weights: weights[number * chunk * of_tap..].as_ptr(),
                    panel: packed.panel(),
                    to: to.pointer(at, len),
                    to_block: of_block,
                    goes_on: number > 0,
                    finish: (number + 1 == chunks).then(|| End {
                        scale: of_panels(finish.scale),
                        shift: of_panels(finish.shift),
                        summand: if finish.summand.is_empty() { null() } else { finish.summand[at..][..len].as_ptr() },
                        limits: finish.limits,
                    }),
                };
                // SAFETY: by the assertion and the slices, everything is inside of its memory. No other task has these lines of these panels.
                unsafe { row.run() };
            }
        }
    }

    /// Returns the number of windows of a line.
    fn pixels(&self, line: usize) -> usize {
        let all = self.s.output[0] * self.s.output[1];
        self.lines[1].min(all - line * self.lines[1])
    }
}

/// Computes a convolution of images in blocks of channels or not.
pub(super) fn convolve(
    threads: &Threads,
    s: &Conv2dSizes,
    from_blocks: bool,
    weights: &[f32],
    finish: Finish,
    from: &[f32],
    to: &mut [f32],
) {
    let (copy, packed, shape) = (Copy::new(s, 0..s.output[0]), Packed::new(s), tile::shape());
    let plain = from_blocks && copy.is_plain();
    let flat = plain && s.kernel == [1, 1];
    let pixels = s.output[0] * s.output[1];
    let lines = if flat { [pixels.div_ceil(LINE), LINE.min(pixels)] } else { s.output };
    let (row, plane) = if flat { (LINE * BLOCK, pixels * BLOCK) } else { (copy.row(), copy.plane()) };
    let blocks = s.inputs_of_group().div_ceil(BLOCK);
    let taps = (0..blocks).flat_map(|block| {
        (0..s.kernel[0]).flat_map(move |k| (0..s.kernel[1]).map(move |l| block * plane + copy.tap(k, l)))
    });
    with_offsets(taps, |taps| {
        let all = Convolution { s, packed, shape, weights, taps, plane, row, lines };
        let of_copy = s.groups * blocks * plane;
        let (of_from, of_to) = (from.len() / s.samples, to.len() / s.samples);
        let of_block = s.image[0] * s.image[1] * s.inputs.min(BLOCK);
        let few = s.work() < WORTH_THREADS;
        if s.samples >= MANY_SAMPLES && !few {
            let floats = if plain { 0 } else { of_copy };
            threads.split_with_scratch(chunks_mut(to, of_to), floats, &|sample, copied, to| {
                let from = &from[sample * of_from..][..of_from];
                for (from, copied) in from.chunks_exact(of_block).zip(copied.chunks_exact_mut(plane)) {
                    copy.fill(from, from_blocks, copied);
                }
                let to = SharedRows::new(to, of_to);
                all.run(if plain { from } else { copied }, of_sample(finish, sample, of_to), &to, 0, 1);
            });
            return;
        }
        scratch::with(if plain { 0 } else { of_copy }, |copied| {
            for (sample, (from, to)) in from.chunks_exact(of_from).zip(to.chunks_exact_mut(of_to)).enumerate() {
                if !plain {
                    let fill = |i: usize, to: &mut [f32]| copy.fill(&from[i * of_block..][..of_block], from_blocks, to);
                    if few {
                        copied.chunks_exact_mut(plane).enumerate().for_each(|(i, to)| fill(i, to));
                    } else {
                        threads.split(chunks_mut(copied, plane), &fill);
                    }
                }
                let (from, to) = (if plain { from } else { &*copied }, SharedRows::new(to, of_to));
                let (finish, tasks) = (of_sample(finish, sample, of_to), if few { 1 } else { TASKS });
                if tasks == 1 {
                    all.run(from, finish, &to, 0, 1);
                } else {
                    threads.run(tasks, &|task| all.run(from, finish, &to, task, tasks));
                }
            }
        });
    });
}
