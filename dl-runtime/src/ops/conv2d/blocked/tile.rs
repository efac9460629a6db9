//! The innermost loop of convolutions in blocks of channels: some neighbouring pixels of a row by one to four registers of output channels
//! stay in registers, while the sums run over input channels and the elements of the kernel.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

use super::BLOCK;
use crate::device::cpu::simd::{self, Baseline, Level, Simd, Vector, simd};

/// The tiles of the instruction set in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// The instruction set.
    pub level: Level,
    /// The number of output channels of a panel of weights, which are the lanes of a register.
    pub lanes: usize,
    /// The most pixels of a tile with one or two registers of output channels.
    pub pixels: usize,
    /// The most pixels of a tile with four registers of output channels.
    pub narrow: usize,
}

simd! {
    /// Returns the tiles of the instruction set in use.
    pub(super) fn shape<S>() -> Shape {
        let (lanes, pixels) = (S::F32::LANES, S::TILE_ROWS);
        Shape { level: simd::level(), lanes, pixels, narrow: if pixels >= 14 { 7 } else { 0 } }
    }
}

/// A row of windows, for some panels of output channels.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// The instruction set.
    pub level: Level,
    /// The number of windows, which are split into tiles of `tile`.
    pub pixels: usize,
    /// The most pixels of a tile.
    pub tile: usize,
    /// The number of panels: 1, 2 or 4.
    pub panels: usize,
    /// The number of channels of the last panel: the lanes of a register, or half of them.
    pub last: usize,
    /// The first input channel of the first window, in an image whose windows' pixels lie next to each other.
    pub from: *const f32,
    /// For each block of input channels and element of the kernel, its offset from the window.
    pub taps: &'a [u32],
    /// The number of input channels of a block, at most [`BLOCK`].
    pub channels: usize,
    /// The weights of the first panel, `[taps, channels, lanes]`.
    pub weights: *const f32,
    /// The distance between panels of weights.
    pub panel: usize,
    /// The first output.
    pub to: *mut f32,
    /// The distance between blocks of output channels.
    pub to_block: usize,
    /// True if the sums go on from those in `to`.
    pub goes_on: bool,
    /// The operations on the sums; `None` if further sums follow.
    pub finish: Option<End>,
}

/// The operations on the sums of a row of windows.
#[derive(Clone, Copy)]
pub(super) struct End {
    /// One factor for each output channel of the panels; null if there are none.
    pub scale: *const f32,
    /// One number that is added for each output channel of the panels; null if there are none.
    pub shift: *const f32,
    /// Numbers that are added, where `to` has its elements; null if there are none.
    pub summand: *const f32,
    /// The least and the largest result.
    pub limits: Option<[f32; 2]>,
}

