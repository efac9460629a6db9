//! Positions on CUDA.

use super::{Order, PositionsKernel};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, headers, kernels};
use crate::ops::axes::cuda::{Rows, word};
use crate::tensor::{Sequences, Streams, Write};

kernels!(
    "positions.cu" with [crate::ops::axes::cuda::HEADER, headers::SEQUENCES]:
    positions_add(rows, ends, len, past, positions, x, y),
    positions_add_backward(features, ends, len, samples, dy, d, add),
    positions_add_sinusoids(order, features, ends, len, past, x, y),
);

impl PositionsKernel for Cuda {
    fn add_positions(
        &self,
        sequences: Sequences<'_, Cuda>,
        streams: Option<Streams<'_, Cuda>>,
        features: usize,
        positions: Ref<'_, f32>,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        let (rows, (ends, len)) = (Rows::new(sequences.rows(), features, features), sequences.on_device());
        let past = streams.map(|streams| streams.device_past());
        self.launch(rows.grid(), positions_add { rows, ends, len, past, positions, x, y });
    }
    fn add_positions_backward(
        &self,
        sequences: Sequences<'_, Cuda>,
        features: usize,
        dy: Ref<'_, f32>,
        d: Mut<'_, f32>,
        write: Write,
    ) {
        let ((ends, len), samples) = (sequences.on_device(), word(sequences.samples()));
        let grid = Grid::each(d.len());
        self.launch(grid, positions_add_backward { features: word(features), ends, len, samples, dy, d, add: write });
    }
    fn add_sinusoids(
        &self,
        order: Order,
        sequences: Sequences<'_, Cuda>,
        streams: Option<Streams<'_, Cuda>>,
        features: usize,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        let (ends, len) = sequences.on_device();
        let past = streams.map(|streams| streams.device_past());
        let grid = Grid::each(y.len());
        self.launch(
            grid,
            positions_add_sinusoids { order: order as u32, features: word(features), ends, len, past, x, y },
        );
    }
}
