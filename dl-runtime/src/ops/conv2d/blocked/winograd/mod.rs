//! Winograd's convolutions F(4×4, 3×3) and F(2×2, 3×3) of images in blocks of eight channels, which need a quarter of the
//! multiplications, or four ninths.
//!
//! The output is cut into tiles of 4×4 (or 2×2) pixels, each of which depends on 6×6 (4×4) pixels `d` of the padded image. A tile is
//! `Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A` (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015), where products are
//! summed over the input channels before the transform with `A`: so there are 36 (16) matrix products, one for each position in a
//! transformed tile, of tiles × input channels by input × output channels. The transformed weights `G g Gᵀ` are computed once.
//!
//! Groups of tiles are processed one after the other, so that what a group needs stays in the L2 cache. A pixel that is infinite
//! or NaN makes whole tiles NaN, not only the windows that contain it.

mod form;
mod product;
#[cfg(test)]
mod tests;
mod transform;
mod weights;

use crate::device::cpu::threads::{SharedRows, chunks_mut};
use crate::device::cpu::{Threads, scratch};
use crate::ops::channel_blocks::BLOCK;
use crate::ops::conv2d::Conv2dSizes;
use crate::ops::conv2d::blocked::tile;
use crate::ops::conv2d::correlate::Finish;
use crate::ops::matmul::WORTH_THREADS;
use form::{Form, Four, Sizes, Two};
use product::Products;
use std::ops::Range;

/// The largest number of tiles of a group: the weights are read once for each, and what it needs should stay in the L2 cache.
const GROUP: usize = 56;
/// The largest number of tiles of a group if at most [`FEW_WEIGHTS`] stay in the L2 cache anyway, so that there are more tasks.
const SMALL_GROUP: usize = 14;
/// See [`SMALL_GROUP`], in floats.
const FEW_WEIGHTS: usize = 1 << 16;
/// With at least so many groups, or two with few weights, each is a task of its own.
const MANY_GROUPS: usize = 6;
/// With fewer groups, so many tasks are made of each if it has enough channels or tiles.
const TASKS: usize = 4;

/// Returns the number of lanes of a register of the instruction set in use.
fn lanes() -> usize {
    tile::shape().lanes
}

/// Says whether Winograd's convolution takes less than 0.9 of the time of a direct one that reaches 0.85 of the processor's peak. The
/// number of samples does not count, so that weights are prepared once and a sample has the same result in every batch.
pub(in crate::ops::conv2d) fn pays(s: &Conv2dSizes) -> bool {
    pays_for(&Conv2dSizes { samples: 1, ..*s }, 0)
}

/// The time of transforming the weights of an input and an output channel, in multiply-adds at the processor's peak.
const TRANSFORM: u64 = 800;

/// Says the same where the weights are transformed for so many samples and not kept.
pub(in crate::ops::conv2d) fn pays_once(s: &Conv2dSizes, samples: usize) -> bool {
    pays_for(&Conv2dSizes { samples, ..*s }, TRANSFORM * (s.inputs * s.outputs) as u64)
}

/// Says the same for all samples and so much time for the weights.
fn pays_for(s: &Conv2dSizes, of_weights: u64) -> bool {
    let possible = s.kernel == [3, 3] && s.stride == [1, 1] && s.dilation == [1, 1] && s.groups == 1;
    let blocks = s.inputs.is_multiple_of(BLOCK) && s.outputs.is_multiple_of(BLOCK);
    let direct =
        [s.samples, s.outputs, s.inputs, 9, s.output[0], s.output[1]].iter().map(|n| *n as u64).product::<u64>();
    possible && blocks && 100 * (cost(s, sizes(s)) + of_weights) < 106 * direct
}

/// Returns the sizes of the form that takes less time for a single sample, so that weights have one order.
fn sizes(s: &Conv2dSizes) -> Sizes {
    let ([four, two], s) = ([Four::SIZES, Two::SIZES], &Conv2dSizes { samples: 1, ..*s });
    if cost(s, two) < cost(s, four) { two } else { four }
}

