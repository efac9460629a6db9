//! Pooling on the CPU of images in blocks of channels: the eight channels of a pixel are one register.

use super::PoolSizes;
use crate::device::cpu::Threads;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::channel_blocks::BLOCK;

/// A pixel of the channels of a block.
type Pixel = [f32; BLOCK];

/// `y = max(window of x)`.
pub(super) fn max(threads: &Threads, s: &PoolSizes, x: &[f32], y: &mut [f32]) {
    for_blocks(threads, s, x, y, maxima);
}

/// `y = mean(window of x)`.
pub(super) fn avg(threads: &Threads, s: &PoolSizes, count_include_pad: bool, x: &[f32], y: &mut [f32]) {
    for_blocks(threads, s, x, y, if count_include_pad { padded_means } else { means });
}

/// Calls `pool` with the blocks of each task.
fn for_blocks(threads: &Threads, s: &PoolSizes, x: &[f32], y: &mut [f32], pool: fn(&PoolSizes, &[f32], &mut [f32])) {
    let ((spatial_size, output_size), channels) = (s.spatial_sizes(), s.task().next_multiple_of(BLOCK));
    let parts = (chunks(x, channels * spatial_size), chunks_mut(y, channels * output_size));
    threads.split(parts, &|_, (x, y)| pool(s, x, y));
}

/// Replaces the numbers of `best` by those of `x` that are larger or NaN.
#[inline(always)]
fn larger(best: Pixel, x: &Pixel) -> Pixel {
    std::array::from_fn(|i| if x[i] > best[i] || x[i].is_nan() { x[i] } else { best[i] })
}

/// Writes to every pixel of `y` the `result` of the pixels of its window, which `join` combines, beginning with `start`.
#[inline(always)]
fn windows(
    s: &PoolSizes,
    x: &[f32],
    y: &mut [f32],
    start: f32,
    join: impl Fn(Pixel, &Pixel) -> Pixel,
    result: impl Fn(Pixel, [usize; 2]) -> Pixel,
) {
    let ((spatial_size, output_size), [_, width], columns) = (s.spatial_sizes(), s.image, s.output[1]);
    let (x, y) = (x.as_chunks::<BLOCK>().0, y.as_chunks_mut::<BLOCK>().0);
    for (x, y) in x.chunks_exact(spatial_size).zip(y.chunks_exact_mut(output_size)) {
        for (r, y) in y.chunks_exact_mut(columns).enumerate() {
            let rows = s.range(0, r);
            let x = &x[rows.start * width..rows.end * width];
            for (c, y) in y.iter_mut().enumerate() {
                let columns = s.range(1, c);
                let mut all = [start; BLOCK];
                for row in x.chunks_exact(width) {
                    all = match &row[columns.clone()] {
                        [a, b, c] => join(join(join(all, a), b), c),
                        pixels => pixels.iter().fold(all, &join),
                    };
                }
                *y = result(all, [r, c]);
            }
        }
    }
}

/// Writes the sum of every window times its share.
#[inline(always)]
fn shares(s: &PoolSizes, x: &[f32], y: &mut [f32], count: impl Fn(usize, usize) -> usize) {
    let join = |sum: Pixel, x: &Pixel| std::array::from_fn(|i| sum[i] + x[i]);
    windows(s, x, y, 0.0, join, |sum, [r, c]| {
        let share = 1.0 / (count(0, r) * count(1, c)) as f32;
        sum.map(|sum| share * sum)
    });
}

simd! {
    fn maxima<S>(s: &PoolSizes, x: &[f32], y: &mut [f32]) {
        windows(s, x, y, f32::NEG_INFINITY, larger, |best, _| best);
    }

    fn means<S>(s: &PoolSizes, x: &[f32], y: &mut [f32]) {
        shares(s, x, y, |axis, at| s.range(axis, at).len());
    }

    fn padded_means<S>(s: &PoolSizes, x: &[f32], y: &mut [f32]) {
        shares(s, x, y, |axis, at| s.counted(axis, at));
    }
}
