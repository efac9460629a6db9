//! Global average pooling on the CPU.

use super::GlobalAvgPool2dKernel;
use crate::Cpu;
use crate::device::cpu::simd::{simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::channel_blocks::BLOCK;
use crate::tensor::Write;

/// Returns the number of channels of one task.
fn channels(spatial_size: usize) -> usize {
    (1_usize << 14).div_ceil(spatial_size)
}

/// The number of sums of the pixels of a block.
const SUMS: usize = 8;

#[inline(always)]
fn add(sum: [f32; BLOCK], x: &[f32; BLOCK]) -> [f32; BLOCK] {
    std::array::from_fn(|i| sum[i] + x[i])
}

simd! {
    fn forward<S>(spatial_size: usize, x: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks_exact(spatial_size).zip(y) {
            *y = sum::<S, 1>([x], |[x]| x) / spatial_size as f32;
        }
    }

    fn blocked<S>(spatial_size: usize, x: &[f32], y: &mut [f32]) {
        let (x, y) = (x.as_chunks::<BLOCK>().0, y.as_chunks_mut::<BLOCK>().0);
        for (x, y) in x.chunks_exact(spatial_size).zip(y) {
            // Several sums do not wait for each other, and round less than one.
            let mut sums = [[0.0; BLOCK]; SUMS];
            let (pixels, rest) = x.as_chunks::<SUMS>();
            for pixels in pixels {
                for (sum, x) in sums.iter_mut().zip(pixels) {
                    *sum = add(*sum, x);
                }
            }
            let sum = sums.iter().chain(rest).fold([0.0; BLOCK], add);
            *y = sum.map(|sum| sum / spatial_size as f32);
        }
    }

    fn backward<S>(spatial_size: usize, dy: &[f32], dx: &mut [f32], write: Write) {
        for (dy, dx) in dy.iter().zip(dx.chunks_exact_mut(spatial_size)) {
            let d = dy / spatial_size as f32;
            match write {
                Write::Set => dx.fill(d),
                Write::Add => dx.iter_mut().for_each(|dx| *dx += d),
            }
        }
    }
}

impl GlobalAvgPool2dKernel for Cpu {
    fn global_avg_pool2d_forward(&self, spatial_size: usize, x: &[f32], y: &mut [f32]) {
        let n = channels(spatial_size);
        self.threads().split((chunks(x, n * spatial_size), chunks_mut(y, n)), &|_, (x, y)| forward(spatial_size, x, y));
    }
    fn global_avg_pool2d_blocked(&self, spatial_size: usize, x: &[f32], y: &mut [f32]) {
        let n = channels(spatial_size).next_multiple_of(BLOCK);
        self.threads().split((chunks(x, n * spatial_size), chunks_mut(y, n)), &|_, (x, y)| blocked(spatial_size, x, y));
    }
    fn global_avg_pool2d_backward(&self, spatial_size: usize, dy: &[f32], dx: &mut [f32], write: Write) {
        let n = channels(spatial_size);
        let parts = (chunks(dy, n), chunks_mut(dx, n * spatial_size));
        self.threads().split(parts, &|_, (dy, dx)| backward(spatial_size, dy, dx, write));
    }
}
