//! Recurrent layers on the CPU. A task is a block of samples on its whole way along time, so that threads meet only at its end, and
//! the weights are packed once for all steps. Every number is computed in the same way in blocks of any size.

mod backward;
mod block;
mod cells;
mod forward;

use super::{Backward, Parts, RecurrentKernel, Run};
use crate::Cpu;
use crate::device::cpu::threads::samples_mut;
use crate::device::cpu::{Threads, scratch};
use crate::ops::matmul::packed::PackedRight;
use crate::ops::matmul::{Bias, Epilogue, Matrix, matmul};
use crate::tensor::{InitialStates, Sequences, States, Write};
use block::{Block, MOST};

/// The product with a matrix of weights at every step: packed, or as it is if there is only one step, which packing would delay.
enum Product<'a> {
    Packed(PackedRight<'a>),
    Direct { threads: &'a Threads, b: Matrix<'a>, k: usize, n: usize },
}

impl<'a> Product<'a> {
    /// Returns the number of floats of a matrix of weights for these sequences.
    fn len(sequences: Sequences<'_, Cpu>, k: usize, n: usize) -> usize {
        if sequences.longest() > 1 { PackedRight::len(k, n) } else { 0 }
    }
    /// Prepares the product with `b`, `[k, n]`; `memory` has [`Product::len`] floats.
    fn new(threads: &'a Threads, b: Matrix<'a>, [k, n]: [usize; 2], memory: &'a mut [f32]) -> Self {
        if memory.is_empty() {
            return Product::Direct { threads, b, k, n };
        }
        Product::Packed(PackedRight::pack(threads, b, memory))
    }
    /// `C = A·B + bias` for the first rows of A and C; `left` is memory, and `ahead` is as in [`PackedRight::multiply`].
    fn multiply(
        &self,
        a: &[f32],
        rows: usize,
        bias: &[f32],
        c: &mut [f32],
        left: &mut [f32],
        ahead: &dyn Fn(usize) -> Option<*const f32>,
    ) {
        match self {
            Product::Packed(packed) => packed.multiply(a, rows, bias, c, left, ahead),
            Product::Direct { threads, b, k, n } => {
                let bias = if bias.is_empty() { Bias::None } else { Bias::Columns(bias) };
                let epilogue = Epilogue { bias, relu: false, write: Write::Set };
                matmul(threads, Matrix::new(a, rows, *k), *b, &mut c[..rows * n], epilogue);
            }
        }
    }
}

/// Returns the number of samples of a block: the threads share them evenly. Only a packed product has the same bits for any number of
/// rows; the other one, at a single step, uses the threads itself.
fn samples_of_block(threads: &Threads, sequences: Sequences<'_, Cpu>) -> usize {
    let shared = if sequences.longest() > 1 { sequences.samples().div_ceil(threads.count()) } else { MOST };
    shared.clamp(1, MOST)
}

/// Cuts the next `len` numbers off `memory`.
fn next<'a>(memory: &mut &'a mut [f32], len: usize) -> &'a mut [f32] {
    let (first, rest) = std::mem::take(memory).split_at_mut(len);
    *memory = rest;
    first
}

/// Cuts a row into `N` equal parts.
fn parts<const N: usize>(row: &[f32]) -> [&[f32]; N] {
    let len = row.len() / N;
    std::array::from_fn(|i| &row[i * len..(i + 1) * len])
}

/// Cuts a row into `N` equal parts to write.
fn parts_mut<const N: usize>(row: &mut [f32]) -> [&mut [f32]; N] {
    let mut parts = row.chunks_exact_mut((row.len() / N).max(1));
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

impl RecurrentKernel for Cpu {
    fn recurrent_forward(
        &self,
        run: Run<'_, Cpu>,
        weights: Parts<'_, Cpu>,
        gates: &mut [f32],
        kept: &mut [f32],
        y: &mut [f32],
        states: Option<States<'_, Cpu>>,
    ) {
        let (threads, sequences, size) = (self.threads(), run.sequences, run.gates());
        let (states, stride, first) = states.map_or((&mut [][..], 0, 0), States::into_parts);
        let shapes = [[run.state, size], [run.hidden, if weights.weight_hr.is_empty() { 0 } else { run.state }]];
        let [hh_len, hr_len] = shapes.map(|[k, n]| Product::len(sequences, k, n));
        scratch::with(hh_len + hr_len, |memory| {
            let (hh, hr) = memory.split_at_mut(hh_len);
            let weight_hh = Matrix::new(weights.weight_hh, size, run.state).transposed();
            let weight_hr = Matrix::new(weights.weight_hr, shapes[1][1], run.hidden).transposed();
            let forward = forward::Forward {
                run,
                hh: Product::new(threads, weight_hh, shapes[0], hh),
                bias: weights.bias_hh,
                hr: (shapes[1][1] > 0).then(|| Product::new(threads, weight_hr, shapes[1], hr)),
                first,
            };
            let count = samples_of_block(threads, sequences);
            let kept_row = if kept.is_empty() { 0 } else { run.cell.kept() * run.hidden };
            let data = (
                samples_mut(gates, sequences, size, count),
                samples_mut(kept, sequences, kept_row, count),
                samples_mut(y, sequences, run.width, count),
                samples_mut(states, Sequences::equal(sequences.samples(), 1), stride, count),
            );
            threads.split_with_scratch(data, forward.memory(count), &|block, memory, (gates, kept, y, states)| {
                forward.block(&Block::new(&run, block, count), memory, gates, kept, y, (states, stride));
            });
        });
    }

    fn recurrent_backward(
        &self,
        run: Run<'_, Cpu>,
        weights: Parts<'_, Cpu>,
        gates: &[f32],
        kept: &[f32],
        y: &[f32],
        dy: &[f32],
        initial: Option<InitialStates<'_, Cpu>>,
        to: Backward<'_, Cpu>,
    ) {
        let (threads, sequences, size) = (self.threads(), run.sequences, run.gates());
        let projected = if weights.weight_hr.is_empty() { [0; 2] } else { [run.hidden, run.state] };
        let shapes = [[size, run.state], [projected[1], projected[0]]];
        let [hh_len, hr_len] = shapes.map(|[k, n]| Product::len(sequences, k, n));
        scratch::with(hh_len + hr_len, |memory| {
            let (hh, hr) = memory.split_at_mut(hh_len);
            let weight_hh = Matrix::new(weights.weight_hh, size, run.state);
            let weight_hr = Matrix::new(weights.weight_hr, projected[1], projected[0]);
            let backward = backward::Backward {
                run,
                hh: Product::new(threads, weight_hh, shapes[0], hh),
                hr: (projected[0] > 0).then(|| Product::new(threads, weight_hr, shapes[1], hr)),
                gates,
                kept,
                y,
                dy,
                initial: initial.map(InitialStates::into_parts),
            };
            let count = samples_of_block(threads, sequences);
            let hidden_side = if to.d_hidden_side.is_empty() { 0 } else { size };
            let [inside, outside] = to.projected;
            let data = (
                samples_mut(to.d_input_side, sequences, size, count),
                samples_mut(to.d_hidden_side, sequences, hidden_side, count),
                samples_mut(to.before, sequences, run.state, count),
                samples_mut(inside, sequences, projected[0], count),
                samples_mut(outside, sequences, projected[1], count),
            );
            threads.split_with_scratch(data, backward.memory(count), &|block, memory, data| {
                backward.block(&Block::new(&run, block, count), memory, data);
            });
        });
    }
}