/// Returns the estimated time of a form, in multiply-adds at the processor's peak. The constants are measured.
fn cost(s: &Conv2dSizes, sizes: Sizes) -> u64 {
    let plan = Plan::new(s, sizes).counts();
    let [tiles, groups, positions, lanes] = plan.map(|n| n as u64);
    let [inputs, outputs] = [s.inputs, s.outputs].map(|channels| (channels as u64).next_multiple_of(lanes));
    // Each group reads all weights from the L3 cache, in the time of a multiply-add for each lane.
    let products = positions * s.inputs as u64 * outputs * (tiles + 5 * groups).max(lanes * groups);
    products + 12 * positions * tiles * (inputs + outputs)
}

/// The cut of a convolution into tiles, groups of tiles, and chunks of output channels.
#[derive(Clone, Copy)]
struct Plan<'a> {
    s: &'a Conv2dSizes,
    /// The sizes of the form.
    sizes: Sizes,
    /// The numbers of tiles of an image, vertically and horizontally.
    grid: [usize; 2],
    /// The number of lanes of a register.
    lanes: usize,
    /// The number of tiles of a group.
    group: usize,
    /// `true` if it costs little to read the weights for each group.
    few_weights: bool,
    /// The number of tiles for which a group has memory: an odd one, so that positions do not meet in a set of the cache.
    pitch: usize,
}

impl<'a> Plan<'a> {
    fn new(s: &'a Conv2dSizes, sizes: Sizes) -> Self {
        let lanes = lanes();
        let grid = s.output.map(|size| size.div_ceil(sizes.tile));
        let tiles = s.samples * grid[0] * grid[1];
        let few_weights = sizes.positions() * s.inputs * s.outputs <= FEW_WEIGHTS;
        let most = if few_weights { SMALL_GROUP } else { GROUP };
        let group = tiles.div_ceil(tiles.div_ceil(most).max(1)).max(1);
        Plan { s, sizes, grid, lanes, group, pitch: group | 1, few_weights }
    }
    /// Returns the numbers of tiles, groups, positions and lanes.
    fn counts(&self) -> [usize; 4] {
        [self.tiles(), self.groups(), self.sizes.positions(), self.lanes]
    }
    fn tiles(&self) -> usize {
        self.s.samples * self.grid[0] * self.grid[1]
    }
    fn groups(&self) -> usize {
        self.tiles().div_ceil(self.group)
    }
    fn tiles_of_group(&self, group: usize) -> Range<usize> {
        group * self.group..self.tiles().min((group + 1) * self.group)
    }
    /// Returns the number of registers of input channels.
    fn registers(&self) -> usize {
        self.s.inputs.div_ceil(self.lanes)
    }
    /// Returns the number of floats of one register of input channels of a group.
    fn part(&self) -> usize {
        self.sizes.positions() * self.pitch * self.lanes
    }
    /// Returns the number of chunks of output channels, which are two registers wide, except for the last.
    fn chunks(&self) -> usize {
        self.s.outputs.div_ceil(2 * self.lanes)
    }
    /// Returns the number of floats of the products of a chunk.
    fn products(&self) -> usize {
        2 * self.part()
    }
    /// Returns the number of floats of the transformed input of a group and of the products of a chunk.
    fn memory(&self) -> [usize; 2] {
        [self.registers() * self.part(), self.products()]
    }
    /// Returns the top left output pixel of a tile in all rows of tiles of all samples.
    fn place(&self, tile: usize) -> Place {
        let (row, column) = (tile / self.grid[1], tile % self.grid[1]);
        Place {
            sample: row / self.grid[0],
            row: row % self.grid[0] * self.sizes.tile,
            column: column * self.sizes.tile,
        }
    }
    /// Moves on to the next tile.
    #[inline(always)]
    fn next(&self, place: &mut Place) {
        place.column += self.sizes.tile;
        if place.column >= self.s.output[1] {
            (place.row, place.column) = (place.row + self.sizes.tile, 0);
        }
        if place.row >= self.s.output[0] {
            (place.sample, place.row) = (place.sample + 1, 0);
        }
    }
}

