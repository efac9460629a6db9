//! Reductions on the CPU: sample by sample, row by row.

use super::{ReduceKernel, Shapes};
use crate::Cpu;
use crate::device::cpu::simd::{simd, sum};
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::axes::{StridedIter, len};
use crate::ops::parts::accumulate;
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// The number of maxima of one row that are computed side by side.
const LANES: usize = 64;

/// Returns the larger number. NaN counts as larger than any, so that it is not hidden.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

/// Returns the size of one task in the input and in the output: whole samples.
fn task(s: Shapes) -> [usize; 2] {
    let samples = TASK.div_ceil(len(s.from));
    [samples * len(s.from), samples * len(s.to)]
}

simd! {
    /// Adds `scale·Σ x` to one sample of `y`.
    fn add<S>(iter: &StridedIter<2>, scale: f32, x: &[f32], y: &mut [f32]) {
        let (n, [_, step]) = (iter.len(), iter.row_strides());
        iter.rows(|[from, to]| {
            let x = &x[from..from + n];
            if step == 0 {
                y[to] += scale * sum::<S, 1>([x], |[x]| x);
            } else {
                y[to..to + n].iter_mut().zip(x).for_each(|(y, x)| *y += scale * x);
            }
        });
    }

    /// Computes one sample of `x = scale·y`, repeated.
    fn repeat<S>(iter: &StridedIter<2>, scale: f32, y: &[f32], x: &mut [f32], write: Write) {
        let (n, [_, step]) = (iter.len(), iter.row_strides());
        iter.rows(|[to, from]| {
            let x = &mut x[to..to + n];
            if step == 0 {
                let d = scale * y[from];
                x.iter_mut().for_each(|x| accumulate(x, d, write));
            } else {
                x.iter_mut().zip(&y[from..from + n]).for_each(|(x, y)| accumulate(x, scale * y, write));
            }
        });
    }

    /// Computes the maxima of one sample; `y` starts with negative infinity.
    fn largest<S>(iter: &StridedIter<2>, x: &[f32], y: &mut [f32]) {
        let (n, [_, step]) = (iter.len(), iter.row_strides());
        iter.rows(|[from, to]| {
            let x = &x[from..from + n];
            if step == 0 {
                // Several maxima side by side, since one would wait for itself at each number.
                let (blocks, rest) = x.as_chunks::<LANES>();
                let mut lanes = [f32::NEG_INFINITY; LANES];
                blocks.iter().for_each(|x| lanes.iter_mut().zip(x).for_each(|(y, x)| *y = larger(*y, *x)));
                y[to] = lanes.iter().chain(rest).fold(y[to], |a, b| larger(a, *b));
            } else {
                y[to..to + n].iter_mut().zip(x).for_each(|(y, x)| *y = larger(*y, *x));
            }
        });
    }

    /// Computes the gradient of one sample of maxima; `counts` gets how many inputs equal each maximum.
    fn largest_backward<S>(
        iter: &StridedIter<2>, x: &[f32], y: &[f32], dy: &[f32], counts: &mut [f32], dx: &mut [f32], write: Write,
    ) {
        let (n, [_, step]) = (iter.len(), iter.row_strides());
        counts.fill(0.0);
        iter.rows(|[from, to]| {
            let x = &x[from..from + n];
            if step == 0 {
                let largest = y[to];
                counts[to] += sum::<S, 1>([x], |[x]| if x == largest { 1.0 } else { 0.0 });
            } else {
                let counts = counts[to..to + n].iter_mut().zip(&y[to..to + n]);
                counts.zip(x).for_each(|((count, y), x)| *count += if x == y { 1.0 } else { 0.0 });
            }
        });
        // Where a maximum is NaN, nothing equals it, and nothing reads its share.
        counts.iter_mut().zip(dy).for_each(|(share, dy)| *share = dy / *share);
        iter.rows(|[from, to]| {
            let (x, dx) = (&x[from..from + n], &mut dx[from..from + n]);
            if step == 0 {
                let (largest, share) = (y[to], counts[to]);
                dx.iter_mut().zip(x).for_each(|(dx, x)| accumulate(dx, if *x == largest { share } else { 0.0 }, write));
            } else {
                let of = y[to..to + n].iter().zip(&counts[to..to + n]);
                let elements = dx.iter_mut().zip(x).zip(of);
                elements.for_each(|((dx, x), (y, share))| accumulate(dx, if x == y { *share } else { 0.0 }, write));
            }
        });
    }
}

impl ReduceKernel for Cpu {
    fn reduce_sum(&self, s: Shapes, scale: f32, x: &[f32], y: &mut [f32], write: Write) {
        let (iter, [from, to]) = (s.iter(), task(s));
        self.threads().split((chunks(x, from), chunks_mut(y, to)), &|_, (x, y)| {
            if write == Write::Set {
                y.fill(0.0);
            }
            let samples = x.chunks_exact(len(s.from)).zip(y.chunks_exact_mut(len(s.to)));
            samples.for_each(|(x, y)| add(&iter, scale, x, y));
        });
    }
    fn expand(&self, s: Shapes, scale: f32, y: &[f32], x: &mut [f32], write: Write) {
        let (iter, [from, to]) = (s.iter(), task(s));
        self.threads().split((chunks(y, to), chunks_mut(x, from)), &|_, (y, x)| {
            let samples = y.chunks_exact(len(s.to)).zip(x.chunks_exact_mut(len(s.from)));
            samples.for_each(|(y, x)| repeat(&iter, scale, y, x, write));
        });
    }
    fn reduce_max(&self, s: Shapes, x: &[f32], y: &mut [f32]) {
        let (iter, [from, to]) = (s.iter(), task(s));
        self.threads().split((chunks(x, from), chunks_mut(y, to)), &|_, (x, y)| {
            y.fill(f32::NEG_INFINITY);
            let samples = x.chunks_exact(len(s.from)).zip(y.chunks_exact_mut(len(s.to)));
            samples.for_each(|(x, y)| largest(&iter, x, y));
        });
    }
    fn reduce_max_backward(&self, s: Shapes, x: &[f32], y: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        let (iter, [from, to]) = (s.iter(), task(s));
        let parts = (chunks(x, from), chunks(y, to), chunks(dy, to), chunks_mut(dx, from));
        let (from, to) = (len(s.from), len(s.to));
        self.threads().split_with_scratch(parts, to, &|_, counts, (x, y, dy, dx)| {
            let outputs = y.chunks_exact(to).zip(dy.chunks_exact(to));
            for ((x, dx), (y, dy)) in x.chunks_exact(from).zip(dx.chunks_exact_mut(from)).zip(outputs) {
                largest_backward(&iter, x, y, dy, counts, dx, write);
            }
        });
    }
}
