//! Convolutions in blocks of channels by their definition: rows of windows meet panels of weights.

use super::copy::Copy;
use super::offsets::with_offsets;
use super::tile::{self, End, Row, Shape};
use super::weights::Packed;
use super::{BLOCK, Conv2dSizes, Finish};
use crate::device::cpu::Threads;
use crate::device::cpu::threads::{SharedRows, chunks_mut};
use std::ops::Range;
use std::ptr::null;

/// The number of bytes of weights that stay in the L1 cache while rows of windows meet them.
const CHUNK: usize = 24 << 10;
/// The number of pixels of a line where rows need not be kept apart: a multiple of the largest tiles.
const LINE: usize = 56;
/// The number of floats of a band of rows that a task copies.
const BAND: usize = 1 << 14;
/// The least number of parts of a sample from which all threads get something to do.
const PARTS: usize = 8;
/// The most tasks of a group of samples.
const TASKS: usize = 16;

/// A convolution of images in blocks of channels, or of few channels, with its packed weights.
pub(super) struct Direct<'a> {
    s: &'a Conv2dSizes,
    packed: Packed,
    shape: Shape,
    weights: &'a [f32],
    /// `true` if what is read is in blocks of channels.
    from_blocks: bool,
    /// The layout of copies; `None` if the kernels read what there is.
    copy: Option<Copy>,
    /// For each block of input channels of a group and element of the kernel, its offset.
    taps: &'a [u32],
    /// The size of a block of channels of what is read.
    plane: usize,
    /// The distance between lines of windows in what is read.
    row: usize,
    /// The number of lines of windows, and the number of windows of each; the last one may be shorter.
    lines: [usize; 2],
}

