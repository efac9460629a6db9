//! Reductions over time on CUDA: a thread for each number that is written.

use super::{OverTime, OverTimeKernel};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, headers, kernels};
use crate::ops::axes::cuda::word;
use crate::tensor::{Sequences, Write};

kernels!(
    "over_time.cu" with [headers::SEQUENCES]:
    over_time, over_time_backward, max_over_time, max_over_time_backward
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
        self.launch(&over_time, Grid::each(y.len()), (function as u32, ends, len, word(row), x, y, write));
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
        self.launch(&over_time_backward, grid, (function as u32, ends, len, word(row), dy, dx, write));
    }
    fn max_over_time(&self, sequences: Sequences<'_, Cuda>, row: usize, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let (ends, len) = sequences.on_device();
        self.launch(&max_over_time, Grid::each(y.len()), (ends, len, word(row), x, y));
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
        self.launch(&max_over_time_backward, Grid::each(y.len()), (ends, len, word(row), x, y, dy, dx, write));
    }
}
