//! Reductions over time on CUDA: a thread for each number that is written.

use super::{OverTime, OverTimeKernel};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, headers, kernels};
use crate::ops::axes::cuda::word;
use crate::tensor::{Sequences, Write};

kernels!(
    "over_time.cu" with [headers::SEQUENCES]:
    over_time(function, ends, len, row, x, y, add),
    over_time_backward(function, ends, len, row, dy, dx, add),
    max_over_time(ends, len, row, x, y),
    max_over_time_backward(ends, len, row, x, y, dy, dx, add),
);

impl OverTimeKernel for Cuda {
    fn over_time(
        &self,
        function: OverTime,
        sequences: Sequences<'_, Cuda>,
        row: usize,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
        write: Write,
    ) {
        let (ends, len) = sequences.on_device();
        self.launch(
            Grid::each(y.len()),
            over_time { function: function as u32, ends, len, row: word(row), x, y, add: write },
        );
    }
    fn over_time_backward(
        &self,
        function: OverTime,
        sequences: Sequences<'_, Cuda>,
        row: usize,
        dy: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        let (ends, len) = sequences.on_device();
        let grid = Grid::each(dx.len());
        self.launch(
            grid,
            over_time_backward { function: function as u32, ends, len, row: word(row), dy, dx, add: write },
        );
    }
    fn max_over_time(&self, sequences: Sequences<'_, Cuda>, row: usize, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let (ends, len) = sequences.on_device();
        self.launch(Grid::each(y.len()), max_over_time { ends, len, row: word(row), x, y });
    }
    fn max_over_time_backward(
        &self,
        sequences: Sequences<'_, Cuda>,
        row: usize,
        x: Ref<'_, f32>,
        y: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        let (ends, len) = sequences.on_device();
        self.launch(
            Grid::each(y.len()),
            max_over_time_backward { ends, len, row: word(row), x, y, dy, dx, add: write },
        );
    }
}
