//! Scales on the CPU.

use super::ScaleKernel;
use crate::Cpu;
use crate::device::cpu::simd::{simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::parts::{self, accumulate};
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

simd! {
    /// `y = weight·x` of whole rows.
    fn product<S>(inner: usize, weight: &[f32], x: &[f32], y: &mut [f32], write: Write) {
        let row = weight.len() * inner;
        for (x, y) in x.chunks_exact(row).zip(y.chunks_exact_mut(row)) {
            if inner == 1 {
                for ((x, y), weight) in x.iter().zip(y).zip(weight) {
                    accumulate(y, weight * x, write);
                }
            } else {
                for ((x, y), weight) in x.chunks_exact(inner).zip(y.chunks_exact_mut(inner)).zip(weight) {
                    x.iter().zip(y).for_each(|(x, y)| accumulate(y, weight * x, write));
                }
            }
        }
    }

    /// Adds `Σ x·dy` of whole rows to `d`.
    fn sums<S>(inner: usize, x: &[f32], dy: &[f32], d: &mut [f32]) {
        let row = d.len() * inner;
        for (x, dy) in x.chunks_exact(row).zip(dy.chunks_exact(row)) {
            if inner == 1 {
                d.iter_mut().zip(x.iter().zip(dy)).for_each(|(d, (x, dy))| *d += x * dy);
            } else {
                for ((x, dy), d) in x.chunks_exact(inner).zip(dy.chunks_exact(inner)).zip(&mut *d) {
                    *d += sum::<S, 2>([x, dy], |[x, dy]| x * dy);
                }
            }
        }
    }
}

impl ScaleKernel for Cpu {
    fn scale(&self, inner: usize, weight: &[f32], x: &[f32], y: &mut [f32], write: Write) {
        let row = weight.len() * inner;
        let task = row * TASK.div_ceil(row);
        self.threads().split((chunks(x, task), chunks_mut(y, task)), &|_, (x, y)| product(inner, weight, x, y, write));
    }
    fn scale_backward_weight(&self, inner: usize, x: &[f32], dy: &[f32], d_weight: &mut [f32], write: Write) {
        let row = d_weight.len() * inner;
        parts::backward(self, row, x, dy, (d_weight, write), None, &|_, x, dy, d, _, _| sums(inner, x, dy, d));
    }
}
