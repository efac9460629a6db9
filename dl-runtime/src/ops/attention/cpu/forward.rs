//! The forward pass for a tile of queries of one head: all keys that they see pass by, tile by tile.

use super::Work;
use super::operands::{Head, add_seen, transpose};
use super::softmax::{self, Bias, Lane};
use super::tile::{CELL, STEP, TILE, Tile};
use crate::device::cpu::simd::prefetch_l2;
use crate::device::cpu::threads::SharedRows;
use crate::ops::matmul::task;
use crate::ops::matmul::tile::LINE;
use crate::tensor::Write;
use std::ops::Range;

/// The columns of a tile that see each of its rows, for one column of cells.
pub(super) type Seen = [Range<usize>; TILE];

/// Returns the numbers of the softmax of 32 queries, for each column of cells.
fn lanes(value: f32) -> [Lane; TILE / CELL] {
    [[value; CELL]; TILE / CELL]
}

impl Work<'_> {
    /// Returns the floats that a task needs.
    pub(super) fn forward_scratch(&self) -> usize {
        TILE * STEP + 2 * self.attention.head_dim * STEP + 2 * TILE * self.wide
    }

    /// Returns the columns that see each row of a column of cells.
    pub(super) fn seen(&self, tile: &Tile, column: usize) -> Seen {
        std::array::from_fn(|row| tile.seeing(self.attention.sight, row, column))
    }

    /// Computes the output of a tile of queries of a head in a sample.
    pub(super) fn forward(
        &self,
        [sample, head, tile]: [usize; 3],
        scratch: &mut [f32],
        y: &SharedRows,
        sums_to: Option<&SharedRows>,
    ) {
        let (queries, keys) = (self.queries.range(sample), self.keys.range(sample));
        let Some(mine) = super::tile::tiles(queries.len()).nth(tile) else { return };
        let rows = queries.start + mine.start..queries.start + mine.end;
        // In a step, positions count from the first row of the stream.
        let past = self.state.map_or(0, |state| state.past(sample));
        let (mine, keys) = (past + mine.start..past + mine.end, past + keys.len());
        let (features, wide, sight) = (self.attention.head_dim, self.wide, self.attention.sight);
        let (scores, rest) = scratch.split_at_mut(TILE * STEP);
        let (qt, rest) = rest.split_at_mut(features * STEP);
        let (kt, rest) = rest.split_at_mut(features * STEP);
        // The rows of the queries are only needed before there is a result.
        let (result, values) = rest.split_at_mut(TILE * wide);
        let kv_head = head / (self.attention.heads / self.attention.kv_heads);
        self.q.head(head).copy(rows.clone(), self.attention.scale(), result, wide);
        transpose(result, wide, mine.len(), features, qt);
        for row in rows.clone() {
            let line = y.pointer((row * self.attention.heads + head) * features, features).cast_const();
            (0..features).step_by(LINE).for_each(|column| prefetch_l2(line.wrapping_add(column)));
        }
        let columns = mine.len().div_ceil(CELL);
        let (mut most, mut sums, mut begun) = (lanes(f32::NEG_INFINITY), lanes(0.0), [false; TILE / CELL]);
        let visible = sight.keys(&mine, keys);
        for theirs in super::tile::tiles(keys).filter(|t| t.start < visible.end && t.end > visible.start) {
            let finite = self.gather([sample, kv_head], &theirs, kt, values);
            let tile = Tile { queries: mine.clone(), keys: theirs };
            for column in 0..columns {
                let rows = tile.keys_of(sight, column);
                if rows.is_empty() {
                    continue;
                }
                let (seen, first) = (&self.seen(&tile, column)[rows.clone()], column * CELL);
                let scores = &mut scores[rows.start * STEP + first..];
                let sizes = [rows.len(), features, CELL];
                task::by_columns(sizes, (&kt[rows.start..], STEP), (&qt[first..], STEP), (scores, STEP), Write::Set);
                let bias = self.bias(&tile, head, rows.start, column);
                let factors = softmax::soften(scores, STEP, bias, seen, &mut most[column], &mut sums[column]);
                self.drop(&tile, [sample, head], &rows, column, scores);
                let count = (mine.len() - first).min(CELL);
                let result = &mut result[first * wide..(first + count) * wide];
                let begun = std::mem::replace(&mut begun[column], true);
                if begun {
                    softmax::scale_rows(result, wide, &factors);
                }
                if finite {
                    let write = if begun { Write::Add } else { Write::Set };
                    let values = &values[rows.start * wide..];
                    task::by_columns([count, rows.len(), wide], (scores, STEP), (values, wide), (result, wide), write);
                } else {
                    if !begun {
                        result.fill(0.0);
                    }
                    add_seen(scores, seen, &values[rows.start * wide..], result, wide, false);
                }
            }
        }
        for column in 0..columns {
            let first = column * CELL;
            let count = (mine.len() - first).min(CELL);
            let result = &mut result[first * wide..(first + count) * wide];
            if !begun[column] {
                result.fill(0.0);
            }
            let inverse = sums[column].map(|sum| if sum == 0.0 { 0.0 } else { 1.0 / sum });
            softmax::scale_rows(result, wide, &inverse);
            let mut logarithms = [0.0; CELL];
            softmax::logarithms(&most[column], &sums[column], &mut logarithms);
            for (i, result) in result.chunks_exact(wide).enumerate() {
                let row = rows.start + first + i;
                // SAFETY: no other task has this head of these rows, here and below.
                let y = unsafe { y.columns(row, head * features..(head + 1) * features) };
                y.copy_from_slice(&result[..features]);
                if let Some(sums) = sums_to {
                    // SAFETY: as above.
                    let sum = unsafe { sums.columns(row, head..head + 1) };
                    sum[0] = logarithms[i];
                }
            }
        }
    }

    /// Copies the keys at some positions, transposed, and their values; returns whether the values are finite.
    fn gather(
        &self,
        [sample, kv_head]: [usize; 2],
        positions: &Range<usize>,
        kt: &mut [f32],
        values: &mut [f32],
    ) -> bool {
        let ([k, v], start) = ([self.k, self.v].map(|heads| heads.head(kv_head)), self.keys.range(sample).start);
        let Some(state) = self.state else {
            let rows = start + positions.start..start + positions.end;
            k.transpose(rows.clone(), kt);
            return v.copy(rows, 1.0, values, self.wide);
        };
        let copy = |kind: usize, new: Head, to: &mut [f32]| {
            state.pieces(sample, positions, start).fold(true, |finite, (at, rows, is_new)| {
                let from = if is_new { new } else { state.head([sample, kv_head, kind]) };
                finite & from.copy(rows, 1.0, &mut to[at * self.wide..], self.wide)
            })
        };
        copy(0, k, values);
        transpose(values, self.wide, positions.len(), self.attention.head_dim, kt);
        copy(1, v, values)
    }

    /// Returns what changes the scores of a column of cells from a row of the tile on.
    pub(super) fn bias(&self, tile: &Tile, head: usize, row: usize, column: usize) -> Bias {
        let (query, key) = (tile.queries.start + column * CELL, tile.keys.start + row);
        Bias { slope: self.attention.slope(head), ahead: query as f32 - key as f32 }
    }

    /// Drops some numbers of a column of cells, whose rows are a part of the tile's.
    pub(super) fn drop(
        &self,
        tile: &Tile,
        [sample, head]: [usize; 2],
        rows: &Range<usize>,
        column: usize,
        values: &mut [f32],
    ) {
        let Some(drops) = self.attention.dropout else { return };
        let head = sample * self.attention.heads + head;
        let (key, query) = (tile.keys.start + rows.start, tile.queries.start + column * CELL);
        let (first, across) = softmax::group(head, key, query, self.longest());
        softmax::drop(drops, first, across, rows.len(), values, STEP);
    }
}
