//! Noise on the CPU.

use super::{Noise, NoiseKernel};
use crate::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::chunks_mut;
use crate::random::{GROUP, normal, words};

/// The number of groups of one task.
const GROUPS: usize = 128;

simd! {
    /// `y += noise`, where `y` begins with group `group` of the batch.
    fn add<S>(noise: Noise, group: usize, y: &mut [f32]) {
        for (i, y) in y.chunks_mut(GROUP).enumerate() {
            let words = words(noise.seed, noise.id, noise.purpose, (group + i) as u64);
            y.iter_mut().zip(&words).for_each(|(y, word)| *y += noise.stddev * normal(*word));
        }
    }
}

impl NoiseKernel for Cpu {
    fn add_noise(&self, noise: Noise, y: &mut [f32]) {
        self.threads().split(chunks_mut(y, GROUPS * GROUP), &|task, y| add(noise, task * GROUPS, y));
    }
}
