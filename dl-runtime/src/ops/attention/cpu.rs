//! Attention on the CPU: tasks are a tile of queries of one head in the forward pass, and a head of keys in the backward pass.

mod backward;
mod forward;
mod operands;
mod softmax;
mod state;
mod step;
mod tile;

use super::{Attention, AttentionKernel, Inputs, Outcome, Towards};
use crate::Cpu;
use crate::device::cpu::threads::SharedRows;
use crate::ops::matmul::task;
use crate::tensor::{Sequences, Streams, Write};
use operands::Head;
use state::State;
use tile::TILE;

/// One call, as its tasks see it.
#[derive(Clone, Copy)]
struct Work<'a> {
    attention: Attention,
    queries: Sequences<'a, Cpu>,
    keys: Sequences<'a, Cpu>,
    q: Head<'a>,
    k: Head<'a>,
    v: Head<'a>,
    /// The earlier rows of streams, in a step.
    state: Option<State<'a>>,
    /// The number of features of a head, rounded up to whole registers.
    wide: usize,
}

/// With at least so many heads of keys in all samples, one task computes all gradients of a head; with fewer, those to queries and those
/// to keys are computed apart, in more and smaller tasks, each of which computes the probabilities again.
const MANY_HEADS: usize = 8;

impl<'a> Work<'a> {
    fn new(
        attention: Attention,
        queries: Sequences<'a, Cpu>,
        keys: Sequences<'a, Cpu>,
        inputs: Inputs<'a, Cpu>,
    ) -> Self {
        let len = attention.head_dim;
        let [q, k, v] =
            [inputs.q, inputs.k, inputs.v].map(|columns| Head::new(columns.data, columns.row, columns.first, len));
        Work { attention, queries, keys, q, k, v, state: None, wide: len.next_multiple_of(task::lanes()) }
    }
    /// Computes the output of all tiles of queries.
    fn each_tile(&self, cpu: &Cpu, y: &mut [f32], sums: Option<&mut [f32]>) {
        let heads = self.attention.heads;
        let y = SharedRows::new(y, self.attention.query_columns());
        let sums = sums.map(|sums| SharedRows::new(sums, heads));
        let (tiles, tasks) = (self.queries.longest().div_ceil(TILE), self.queries.samples() * heads);
        cpu.threads().run_with_scratch(tiles * tasks, self.forward_scratch(), &|task, scratch| {
            // The last tiles see the most keys, and begin first.
            let (tile, task) = (tiles - 1 - task / tasks, task % tasks);
            self.forward([task / heads, task % heads, tile], scratch, &y, sums.as_ref());
        });
    }
    /// Returns the most queries and the most keys of a sample.
    fn longest(&self) -> [usize; 2] {
        [self.queries.longest(), self.keys.longest()]
    }
}

impl AttentionKernel for Cpu {
    fn attention_forward(
        &self,
        attention: Attention,
        queries: Sequences<'_, Cpu>,
        keys: Sequences<'_, Cpu>,
        inputs: Inputs<'_, Cpu>,
        y: &mut [f32],
        sums: Option<&mut [f32]>,
    ) {
        let work = Work::new(attention, queries, keys, inputs.shorten());
        work.each_tile(self, y, sums);
    }
    fn attention_step(
        &self,
        attention: Attention,
        rows: Sequences<'_, Cpu>,
        streams: Streams<'_, Cpu>,
        inputs: Inputs<'_, Cpu>,
        state: &mut [f32],
        y: &mut [f32],
    ) {
        step::step(self, attention, rows, streams, inputs, state, y);
    }
    fn attention_backward(
        &self,
        attention: Attention,
        queries: Sequences<'_, Cpu>,
        keys: Sequences<'_, Cpu>,
        inputs: Inputs<'_, Cpu>,
        outcome: Outcome<'_, Cpu>,
        towards: Towards,
        d: &mut [f32],
        write: Write,
    ) {
        let work = Work::new(attention, queries, keys, inputs.shorten());
        let d = SharedRows::new(d, attention.row(towards));
        let Outcome { y, sums, dy } = outcome;
        let [y, dy] = [y, dy].map(|rows| Head::new(rows, attention.query_columns(), 0, attention.head_dim));
        let pass = backward::Pass { work, y, sums, dy, towards, d: &d, write };
        let heads = queries.samples() * attention.kv_heads;
        let floats = pass.scratch();
        let threads = self.threads();
        if towards == Towards::All && heads >= MANY_HEADS {
            return threads.run_with_scratch(heads, floats, &|task, scratch| {
                pass.all([task / attention.kv_heads, task % attention.kv_heads], scratch);
            });
        }
        if towards != Towards::KeysAndValues {
            let (tiles, heads) = (queries.longest().div_ceil(TILE), attention.heads);
            threads.run_with_scratch(queries.samples() * heads * tiles, floats, &|task, scratch| {
                pass.queries([task / tiles / heads, task / tiles % heads, task % tiles], scratch);
            });
        }
        if towards != Towards::Queries {
            let (tiles, heads) = (keys.longest().div_ceil(TILE), attention.kv_heads);
            threads.run_with_scratch(keys.samples() * heads * tiles, floats, &|task, scratch| {
                pass.keys_and_values([task / tiles / heads, task / tiles % heads, task % tiles], scratch);
            });
        }
    }
}
