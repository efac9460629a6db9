//! Lists of offsets, which kernels go through for every pixel.

use std::cell::Cell;

thread_local! {
    /// The memory of the offsets of a call.
    static OFFSETS: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

/// Calls `body` with a list of offsets, in memory that later calls use again.
pub(super) fn with_offsets<R>(offsets: impl Iterator<Item = usize>, body: impl FnOnce(&[u32]) -> R) -> R {
    let mut list = OFFSETS.take();
    list.clear();
    list.extend(offsets.map(|offset| offset as u32));
    let result = body(&list);
    OFFSETS.set(list);
    result
}
