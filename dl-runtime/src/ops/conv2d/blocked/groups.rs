//! Convolutions in groups of samples. What a group reads and writes stays in the L2 cache; and its images have so many windows that
//! reading the weights costs little, where a single small image has not.
//!
//! Images in planes are packed into blocks of channels, and results unpacked, group by group too. That costs a few percent of the
//! convolution, and is how training and the gradient to the input come by the kernels for blocks.

use super::direct::Direct;
use super::winograd;
use super::{Conv2dSizes, Finish, Images, Spread, of_group};
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::chunks_mut;
use crate::device::cpu::{Threads, scratch};
use crate::ops::channel_blocks::{Also, BLOCK, pack_blocks, unpack_blocks, unpack_blocks_and};
use crate::ops::matmul::WORTH_THREADS;

/// The number of windows for which the weights are read once, if several samples are needed for so many.
const WINDOWS: usize = 256;
/// The largest size of what several samples of a group read and write, in floats: it stays in the L2 cache.
const GROUP: usize = 3 << 17;
/// From this number of groups on, each is a task of its own; fewer are split into tasks.
const MANY_GROUPS: usize = 8;

/// The kernel that computes a group of samples in blocks of channels.
#[derive(Clone, Copy)]
pub(super) enum Kernel<'a> {
    /// The definition.
    Direct(&'a Direct<'a>),
    /// Winograd's convolution, with its packed weights.
    Winograd(&'a Conv2dSizes, &'a [f32]),
}

/// Computes a convolution of images in either layout.
pub(super) fn convolve(
    threads: &Threads,
    kernel: Kernel,
    images: Images,
    finish: Finish,
    from: &[f32],
    to: &mut [f32],
) {
    let s = kernel.sizes();
    let work = Groups { kernel, images, of_from: from.len() / s.samples, of_to: to.len() / s.samples };
    let (samples, few) = (work.samples(), s.work() < WORTH_THREADS);
    let memory = work.memory(samples).iter().sum::<usize>();
    let part = |number: usize, to: &[f32]| {
        let of = to.len() / work.of_to;
        let from = &from[number * samples * work.of_from..][..of * work.of_from];
        (from, of_group(finish, number * samples * work.of_to, to.len()))
    };
    if s.samples.div_ceil(samples) >= MANY_GROUPS && !few {
        threads.split_with_scratch(chunks_mut(to, samples * work.of_to), memory, &|number, memory, to| {
            let (from, finish) = part(number, to);
            work.group(None, from, finish, to, memory);
        });
        return;
    }
    scratch::with(memory, |memory| {
        for (number, to) in to.chunks_mut(samples * work.of_to).enumerate() {
            let (from, finish) = part(number, to);
            work.group(if few { None } else { Some(threads) }, from, finish, to, memory);
        }
    });
}

impl Kernel<'_> {
    fn sizes(&self) -> &Conv2dSizes {
        match self {
            Kernel::Direct(direct) => direct.sizes(),
            Kernel::Winograd(s, _) => s,
        }
    }
    /// Returns `true` if it reads blocks of channels, and not few channels one after the other.
    fn reads_blocks(&self) -> bool {
        match self {
            Kernel::Direct(direct) => direct.reads_blocks(),
            Kernel::Winograd(..) => true,
        }
    }
    /// Returns the number of floats of memory that it needs for so many samples.
    fn memory(&self, samples: usize) -> usize {
        match self {
            Kernel::Direct(direct) => samples * direct.memory(),
            Kernel::Winograd(s, _) => winograd::memory(&Conv2dSizes { samples, ..**s }),
        }
    }
    /// Computes a group of samples, in tasks if there are threads.
    fn run(
        &self,
        threads: Option<&Threads>,
        samples: usize,
        from: &[f32],
        finish: Finish,
        to: &mut [f32],
        memory: &mut [f32],
    ) {
        match (self, threads) {
            (Kernel::Direct(direct), Some(threads)) => direct.group_in_tasks(threads, from, finish, to, memory),
            (Kernel::Direct(direct), None) => direct.group(from, finish, to, memory),
            (Kernel::Winograd(s, packed), threads) => {
                let s = Conv2dSizes { samples, ..**s };
                match threads {
                    Some(threads) => winograd::convolve(threads, &s, packed, finish, from, to),
                    None => winograd::convolve_here(&s, packed, finish, from, to, memory),
                }
            }
        }
    }
}

/// The settings that all groups share.
struct Groups<'a> {
    kernel: Kernel<'a>,
    images: Images,
    /// The size of what is read of a sample.
    of_from: usize,
    /// The size of the results of a sample.
    of_to: usize,
}