/// The top left output pixel of a tile.
#[derive(Clone, Copy)]
struct Place {
    sample: usize,
    row: usize,
    column: usize,
}

/// Returns the name of the layout of packed weights.
pub(in crate::ops::conv2d) fn layout(s: &Conv2dSizes) -> &'static str {
    if sizes(s) == Four::SIZES { "Winograd F(4×4, 3×3)" } else { "Winograd F(2×2, 3×3)" }
}

/// Returns the number of floats of packed weights.
pub(in crate::ops::conv2d) fn packed_len(s: &Conv2dSizes) -> usize {
    weights::packed_len(s, sizes(s))
}

/// Transforms and packs weights of shape [outputs, inputs, 3, 3].
///
/// # Panics
/// If a slice has another length.
pub(in crate::ops::conv2d) fn pack(threads: Option<&Threads>, s: &Conv2dSizes, weight: &[f32], packed: &mut [f32]) {
    weights::pack(threads, s, sizes(s), weight, packed);
}

/// Computes a convolution of a 3×3 kernel, whose weights were packed by [`pack`], and finishes its sums. Images, output and summand
/// have the layout [samples, channels / 8, height, width, 8].
///
/// # Panics
/// If another kernel, a stride, a dilation or several groups are wanted, if channels are no multiples of eight, if `finish` adds, or
/// if a slice has another length.
pub(in crate::ops::conv2d) fn convolve(
    threads: &Threads,
    s: &Conv2dSizes,
    packed: &[f32],
    finish: Finish,
    from: &[f32],
    to: &mut [f32],
) {
    convolve_by(Some(threads), Plan::new(s, sizes(s)), packed, finish, from, to, &mut []);
}

/// Does the same as [`convolve`] on the calling thread, with [`memory`] floats of memory.
pub(in crate::ops::conv2d) fn convolve_here(
    s: &Conv2dSizes,
    packed: &[f32],
    finish: Finish,
    from: &[f32],
    to: &mut [f32],
    memory: &mut [f32],
) {
    convolve_by(None, Plan::new(s, sizes(s)), packed, finish, from, to, memory);
}

/// Returns the number of floats of memory that a convolution of so many samples needs on one thread.
pub(in crate::ops::conv2d) fn memory(s: &Conv2dSizes) -> usize {
    Plan::new(s, sizes(s)).memory().iter().sum()
}

/// Returns the number of samples of a group whose weights are read as seldom as those of larger ones.
pub(in crate::ops::conv2d) fn samples_of_group(s: &Conv2dSizes) -> usize {
    let grid = Plan::new(s, sizes(s)).grid;
    GROUP.div_ceil(grid[0] * grid[1])
}

fn convolve_by(
    threads: Option<&Threads>,
    plan: Plan,
    packed: &[f32],
    finish: Finish,
    from: &[f32],
    to: &mut [f32],
    memory: &mut [f32],
) {
    let s = plan.s;
    assert!(
        s.kernel == [3, 3] && s.stride == [1, 1] && s.dilation == [1, 1] && s.groups == 1,
        "a convolution for Winograd"
    );
    assert!(s.inputs.is_multiple_of(BLOCK) && s.outputs.is_multiple_of(BLOCK), "blocks of channels");
    assert!(!finish.add, "the result of Winograd's convolution is not added");
    assert_eq!(packed.len(), weights::packed_len(s, plan.sizes), "packed weights");
    assert_eq!(from.len(), s.samples * s.inputs * s.image[0] * s.image[1], "images of a convolution");
    assert_eq!(to.len(), s.samples * s.outputs * s.output[0] * s.output[1], "output of a convolution");
    let is_for = |of: &[f32], len: usize| of.is_empty() || of.len() == len;
    assert!(is_for(finish.scale, s.outputs) && is_for(finish.shift, s.outputs), "affine function of a convolution");
    assert!(is_for(finish.summand, to.len()), "summand of a convolution");
    if to.is_empty() {
        return;
    }
    let outputs = SharedRows::new(to, s.output[1] * BLOCK);
    let convolution = Convolution { plan, packed, finish, from, to: outputs };
    let [input, products] = plan.memory();
    let Some(threads) = threads.filter(|_| s.work() >= WORTH_THREADS) else {
        let here = |memory: &mut [f32]| (0..plan.groups()).for_each(|group| convolution.group(group, memory));
        return if memory.is_empty() { scratch::with(input + products, here) } else { here(memory) };
    };
    if plan.groups() >= if plan.few_weights { 2 } else { MANY_GROUPS } {
        threads.run_with_scratch(plan.groups(), input + products, &|group, memory| convolution.group(group, memory));
    } else {
        scratch::with(input, |input| {
            (0..plan.groups()).for_each(|group| convolution.group_in_tasks(threads, group, input));
        });
    }
}

