//! Recurrent layers on CUDA: at every step one product with the hidden weights for all samples, and a kernel for the cell. The samples
//! are not sorted: those that have ended are passed over by the kernels, which read the ends on the device.

use super::{Backward, Cell, Parts, RecurrentKernel, Run};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, headers, kernels};
use crate::ops::Activation;
use crate::ops::axes::cuda::word;
use crate::ops::dense::{DenseKernel, DenseSizes};
use crate::tensor::{InitialStates, States, Storage, Write};

kernels!(
    "recurrent.cu" with [crate::ops::activation::cuda::HEADER, headers::SEQUENCES]:
    recurrent_state(walk, store, states, h, c),
    recurrent_cell(walk, ends, len, b, gates, kept, c, h, out, y),
    recurrent_projected(walk, ends, len, results, h, y),
    recurrent_gather(walk, ends, len, y, dy, initial, dh, before, outside),
    recurrent_cell_backward(walk, ends, len, gates, kept, initial, before, d, dc, d_input_side, d_hidden_side, db, inside),
);
arguments! {
    struct Walk {
        cell: u32, gates: u32, hidden: u32, state: u32, width: u32, column: u32, reversed: u32, step: u32,
        stride: u32, first: u32
    }
}

impl Walk {
    fn at(run: &Run<'_, Cuda>, step: usize) -> Self {
        Walk {
            cell: match run.cell {
                Cell::Lstm => 0,
                Cell::Gru => 1,
                Cell::Tanh => 2,
                Cell::Relu => 3,
            },
            gates: word(run.gates()),
            hidden: word(run.hidden),
            state: word(run.state),
            width: word(run.width),
            column: word(run.column),
            reversed: u32::from(run.reversed),
            step: word(step),
            stride: 0,
            first: 0,
        }
    }
}

impl RecurrentKernel for Cuda {
    fn recurrent_forward(
        &self,
        run: Run<'_, Cuda>,
        weights: Parts<'_, Cuda>,
        gates: Mut<'_, f32>,
        kept: Mut<'_, f32>,
        y: Mut<'_, f32>,
        states: Option<States<'_, Cuda>>,
    ) {
        let (n, Run { hidden, state: features, .. }) = (run.sequences.samples(), run);
        let (ends, len) = run.sequences.on_device();
        let projected = if weights.weight_hr.is_empty() { [0; 2] } else { [n * hidden, n * features] };
        let [h_len, c_len, b_len] = [features, hidden, run.gates()].map(|len| n * len);
        let memory = self.scratch_around(1, h_len + c_len + b_len + projected[0] + projected[1]);
        let (mut h, rest) = Cuda::split_mut(memory, h_len);
        let (mut c, rest) = Cuda::split_mut(rest, c_len);
        let (mut b, rest) = Cuda::split_mut(rest, b_len);
        let (out, mut results) = Cuda::split_mut(rest, projected[0]);
        let states = states.map(States::into_parts).map(|(all, stride, first)| (word(stride), word(first), all));
        let copy = |store: u32, h: &Mut<'_, f32>, c: &Mut<'_, f32>| {
            if let Some((stride, first, all)) = &states {
                let walk = Walk { stride: *stride, first: *first, ..Walk::at(&run, 0) };
                let arguments = recurrent_state { walk, store, states: all, h, c };
                self.launch(Grid::each(h_len + c_len), arguments);
            }
        };
        if states.is_none() {
            self.clear(Cuda::reborrow(&mut h));
            self.clear(Cuda::reborrow(&mut c));
        }
        copy(0, &h, &c);
        let hh = DenseSizes { samples: n, inputs: features, outputs: run.gates() };
        let hr = DenseSizes { samples: n, inputs: hidden, outputs: features };
        for step in 0..run.sequences.longest() {
            let (walk, none) = (Walk::at(&run, step), Activation::Identity);
            let product = Cuda::reborrow(&mut b);
            self.dense_forward(hh, none, weights.weight_hh, weights.bias_hh, Cuda::share(&h), product);
            let arguments = recurrent_cell {
                walk,
                ends,
                len,
                b: Cuda::share(&b),
                gates: &gates,
                kept: &kept,
                c: &c,
                h: &h,
                out: &out,
                y: &y,
            };
            self.launch(Grid::each(c_len), arguments);
            if projected[0] > 0 {
                let no_bias = Cuda::slice(weights.weight_hr, 0..0);
                self.dense_forward(
                    hr,
                    none,
                    weights.weight_hr,
                    no_bias,
                    Cuda::share(&out),
                    Cuda::reborrow(&mut results),
                );
                let arguments = recurrent_projected {
                    walk: Walk::at(&run, step),
                    ends,
                    len,
                    results: Cuda::share(&results),
                    h: &h,
                    y: &y,
                };
                self.launch(Grid::each(h_len), arguments);
            }
        }
        copy(1, &h, &c);
    }

