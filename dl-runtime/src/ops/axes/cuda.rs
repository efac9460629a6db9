//! Strided iteration for CUDA kernels; the device side is `axes.cuh`.

use super::{RANK, StridedIter, len};
use crate::device::cuda::{Argument, Grid, Packed, arguments, header};
use dl_core::ops::axes::broadcast_stride;

header!(HEADER = "axes.cuh");
/// Converts a size or stride within a sample to a kernel argument.
pub(crate) fn word(n: usize) -> u32 {
    u32::try_from(n).expect("fewer than 2³² elements")
}

/// The shape of a batch: the number of samples, followed by the axes of a sample.
pub(crate) struct Batch {
    sizes: [usize; RANK + 1],
    rank: usize,
}

impl Batch {
    pub fn new(samples: usize, shape: &[usize]) -> Self {
        assert!(shape.len() <= RANK, "at most {RANK} axes");
        let mut sizes = [samples; RANK + 1];
        sizes[1..=shape.len()].copy_from_slice(shape);
        Batch { sizes, rank: shape.len() + 1 }
    }
    pub fn sizes(&self) -> &[usize] {
        &self.sizes[..self.rank]
    }
    /// Returns the stride of `axis` in a batch of `shape`, broadcast where its size is 1, among samples of `rank` axes.
    pub fn stride(shape: &[usize], rank: usize, axis: usize) -> usize {
        axis.checked_sub(1).map_or(len(shape), |axis| broadcast_stride(shape, rank, axis))
    }
}

/// The sizes of axes and their strides in two tensors: `Axes` of `axes.cuh`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Axes {
    rank: usize,
    /// The stride within a row in each tensor.
    steps: [usize; 2],
    sizes: [usize; RANK],
    strides: [[usize; RANK]; 2],
}

impl Axes {
    fn new<const N: usize>(iter: &StridedIter<N>, rank: usize) -> Self {
        let mut axes = Axes { rank, ..Axes::default() };
        for axis in 0..rank {
            axes.sizes[axis] = iter.axes().0[axis];
            for tensor in 0..N {
                axes.strides[tensor][axis] = iter.axes().1[axis][tensor];
            }
        }
        axes
    }
    /// All axes of an iteration.
    pub fn all<const N: usize>(iter: &StridedIter<N>) -> Self {
        Axes::new(iter, iter.axes().0.len())
    }
    /// One axis of contiguous rows that begin `stride` apart.
    pub fn rows(rows: usize, stride: usize) -> Self {
        Axes { steps: [1; 2], ..Axes::all(&StridedIter::new(&[rows], |_| [stride])) }
    }
    /// All axes but the innermost, whose strides become the strides within a row.
    pub fn outer<const N: usize>(iter: &StridedIter<N>) -> Self {
        let mut axes = Axes::new(iter, iter.axes().0.len() - 1);
        for (step, stride) in axes.steps.iter_mut().zip(iter.row_strides()) {
            *step = stride;
        }
        axes
    }
}

impl Argument for Axes {
    fn pack(self, to: &mut Packed) {
        let [left, right] = self.strides;
        let head = [self.rank, self.steps[0], self.steps[1]];
        let mut words = [0; 3 + 3 * RANK];
        let all = head.into_iter().chain(self.sizes).chain(left).chain(right);
        words.iter_mut().zip(all).for_each(|(to, n)| *to = word(n));
        to.words(&words);
    }
}

arguments! {
    /// The distribution of rows over threads: `Rows` of `axes.cuh`.
    pub(crate) struct Rows { rows: u32, len: u32, stride: u32, chunks: u32, lanes: u32 }
}

impl Rows {
    /// Distributes `rows` rows of `len` elements, which begin `stride` apart.
    pub fn new(rows: usize, len: usize, stride: usize) -> Self {
        // Each thread gets four elements if there are enough, with at most 256 threads per row.
        let lanes = len.div_ceil(4).next_power_of_two().min(256);
        let chunks = len.div_ceil(4 * lanes);
        assert!(len < 1 << 31 && (rows * chunks) < 1 << 32, "{rows} rows of {len} elements");
        let lanes = lanes.trailing_zeros();
        Rows { rows: word(rows), len: word(len), stride: word(stride), chunks: word(chunks), lanes }
    }
    /// Distributes the rows of an iteration over a contiguous output.
    pub fn of<const N: usize>(iter: &StridedIter<N>) -> Self {
        let rows = iter.axes().0[..iter.axes().0.len() - 1].iter().product();
        Rows::new(rows, iter.len(), iter.len())
    }
    /// Returns the grid for all rows.
    pub fn grid(self) -> Grid {
        Grid::each((self.rows as usize * self.chunks as usize) << self.lanes)
    }
}
