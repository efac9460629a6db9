//! Convolutions along time on CUDA: a thread for each number that is written; the gradient to the weights of groups is a reduction.

use super::{Conv1dKernel, Conv1dSizes};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, headers, kernels};
use crate::ops::axes::cuda::{Rows, word};
use crate::ops::reduce::cuda::Reducing;
use crate::tensor::{Sequences, Write};

kernels!(
    "conv1d.cu" with [crate::ops::reduce::cuda::HEADER, headers::SEQUENCES]:
    conv1d_gather(rows, s, ends, len, past, x, windows),
    conv1d_gather_backward(rows, s, ends, len, d_windows, dx, add),
    conv1d_remember(s, samples, ends, len, x, past),
    conv1d_grouped(s, weight, bias, windows, y),
    conv1d_grouped_weights(r, kept, reduced, windows, dy, d, add),
    conv1d_grouped_bias(r, kept, reduced, dy, d, add),
    conv1d_grouped_windows(s, weight, dy, d_windows),
);
arguments! {
    struct Sizes { inputs: u32, outputs: u32, kernel: u32, dilation: u32, before: u32, of_group: u32, outputs_of_group: u32 }
}

impl Sizes {
    fn of(s: &Conv1dSizes) -> Self {
        Sizes {
            inputs: word(s.inputs),
            outputs: word(s.outputs),
            kernel: word(s.kernel),
            dilation: word(s.dilation),
            before: word(s.before),
            of_group: word(s.of_group()),
            outputs_of_group: word(s.outputs / s.groups),
        }
    }
}

impl Conv1dKernel for Cuda {
    fn conv1d_gather(
        &self,
        s: &Conv1dSizes,
        sequences: Sequences<'_, Cuda>,
        past: Ref<'_, f32>,
        x: Ref<'_, f32>,
        windows: Mut<'_, f32>,
    ) {
        let (rows, (ends, len)) = (Rows::new(sequences.rows(), s.window(), s.window()), sequences.on_device());
        self.launch(rows.grid(), conv1d_gather { rows, s: Sizes::of(s), ends, len, past, x, windows });
    }
    fn conv1d_gather_backward(
        &self,
        s: &Conv1dSizes,
        sequences: Sequences<'_, Cuda>,
        d_windows: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        let (rows, (ends, len)) = (Rows::new(sequences.rows(), s.inputs, s.inputs), sequences.on_device());
        self.launch(
            rows.grid(),
            conv1d_gather_backward { rows, s: Sizes::of(s), ends, len, d_windows, dx, add: write },
        );
    }
    fn conv1d_remember(&self, s: &Conv1dSizes, sequences: Sequences<'_, Cuda>, x: Ref<'_, f32>, past: Mut<'_, f32>) {
        let (ends, len) = sequences.on_device();
        let grid = Grid::each(sequences.samples() * s.inputs);
        self.launch(grid, conv1d_remember { s: Sizes::of(s), samples: word(sequences.samples()), ends, len, x, past });
    }
    fn conv1d_grouped(
        &self,
        s: &Conv1dSizes,
        weight: Ref<'_, f32>,
        bias: Ref<'_, f32>,
        windows: Ref<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        self.launch(Grid::each(y.len()), conv1d_grouped { s: Sizes::of(s), weight, bias, windows, y });
    }
    fn conv1d_grouped_backward_weights(
        &self,
        s: &Conv1dSizes,
        windows: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        [d_weight, d_bias]: [Mut<'_, f32>; 2],
        write: Write,
    ) {
        let (rows, of_group, outputs) = (windows.len() / s.window(), s.of_group(), s.outputs / s.groups);
        let sizes = [rows, s.groups, outputs, of_group];
        let strides = [[s.window(), s.outputs], [of_group, outputs], [0, 1], [1, 0]];
        let r = Reducing::new(&sizes, |axis| axis > 0, |axis| strides[axis]);
        r.sum(self, 1.0, d_weight, write, |_, d, write| {
            self.launch(
                r.grid(),
                conv1d_grouped_weights { r: r.plan, kept: r.kept, reduced: r.reduced, windows, dy, d, add: write },
            );
        });
        if !d_bias.is_empty() {
            let r = Reducing::new(&[rows, s.outputs], |axis| axis == 1, |axis| [[s.outputs, 1][axis]; 2]);
            r.sum(self, 1.0, d_bias, write, |_, d, write| {
                self.launch(
                    r.grid(),
                    conv1d_grouped_bias { r: r.plan, kept: r.kept, reduced: r.reduced, dy, d, add: write },
                );
            });
        }
    }
    fn conv1d_grouped_backward_windows(
        &self,
        s: &Conv1dSizes,
        weight: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_windows: Mut<'_, f32>,
    ) {
        self.launch(Grid::each(d_windows.len()), conv1d_grouped_windows { s: Sizes::of(s), weight, dy, d_windows });
    }
}