    fn recurrent_backward(
        &self,
        run: Run<'_, Cuda>,
        weights: Parts<'_, Cuda>,
        gates: Ref<'_, f32>,
        kept: Ref<'_, f32>,
        y: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        initial: Option<InitialStates<'_, Cuda>>,
        to: Backward<'_, Cuda>,
    ) {
        let (n, Run { hidden, state: features, .. }) = (run.sequences.samples(), run);
        let (ends, len) = run.sequences.on_device();
        let projected = if weights.weight_hr.is_empty() { 0 } else { n * hidden };
        let [dh_len, dc_len, db_len] = [features, hidden, run.gates()].map(|len| n * len);
        let memory = self.scratch_around(1, dh_len + dc_len + db_len + projected);
        let (mut dh, rest) = Cuda::split_mut(memory, dh_len);
        let (mut dc, rest) = Cuda::split_mut(rest, dc_len);
        let (mut db, mut d_out) = Cuda::split_mut(rest, db_len);
        let (initial, stride, first) = initial.map_or((None, 0, 0), |states| {
            let (all, stride, first) = states.into_parts();
            (Some(all), word(stride), word(first))
        });
        self.clear(Cuda::reborrow(&mut dh));
        self.clear(Cuda::reborrow(&mut dc));
        self.clear(Cuda::reborrow(&mut db));
        let [inside, outside] = to.projected;
        let hh = DenseSizes { samples: n, inputs: features, outputs: run.gates() };
        let hr = DenseSizes { samples: n, inputs: hidden, outputs: features };
        // A GRU carries a part of the gradient past the product.
        let write = if run.cell == Cell::Gru { Write::Add } else { Write::Set };
        let longest = run.sequences.longest();
        for step in (0..longest).rev() {
            if step + 1 < longest {
                self.dense_backward_input(hh, weights.weight_hh, Cuda::share(&db), Cuda::reborrow(&mut dh), write);
            }
            let walk = Walk { stride, first, ..Walk::at(&run, step) };
            let arguments =
                recurrent_gather { walk, ends, len, y, dy, initial, dh: &dh, before: &to.before, outside: &outside };
            self.launch(Grid::each(dh_len), arguments);
            if projected > 0 {
                let product = Cuda::reborrow(&mut d_out);
                self.dense_backward_input(hr, weights.weight_hr, Cuda::share(&dh), product, Write::Set);
            }
            let d = if projected > 0 { &d_out } else { &dh };
            let before = Cuda::share(&to.before);
            let sides = (&to.d_input_side, &to.d_hidden_side);
            let arguments = recurrent_cell_backward {
                walk,
                ends,
                len,
                gates,
                kept,
                initial,
                before,
                d,
                dc: &dc,
                d_input_side: sides.0,
                d_hidden_side: sides.1,
                db: &db,
                inside: &inside,
            };
            self.launch(Grid::each(dc_len), arguments);
        }
    }
}
