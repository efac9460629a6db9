//! Upsampling on the CPU of images in blocks of channels: the eight channels of a pixel are one register.

use super::{Mode, UpsampleSizes};
use crate::device::cpu::Threads;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::channel_blocks::BLOCK;

/// Writes the upsampled `x` to `y`.
pub(super) fn forward(threads: &Threads, mode: Mode, s: &UpsampleSizes, x: &[f32], y: &mut [f32]) {
    let (spatial_size, row, planes) = s.sizes();
    let (channels, output_size) = (planes.next_multiple_of(BLOCK), s.image[0] * s.factor[0] * row);
    threads.split((chunks(x, channels * spatial_size), chunks_mut(y, channels * output_size)), &|_, (x, y)| {
        blocks(mode, s, x, y);
    });
}

simd! {
    fn blocks<S>(mode: Mode, s: &UpsampleSizes, x: &[f32], y: &mut [f32]) {
        let ((spatial_size, row, _), width, [rows, columns]) = (s.sizes(), s.image[1], s.factor);
        let (x, y) = (x.as_chunks::<BLOCK>().0, y.as_chunks_mut::<BLOCK>().0);
        for (x, y) in x.chunks_exact(spatial_size).zip(y.chunks_exact_mut(spatial_size * rows * columns)) {
            match mode {
                Mode::Nearest => {
                    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(rows * row)) {
                        let (first, others) = y.split_at_mut(row);
                        first.chunks_exact_mut(columns).zip(x).for_each(|(y, x)| y.fill(*x));
                        others.chunks_exact_mut(row).for_each(|y| y.copy_from_slice(first));
                    }
                }
                Mode::Bilinear { align_corners } => {
                    for (r, y) in y.chunks_exact_mut(row).enumerate() {
                        let ([above, below], [upper, lower]) = s.source(align_corners, 0, r);
                        let (above, below) = (&x[above * width..][..width], &x[below * width..][..width]);
                        for (c, y) in y.iter_mut().enumerate() {
                            let ([i, j], [left, right]) = s.source(align_corners, 1, c);
                            let (above, below) = ((&above[i], &above[j]), (&below[i], &below[j]));
                            *y = std::array::from_fn(|k| {
                                upper * (left * above.0[k] + right * above.1[k])
                                    + lower * (left * below.0[k] + right * below.1[k])
                            });
                        }
                    }
                }
            }
        }
    }
}
