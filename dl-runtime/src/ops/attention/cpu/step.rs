//! A step of streams: new rows see those of earlier steps. A few rows are products of vectors with the keys and values as they lie in
//! memory; a prompt takes the tiles of the forward pass.

use super::super::{Attention, Inputs};
use super::Work;
use super::operands::Head;
use super::state::State;
use crate::Cpu;
use crate::device::cpu::simd::{largest, math, simd, sum};
use crate::device::cpu::threads::{SharedRows, chunks_mut};
use crate::tensor::{Sequences, Streams};

/// Up to so many new rows of a stream, vectors are faster than tiles.
const FEW: usize = 4;

simd! {
    /// Computes the products of a query with rows.
    fn products<S>(query: &[f32], rows: &[f32], stride: usize, to: &mut [f32]) {
        for (row, to) in rows.chunks(stride).zip(to) {
            *to = sum::<S, 2>([query, &row[..query.len()]], |[a, b]| a * b);
        }
    }
    /// Turns scores into `exp(score - most)` and returns their sum.
    fn soften<S>(scores: &mut [f32]) -> f32 {
        let most = largest::<S>(scores);
        let most = if most == f32::NEG_INFINITY { 0.0 } else { most };
        for score in scores.iter_mut() {
            *score = math::exp::<S>(*score - most);
        }
        sum::<S, 1>([scores], |[x]| x)
    }
    /// Adds rows, each times its weight.
    fn add_rows<S>(weights: &[f32], rows: &[f32], stride: usize, to: &mut [f32]) {
        for (row, weight) in rows.chunks(stride).zip(weights) {
            for (to, x) in to.iter_mut().zip(row) {
                *to = S::mul_add(*weight, *x, *to);
            }
        }
    }
}

/// Computes the output of new rows, and stores their keys and values.
pub(super) fn step(
    cpu: &Cpu,
    attention: Attention,
    rows: Sequences<'_, Cpu>,
    streams: Streams<'_, Cpu>,
    inputs: Inputs<'_, Cpu>,
    state: &mut [f32],
    y: &mut [f32],
) {
    let (slots, features) = (attention.slots(streams.capacity), attention.head_dim);
    let (kv_heads, past, rows) = (attention.kv_heads, streams.past, rows);
    {
        let earlier = State { data: &*state, past, kv_heads, slots, features };
        let work = Work { state: Some(earlier), ..Work::new(attention, rows, rows, inputs.shorten()) };
        if rows.longest() > FEW {
            work.each_tile(cpu, y, None);
        } else {
            let longest = past.iter().map(|past| *past as usize).max().unwrap_or(0) + rows.longest();
            let y = SharedRows::new(y, attention.query_columns());
            cpu.threads().run_with_scratch(rows.samples() * kv_heads, features + longest, &|task, scratch| {
                work.few([task / kv_heads, task % kv_heads], earlier, scratch, &y);
            });
        }
    }
    let [k, v] = [inputs.k, inputs.v].map(|rows| Head::new(rows.data, rows.row, rows.first, features));
    // Without a place for rows there is nothing to store.
    let part = (slots * 2 * features).max(1);
    cpu.threads().split(chunks_mut(state, part), &|task, state| {
        let (stream, head) = (task / kv_heads, task % kv_heads);
        let rows = rows.range(stream);
        let last = rows.end - rows.len().min(slots)..rows.end;
        for (heads, offset) in [(k, 0), (v, features)] {
            heads.head(head).each_row(last.clone(), |i, from| {
                let slot = (past[stream] as usize + last.start - rows.start + i) % slots;
                state[slot * 2 * features + offset..][..features].copy_from_slice(from);
            });
        }
    });
}

impl Work<'_> {
    /// Computes the output of a few rows of a stream, for the heads that read one head of keys.
    fn few(&self, [stream, kv_head]: [usize; 2], state: State, scratch: &mut [f32], y: &SharedRows) {
        let (features, shared) = (self.attention.head_dim, self.attention.heads / self.attention.kv_heads);
        let (query, scores) = scratch.split_at_mut(features);
        let (rows, past) = (self.queries.range(stream), state.past(stream));
        let [k, v] = [self.k, self.v].map(|heads| heads.head(kv_head));
        let [old_k, old_v] = [0, 1].map(|kind| state.head([stream, kv_head, kind]));
        for (i, row) in rows.clone().enumerate() {
            let position = past + i;
            let seen = self.attention.sight.keys(&(position..position + 1), past + rows.len());
            let scores = &mut scores[..seen.len()];
            for head in kv_head * shared..(kv_head + 1) * shared {
                self.q.head(head).copy(row..row + 1, self.attention.scale(), query, features);
                for (at, rows, new) in state.pieces(stream, &seen, rows.start) {
                    let (from, stride) = if new { k } else { old_k }.rows_from(rows.start);
                    products(query, from, stride, &mut scores[at..at + rows.len()]);
                }
                let slope = self.attention.slope(head);
                if slope != 0.0 {
                    for (score, key) in scores.iter_mut().zip(seen.clone()) {
                        *score -= slope * (position - key) as f32;
                    }
                }
                let sum = soften(scores);
                // SAFETY: no other task has this head of this stream.
                let y = unsafe { y.columns(row, head * features..(head + 1) * features) };
                y.fill(0.0);
                for (at, rows, new) in state.pieces(stream, &seen, rows.start) {
                    let (from, stride) = if new { v } else { old_v }.rows_from(rows.start);
                    add_rows(&scores[at..at + rows.len()], from, stride, y);
                }
                y.iter_mut().for_each(|y| *y /= sum);
            }
        }
    }
}
