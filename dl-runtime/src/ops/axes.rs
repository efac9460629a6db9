//! Walks over several tensors at once whose axes lie differently: transposed, broadcast or summed over.

#[cfg(feature = "cuda")]
pub(crate) mod cuda;

/// The most axes that a walk has after those that lie alike are joined.
pub const RANK: usize = 8;

/// An index space and where each of `N` tensors has its elements: row by row, where a row is the innermost axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StridedIter<const N: usize> {
    rank: usize,
    sizes: [usize; RANK],
    /// Of every axis, the distance between neighbours in each tensor; 0 where a tensor is broadcast.
    strides: [[usize; N]; RANK],
}

impl<const N: usize> StridedIter<N> {
    /// Over `sizes`; `strides` says for an axis how far neighbours lie apart in each tensor. Axes that lie alike in all
    /// tensors become one, so that rows are as long as can be.
    pub fn new(sizes: &[usize], strides: impl Fn(usize) -> [usize; N]) -> Self {
        let mut walk = StridedIter { rank: 0, sizes: [1; RANK], strides: [[1; N]; RANK] };
        for (axis, &size) in sizes.iter().enumerate().filter(|(_, size)| **size != 1) {
            let here = strides(axis);
            let mut joined = walk.rank > 0;
            for (outer, inner) in walk.strides[walk.rank.saturating_sub(1)].iter().zip(here) {
                joined &= *outer == inner * size;
            }
            if joined {
                walk.sizes[walk.rank - 1] *= size;
                walk.strides[walk.rank - 1] = here;
            } else {
                assert!(walk.rank < RANK, "at most {RANK} axes that lie differently");
                (walk.sizes[walk.rank], walk.strides[walk.rank]) = (size, here);
                walk.rank += 1;
            }
        }
        // A single number is a row too.
        walk.rank = walk.rank.max(1);
        walk
    }
    /// Sizes and distances of all axes.
    #[cfg(feature = "cuda")]
    pub fn axes(&self) -> (&[usize], &[[usize; N]]) {
        (&self.sizes[..self.rank], &self.strides[..self.rank])
    }
    /// Elements of the index space.
    #[cfg(feature = "cuda")]
    pub fn elements(&self) -> usize {
        self.sizes[..self.rank].iter().product()
    }
    /// Length of a row.
    pub fn len(&self) -> usize {
        self.sizes[self.rank - 1]
    }
    /// Distance between neighbours of a row in each tensor.
    pub fn row_strides(&self) -> [usize; N] {
        self.strides[self.rank - 1]
    }
    /// Calls `row` with the place of each row's first element in each tensor, in the order of the index space.
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

/// Number of elements of `shape`.
pub(crate) fn len(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Distance between neighbours along `axis` of a tensor of `shape` that lies without gaps.
pub(crate) fn stride(shape: &[usize], axis: usize) -> usize {
    len(&shape[axis + 1..])
}

/// The same, and 0 where the tensor is repeated: where its size is 1. `shape` has leading ones left out.
pub(crate) fn broadcast_stride(shape: &[usize], rank: usize, axis: usize) -> usize {
    match (axis + shape.len()).checked_sub(rank) {
        Some(own) if shape[own] != 1 => stride(shape, own),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_long_as_can_be() {
        let shape = [2, 3, 4, 5];
        let plain = StridedIter::new(&shape, |axis| [stride(&shape, axis)]);
        assert_eq!((plain.len(), plain.row_strides()), (120, [1]));
        // [2, 3, 4, 5] beside [3, 1, 1]: two axes of rows of 20.
        let other = [3, 1, 1];
        let walk = StridedIter::new(&shape, |axis| [stride(&shape, axis), broadcast_stride(&other, 4, axis)]);
        let mut rows = Vec::new();
        walk.rows(|at| rows.push(at));
        assert_eq!((walk.len(), walk.row_strides()), (20, [1, 0]));
        assert_eq!(rows, [[0, 0], [20, 1], [40, 2], [60, 0], [80, 1], [100, 2]]);
    }

    #[test]
    fn a_number_is_a_row() {
        let walk = StridedIter::new(&[1, 1], |_| [7]);
        let mut rows = 0;
        walk.rows(|at| rows += 1 + at[0]);
        assert_eq!((walk.len(), walk.row_strides(), rows), (1, [1], 1));
    }
}
