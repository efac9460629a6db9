//! One direction of one recurrent layer, row by row; `dl-runtime` has the formulas of the cells.

use super::{Cell, Direction, Recurrent};
use crate::ops::activation::sigmoid;
use crate::ops::dense::dot;
use crate::pod::flat;
use libm::tanhf;

/// The weights of one direction of one layer, by gates: `[gates · hidden, …]`. Biases and the projection are empty where there are none.
pub(super) struct Layer<'a> {
    inputs: usize,
    hidden: usize,
    weight_ih: &'a [f32],
    weight_hh: &'a [f32],
    bias_ih: &'a [f32],
    bias_hh: &'a [f32],
    weight_hr: &'a [f32],
}

impl<'a> Layer<'a> {
    /// Returns a direction of layer `index`.
    #[inline(always)]
    pub fn of<
        const I: usize,
        const H: usize,
        const G: usize,
        const O: usize,
        const D: usize,
        const M: usize,
        const B: usize,
        const S: usize,
        const P: usize,
    >(
        weights: &'a Recurrent<I, H, G, O, D, M, B, S, P>,
        index: usize,
        direction: usize,
    ) -> Self {
        match index.checked_sub(1) {
            None => Layer::new(&weights.first[direction]),
            Some(other) => Layer::new(&weights.others[other][direction]),
        }
    }
    #[inline(always)]
    fn new<const I: usize, const H: usize, const G: usize, const B: usize, const S: usize, const P: usize>(
        weights: &'a Direction<I, H, G, B, S, P>,
    ) -> Self {
        let Direction { weight_ih, weight_hh, bias_ih, bias_hh, weight_hr } = weights;
        let [weight_ih, weight_hh, weight_hr] = [flat(weight_ih), flat(weight_hh), flat(weight_hr)];
        Layer { inputs: I, hidden: H, weight_ih, weight_hh, bias_ih, bias_hh, weight_hr }
    }

    /// Goes along a sequence from a state of zeros: forward, or backward in direction 1. A row of `y` has the outputs of all directions.
    /// Without `x`, the rows of `y` are those of the layer below, which are replaced one by one.
    #[inline(always)]
    pub fn along_time(
        &self,
        cell: Cell,
        direction: usize,
        x: Option<&[f32]>,
        [h, c, row]: [&mut [f32]; 3],
        y: &mut [f32],
    ) {
        let width = row.len().max(1);
        let rows = y.len() / width;
        for t in 0..rows {
            let t = if direction == 0 { t } else { rows - 1 - t };
            let x = match x {
                Some(x) => &x[t * self.inputs..][..self.inputs],
                None => {
                    row.copy_from_slice(&y[t * width..][..width]);
                    &*row
                }
            };
            let y = &mut y[t * width + direction * h.len()..][..h.len()];
            self.step(cell, x, h, c, y);
            h.copy_from_slice(y);
        }
    }

    /// Writes the output for the row `x` after one with the output `h`, and updates the cell `c` of an LSTM. Only the code of a constant
    /// cell is in the program.
    #[inline(always)]
    pub fn step(&self, cell: Cell, x: &[f32], h: &[f32], c: &mut [f32], y: &mut [f32]) {
        match cell {
            Cell::Lstm => self.lstm(x, h, c, y),
            Cell::Gru => self.gru(x, h, y),
            Cell::Tanh => self.plain(x, h, y, tanhf),
            // NaN stays NaN.
            Cell::Relu => self.plain(x, h, y, |sum| if sum < 0.0 { 0.0 } else { sum }),
        }
    }
    fn lstm(&self, x: &[f32], h: &[f32], c: &mut [f32], y: &mut [f32]) {
        if !self.weight_hr.is_empty() {
            y.fill(0.0);
        }
        for (j, c) in c.iter_mut().enumerate() {
            let [i, f, g, o] = [0, 1, 2, 3].map(|gate| self.input_side(gate, j, x) + self.state_side(gate, j, h));
            *c = sigmoid(f) * *c + sigmoid(i) * tanhf(g);
            let out = sigmoid(o) * tanhf(*c);
            if self.weight_hr.is_empty() {
                y[j] = out;
            } else {
                // Column `j` of the projection.
                let weights = self.weight_hr[j..].iter().step_by(self.hidden);
                y.iter_mut().zip(weights).for_each(|(y, weight)| *y += weight * out);
            }
        }
    }
    fn gru(&self, x: &[f32], h: &[f32], y: &mut [f32]) {
        for (j, (y, before)) in y.iter_mut().zip(h).enumerate() {
            let [r, z] = [0, 1].map(|gate| sigmoid(self.input_side(gate, j, x) + self.state_side(gate, j, h)));
            let n = tanhf(self.input_side(2, j, x) + r * self.state_side(2, j, h));
            *y = z * (before - n) + n;
        }
    }
    #[inline(always)]
    fn plain(&self, x: &[f32], h: &[f32], y: &mut [f32], f: impl Fn(f32) -> f32) {
        for (j, y) in y.iter_mut().enumerate() {
            *y = f(self.input_side(0, j, x) + self.state_side(0, j, h));
        }
    }
    /// Returns `W_ih·x + b_ih` of gate `gate` for hidden feature `j`.
    #[inline]
    fn input_side(&self, gate: usize, j: usize, x: &[f32]) -> f32 {
        side(self.weight_ih, self.bias_ih, gate * self.hidden + j, x)
    }
    /// Returns `W_hh·h + b_hh` of gate `gate` for hidden feature `j`.
    #[inline]
    fn state_side(&self, gate: usize, j: usize, h: &[f32]) -> f32 {
        side(self.weight_hh, self.bias_hh, gate * self.hidden + j, h)
    }
}

/// Returns row `row` of `W·x + b`; `bias` may be empty.
#[inline]
fn side(weight: &[f32], bias: &[f32], row: usize, x: &[f32]) -> f32 {
    bias.get(row).copied().unwrap_or(0.0) + dot(&weight[row * x.len()..][..x.len()], x)
}
