//! A tile of queries and keys on the CPU: 128 by 128 scores of one head, in cells of 32 by 32, of which those that nobody sees are left
//! out.
//!
//! Scores are stored transposed, `[keys, queries]`: then the softmax of 32 queries runs in the lanes of registers, without a sum across
//! them, and the products with scores read them in place.

use super::super::Sight;
use std::ops::Range;

/// The most queries and the most keys of a tile.
pub(super) const TILE: usize = 128;
/// The distance of rows of scores: not a power of two, whose multiples would compete for the same lines of the L1 cache.
pub(super) const STEP: usize = TILE + 16;
/// The rows and columns of a cell.
pub(super) const CELL: usize = 32;

/// Returns the tiles of `len` rows.
pub(super) fn tiles(len: usize) -> impl DoubleEndedIterator<Item = Range<usize>> {
    (0..len.div_ceil(TILE)).map(move |tile| tile * TILE..len.min((tile + 1) * TILE))
}

/// A tile, by the positions of its queries and keys in their sample. Queries are at positions behind the keys that a stream has seen.
#[derive(Clone, Debug)]
pub(super) struct Tile {
    pub queries: Range<usize>,
    pub keys: Range<usize>,
}

impl Sight {
    /// Returns the keys, of `len`, that some of `queries` see.
    pub(super) fn keys(self, queries: &Range<usize>, len: usize) -> Range<usize> {
        let end = if self.causal { queries.end.min(len) } else { len };
        let start = if self.window > 0 { (queries.start + 1).saturating_sub(self.window) } else { 0 };
        start.min(end)..end
    }
    /// Returns the queries, of `len`, that see some of `keys`.
    pub(super) fn queries(self, keys: &Range<usize>, len: usize) -> Range<usize> {
        let start = if self.causal { keys.start.min(len) } else { 0 };
        let end = if self.window > 0 { (keys.end + self.window - 1).min(len) } else { len };
        start..end.max(start)
    }
}

impl Tile {
    /// Returns the cells of keys of the 32 queries from `32·column` on: the keys in the tile, from the first to the last that one of the
    /// queries sees, rounded to whole cells.
    pub(super) fn keys_of(&self, sight: Sight, column: usize) -> Range<usize> {
        let start = self.queries.start + column * CELL;
        let seen = sight.keys(&(start..self.queries.end.min(start + CELL)), usize::MAX);
        within(&self.keys, seen)
    }
    /// Returns the cells of queries of the 32 keys from `32·row` on, as [`Tile::keys_of`].
    pub(super) fn queries_of(&self, sight: Sight, row: usize) -> Range<usize> {
        let start = self.keys.start + row * CELL;
        let seen = sight.queries(&(start..self.keys.end.min(start + CELL)), usize::MAX);
        within(&self.queries, seen)
    }
    /// Returns the queries of 32 from `32·column` on that see key `row` of the tile.
    pub(super) fn seeing(&self, sight: Sight, row: usize, column: usize) -> Range<usize> {
        let (key, first) = (self.keys.start + row, self.queries.start + column * CELL);
        let count = self.queries.end.saturating_sub(first).min(CELL);
        let seen = sight.queries(&(key..key + 1), usize::MAX);
        let [start, end] = [seen.start, seen.end].map(|at| at.saturating_sub(first).min(count));
        start..end
    }
}

/// Returns the part of `seen` in `tile`, relative to its start and rounded outward to whole cells.
fn within(tile: &Range<usize>, seen: Range<usize>) -> Range<usize> {
    let (start, end) = (seen.start.max(tile.start), seen.end.min(tile.end));
    if start >= end {
        return 0..0;
    }
    let start = (start - tile.start) / CELL * CELL;
    start..(end - tile.start).next_multiple_of(CELL).min(tile.len())
}
