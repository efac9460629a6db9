//! Iterates over several tensors at once whose axes have different strides: transposed, broadcast or reduced.

/// The largest number of axes after merging those that are contiguous in all tensors.
pub const RANK: usize = 8;

/// An index space, and the strides of `N` tensors over it. It is iterated row by row, where a row is the innermost
/// axis.
#[derive(Clone, Copy, Debug)]
pub struct StridedIter<const N: usize> {
    rank: usize,
    sizes: [usize; RANK],
    /// The strides of every axis in each tensor; 0 where a tensor is broadcast.
    strides: [[usize; N]; RANK],
}

impl<const N: usize> StridedIter<N> {
    /// Iterates over an index space of `sizes`; `strides` returns the strides of an axis in each tensor. Neighbouring
    /// axes that are contiguous in all tensors are merged, so that rows are as long as possible.
    pub fn new(sizes: &[usize], strides: impl Fn(usize) -> [usize; N]) -> Self {
        let mut iter = StridedIter { rank: 0, sizes: [1; RANK], strides: [[1; N]; RANK] };
        for (axis, &size) in sizes.iter().enumerate().filter(|(_, size)| **size != 1) {
            let current = strides(axis);
            let mut joined = iter.rank > 0;
            for (outer, inner) in iter.strides[iter.rank.saturating_sub(1)].iter().zip(current) {
                joined &= *outer == inner * size;
            }
            if joined {
                iter.sizes[iter.rank - 1] *= size;
                iter.strides[iter.rank - 1] = current;
            } else {
                assert!(iter.rank < RANK, "at most {RANK} axes with different strides");
                (iter.sizes[iter.rank], iter.strides[iter.rank]) = (size, current);
                iter.rank += 1;
            }
        }
        // A single number still has one row.
        iter.rank = iter.rank.max(1);
        iter
    }
    /// Returns the sizes and strides of all axes.
    pub fn axes(&self) -> (&[usize], &[[usize; N]]) {
        (&self.sizes[..self.rank], &self.strides[..self.rank])
    }
    /// Returns the number of elements of the index space.
    pub fn elements(&self) -> usize {
        self.sizes[..self.rank].iter().product()
    }
    /// Returns the length of a row.
    #[allow(clippy::len_without_is_empty, reason = "there is always a row")]
    pub fn len(&self) -> usize {
        self.sizes[self.rank - 1]
    }
    /// Returns the stride within a row in each tensor.
    pub fn row_strides(&self) -> [usize; N] {
        self.strides[self.rank - 1]
    }
    /// Calls `row` with the offset of each row's first element in each tensor, in the order of the index space.
    #[inline(always)]
    pub fn rows(&self, mut row: impl FnMut([usize; N])) {
        let (mut index, mut at) = ([0; RANK], [0; N]);
        loop {
            row(at);
            let mut axis = self.rank - 1;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                index[axis] += 1;
                let done = index[axis] == self.sizes[axis];
                for (at, stride) in at.iter_mut().zip(self.strides[axis]) {
                    *at = if done { *at + stride - stride * self.sizes[axis] } else { *at + stride };
                }
                if !done {
                    break;
                }
                index[axis] = 0;
            }
        }
    }
}

/// Returns the number of elements of `shape`.
pub fn len(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Returns the stride of `axis` in a contiguous tensor of `shape`.
pub fn stride(shape: &[usize], axis: usize) -> usize {
    len(&shape[axis + 1..])
}

/// Does the same, but returns 0 where the tensor is broadcast (its size is 1). `shape` may lack leading axes of the
/// `rank` axes.
pub fn broadcast_stride(shape: &[usize], rank: usize, axis: usize) -> usize {
    match (axis + shape.len()).checked_sub(rank) {
        Some(own) if shape[own] != 1 => stride(shape, own),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    #[test]
    fn rows_are_as_long_as_can_be() {
        let shape = [2, 3, 4, 5];
        let plain = StridedIter::new(&shape, |axis| [stride(&shape, axis)]);
        assert_eq!((plain.len(), plain.row_strides()), (120, [1]));
        // [2, 3, 4, 5] together with [3, 1, 1] has two outer axes over rows of 20.
        let other = [3, 1, 1];
        let iter = StridedIter::new(&shape, |axis| [stride(&shape, axis), broadcast_stride(&other, 4, axis)]);
        let mut rows = Vec::new();
        iter.rows(|at| rows.push(at));
        assert_eq!((iter.len(), iter.row_strides()), (20, [1, 0]));
        assert_eq!(rows, [[0, 0], [20, 1], [40, 2], [60, 0], [80, 1], [100, 2]]);
    }

    #[test]
    fn a_number_is_a_row() {
        let iter = StridedIter::new(&[1, 1], |_| [7]);
        let mut rows = 0;
        iter.rows(|at| rows += 1 + at[0]);
        assert_eq!((iter.len(), iter.row_strides(), rows), (1, [1], 1));
    }
}