/// A convolution and what it reads and writes.
struct Convolution<'a> {
    plan: Plan<'a>,
    packed: &'a [f32],
    finish: Finish<'a>,
    from: &'a [f32],
    to: SharedRows<'a>,
}

impl Convolution<'_> {
    /// Computes a group of tiles.
    fn group(&self, group: usize, memory: &mut [f32]) {
        let (plan, tiles) = (&self.plan, self.plan.tiles_of_group(group));
        let (input, products) = memory.split_at_mut(plan.registers() * plan.part());
        for (register, part) in input.chunks_exact_mut(plan.part()).enumerate() {
            self.inputs(tiles.clone(), register, part);
        }
        for chunk in 0..plan.chunks() {
            self.chunk(chunk, tiles.clone(), input, products);
        }
    }

    /// Computes a group of tiles in tasks, first for input channels, then for output channels.
    fn group_in_tasks(&self, threads: &Threads, group: usize, input: &mut [f32]) {
        let (plan, tiles) = (&self.plan, self.plan.tiles_of_group(group));
        threads.split(chunks_mut(input, plan.part()), &|register, part| {
            self.inputs(tiles.clone(), register, part);
        });
        // With few channels, tiles are split too.
        let parts = TASKS.div_ceil(plan.chunks()).min(tiles.len().div_ceil(product::rows()));
        let size = tiles.len().div_ceil(parts);
        threads.run_with_scratch(plan.chunks() * parts, plan.products(), &|task, products| {
            let (chunk, first) = (task / parts, task % parts * size);
            let last = tiles.len().min(first + size);
            if first < last {
                self.chunk(chunk, tiles.start + first..tiles.start + last, &input[first * plan.lanes..], products);
            }
        });
    }

    /// Computes a chunk of output channels for some tiles, the first of which begins at `input`.
    fn chunk(&self, chunk: usize, tiles: Range<usize>, input: &[f32], products: &mut [f32]) {
        let (plan, inputs) = (&self.plan, self.plan.s.inputs);
        let registers = (plan.s.outputs.div_ceil(plan.lanes) - 2 * chunk).min(2);
        let weights = &self.packed[chunk * plan.sizes.positions() * inputs * 2 * plan.lanes..];
        let all = Products::new([inputs, plan.part()], registers, tiles.len());
        let (floats, step) = (inputs * registers * plan.lanes, plan.pitch * plan.lanes);
        for position in 0..plan.sizes.positions() {
            let to = &mut products[position * registers * step..];
            all.run(&input[position * step..], &weights[position * floats..][..floats], to);
        }
        let (finish, to) = (self.finish, &self.to);
        if plan.sizes == Four::SIZES {
            transform::outputs(Four, plan, finish, chunk, registers, tiles, products, to);
        } else {
            transform::outputs(Two, plan, finish, chunk, registers, tiles, products, to);
        }
    }

    /// Transforms a register of input channels of some tiles.
    fn inputs(&self, tiles: Range<usize>, register: usize, to: &mut [f32]) {
        let plan = &self.plan;
        if plan.sizes == Four::SIZES {
            transform::inputs(Four, plan, self.from, tiles, register, to);
        } else {
            transform::inputs(Two, plan, self.from, tiles, register, to);
        }
    }
}
