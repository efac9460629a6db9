//! Batch normalisation by given statistics on the CPU, of images in blocks of channels.

use super::BatchNormSizes;
use crate::device::cpu::Threads;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::chunks_mut;
use crate::ops::channel_blocks::BLOCK;

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
            if let Some(x) = x {
                y.copy_from_slice(&x[block * of_block..][..of_block]);
            }
            let first = block * BLOCK % s.channels;
            affine([scale, shift].map(|of| std::array::from_fn(|lane| of[first + lane])), limits, y);
        }
    });
}

simd! {
    fn affine<S>(by: [[f32; BLOCK]; 2], limits: [f32; 2], y: &mut [f32]) {
        let ([scale, shift], [least, largest]) = (by, limits);
        for pixel in y.as_chunks_mut::<BLOCK>().0 {
            for lane in 0..BLOCK {
                let normal = S::mul_add(pixel[lane], scale[lane], shift[lane]);
                // A comparison that NaN fails leaves NaN.
                let above = if normal < least { least } else { normal };
                pixel[lane] = if above > largest { largest } else { above };
            }
        }
    }
}