impl Groups<'_> {
    /// Returns how much memory so many samples need: for their packed images, for the kernel and for packed results.
    fn memory(&self, samples: usize) -> [usize; 3] {
        let planes = self.images != Images::Blocks;
        let packs = planes && self.kernel.reads_blocks();
        let of = |len: usize, needs: bool| if needs { samples * len } else { 0 };
        let Conv2dSizes { outputs, output, .. } = *self.kernel.sizes();
        [of(self.of_from, packs), self.kernel.memory(samples), of(outputs * output[0] * output[1], planes)]
    }

    /// Returns the number of samples of a group, by the sizes alone. Results are the same bits for any number.
    fn samples(&self) -> usize {
        let s = self.kernel.sizes();
        let most = (GROUP / (self.memory(1).iter().sum::<usize>() + self.of_to)).clamp(1, s.samples);
        let wanted = match self.kernel {
            Kernel::Direct(_) => WINDOWS.div_ceil(s.output[0] * s.output[1]),
            Kernel::Winograd(..) => winograd::samples_of_group(s),
        };
        wanted.min(most)
    }

    /// Computes a group of samples, in tasks if there are threads.
    fn group(&self, threads: Option<&Threads>, from: &[f32], finish: Finish, to: &mut [f32], memory: &mut [f32]) {
        let samples = to.len() / self.of_to;
        let [packed, of_kernel, results] = self.memory(samples);
        let (packed, memory) = memory.split_at_mut(packed);
        let (of_kernel, memory) = memory.split_at_mut(of_kernel);
        let results = &mut memory[..results];
        let s = self.kernel.sizes();
        let pixels = [s.image, s.output].map(|[rows, columns]| rows * columns);
        let from = if packed.is_empty() {
            from
        } else {
            in_parts(threads, packed, pixels[0] * BLOCK, &|block, part| {
                pack_blocks(pixels[0], 0..pixels[0], &from[block * pixels[0] * BLOCK..][..part.len()], part);
            });
            packed
        };
        let mut run = |finish: Finish, to: &mut [f32]| self.kernel.run(threads, samples, from, finish, to, of_kernel);
        let Images::Planes(spread) = self.images else {
            return run(finish, to);
        };
        // Summands are in planes, so they and the limits are left to unpacking.
        let adds = finish.add || !finish.summand.is_empty();
        let sums = Finish { summand: &[], add: false, limits: if adds { None } else { finish.limits }, ..finish };
        run(sums, results);
        let of_block = self.of_to / s.outputs * BLOCK;
        in_parts(threads, to, of_block, &|block, part| {
            let results = &results[block * pixels[1] * BLOCK..][..part.len() / of_block * pixels[1] * BLOCK];
            let summand = of_group(finish, block * of_block, part.len()).summand;
            let also = Also { add: finish.add, summand, limits: finish.limits };
            match spread {
                Some(spread) => unpack_spread(s.output, spread, results, also, part),
                None if adds => unpack_blocks_and(pixels[1], results, also, part),
                None => unpack_blocks(pixels[1], results, part),
            }
        });
    }
}

simd! {
    /// Unpacks blocks of channels of so many rows and columns to some of the rows and columns of larger images. There is no summand.
    fn unpack_spread<S>(size: [usize; 2], spread: Spread, x: &[f32], also: Also, y: &mut [f32]) {
        let ([rows, columns], Spread { image, first, step }) = (size, spread);
        let plane = image[0] * image[1];
        for (x, y) in x.chunks_exact(rows * columns * BLOCK).zip(y.chunks_exact_mut(plane * BLOCK)) {
            for (i, x) in x.chunks_exact(columns * BLOCK).enumerate() {
                let at = (first[0] + i * step[0]) * image[1] + first[1];
                for (channel, y) in y.chunks_exact_mut(plane).enumerate() {
                    let y = y[at..].iter_mut().step_by(step[1]);
                    for (y, x) in y.zip(x[channel..].iter().step_by(BLOCK)) {
                        *y = also.finished(*x, *y, 0);
                    }
                }
            }
        }
    }
}

/// The smallest part of images that a task packs or unpacks, in floats.
const PART: usize = 1 << 14;

/// Calls `body` with parts of some images and the number of their first block. Parts are whole blocks of channels of so many numbers.
fn in_parts(threads: Option<&Threads>, to: &mut [f32], of_block: usize, body: &(dyn Fn(usize, &mut [f32]) + Sync)) {
    match threads {
        Some(threads) => {
            let blocks = PART.div_ceil(of_block);
            threads.split(chunks_mut(to, blocks * of_block), &|number, part| body(number * blocks, part));
        }
        None => body(0, to),
    }
}
