//! The counters of sums that several blocks compute in parts and the block that ends last adds. The functions of kernels for them are in
//! `last_block.cuh`.

use super::{Cuda, Mut};

/// The number of counters of a sum, as `COUNTERS` of `last_block.cuh`.
const COUNTERS: usize = 17;

impl Cuda {
    /// Returns the counters of so many sums. All launches of this handle share them: each leaves zeros behind.
    pub(crate) fn counters(&self, sums: usize) -> Mut<'_, u32> {
        self.workspace(&self.counters, COUNTERS * sums)
    }
}
