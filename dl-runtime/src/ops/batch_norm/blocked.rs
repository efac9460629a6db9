//! Batch normalisation by given statistics on the CPU, of images in blocks of channels.

use super::BatchNormSizes;
use crate::device::cpu::Threads;
use crate::device::cpu::simd::{Simd, simd};
use crate::device::cpu::threads::chunks_mut;
use crate::ops::channel_blocks::BLOCK;

/// A pixel of the channels of a block.
type Pixel = [f32; BLOCK];

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// Computes `y = limited(scale·x + shift)` for every channel, or in place if `x` is `None`.
pub(super) fn normalise(
    threads: &Threads,
    s: BatchNormSizes,
    [scale, shift]: [&[f32]; 2],
    limits: Option<[f32; 2]>,
    x: Option<&[f32]>,
    y: &mut [f32],
) {
    let of_block = s.spatial_size * BLOCK;
    let of_task = TASK.div_ceil(of_block);
    let limits = limits.unwrap_or([f32::NEG_INFINITY, f32::INFINITY]);
    threads.split(chunks_mut(y, of_task * of_block), &|task, y| {
        for (i, y) in y.chunks_exact_mut(of_block).enumerate() {
            let block = task * of_task + i;
            let first = block * BLOCK % s.channels;
            let by = [scale, shift].map(|of| std::array::from_fn(|lane| of[first + lane]));
            match x {
                Some(x) => affine(by, limits, &x[block * of_block..][..of_block], y),
                None => affine_in_place(by, limits, y),
            }
        }
    });
}

/// Returns `limited(scale·x + shift)` for each channel of a pixel.
#[inline(always)]
fn of_pixel<S: Simd>([scale, shift]: &[Pixel; 2], [least, largest]: [f32; 2], x: &Pixel) -> Pixel {
    let mut y = [0.0; BLOCK];
    for lane in 0..BLOCK {
        let normal = S::mul_add(x[lane], scale[lane], shift[lane]);
        // A comparison that NaN fails leaves NaN.
        let above = if normal < least { least } else { normal };
        y[lane] = if above > largest { largest } else { above };
    }
    y
}

simd! {
    fn affine<S>(by: [Pixel; 2], limits: [f32; 2], x: &[f32], y: &mut [f32]) {
        for (x, y) in x.as_chunks::<BLOCK>().0.iter().zip(y.as_chunks_mut::<BLOCK>().0) {
            *y = of_pixel::<S>(&by, limits, x);
        }
    }

    fn affine_in_place<S>(by: [Pixel; 2], limits: [f32; 2], y: &mut [f32]) {
        for pixel in y.as_chunks_mut::<BLOCK>().0 {
            *pixel = of_pixel::<S>(&by, limits, pixel);
        }
    }
}
