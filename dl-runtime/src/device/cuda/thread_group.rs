//! Thread groups: how many threads reduce a row together. The functions of kernels for them are in `thread_group.cuh`.

use super::{Argument, Grid, Packed};

/// The group of threads that works on a row. As an argument of a kernel it is their number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadGroup {
    /// The number of threads: 1, 32, or the block size.
    pub lanes: u32,
    rows: usize,
}

/// So many rows fill a GPU with one thread per row.
const MANY: usize = 1 << 14;

impl ThreadGroup {
    /// The group for `rows` rows of `len` numbers each, where the numbers of a row are adjacent in memory.
    pub fn of(rows: usize, len: usize) -> Self {
        let lanes = match len {
            0..=32 if rows >= MANY => 1,
            0..=256 => 32,
            257..=1024 if rows >= MANY / 4 => 32,
            257..=8192 => 256,
            _ => 1024,
        };
        #[cfg(test)]
        let lanes = ForcedGroupSize::instead_of(lanes);
        ThreadGroup::new(rows, lanes)
    }
    /// The group for strided rows, where numbers of different rows are adjacent in memory.
    pub fn across(rows: usize, len: usize) -> Self {
        if rows >= MANY && len <= 4096 { ThreadGroup::new(rows, 1) } else { ThreadGroup::of(rows, len) }
    }
    /// A group of `lanes` threads for each row.
    pub fn new(rows: usize, lanes: u32) -> Self {
        ThreadGroup { lanes, rows }
    }
    /// A grid with enough blocks for all rows; where that would be too many, the kernels loop over further rows.
    pub fn grid(self) -> Grid {
        const MOST: usize = 1 << 13;
        let threads = self.lanes.max(128);
        Grid::new(self.rows.div_ceil((threads / self.lanes) as usize).min(MOST), threads)
    }
}

impl Argument for ThreadGroup {
    fn pack(self, to: &mut Packed) {
        self.lanes.pack(to);
    }
}

/// Forces the number of threads of the groups made on this host thread, for tests.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForcedGroupSize(Option<u32>);

#[cfg(test)]
thread_local! {
    /// The forced size, and whether a group was made since it was set.
    static FORCED: std::cell::Cell<(ForcedGroupSize, bool)> = const { std::cell::Cell::new((ForcedGroupSize(None), false)) };
}

#[cfg(test)]
impl ForcedGroupSize {
    /// No forced size, then every size.
    pub const EACH: [ForcedGroupSize; 5] = [
        ForcedGroupSize(None),
        ForcedGroupSize(Some(1)),
        ForcedGroupSize(Some(32)),
        ForcedGroupSize(Some(256)),
        ForcedGroupSize(Some(1024)),
    ];

    /// Forces this size from now on. Returns false if no group was made since the unforced run, so that the size does
    /// not matter.
    pub fn begin(self) -> bool {
        let (_, made) = FORCED.get();
        FORCED.set((self, made && self.0.is_some()));
        made || self.0.is_none()
    }
    pub fn end() {
        FORCED.set((ForcedGroupSize(None), false));
    }
    fn instead_of(lanes: u32) -> u32 {
        let (forced, _) = FORCED.get();
        FORCED.set((forced, true));
        forced.0.unwrap_or(lanes)
    }
}
