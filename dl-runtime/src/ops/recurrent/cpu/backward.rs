//! The way of one block of samples back along time.

use super::{Block, Product, cells, next, parts, parts_mut};
use crate::Cpu;
use crate::ops::matmul::packed::PackedRight;
use crate::ops::recurrent::{Cell, Run};

/// The arguments that all blocks share; the tensors are those of the whole batch.
pub(super) struct Backward<'a, 's> {
    pub run: Run<'s, Cpu>,
    /// The product with `W_hhᵀ`.
    pub hh: Product<'a>,
    /// The product with `W_hrᵀ`.
    pub hr: Option<Product<'a>>,
    pub gates: &'a [f32],
    pub kept: &'a [f32],
    pub y: &'a [f32],
    pub dy: &'a [f32],
    /// The states before the first rows, the numbers of a sample, and the first of them that belongs to the layer.
    pub initial: Option<(&'a [f32], usize, usize)>,
}

/// The rows that a block writes: the gradients to both sides of the gates, the states before, and both sides of the projection.
type Written<'a> = (&'a mut [f32], &'a mut [f32], &'a mut [f32], &'a mut [f32], &'a mut [f32]);

impl Backward<'_, '_> {
    /// Returns the number of floats of memory for blocks of `count` samples.
    pub fn memory(&self, count: usize) -> usize {
        let Run { hidden, state, .. } = self.run;
        let longest = self.run.gates().max(state);
        count * (self.run.gates() + state + 2 * hidden) + state + hidden + PackedRight::left_len(count, longest)
    }

    /// Goes back along time with a block; the rows that it writes are counted from its first.
    pub fn block(&self, block: &Block, mut memory: &mut [f32], data: Written<'_>) {
        let (d_input_side, d_hidden_side, before, inside, outside) = data;
        let (Run { cell, hidden, state, width, column, .. }, size) = (self.run, self.run.gates());
        let first = block.rows.start;
        let (gates, kept) = (&self.gates[first * size..], &self.kept[first * hidden * cell.kept()..]);
        let (y, dy) = (&self.y[first * width..], &self.dy[first * width..]);

        let (count, memory) = (block.samples().len(), &mut memory);
        let zeros = &*{
            let zeros = next(memory, state + hidden);
            zeros.fill(0.0);
            zeros
        };
        // `h`, then `c` if the cell has one, before the first row of a sample.
        let before_all = |at: usize| match self.initial {
            Some((all, stride, first)) => &all[(block.first + block.samples()[at].index) * stride + first..],
            None => zeros,
        };
        // The gradients to `b` at the step after, to `h`, to `o·tanh(c)`, and to `c`.
        let [db, dh, d_out, dc] = [size, state, hidden, hidden].map(|len| next(memory, count * len));
        dh.fill(0.0);
        dc.fill(0.0);
        for step in (0..block.steps()).rev() {
            let (running, after) = (block.running(step), block.running(step + 1));
            let ahead = |strip: usize| block.ahead(gates, size, size, step, true, strip);
            // A GRU carries a part of the gradient past the product.
            if cell == Cell::Gru {
                self.hh.multiply(db, after, &[], d_out, memory, &ahead);
                cells::add(&mut dh[..after * state], &d_out[..after * state]);
            } else {
                self.hh.multiply(db, after, &[], dh, memory, &ahead);
            }
            for at in 0..running {
                let row = block.row(at, step);
                let dh = &mut dh[at * state..][..state];
                cells::add(dh, &dy[row * width + column..][..state]);
                let h_before = match step.checked_sub(1) {
                    Some(earlier) => &y[block.row(at, earlier) * width + column..][..state],
                    None => &before_all(at)[..state],
                };
                before[row * state..][..state].copy_from_slice(h_before);
                if self.hr.is_some() {
                    let [_, _, _, o] = parts(&gates[row * size..][..size]);
                    outside[row * state..][..state].copy_from_slice(dh);
                    cells::lstm_output(o, &kept[row * hidden..][..hidden], &mut inside[row * hidden..][..hidden]);
                }
            }
            if let Some(hr) = &self.hr {
                hr.multiply(dh, running, &[], d_out, memory, &|_| None);
            }
            for at in 0..running {
                let row = block.row(at, step);
                let gates = &gates[row * size..][..size];
                let kept_at = |row: usize| &kept[row * hidden..][..hidden];
                let earlier = step.checked_sub(1).map(|earlier| block.row(at, earlier));
                let d = &mut d_input_side[row * size..][..size];
                let dh = if self.hr.is_some() { &mut d_out[at * hidden..] } else { &mut dh[at * hidden..] };
                let dh = &mut dh[..hidden];
                match cell {
                    Cell::Lstm => {
                        let c_before = earlier.map_or_else(|| &before_all(at)[state..][..hidden], kept_at);
                        let ([i, f, g, o], [di, df, dg, d_o]) = (parts(gates), parts_mut(d));
                        let dc = &mut dc[at * hidden..][..hidden];
                        cells::lstm_backward(i, f, g, o, kept_at(row), c_before, dh, dc, di, df, dg, d_o);
                    }
                    Cell::Gru => {
                        let ([r, z, n], [dr, dz, dn]) = (parts(gates), parts_mut(d));
                        let hidden_side = &mut d_hidden_side[row * size..][..size];
                        let [dbr, dbz, dbn] = parts_mut(hidden_side);
                        let h_before = &before[row * state..][..state];
                        cells::gru_backward(r, z, n, kept_at(row), h_before, dh, dr, dz, dn, dbn);
                        dbr.copy_from_slice(dr);
                        dbz.copy_from_slice(dz);
                        db[at * size..][..size].copy_from_slice(hidden_side);
                        continue;
                    }
                    Cell::Tanh => cells::tanh_backward(gates, dh, d),
                    Cell::Relu => cells::relu_backward(gates, dh, d),
                }
                db[at * size..][..size].copy_from_slice(d);
            }
        }
    }
}
