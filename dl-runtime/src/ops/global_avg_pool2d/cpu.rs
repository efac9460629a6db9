//! Global average pooling on the CPU.

use super::GlobalAvgPool2dKernel;
use crate::{Cpu, ops::Write};

impl GlobalAvgPool2dKernel for Cpu {
    fn global_avg_pool2d_forward(&self, area: usize, x: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks_exact(area).zip(y) {
            *y = x.iter().sum::<f32>() / area as f32;
        }
    }
    fn global_avg_pool2d_backward(&self, area: usize, dy: &[f32], dx: &mut [f32], write: Write) {
        for (dy, dx) in dy.iter().zip(dx.chunks_exact_mut(area)) {
            let d = dy / area as f32;
            match write {
                Write::Set => dx.fill(d),
                Write::Add => dx.iter_mut().for_each(|dx| *dx += d),
            }
        }
    }
}
