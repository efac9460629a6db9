//! Attention on the CPU: tasks are a tile of queries of one head in the forward pass, and a head of keys in the backward pass.

mod backward;
mod forward;
mod operands;
mod softmax;
mod tile;

use super::{Attention, AttentionKernel, Inputs, Outcome, Towards};
use crate::Cpu;
use crate::device::cpu::threads::SharedRows;
use crate::ops::matmul::task;
use crate::tensor::{Sequences, Write};
use operands::Head;
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
        let [q, k, v] = [inputs.q, inputs.k, inputs.v].map(|columns| Head::new(columns.data, columns.row, columns.first, len));
        Work { attention, queries, keys, q, k, v, wide: len.next_multiple_of(task::lanes()) }
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
        let work = Work::new(attention, queries.shorten(), keys.shorten(), inputs.shorten());
        let y = SharedRows::new(y, attention.query_columns());
        let sums = sums.map(|sums| SharedRows::new(sums, attention.heads));
        let tiles = queries.longest().div_ceil(TILE);
        // The last tiles see the most keys, and begin first.
        let tasks = queries.samples() * attention.heads;
        self.threads().run_with_scratch(tiles * tasks, work.forward_scratch(), &|task, scratch| {
            let (tile, task) = (tiles - 1 - task / tasks, task % tasks);
            work.forward([task / attention.heads, task % attention.heads, tile], scratch, &y, sums.as_ref());
        });
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
        let work = Work::new(attention, queries.shorten(), keys.shorten(), inputs.shorten());
        let row = match towards {
            Towards::All => attention.query_columns() + 2 * attention.key_columns(),
            Towards::Queries => attention.query_columns(),
            Towards::KeysAndValues => 2 * attention.key_columns(),
        };
        let d = SharedRows::new(d, row);
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
