//! Convolutions along time on the CPU: windows are gathered, and their gradients added up, in blocks of rows.

use super::{Conv1dKernel, Conv1dSizes};
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::{Sequences, Write};

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;
/// The largest number of parts in which the gradients of groups are summed; it does not depend on the number of threads.
const MAX_PARTS: usize = 32;

/// Calls `row` with each row of a block, `[rows, len]`, which begins at row `first` of the batch, and with its index and its sample.
fn each_row(
    sequences: Sequences<'_, Cpu>,
    first: usize,
    len: usize,
    rows: &mut [f32],
    mut row: impl FnMut(usize, usize, &mut [f32]),
) {
    let mut sample = sequences.sample_of(first);
    for (at, to) in (first..).zip(rows.chunks_exact_mut(len)) {
        while sequences.range(sample).end <= at {
            sample += 1;
        }
        row(at, sample, to);
    }
}

impl Conv1dKernel for Cpu {
    fn conv1d_gather(
        &self,
        s: &Conv1dSizes,
        sequences: Sequences<'_, Cpu>,
        past: &[f32],
        x: &[f32],
        windows: &mut [f32],
    ) {
        let (inputs, rows) = (s.inputs, TASK.div_ceil(s.window()));
        self.threads().split(chunks_mut(windows, rows * s.window()), &|task, windows| {
            each_row(sequences, task * rows, s.window(), windows, |at, index, window| {
                let sample = sequences.range(index);
                for tap in 0..s.kernel {
                    // The row that this element of the kernel sees is `row - before`.
                    let row = at + tap * s.dilation;
                    let seen = if row < sample.start + s.before {
                        let earlier = index * s.before + row - sample.start;
                        past.get(earlier * inputs..).and_then(|rows| rows.get(..inputs))
                    } else if row < sample.end + s.before {
                        Some(&x[(row - s.before) * inputs..][..inputs])
                    } else {
                        None
                    };
                    put(window, s.kernel, tap, seen);
                }
            });
        });
    }
    fn conv1d_gather_backward(
        &self,
        s: &Conv1dSizes,
        sequences: Sequences<'_, Cpu>,
        d_windows: &[f32],
        dx: &mut [f32],
        write: Write,
    ) {
        let rows = TASK.div_ceil(s.window());
        self.threads().split(chunks_mut(dx, rows * s.inputs), &|task, dx| {
            each_row(sequences, task * rows, s.inputs, dx, |at, sample, dx| {
                let sample = sequences.range(sample);
                if write == Write::Set {
                    dx.fill(0.0);
                }
                for tap in 0..s.kernel {
                    // The row whose window has this one at `tap`.
                    let row = (at + s.before).checked_sub(tap * s.dilation).filter(|row| sample.contains(row));
                    if let Some(row) = row {
                        add(dx, s.kernel, tap, &d_windows[row * s.window()..][..s.window()]);
                    }
                }
            });
        });
    }
    fn conv1d_remember(&self, s: &Conv1dSizes, sequences: Sequences<'_, Cpu>, x: &[f32], past: &mut [f32]) {
        let len = s.before * s.inputs;
        if len == 0 {
            return;
        }
        self.threads().split(chunks_mut(past, len), &|sample, past| {
            let new = sequences.range(sample);
            let new = &x[new.start * s.inputs..new.end * s.inputs];
            let new = &new[new.len().saturating_sub(len)..];
            past.copy_within(new.len().., 0);
            past[len - new.len()..].copy_from_slice(new);
        });
    }
    fn conv1d_grouped(&self, s: &Conv1dSizes, weight: &[f32], bias: &[f32], windows: &[f32], y: &mut [f32]) {
        let rows = TASK.div_ceil(s.window());
        let data = (chunks(windows, rows * s.window()), chunks_mut(y, rows * s.outputs));
        self.threads().split(data, &|_, (windows, y)| grouped(s, weight, bias, windows, y));
    }
    fn conv1d_grouped_backward_weights(
        &self,
        s: &Conv1dSizes,
        windows: &[f32],
        dy: &[f32],
        [d_weight, d_bias]: [&mut [f32]; 2],
        write: Write,
    ) {
        let all = windows.len() / s.window();
        let rows = TASK.div_ceil(s.window()).max(all.div_ceil(MAX_PARTS));
        let (weights, parts) = (d_weight.len(), all.div_ceil(rows));
        let len = weights + d_bias.len();
        scratch::with(parts * len, |sums| {
            sums.fill(0.0);
            let data = (chunks(windows, rows * s.window()), chunks(dy, rows * s.outputs), chunks_mut(sums, len));
            self.threads().split(data, &|_, (windows, dy, sums)| {
                let (d_weight, d_bias) = sums.split_at_mut(weights);
                grouped_weights(s, windows, dy, d_weight, d_bias);
            });
            if write == Write::Set {
                d_weight.fill(0.0);
                d_bias.fill(0.0);
            }
            for sums in sums.chunks_exact(len) {
                d_weight.iter_mut().chain(&mut *d_bias).zip(sums).for_each(|(d, sum)| *d += sum);
            }
        });
    }
    fn conv1d_grouped_backward_windows(&self, s: &Conv1dSizes, weight: &[f32], dy: &[f32], d_windows: &mut [f32]) {
        let rows = TASK.div_ceil(s.window());
        let data = (chunks(dy, rows * s.outputs), chunks_mut(d_windows, rows * s.window()));
        self.threads().split(data, &|_, (dy, d_windows)| grouped_windows(s, weight, dy, d_windows));
    }
}

