//! The backward pass for a tile of queries and a tile of keys of one head, and the orders in which the tiles are computed.
//!
//! With probabilities `P`, `dV = Pᵀ·dY`, `dP = dY·Vᵀ`, `dS = P∘(dP - delta)` with `delta = Σ dy·y` for every query, `dQ = dS·K/√n` and
//! `dK = dSᵀ·Q/√n`. With dropout, `P` in `dV`, and `dP`, are multiplied by the mask.

use super::super::Towards;
use super::Work;
use super::operands::{Head, add_seen, transpose};
use super::softmax;
use super::tile::{CELL, STEP, TILE, Tile, tiles};
use crate::device::cpu::simd::prefetch_l2;
use crate::device::cpu::threads::SharedRows;
use crate::ops::matmul::task;
use crate::ops::matmul::tile::LINE;
use crate::tensor::Write;
use std::ops::Range;

/// One call, as its tasks see it.
pub(super) struct Pass<'a> {
    pub work: Work<'a>,
    /// The output, the logarithms of the sums, and the gradient to the output.
    pub y: Head<'a>,
    pub sums: &'a [f32],
    pub dy: Head<'a>,
    pub towards: Towards,
    pub d: &'a SharedRows<'a>,
    pub write: Write,
}

/// The scratch memory of a task.
struct Memory<'a> {
    /// Probabilities and gradients to scores, `[keys, queries]`.
    p: &'a mut [f32],
    d: &'a mut [f32],
    keys: Side<'a>,
    queries: Side<'a>,
    /// The gradients to keys, values and queries, one row each.
    dk: &'a mut [f32],
    dv: &'a mut [f32],
    dq: &'a mut [f32],
    /// For every query, the logarithm of the sum, and `Σ dy·y`.
    logarithms: [f32; TILE],
    delta: [f32; TILE],
}

/// The operands of keys: keys and values; and of queries: queries and the gradient to the output.
struct Side<'a> {
    first: Operand<'a>,
    second: Operand<'a>,
}

/// Rows of one head, and their transpose.
struct Operand<'a> {
    rows: &'a mut [f32],
    transposed: &'a mut [f32],
    finite: bool,
}

