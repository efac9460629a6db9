//! Global average pooling on the CPU.

use super::GlobalAvgPool2dKernel;
use crate::Cpu;
use crate::device::cpu::simd::{simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

/// Channels of one task.
fn channels(area: usize) -> usize {
    (1_usize << 14).div_ceil(area)
}

simd! {
    fn forward<S>(area: usize, x: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks_exact(area).zip(y) {
            *y = sum::<S, 1>([x], |[x]| x) / area as f32;
        }
    }

    fn backward<S>(area: usize, dy: &[f32], dx: &mut [f32], write: Write) {
        for (dy, dx) in dy.iter().zip(dx.chunks_exact_mut(area)) {
            let d = dy / area as f32;
            match write {
                Write::Set => dx.fill(d),
                Write::Add => dx.iter_mut().for_each(|dx| *dx += d),
            }
        }
    }
}

impl GlobalAvgPool2dKernel for Cpu {
    fn global_avg_pool2d_forward(&self, area: usize, x: &[f32], y: &mut [f32]) {
        let n = channels(area);
        self.threads().split((chunks(x, n * area), chunks_mut(y, n)), &|_, (x, y)| forward(area, x, y));
    }
    fn global_avg_pool2d_backward(&self, area: usize, dy: &[f32], dx: &mut [f32], write: Write) {
        let n = channels(area);
        let parts = (chunks(dy, n), chunks_mut(dx, n * area));
        self.threads().split(parts, &|_, (dy, dx)| backward(area, dy, dx, write));
    }
}