/// Writes one element of the kernel of a window, `[in, k]`: a row, or zeros.
#[inline(always)]
fn put(window: &mut [f32], kernel: usize, tap: usize, row: Option<&[f32]>) {
    let places = window[tap..].iter_mut().step_by(kernel);
    match row {
        Some(row) => places.zip(row).for_each(|(to, x)| *to = *x),
        None => places.for_each(|to| *to = 0.0),
    }
}

/// Adds one element of the kernel of a window to a row.
#[inline(always)]
fn add(row: &mut [f32], kernel: usize, tap: usize, window: &[f32]) {
    row.iter_mut().zip(window[tap..].iter().step_by(kernel)).for_each(|(to, d)| *to += d);
}

/// Returns `Σ a·b`, in several sums, so that one addition does not wait for the other.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const SUMS: usize = 16;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
    let mut sums = [0.0; SUMS];
    for (a, b) in a.iter().zip(b) {
        (0..SUMS).for_each(|i| sums[i] += a[i] * b[i]);
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    if a.is_empty() { rest } else { sums.iter().sum::<f32>() + rest }
}

/// Returns, for each output of a row in order, the part of its window that its group sees.
#[inline(always)]
fn seen<'a>(s: &Conv1dSizes, window: &'a [f32]) -> impl Iterator<Item = &'a [f32]> {
    let of_group = s.outputs / s.groups;
    window.chunks_exact(s.of_group()).flat_map(move |seen| std::iter::repeat_n(seen, of_group))
}

simd! {
    /// `y = windows·Wᵀ + b` for the groups of a block of rows.
    fn grouped<S>(s: &Conv1dSizes, weight: &[f32], bias: &[f32], windows: &[f32], y: &mut [f32]) {
        for (window, y) in windows.chunks_exact(s.window()).zip(y.chunks_exact_mut(s.outputs)) {
            let outputs = y.iter_mut().zip(weight.chunks_exact(s.of_group())).zip(seen(s, window)).enumerate();
            for (o, ((y, weight), seen)) in outputs {
                *y = dot(weight, seen) + bias.get(o).copied().unwrap_or(0.0);
            }
        }
    }

    /// Adds the gradients to the weights and, unless it is empty, to the bias.
    fn grouped_weights<S>(s: &Conv1dSizes, windows: &[f32], dy: &[f32], d_weight: &mut [f32], d_bias: &mut [f32]) {
        for (window, dy) in windows.chunks_exact(s.window()).zip(dy.chunks_exact(s.outputs)) {
            let outputs = d_weight.chunks_exact_mut(s.of_group()).zip(seen(s, window)).zip(dy);
            for ((d_weight, seen), dy) in outputs {
                d_weight.iter_mut().zip(seen).for_each(|(d, x)| *d += dy * x);
            }
            d_bias.iter_mut().zip(dy).for_each(|(d, dy)| *d += dy);
        }
    }

    /// `d windows = dy·W` for the groups of a block of rows.
    fn grouped_windows<S>(s: &Conv1dSizes, weight: &[f32], dy: &[f32], d_windows: &mut [f32]) {
        let (len, of_group) = (s.of_group(), s.outputs / s.groups);
        for (dy, window) in dy.chunks_exact(s.outputs).zip(d_windows.chunks_exact_mut(s.window())) {
            let groups = window.chunks_exact_mut(len).zip(dy.chunks_exact(of_group)).zip(weight.chunks_exact(of_group * len));
            for ((window, dy), weight) in groups {
                // The first output sets, so that a group of one needs no clearing.
                window.iter_mut().zip(weight).for_each(|(d, w)| *d = dy[0] * w);
                for (dy, weight) in dy[1..].iter().zip(weight[len..].chunks_exact(len)) {
                    window.iter_mut().zip(weight).for_each(|(d, w)| *d += dy * w);
                }
            }
        }
    }
}