impl Row<'_> {
    /// Computes the row.
    ///
    /// # Safety
    /// The processor has the instruction set. Every pixel, weight, summand and output that the fields describe is inside of its memory, which
    /// for outputs only this thread accesses.
    pub unsafe fn run(&self) {
        let tiles = self.pixels.div_ceil(self.tile);
        let mut done = 0;
        for tile in 0..tiles {
            let pixels = (self.pixels - done).div_ceil(tiles - tile);
            // SAFETY: the caller's contract.
            unsafe { kernel(self.level, pixels, self.panels)(self, done) };
            done += pixels;
        }
    }

    /// Computes a tile that begins at a pixel.
    ///
    /// # Safety
    /// That of [`Row::run`], in code for the instruction set.
    #[inline(always)]
    unsafe fn tile<S: Simd, const P: usize, const V: usize>(&self, first: usize) {
        let mut sums = [[S::F32::splat(0.0); V]; P];
        // SAFETY: the caller's contract, here and in the functions called.
        unsafe {
            let to = self.to.add(first * BLOCK);
            if self.goes_on {
                for i in 0..P {
                    for v in 0..V {
                        sums[i][v] = self.load::<S, V>(to, i, v);
                    }
                }
            }
            let mut weights = self.weights;
            for tap in self.taps {
                let mut x = self.from.add(*tap as usize + first * BLOCK);
                for _ in 0..self.channels {
                    let mut w = [S::F32::splat(0.0); V];
                    for v in 0..V {
                        w[v] = S::F32::load(weights.add(v * self.panel));
                    }
                    for i in 0..P {
                        let x = S::F32::splat(*x.add(i * BLOCK));
                        for v in 0..V {
                            sums[i][v] = x.mul_add(w[v], sums[i][v]);
                        }
                    }
                    (x, weights) = (x.add(1), weights.add(S::F32::LANES));
                }
            }
            if let Some(finish) = self.finish {
                for v in 0..V {
                    let count = if v + 1 < V { S::F32::LANES } else { self.last };
                    let channels = |of: *const f32, otherwise: f32| match of.is_null() {
                        true => S::F32::splat(otherwise),
                        false => S::F32::load_first(of.add(v * S::F32::LANES), count),
                    };
                    let (scale, shift) = (channels(finish.scale, 1.0), channels(finish.shift, 0.0));
                    for i in 0..P {
                        sums[i][v] = sums[i][v].mul_add(scale, shift);
                    }
                }
                if !finish.summand.is_null() {
                    let summand = finish.summand.add(first * BLOCK);
                    for i in 0..P {
                        for v in 0..V {
                            sums[i][v] = sums[i][v].add(self.load::<S, V>(summand, i, v));
                        }
                    }
                }
                if let Some([least, largest]) = finish.limits {
                    let (least, largest) = (S::F32::splat(least), S::F32::splat(largest));
                    for i in 0..P {
                        for v in 0..V {
                            sums[i][v] = largest.min(least.max(sums[i][v]));
                        }
                    }
                }
            }
            for i in 0..P {
                for v in 0..V {
                    let to = to.add(self.at::<S>(i, v));
                    if S::F32::LANES <= BLOCK {
                        sums[i][v].store(to);
                    } else if v + 1 < V || self.last > BLOCK {
                        sums[i][v].store_halves(to, to.add(self.to_block));
                    } else {
                        sums[i][v].store_first(to, BLOCK);
                    }
                }
            }
        }
    }

    /// Returns the place of the outputs of a pixel of the tile and a panel.
    #[inline(always)]
    fn at<S: Simd>(&self, pixel: usize, panel: usize) -> usize {
        let channel = panel * S::F32::LANES;
        channel / BLOCK * self.to_block + pixel * BLOCK + channel % BLOCK
    }

    /// Loads numbers that lie as the outputs do.
    ///
    /// # Safety
    /// That of [`Row::run`].
    #[inline(always)]
    unsafe fn load<S: Simd, const V: usize>(&self, from: *const f32, pixel: usize, panel: usize) -> S::F32 {
        // SAFETY: the caller's contract.
        unsafe {
            let from = from.add(self.at::<S>(pixel, panel));
            if S::F32::LANES <= BLOCK {
                S::F32::load(from)
            } else if panel + 1 < V || self.last > BLOCK {
                S::F32::load_halves(from, from.add(self.to_block))
            } else {
                S::F32::load_first(from, BLOCK)
            }
        }
    }
}

/// A function that computes a tile that begins at a pixel of a row.
type Kernel = unsafe fn(&Row, usize);

/// The kernels of one instruction set. Each is a function of its own, so that it has all registers to itself.
macro_rules! kernels {
    ($name:ident, $S:ty, [$($feature:meta)?], $($pixels:literal [$($panels:literal)*])*) => {
        /// Returns the kernel for a number of pixels and panels.
        fn $name(pixels: usize, panels: usize) -> Kernel {
            $(#[$feature])?
            unsafe fn kernel<const P: usize, const V: usize>(row: &Row, first: usize) {
                // SAFETY: the contract of `Row::run`.
                unsafe { row.tile::<$S, P, V>(first) }
            }
            match (pixels, panels) {
                $($(($pixels, $panels) => kernel::<$pixels, $panels>,)*)*
                _ => unreachable!("a tile has from 1 to its largest number of pixels"),
            }
        }
    };
}

#[cfg(not(target_arch = "aarch64"))]
kernels! { baseline, Baseline, [], 1 [1 2] 2 [1 2] 3 [1 2] 4 [1 2] }
#[cfg(target_arch = "aarch64")]
kernels! { baseline, Baseline, [], 1 [1 2] 2 [1 2] 3 [1 2] 4 [1 2] 5 [1 2] 6 [1 2] 7 [1 2] 8 [1 2] }
#[cfg(target_arch = "x86_64")]
kernels! {
    avx2, simd::Avx2, [target_feature(enable = "avx2,fma,bmi1,bmi2")],
    1 [1 2] 2 [1 2] 3 [1 2] 4 [1 2] 5 [1 2] 6 [1 2]
}
#[cfg(target_arch = "x86_64")]
kernels! {
    avx512, simd::Avx512, [target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")],
    1 [1 2 4] 2 [1 2 4] 3 [1 2 4] 4 [1 2 4] 5 [1 2 4] 6 [1 2 4] 7 [1 2 4]
    8 [1 2] 9 [1 2] 10 [1 2] 11 [1 2] 12 [1 2] 13 [1 2] 14 [1 2]
}

/// Returns the kernel of an instruction set.
fn kernel(level: Level, pixels: usize, panels: usize) -> Kernel {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => avx512(pixels, panels),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => avx2(pixels, panels),
        _ => baseline(pixels, panels),
    }
}
