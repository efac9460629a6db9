//! The keys and values of earlier steps: `[kv_heads, slots, 2·head_dim]` for every stream.

use super::operands::Head;
use std::ops::Range;

/// The states of all streams.
#[derive(Clone, Copy)]
pub(super) struct State<'a> {
    pub data: &'a [f32],
    /// The number of earlier rows of each stream.
    pub past: &'a [u32],
    pub kv_heads: usize,
    pub slots: usize,
    pub features: usize,
}

impl<'a> State<'a> {
    /// Returns the number of earlier rows of a stream.
    pub(super) fn past(self, stream: usize) -> usize {
        self.past[stream] as usize
    }
    /// Returns the keys (`kind` 0) or values (1) of a head, whose rows are the slots.
    pub(super) fn head(self, [stream, kv_head, kind]: [usize; 3]) -> Head<'a> {
        let row = 2 * self.features;
        let first = (stream * self.kv_heads + kv_head) * self.slots * row + kind * self.features;
        Head::new(self.data, row, first, self.features)
    }
    /// Returns the parts of some positions that lie in a row: the index of the first in `positions`, the rows, and whether they are new
    /// rows, from `start` on, or slots.
    pub(super) fn pieces(
        self,
        stream: usize,
        positions: &Range<usize>,
        start: usize,
    ) -> impl Iterator<Item = (usize, Range<usize>, bool)> {
        let (positions, past) = (positions.clone(), self.past(stream));
        let mut at = positions.start;
        std::iter::from_fn(move || {
            (at < positions.end).then(|| {
                let (first, index) = (at, at - positions.start);
                if first >= past {
                    at = positions.end;
                    return (index, start + first - past..start + at - past, true);
                }
                let slot = first % self.slots;
                at = positions.end.min(past).min(first + self.slots - slot);
                (index, slot..slot + at - first, false)
            })
        })
    }
}
