//! The matrix products of Winograd's convolution: a register of output channels for each tile, summed over the input channels.

#![allow(clippy::needless_range_loop, reason = "the index names a register in several arrays")]

use crate::device::cpu::simd::{self, Baseline, Level, Simd, Vector, simd};

simd! {
    /// Returns the largest number of tiles whose sums fit into the registers.
    pub(super) fn rows<S>() -> usize {
        S::TILE_ROWS
    }
}

/// The products of some tiles for a chunk of output channels.
#[derive(Clone, Copy)]
pub(super) struct Products {
    /// The number of input channels.
    inputs: usize,
    /// The distance between registers of input channels.
    part: usize,
    /// The number of floats of the next position's weights that a kernel asks for with each input channel: all, or half of them if
    /// there is a second kernel for the others.
    share: usize,
    /// The number of lanes of a register.
    lanes: usize,
    /// The number of registers of output channels.
    registers: usize,
    /// The number of tiles.
    tiles: usize,
    /// The number of tiles that a kernel computes at once, and the kernel.
    most: (usize, Kernel),
    /// The number of tiles left to the last kernel, and this kernel.
    last: (usize, Kernel),
}

impl Products {
    /// Prepares products of `inputs` channels, whose registers are `part` apart, for one or two registers of output channels.
    pub fn new([inputs, part]: [usize; 2], registers: usize, tiles: usize) -> Self {
        let (level, lanes, two) = (simd::level(), super::lanes(), registers == 2);
        assert!(tiles > 0 && inputs > 0 && matches!(registers, 1 | 2), "products of something");
        let most = tiles.div_ceil(tiles.div_ceil(rows()));
        let last = tiles - (tiles - 1) / most * most;
        let [most, last] = [most, last].map(|rows| (rows, kernel(level, rows, two)));
        let share = registers * lanes / if most.0 < tiles { 2 } else { 1 };
        Products { inputs, part, share, lanes, registers, tiles, most, last }
    }

    /// Computes the products of one position, [tiles, output channels]: `input` is a register of input channels of each tile, tile
    /// after tile, then at a distance the next register; `weights` are [inputs, output channels].
    pub fn run(&self, input: &[f32], weights: &[f32], to: &mut [f32]) {
        let (lanes, width) = (self.lanes, self.registers * self.lanes);
        assert!((self.inputs - 1) / lanes * self.part + self.tiles * lanes <= input.len(), "transformed input");
        assert!(self.inputs * width <= weights.len() && self.tiles * width <= to.len(), "products of a position");
        let weights = weights.as_ptr();
        let mut first = 0;
        while first < self.tiles {
            let (count, kernel) = if self.tiles - first > self.most.0 { self.most } else { self.last };
            let (input, to) = (input[first * lanes..].as_ptr(), to[first * width..].as_mut_ptr());
            let half = first / self.most.0 % 2 * self.share;
            let next = weights.wrapping_add(self.inputs * (width + half));
            // SAFETY: by the assertions, what is read and written is inside of the slices.
            unsafe { kernel(self, input, [weights, next], to) }
            first += count;
        }
    }

    /// Computes the products of `R` tiles, and asks for weights that are needed next.
    ///
    /// # Safety
    /// The input of `R` tiles and the weights can be read, and `R` rows of products can be written.
    #[inline(always)]
    unsafe fn compute<S: Simd, const R: usize, const V: usize>(
        &self,
        input: *const f32,
        [mut weights, mut next]: [*const f32; 2],
        to: *mut f32,
    ) {
        let (lanes, share) = (S::F32::LANES, self.share);
        let mut sums = [[S::F32::splat(0.0); V]; R];
        let (mut part, mut left) = (input, self.inputs);
        // SAFETY: the caller's contract.
        unsafe {
            while left > 0 {
                let mut from = part;
                for _ in 0..left.min(lanes) {
                    let mut row = [S::F32::splat(0.0); V];
                    for v in 0..V {
                        row[v] = S::F32::load(weights.add(v * lanes));
                    }
                    simd::prefetch_l2(next);
                    if V * lanes > 16 {
                        simd::prefetch_l2(next.wrapping_add(16));
                    }
                    for i in 0..R {
                        let x = S::F32::splat(*from.add(i * lanes));
                        for v in 0..V {
                            sums[i][v] = x.mul_add(row[v], sums[i][v]);
                        }
                    }
                    (from, weights, next) = (from.add(1), weights.add(V * lanes), next.wrapping_add(share));
                }
                (part, left) = (part.wrapping_add(self.part), left.saturating_sub(lanes));
            }
            for i in 0..R {
                for v in 0..V {
                    sums[i][v].store(to.add((i * V + v) * lanes));
                }
            }
        }
    }
}

/// A function that computes the products of some tiles.
type Kernel = unsafe fn(&Products, *const f32, [*const f32; 2], *mut f32);

/// The kernels of one instruction set. Each is a function of its own, so that it has all registers to itself.
macro_rules! kernels {
    ($name:ident, $S:ty, [$($feature:meta)?], $($rows:literal)*) => {
        /// Returns the kernel for a number of tiles, with one or two registers of output channels.
        fn $name(rows: usize, two: bool) -> Kernel {
            $(#[$feature])?
            unsafe fn kernel<const R: usize, const V: usize>(of: &Products, input: *const f32, weights: [*const f32; 2], to: *mut f32) {
                // SAFETY: the contract of `Products::compute`.
                unsafe { of.compute::<$S, R, V>(input, weights, to) }
            }
            match (rows, two) {
                $(
                    ($rows, false) => kernel::<$rows, 1>,
                    ($rows, true) => kernel::<$rows, 2>,
                )*
                _ => unreachable!("there are from 1 to TILE_ROWS tiles"),
            }
        }
    };
}

#[cfg(not(target_arch = "aarch64"))]
kernels! { baseline, Baseline, [], 1 2 3 4 }
#[cfg(target_arch = "aarch64")]
kernels! { baseline, Baseline, [], 1 2 3 4 5 6 7 8 }
#[cfg(target_arch = "x86_64")]
kernels! { avx2, simd::Avx2, [target_feature(enable = "avx2,fma,bmi1,bmi2")], 1 2 3 4 5 6 }
#[cfg(target_arch = "x86_64")]
kernels! {
    avx512, simd::Avx512, [target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")],
    1 2 3 4 5 6 7 8 9 10 11 12 13 14
}

/// Returns the kernel of an instruction set.
fn kernel(level: Level, rows: usize, two: bool) -> Kernel {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => avx512(rows, two),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => avx2(rows, two),
        _ => baseline(rows, two),
    }
}
