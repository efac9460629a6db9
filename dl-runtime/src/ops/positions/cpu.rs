//! Positions on the CPU.

use super::{Order, PositionsKernel, frequency};
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::{Sequences, Streams, Write};

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;

/// Writes the table of sinusoids. Each position is the one before, turned by `ω`, in double precision: an error of the last bit in
/// each of a million turns is still far below the rounding to `f32`.
fn sinusoids(order: Order, features: usize, table: &mut [f32]) {
    for pair in 0..features / 2 {
        let (turn_sin, turn_cos) = frequency(pair, features).sin_cos();
        let [at_sin, at_cos] = order.of_pair(pair, features);
        let (mut sin, mut cos) = (0.0, 1.0);
        for row in table.chunks_exact_mut(features) {
            (row[at_sin], row[at_cos]) = (sin as f32, cos as f32);
            (sin, cos) = (sin * turn_cos + cos * turn_sin, cos * turn_cos - sin * turn_sin);
        }
    }
}

impl PositionsKernel for Cpu {
    fn add_positions(
        &self,
        sequences: Sequences<'_, Cpu>,
        streams: Option<Streams<'_, Cpu>>,
        features: usize,
        positions: &[f32],
        x: &[f32],
        y: &mut [f32],
    ) {
        let rows = TASK.div_ceil(features);
        let parts = (chunks(x, rows * features), chunks_mut(y, rows * features));
        self.threads().split(parts, &|task, (x, y)| {
            let (mut at, end) = (task * rows, task * rows + y.len() / features);
            let (mut x, mut y) = (x, y);
            let mut sample = sequences.sample_of(at);
            // The rows of one sample lie side by side, as their positions do.
            while at < end {
                let range = sequences.range(sample);
                let n = (range.end.min(end) - at) * features;
                let past = streams.map_or(0, |streams| streams.past[sample] as usize);
                let first = (past + at - range.start) * features;
                let ((from, x_rest), (to, y_rest)) = (x.split_at(n), y.split_at_mut(n));
                to.iter_mut().zip(from.iter().zip(&positions[first..first + n])).for_each(|(y, (x, p))| *y = x + p);
                (x, y, at, sample) = (x_rest, y_rest, range.end.min(end).max(at), sample + 1);
            }
        });
    }
    fn add_positions_backward(
        &self,
        sequences: Sequences<'_, Cpu>,
        features: usize,
        dy: &[f32],
        d: &mut [f32],
        write: Write,
    ) {
        // A task has some positions; the sum of each is in the order of the samples.
        let positions = TASK.div_ceil(features * sequences.samples().max(1));
        self.threads().split(chunks_mut(d, positions * features), &|task, d| {
            if write == Write::Set {
                d.fill(0.0);
            }
            let from = task * positions;
            for range in sequences.ranges() {
                let n = range.len().saturating_sub(from).min(d.len() / features) * features;
                let dy = &dy[range.start * features..range.end * features];
                let dy = dy.get(from * features..).unwrap_or_default();
                d[..n].iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy);
            }
        });
    }
    fn add_sinusoids(
        &self,
        order: Order,
        sequences: Sequences<'_, Cpu>,
        streams: Option<Streams<'_, Cpu>>,
        features: usize,
        x: &[f32],
        y: &mut [f32],
    ) {
        let past = streams.map_or(0, |streams| streams.past.iter().copied().max().unwrap_or(0) as usize);
        scratch::with((past + sequences.longest()) * features, |table| {
            sinusoids(order, features, table);
            self.add_positions(sequences, streams, features, table, x, y);
        });
    }
}
