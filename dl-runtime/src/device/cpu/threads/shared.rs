//! Rows that tasks write at the same time, each only some columns of some rows: the heads of attention.

use std::marker::PhantomData;
use std::ops::Range;

/// A matrix whose parts are written by several tasks.
pub(crate) struct SharedRows<'a> {
    data: *mut f32,
    len: usize,
    row: usize,
    lifetime: PhantomData<&'a mut [f32]>,
}

// SAFETY: it hands out parts that do not overlap, by the contract of `SharedRows::columns`.
unsafe impl Sync for SharedRows<'_> {}

impl<'a> SharedRows<'a> {
    /// Shares `data`, whose rows have `row` numbers.
    pub(crate) fn new(data: &'a mut [f32], row: usize) -> Self {
        SharedRows { data: data.as_mut_ptr(), len: data.len(), row, lifetime: PhantomData }
    }
    /// Borrows some columns of a row to write them.
    ///
    /// # Safety
    /// No number of this part is borrowed twice at the same time.
    #[allow(clippy::mut_from_ref, reason = "the parts that are borrowed do not overlap")]
    pub(crate) unsafe fn columns(&self, row: usize, columns: Range<usize>) -> &'a mut [f32] {
        let start = row * self.row + columns.start;
        assert!(columns.end <= self.row && start + columns.len() <= self.len, "columns of a row");
        // SAFETY: the part is inside the data by the assertion, and by the contract nobody else uses it.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(start), columns.len()) }
    }
    /// Returns where some numbers begin, for a kernel that writes parts of them.
    ///
    /// # Panics
    /// Unless they are inside of the matrix.
    pub(crate) fn pointer(&self, at: usize, len: usize) -> *mut f32 {
        assert!(at <= self.len && len <= self.len - at, "a part of shared rows");
        self.data.wrapping_add(at)
    }
}
