//! Batch normalisation on CUDA. A block has whole channels as long as they are not too long. Others are split into parts, so that a few
//! channels fill a GPU as well, for a launch more.

use super::{BatchNormKernel, BatchNormOp, BatchNormSizes};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, kernels};
use crate::ops::activation::cuda::Code;
use crate::tensor::{Statistics, Storage, Write};

kernels!(
    "batch_norm.cu" with [crate::ops::activation::cuda::HEADER, crate::device::cuda::headers::EXTENSION, crate::ops::layer_norm::cuda::HEADER]:
    batch_norm_moments(s, numbers, size, x, moments),
    batch_norm_forward(s, numbers, size, parts, f, momentum, epsilon, weights, running, moments, x, y, saved; Sum(y)),
    batch_norm_by(s, numbers, size, f, epsilon, weights, statistics, x, summand, y),
    batch_norm_sums(s, numbers, size, below, kept, d, saved, x, dy, sums),
    batch_norm_backward(s, numbers, size, parts, settings, kept, d, weights, saved, sums, x, dy, d_weights, dx),
);
arguments! { struct Shape { channels: u32, spatial_size: u32 } }
arguments! { struct Settings { epsilon: f32, below: f32, add_weights: u32, add_input: u32, constant: u32 } }

/// The number of threads of a block of one part of several.
const THREADS: usize = 256;
/// A block computes so many numbers without parts: 32 for each of the most threads, which is 128 KiB, as much as the caches of a
/// multiprocessor still hold when the block reads them again.
const WHOLE: usize = 1 << 15;
/// The largest number of threads of a block, as in `batch_norm.cu`.
const MOST_THREADS: usize = 1024;
/// The number of blocks that fills a GPU.
const BLOCKS: usize = 1024;
/// The number of channels that a block has with samples of shape [C].
const LANES: usize = 32;
/// The largest number of parts of a channel: one for each thread that merges them.
const PARTS: usize = 256;

/// The split of each channel, over all samples, into parts.
struct Cut {
    shape: Shape,
    /// The number of blocks that cover all channels.
    across: usize,
    /// The number of elements of a channel.
    numbers: usize,
    /// The number of elements of a part.
    size: usize,
    /// The number of parts.
    parts: usize,
    /// The number of threads of a block.
    threads: u32,
}

impl Cut {
    /// The split for a kernel that needs nothing of other parts.
    fn new(s: BatchNormSizes, len: usize) -> Self {
        let numbers = len / s.channels;
        // With samples of shape [C], a block computes one channel for each lane of a warp. A part is large enough to
        // give each thread several elements.
        let (across, least) = if s.spatial_size == 1 { (s.channels.div_ceil(LANES), 32) } else { (s.channels, 4096) };
        let parts = BLOCKS.div_ceil(across).min(numbers.div_ceil(least)).clamp(1, PARTS);
        let size = numbers.div_ceil(parts).next_multiple_of(4).max(4);
        let shape = Shape { channels: s.channels as u32, spatial_size: s.spatial_size as u32 };
        Cut { shape, across, numbers, size, parts: numbers.div_ceil(size).max(1), threads: THREADS as u32 }
    }
    /// The split for a kernel that needs the moments or sums of whole channels: without parts where a block can have a whole one.
    fn of_whole(s: BatchNormSizes, len: usize) -> Self {
        let cut = Cut::new(s, len);
        let block = cut.numbers * if s.spatial_size == 1 { LANES } else { 1 };
        if cut.parts == 1 || block > WHOLE {
            return cut;
        }
        let threads = (block / 8).next_power_of_two().clamp(THREADS, MOST_THREADS);
        Cut { size: cut.numbers.next_multiple_of(4), parts: 1, threads: threads as u32, ..cut }
    }
    fn grid(&self) -> Grid {
        Grid::of([self.across, self.parts, 1], self.threads)
    }
}

/// Normalises by given statistics. `x` and `y` may be the same memory.
#[expect(clippy::too_many_arguments, reason = "the arguments of both kernels that normalise by given statistics")]
fn normalise(
    cuda: &Cuda,
    op: BatchNormOp,
    s: BatchNormSizes,
    weights: Ref<'_, f32>,
    statistics: Ref<'_, f32>,
    x: Ref<'_, f32>,
    summand: Option<Ref<'_, f32>>,
    y: &Mut<'_, f32>,
) {
    let cut = Cut::new(s, x.len());
    let (f, epsilon) = (Code::of(op.activation), op.epsilon);
    let arguments = batch_norm_by {
        s: cut.shape,
        numbers: cut.numbers,
        size: cut.size,
        f,
        epsilon,
        weights,
        statistics,
        x,
        summand,
        y,
    };
    cuda.launch(cut.grid(), arguments);
}