/// A group of samples.
struct Group<'a> {
    /// The images that the kernels read, and the size of a sample.
    from: (&'a [f32], usize),
    /// The operations on the sums.
    finish: Finish<'a>,
    /// The results, and the size of a sample.
    to: (SharedRows<'a>, usize),
    samples: usize,
}

impl Direct<'_> {
    /// Computes the part `task` of `tasks` of a group of samples.
    fn run(&self, of: &Group, task: usize, tasks: usize) {
        let sets = self.sets();
        let (groups, lines) = (self.s.groups, of.samples * self.lines[0]);
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
                self.band(of, [group, panel, panels], band * lines / bands..(band + 1) * lines / bands);
                panel += panels;
            }
        }
    }

    /// Returns the number of panels of a tile.
    fn sets(&self) -> usize {
        let narrow = self.lines[1] <= self.shape.narrow;
        self.packed.panels.min(if narrow { 4 } else { 2 })
    }

    /// Computes some panels of a group of channels for some lines of windows of all samples.
    fn band(&self, of: &Group, [group, panel, panels]: [usize; 3], lines: Range<usize>) {
        let (packed, s, finish) = (&self.packed, self.s, of.finish);
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
        let farthest = self.taps.iter().max().map_or(0, |far| *far as usize);
        let [of_sample, line] = self.lines;
        let ((from, from_sample), (to, to_sample)) = (of.from, &of.to);
        // The last line of a sample may have fewer windows than those before it.
        let end = (0..of_sample).map(|i| i * self.row + self.pixels(i) * BLOCK).max().unwrap_or(0);
        assert!(
            first + farthest + end <= from_sample && of.samples * from_sample <= from.len(),
            "image of a convolution"
        );
        for (number, taps) in self.taps.chunks(chunk).enumerate() {
            for i in lines.clone() {
                let (sample, i) = (i / of_sample, i % of_sample);
                let (pixels, at) = (self.pixels(i), sample * to_sample + block * of_block + i * line * BLOCK);
                // The outputs of the last block end here.
                let len = (outputs / BLOCK - 1) * of_block + pixels * BLOCK;
                let row = Row {
                    level: self.shape.level,
                    pixels,
                    tile: if panels == 4 { self.shape.narrow } else { self.shape.pixels },
                    panels,
                    last: outputs - (panels - 1) * packed.lanes,
                    from: from[sample * from_sample + first + i * self.row..].as_ptr(),
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

/// Calls `body` with a convolution of images in blocks of channels, or of few channels, whose weights are packed.
pub(super) fn with_direct(s: &Conv2dSizes, from_blocks: bool, weights: &[f32], body: impl FnOnce(&Direct)) {
    let (copy, packed, shape) = (Copy::new(s, 0..s.output[0]), Packed::new(s), tile::shape());
    let plain = from_blocks && copy.is_plain();
    let flat = plain && s.kernel == [1, 1];
    let pixels = s.output[0] * s.output[1];
    // Few channels of a small image are cut into shorter lines.
    let sets = s.groups * packed.panels.div_ceil(2);
    let line = if sets * pixels.div_ceil(LINE) < PARTS { LINE / 2 } else { LINE };
    let lines = if flat { [pixels.div_ceil(line), line.min(pixels)] } else { s.output };
    let (row, plane) = if flat { (line * BLOCK, pixels * BLOCK) } else { (copy.row(), copy.plane()) };
    let blocks = s.inputs_of_group().div_ceil(BLOCK);
    let taps = (0..blocks).flat_map(|block| {
        (0..s.kernel[0]).flat_map(move |k| (0..s.kernel[1]).map(move |l| block * plane + copy.tap(k, l)))
    });
    with_offsets(taps, |taps| {
        let copy = (!plain).then_some(copy);
        body(&Direct { s, packed, shape, weights, from_blocks, copy, taps, plane, row, lines });
    });
}

impl Direct<'_> {
    /// Returns the number of floats of the memory that a sample needs.
    pub fn memory(&self) -> usize {
        let blocks = self.s.groups * self.s.inputs_of_group().div_ceil(BLOCK);
        if self.copy.is_some() { blocks * self.plane } else { 0 }
    }

    /// Computes a group of samples. `memory` is for its copies.
    pub fn group(&self, from: &[f32], finish: Finish, to: &mut [f32], memory: &mut [f32]) {
        if let Some(copy) = &self.copy {
            for (from, to) in from.chunks_exact(self.of_block()).zip(memory.chunks_exact_mut(self.plane)) {
                copy.fill(from, self.from_blocks, to);
            }
        }
        self.run(&self.group_of(from, finish, to, memory), 0, 1);
    }

    /// Does the same as [`Direct::group`] in tasks.
    pub fn group_in_tasks(&self, threads: &Threads, from: &[f32], finish: Finish, to: &mut [f32], memory: &mut [f32]) {
        if let Some(copy) = &self.copy {
            let of_block = self.of_block();
            let fill = |block: usize, first: usize, to: &mut [f32]| {
                copy.fill_rows(&from[block * of_block..][..of_block], self.from_blocks, first, to);
            };
            let rows = BAND.div_ceil(copy.row());
            if self.plane > 2 * BAND {
                // Large images are copied in bands of rows.
                for (block, memory) in memory.chunks_exact_mut(self.plane).enumerate() {
                    threads.split(chunks_mut(memory, rows * copy.row()), &|band, to| fill(block, band * rows, to));
                }
            } else {
                threads.split(chunks_mut(memory, self.plane), &|block, to| fill(block, 0, to));
            }
        }
        let group = self.group_of(from, finish, to, memory);
        threads.run(TASKS, &|task| self.run(&group, task, TASKS));
    }

    /// Returns the sizes of the convolution.
    pub fn sizes(&self) -> &Conv2dSizes {
        self.s
    }

    /// Returns `true` if what is read is in blocks of channels.
    pub fn reads_blocks(&self) -> bool {
        self.from_blocks
    }

    /// Returns the size of a block of channels, or of few channels.
    fn of_block(&self) -> usize {
        self.s.image[0] * self.s.image[1] * self.s.inputs.min(BLOCK)
    }

    fn group_of<'a>(&self, from: &'a [f32], finish: Finish<'a>, to: &'a mut [f32], memory: &'a [f32]) -> Group<'a> {
        let s = self.s;
        let of_to = s.outputs * s.output[0] * s.output[1];
        let samples = to.len() / of_to;
        let from = if self.copy.is_some() { (memory, self.memory()) } else { (from, from.len() / samples) };
        Group { from, finish, to: (SharedRows::new(to, of_to), of_to), samples }
    }
}
