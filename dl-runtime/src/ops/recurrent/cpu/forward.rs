//! The way of one block of samples along time.

use super::{Block, Product, cells, next, parts, parts_mut};
use crate::Cpu;
use crate::ops::matmul::packed::PackedRight;
use crate::ops::recurrent::{Cell, Run};

/// The arguments that all blocks share.
pub(super) struct Forward<'a, 's> {
    pub run: Run<'s, Cpu>,
    /// The product with `W_hh`.
    pub hh: Product<'a>,
    /// `b_hh`, or empty.
    pub bias: &'a [f32],
    /// The product with `W_hr`.
    pub hr: Option<Product<'a>>,
    /// The index in the state of a stream at which that of the layer begins.
    pub first: usize,
}

impl Forward<'_, '_> {
    /// Returns the number of floats of memory for blocks of `count` samples.
    pub fn memory(&self, count: usize) -> usize {
        let Run { hidden, state, .. } = self.run;
        count * (self.run.gates() + state + 2 * hidden) + PackedRight::left_len(count, hidden.max(state))
    }

    /// Goes along time with a block; all rows are counted from its first. `states` and their stride are 0 without states.
    pub fn block(
        &self,
        block: &Block,
        mut memory: &mut [f32],
        gates: &mut [f32],
        kept: &mut [f32],
        y: &mut [f32],
        (states, stride): (&mut [f32], usize),
    ) {
        let (Run { cell, hidden, state, width, column, .. }, size) = (self.run, self.run.gates());
        let count = block.samples().len();
        let memory = &mut memory;
        let [h, c] = [state, hidden].map(|len| next(memory, count * len));
        let [b, out] = [size, hidden].map(|len| next(memory, count * len));
        let parts_of_state = [state, if cell == Cell::Lstm { hidden } else { 0 }];
        for (i, sample) in block.samples().iter().enumerate() {
            let (h, c) = (&mut h[i * state..][..state], &mut c[i * hidden..][..hidden]);
            h.fill(0.0);
            c.fill(0.0);
            if stride > 0 {
                let from = &states[sample.index * stride + self.first..];
                h.copy_from_slice(&from[..state]);
                c[..parts_of_state[1]].copy_from_slice(&from[state..][..parts_of_state[1]]);
            }
        }
        for step in 0..block.steps() {
            let running = block.running(step);
            if step > 0 || stride > 0 {
                let ahead = |strip: usize| block.ahead(gates, size, state, step, false, strip);
                self.hh.multiply(h, running, self.bias, b, memory, &ahead);
            } else if self.bias.is_empty() {
                b.fill(0.0);
            } else {
                b.chunks_exact_mut(size).for_each(|b| b.copy_from_slice(self.bias));
            }
            for at in 0..running {
                let row = block.row(at, step);
                let (gates, b) = (&mut gates[row * size..][..size], &b[at * size..][..size]);
                let (c, h) = (&mut c[at * hidden..][..hidden], &mut h[at * state..][..state]);
                let kept = if kept.is_empty() { &mut [][..] } else { &mut kept[row * hidden..][..hidden] };
                match cell {
                    Cell::Lstm => {
                        let ([i, f, g, o], [bi, bf, bg, bo]) = (parts_mut(gates), parts(b));
                        let h = if self.hr.is_some() { &mut out[at * hidden..][..hidden] } else { h };
                        cells::lstm(i, f, g, o, bi, bf, bg, bo, c, h);
                        if !kept.is_empty() {
                            kept.copy_from_slice(c);
                        }
                    }
                    Cell::Gru => {
                        let ([r, z, n], [br, bz, bn]) = (parts_mut(gates), parts(b));
                        cells::gru(r, z, n, br, bz, bn, h);
                        if !kept.is_empty() {
                            kept.copy_from_slice(bn);
                        }
                    }
                    Cell::Tanh => cells::tanh(gates, b, h),
                    Cell::Relu => cells::relu(gates, b, h),
                }
            }
            if let Some(hr) = &self.hr {
                hr.multiply(out, running, &[], h, memory, &|_| None);
            }
            for i in 0..running {
                let y = &mut y[block.row(i, step) * width + column..][..state];
                y.copy_from_slice(&h[i * state..][..state]);
            }
        }
        if stride > 0 {
            for (i, sample) in block.samples().iter().enumerate() {
                let to = &mut states[sample.index * stride + self.first..];
                to[..state].copy_from_slice(&h[i * state..][..state]);
                to[state..][..parts_of_state[1]].copy_from_slice(&c[i * hidden..][..parts_of_state[1]]);
            }
        }
    }
}