impl BatchNormKernel for Cuda {
    fn batch_norm_forward(
        &self,
        op: BatchNormOp,
        s: BatchNormSizes,
        weights: Mut<'_, f32>,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
        saved: Mut<'_, f32>,
    ) {
        let cut = Cut::of_whole(s, x.len());
        let moments = self.scratch(if cut.parts > 1 { 3 * cut.parts * s.channels } else { 0 });
        if cut.parts > 1 {
            self.launch(
                cut.grid(),
                batch_norm_moments { s: cut.shape, numbers: cut.numbers, size: cut.size, x, moments: &moments },
            );
        }
        let (numbers, size, parts, f) = (cut.numbers, cut.size, cut.parts as u32, Code::of(op.activation));
        let (trained, running) = Cuda::split_mut(weights, 2 * s.channels);
        let (momentum, epsilon, trained) = (op.momentum, op.epsilon, Cuda::share(&trained));
        let arguments = batch_norm_forward {
            s: cut.shape,
            numbers,
            size,
            parts,
            f,
            momentum,
            epsilon,
            weights: trained,
            running,
            moments,
            x,
            y,
            saved,
        };
        self.launch(cut.grid(), arguments);
    }
    fn batch_norm_by(
        &self,
        op: BatchNormOp,
        s: BatchNormSizes,
        weights: Ref<'_, f32>,
        statistics: Ref<'_, f32>,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        normalise(self, op, s, weights, statistics, x, None, &y);
    }
    fn batch_norm_by_in_place(
        &self,
        op: BatchNormOp,
        s: BatchNormSizes,
        weights: Ref<'_, f32>,
        statistics: Ref<'_, f32>,
        summand: Option<Ref<'_, f32>>,
        x: Mut<'_, f32>,
    ) {
        normalise(self, op, s, weights, statistics, Cuda::share(&x), summand, &x);
    }
    fn batch_norm_backward(
        &self,
        op: BatchNormOp,
        s: BatchNormSizes,
        statistics: Statistics,
        weights: Ref<'_, f32>,
        x: Ref<'_, f32>,
        saved: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_weights: Option<(Mut<'_, f32>, Write)>,
        d_input: Option<(Mut<'_, f32>, Write)>,
    ) {
        let constant = statistics == Statistics::Running;
        let whole = d_weights.is_some() || !constant;
        let cut = if whole { Cut::of_whole(s, x.len()) } else { Cut::new(s, x.len()) };
        let summed = whole && cut.parts > 1;
        let sums = self.scratch(if summed { 2 * cut.parts * s.channels } else { 0 });
        // The first pass also does what a launch of ReLU's gradient right before would do.
        let slope = if whole { self.slope_before(dy) } else { None };
        let (below, kept, mut d) = slope.map_or((0.0, None, None), |(below, kept, d)| (below, Some(kept), Some(d)));
        if summed {
            let arguments = batch_norm_sums {
                s: cut.shape,
                numbers: cut.numbers,
                size: cut.size,
                below,
                kept,
                d: d.take(),
                saved,
                x,
                dy,
                sums: &sums,
            };
            self.launch(cut.grid(), arguments);
        }
        // Without a gradient to the input, one block for each channel merges the sums.
        let grid = if d_input.is_some() { cut.grid() } else { Grid::new(cut.across, cut.threads) };
        let ((d_weights, write), (dx, write_input)) = (d_weights.unzip(), d_input.unzip());
        let settings = Settings {
            epsilon: op.epsilon,
            below,
            add_weights: u32::from(write == Some(Write::Add)),
            add_input: u32::from(write_input == Some(Write::Add)),
            constant: u32::from(constant),
        };
        let (numbers, size, parts) = (cut.numbers, cut.size, cut.parts as u32);
        let arguments = batch_norm_backward {
            s: cut.shape,
            numbers,
            size,
            parts,
            settings,
            kept: if summed { None } else { kept },
            d,
            weights,
            saved,
            sums,
            x,
            dy,
            d_weights,
            dx,
        };
        self.launch(grid, arguments);
    }
}
