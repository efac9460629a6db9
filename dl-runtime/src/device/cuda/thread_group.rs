//! Groups of threads: how many threads reduce a row together. `thread_group.cuh` has their functions for kernels.

use super::{Argument, Grid, Packed};

/// The threads of a row; as an argument of a kernel, their number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadGroup {
    /// 1, 32, or all threads of a block.
    pub lanes: u32,
    rows: usize,
}

/// Rows that fill a GPU with one thread for each.
const MANY: usize = 1 << 14;

impl ThreadGroup {
    /// For `rows` rows of `len` numbers that are neighbours in memory.
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
    /// For rows of which the neighbours in memory are other rows.
    pub fn across(rows: usize, len: usize) -> Self {
        if rows >= MANY && len <= 4096 { ThreadGroup::new(rows, 1) } else { ThreadGroup::of(rows, len) }
    }
    /// Of so many threads for each row.
    pub fn new(rows: usize, lanes: u32) -> Self {
        ThreadGroup { lanes, rows }
    }
    /// Enough blocks for all rows; kernels go on with further rows where these are too many.
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

/// For tests: the number of threads that groups have on this thread of the host, whatever the length of rows.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForcedGroupSize(Option<u32>);

#[cfg(test)]
thread_local! {
    /// The size that is forced, and whether a group was made since the beginning.
    static FORCED: std::cell::Cell<(ForcedGroupSize, bool)> = const { std::cell::Cell::new((ForcedGroupSize(None), false)) };
}

#[cfg(test)]
impl ForcedGroupSize {
    /// Nothing, then every number.
    pub const EACH: [ForcedGroupSize; 5] = [
        ForcedGroupSize(None),
        ForcedGroupSize(Some(1)),
        ForcedGroupSize(Some(32)),
        ForcedGroupSize(Some(256)),
        ForcedGroupSize(Some(1024)),
    ];

    /// Forces it from now on; false if no group has been made since nothing was forced, so that it makes no difference.
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
