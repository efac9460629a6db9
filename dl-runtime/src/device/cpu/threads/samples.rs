//! Splitting the packed rows of sequences into blocks of whole samples.

use super::Split;
use crate::Cpu;
use crate::tensor::Sequences;

/// Splits `data`, which has `row` numbers for each row of `sequences`, into blocks of `count` samples; the last may have fewer.
///
/// # Panics
/// If `count` is 0, if the ends of the samples are not in order, or if `data` has fewer rows.
pub(crate) fn samples_mut<'a, 's, T: Send>(
    data: &'a mut [T],
    sequences: Sequences<'s, Cpu>,
    row: usize,
    count: usize,
) -> SamplesMut<'a, 's, T> {
    assert!(count > 0, "blocks of something");
    let mut end = 0;
    for range in sequences.ranges() {
        assert!(range.start == end && range.end >= end, "samples in order");
        end = range.end;
    }
    assert!(end * row <= data.len(), "rows of all samples");
    SamplesMut { data: data.as_mut_ptr(), sequences, row, count, lifetime: std::marker::PhantomData }
}

/// The result of [`samples_mut`].
pub(crate) struct SamplesMut<'a, 's, T> {
    data: *mut T,
    sequences: Sequences<'s, Cpu>,
    row: usize,
    count: usize,
    lifetime: std::marker::PhantomData<&'a mut [T]>,
}

// SAFETY: it hands out disjoint `&mut [T]`, which may go to other threads where `T: Send`.
unsafe impl<T: Send> Sync for SamplesMut<'_, '_, T> {}

// SAFETY: the samples follow each other, as `samples_mut` has checked, so the rows of different ones do not overlap. What
// `sequences` borrows does not change.
unsafe impl<'a, T: Send> Split for SamplesMut<'a, '_, T> {
    type Part = &'a mut [T];
    fn count(&self) -> usize {
        self.sequences.samples().div_ceil(self.count)
    }
    unsafe fn part(&self, index: usize) -> &'a mut [T] {
        let last = self.sequences.samples().min((index + 1) * self.count) - 1;
        let rows = self.sequences.range(index * self.count).start..self.sequences.range(last).end;
        // SAFETY: the rows are within the slice borrowed for 'a, and by the contract each part is used once at a time.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(rows.start * self.row), rows.len() * self.row) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu::Threads;
    use crate::tensor::Storage;

    #[test]
    fn blocks_are_whole_samples() {
        let ends = [2, 2, 5, 6, 10];
        let mut rows = vec![9; 20];
        let on_device = Cpu::new().zeros(ends.len()).unwrap();
        let blocks = samples_mut(&mut rows, Sequences::ragged(&ends, &on_device), 2, 2);
        Threads::new(3).split(blocks, &|block, rows| rows.fill(block));
        let expected: Vec<usize> = [(0, 4), (1, 8), (2, 8)].iter().flat_map(|&(block, n)| vec![block; n]).collect();
        assert_eq!(rows, expected);
    }
}
