//! Softmax on the CPU.

use super::{Sizes, SoftmaxKernel};
use crate::{Cpu, ops::Write};

impl SoftmaxKernel for Cpu {
    fn softmax_forward(&self, s: Sizes, x: &[f32], y: &mut [f32]) {
        y.copy_from_slice(x);
        self.softmax_forward_in_place(s, y);
    }
    fn softmax_forward_in_place(&self, s: Sizes, x: &mut [f32]) {
        for sample in x.chunks_exact_mut(s.classes * s.places) {
            for p in 0..s.places {
                let largest = sample[p..].iter().step_by(s.places).fold(f32::NEG_INFINITY, |m, x| m.max(*x));
                let mut sum = 0.0;
                for x in sample[p..].iter_mut().step_by(s.places) {
                    *x = (*x - largest).exp();
                    sum += *x;
                }
                sample[p..].iter_mut().step_by(s.places).for_each(|x| *x /= sum);
            }
        }
    }
    fn softmax_backward(&self, s: Sizes, y: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let size = s.classes * s.places;
        for ((y, dy), dx) in y.chunks_exact(size).zip(dy.chunks_exact(size)).zip(dx.chunks_exact_mut(size)) {
            for p in 0..s.places {
                let places = || (p..size).step_by(s.places);
                let dot: f32 = places().map(|i| y[i] * dy[i]).sum();
                for i in places() {
                    let d = y[i] * (dy[i] - dot);
                    dx[i] = if write == Write::Set { d } else { dx[i] + d };
                }
            }
        }
    }
    fn softmax_backward_in_place(&self, s: Sizes, y: &[f32], d: &mut [f32]) {
        let size = s.classes * s.places;
        for (y, d) in y.chunks_exact(size).zip(d.chunks_exact_mut(size)) {
            for p in 0..s.places {
                let places = || (p..size).step_by(s.places);
                let dot: f32 = places().map(|i| y[i] * d[i]).sum();
                places().for_each(|i| d[i] = y[i] * (d[i] - dot));
            }
        }
    }
}