impl Pass<'_> {
    /// Returns the floats that a task needs.
    pub(super) fn scratch(&self) -> usize {
        2 * TILE * STEP + 4 * self.work.attention.head_dim * STEP + 7 * TILE * self.work.wide
    }

    fn memory<'m>(&self, scratch: &'m mut [f32]) -> Memory<'m> {
        let (turned, straight) = (self.work.attention.head_dim * STEP, TILE * self.work.wide);
        let mut rest = scratch;
        let mut take = |floats: usize| {
            let (part, after) = std::mem::take(&mut rest).split_at_mut(floats);
            rest = after;
            part
        };
        let [p, d] = [(); 2].map(|()| take(TILE * STEP));
        let [dk, dv, dq] = [(); 3].map(|()| take(straight));
        let mut side = || {
            let mut operand = || Operand { rows: take(straight), transposed: take(turned), finite: true };
            Side { first: operand(), second: operand() }
        };
        let (keys, queries) = (side(), side());
        Memory { p, d, keys, queries, dk, dv, dq, logarithms: [0.0; TILE], delta: [0.0; TILE] }
    }

    /// Computes all gradients of a head of keys and values, and of the heads of queries that read it.
    pub(super) fn all(&self, [sample, kv_head]: [usize; 2], scratch: &mut [f32]) {
        let mut memory = self.memory(scratch);
        for keys in tiles(self.work.keys.range(sample).len()) {
            self.for_keys([sample, kv_head], keys, &mut memory, true);
        }
    }

    /// Computes the gradients to a tile of keys and values of a head.
    pub(super) fn keys_and_values(&self, [sample, kv_head, tile]: [usize; 3], scratch: &mut [f32]) {
        if let Some(keys) = tiles(self.work.keys.range(sample).len()).nth(tile) {
            self.for_keys([sample, kv_head], keys, &mut self.memory(scratch), false);
        }
    }

    fn for_keys(&self, [sample, kv_head]: [usize; 2], keys: Range<usize>, memory: &mut Memory, to_queries: bool) {
        let (work, sight) = (&self.work, self.work.attention.sight);
        self.gather_keys([sample, kv_head], &keys, memory);
        let (start, columns) = (work.keys.range(sample).start + keys.start, work.attention.key_columns());
        let first = if self.towards == Towards::All { work.attention.query_columns() } else { 0 };
        self.ask_for(start, keys.len(), first, kv_head);
        self.ask_for(start, keys.len(), first + columns, kv_head);
        memory.dk.fill(0.0);
        memory.dv.fill(0.0);
        let shared = work.attention.heads / work.attention.kv_heads;
        let len = work.queries.range(sample).len();
        for head in kv_head * shared..(kv_head + 1) * shared {
            let seeing = sight.queries(&keys, len);
            for queries in tiles(len).filter(|t| t.start < seeing.end && t.end > seeing.start) {
                self.gather_queries([sample, head], &queries, memory);
                if to_queries {
                    self.ask_for(work.queries.range(sample).start + queries.start, queries.len(), 0, head);
                }
                let tile = Tile { queries, keys: keys.clone() };
                self.scores([sample, head], &tile, memory, true);
                self.add_to_keys(&tile, memory);
                if to_queries {
                    self.add_to_queries([sample, head], &tile, memory);
                }
            }
        }
        self.put(start, keys.len(), first, kv_head, memory.dk, self.write);
        self.put(start, keys.len(), first + columns, kv_head, memory.dv, self.write);
    }

    /// Computes the gradient to a tile of queries of a head.
    pub(super) fn queries(&self, [sample, head, tile]: [usize; 3], scratch: &mut [f32]) {
        let (work, sight) = (&self.work, self.work.attention.sight);
        let Some(queries) = tiles(work.queries.range(sample).len()).nth(tile) else { return };
        let mut memory = self.memory(scratch);
        let kv_head = head / (work.attention.heads / work.attention.kv_heads);
        self.gather_queries([sample, head], &queries, &mut memory);
        let len = work.keys.range(sample).len();
        let seen = sight.keys(&queries, len);
        if len == 0 {
            memory.dq.fill(0.0);
            let start = work.queries.range(sample).start + queries.start;
            self.put(start, queries.len(), 0, head, memory.dq, self.write);
        }
        for keys in tiles(len).filter(|t| t.start < seen.end && t.end > seen.start) {
            self.gather_keys([sample, kv_head], &keys, &mut memory);
            let tile = Tile { queries: queries.clone(), keys };
            self.scores([sample, head], &tile, &mut memory, false);
            self.add_to_queries([sample, head], &tile, &mut memory);
        }
    }

    fn gather(&self, head: Head, rows: Range<usize>, scale: f32, to: &mut Operand) {
        let (work, count) = (&self.work, rows.len());
        to.finite = head.copy(rows, scale, to.rows, work.wide);
        transpose(to.rows, work.wide, count, work.attention.head_dim, to.transposed);
    }

    fn gather_keys(&self, [sample, kv_head]: [usize; 2], keys: &Range<usize>, memory: &mut Memory) {
        let start = self.work.keys.range(sample).start;
        let rows = start + keys.start..start + keys.end;
        self.gather(self.work.k.head(kv_head), rows.clone(), 1.0, &mut memory.keys.first);
        self.gather(self.work.v.head(kv_head), rows, 1.0, &mut memory.keys.second);
    }

    fn gather_queries(&self, [sample, head]: [usize; 2], queries: &Range<usize>, memory: &mut Memory) {
        let work = &self.work;
        let start = work.queries.range(sample).start;
        let rows = start + queries.start..start + queries.end;
        self.gather(work.q.head(head), rows.clone(), work.attention.scale(), &mut memory.queries.first);
        self.gather(self.dy.head(head), rows.clone(), 1.0, &mut memory.queries.second);
        self.y.head(head).dots(rows.clone(), &*memory.queries.second.rows, work.wide, &mut memory.delta);
        for (i, row) in rows.enumerate() {
            memory.logarithms[i] = self.sums[row * work.attention.heads + head];
        }
    }

    /// Computes the gradients to scores in a tile, and the probabilities after dropout if they are wanted.
    fn scores(&self, [sample, head]: [usize; 2], tile: &Tile, memory: &mut Memory, probabilities: bool) {
        let (work, features) = (&self.work, self.work.attention.head_dim);
        for column in 0..tile.queries.len().div_ceil(CELL) {
            let rows = tile.keys_of(work.attention.sight, column);
            if rows.is_empty() {
                continue;
            }
            let (seen, first) = (&work.seen(tile, column)[rows.clone()], column * CELL);
            let (at, sizes) = (rows.start * STEP + first, [rows.len(), features, CELL]);
            let (p, d) = (&mut memory.p[at..], &mut memory.d[at..]);
            let product = |keys: &Operand, queries: &Operand, to: &mut [f32]| {
                let (keys, queries) = (&keys.transposed[rows.start..], &queries.transposed[first..]);
                task::by_columns(sizes, (keys, STEP), (queries, STEP), (to, STEP), Write::Set);
            };
            product(&memory.keys.first, &memory.queries.first, p);
            product(&memory.keys.second, &memory.queries.second, d);
            let part = |of: &[f32; TILE]| std::array::from_fn(|i| of[first + i]);
            softmax::again(p, STEP, work.bias(tile, head, rows.start, column), seen, &part(&memory.logarithms));
            work.drop(tile, [sample, head], &rows, column, d);
            softmax::backward(p, d, STEP, seen, &part(&memory.delta));
            if probabilities {
                work.drop(tile, [sample, head], &rows, column, p);
            }
        }
    }

    /// Adds the part of a tile to the gradients to its keys and values.
    fn add_to_keys(&self, tile: &Tile, memory: &mut Memory) {
        let wide = self.work.wide;
        let Memory { p, d, queries, dk, dv, .. } = memory;
        let parts = [(&**p, &queries.second, &mut **dv), (&**d, &queries.first, &mut **dk)];
        for (scores, operand, to) in parts {
            if !operand.finite {
                for column in 0..tile.queries.len().div_ceil(CELL) {
                    let seen = &self.work.seen(tile, column)[..tile.keys.len()];
                    let first = column * CELL;
                    add_seen(&scores[first..], seen, &operand.rows[first * wide..], to, wide, true);
                }
                continue;
            }
            task::with_steps(TILE, wide, |steps| {
                for row in (0..tile.keys.len()).step_by(CELL) {
                    let columns = tile.queries_of(self.work.attention.sight, row / CELL);
                    let sizes = [(tile.keys.len() - row).min(CELL), columns.len(), wide];
                    let (scores, rows) = (&scores[row * STEP + columns.start..], &operand.rows[columns.start * wide..]);
                    let to = &mut to[row * wide..];
                    task::by_rows(sizes, (scores, STEP), (rows, wide), steps, (to, wide), Write::Add);
                }
            });
        }
    }

    /// Adds the part of a tile to the gradient to its queries: the first part that there is replaces the gradient if it is to be set.
    fn add_to_queries(&self, [sample, head]: [usize; 2], tile: &Tile, memory: &mut Memory) {
        let (work, wide, sight) = (&self.work, self.work.wide, self.work.attention.sight);
        let operand = &memory.keys.first;
        for column in 0..tile.queries.len().div_ceil(CELL) {
            let (rows, first) = (tile.keys_of(sight, column), column * CELL);
            let count = (tile.queries.len() - first).min(CELL);
            let dq = &mut memory.dq[first * wide..(first + count) * wide];
            let (scores, keys) = (&memory.d[rows.start * STEP + first..], &operand.rows[rows.start * wide..]);
            if operand.finite {
                let sizes = [count, rows.len(), wide];
                task::by_columns(sizes, (scores, STEP), (keys, wide), (dq, wide), Write::Set);
            } else {
                dq.fill(0.0);
                add_seen(scores, &work.seen(tile, column)[rows.clone()], keys, dq, wide, false);
            }
            softmax::scale_rows(dq, wide, &[work.attention.scale(); CELL]);
        }
        let seen = sight.keys(&tile.queries, work.keys.range(sample).len());
        let write = if tile.keys.contains(&seen.start) { self.write } else { Write::Add };
        let start = work.queries.range(sample).start + tile.queries.start;
        self.put(start, tile.queries.len(), 0, head, memory.dq, write);
    }

    /// Asks for the memory that [`Pass::put`] writes after the products of a tile.
    fn ask_for(&self, start: usize, count: usize, first: usize, head: usize) {
        let (row, features) = (self.work.attention.row(self.towards), self.work.attention.head_dim);
        for at in start..start + count {
            let line = self.d.pointer(at * row + first + head * features, features).cast_const();
            (0..features).step_by(LINE).for_each(|column| prefetch_l2(line.wrapping_add(column)));
        }
    }

    /// Writes gradients to a head of `count` rows of the batch from `start` on, whose part begins at column `first`.
    fn put(&self, start: usize, count: usize, first: usize, head: usize, from: &[f32], write: Write) {
        let features = self.work.attention.head_dim;
        let first = first + head * features;
        for (row, from) in from.chunks_exact(self.work.wide).enumerate().take(count) {
            // SAFETY: tasks of one launch differ in their heads or rows of queries, and in their heads or rows of keys; each writes
            // only those columns.
            let to = unsafe { self.d.columns(start + row, first..first + features) };
            match write {
                Write::Set => to.copy_from_slice(&from[..features]),
                Write::Add => to.iter_mut().zip(from).for_each(|(to, from)| *to += from),
            }
        }
    }
}
