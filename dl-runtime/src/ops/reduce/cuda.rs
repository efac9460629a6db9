//! Reductions on CUDA.

use super::{ReduceKernel, Shapes};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, header, kernels};
use crate::ops::axes::cuda::{Axes, Batch, Rows, word};
use crate::ops::axes::{RANK, StridedIter, len};
use crate::tensor::Storage;
use crate::tensor::Write;

header!(HEADER = "reduce.cuh" with [crate::ops::axes::cuda::HEADER]);
kernels!(
    "reduce.cu" with [crate::device::cuda::headers::EXTENSION, HEADER]:
    reduce_sum(r, kept, reduced, scale, x, y, add),
    reduce_max(r, kept, reduced, x, y),
    reduce_max_count(r, kept, reduced, x, y, counts),
    reduce_max_backward(rows, axes, x, y, dy, counts, dx, add),
    reduce_expand(rows, axes, scale, y, x, add; Slope(x)),
);

arguments! {
    /// `Reduction` of `reduce.cuh`.
    pub(crate) struct Reduction { outputs: u32, length: u32, pieces: u32, piece: u32, lanes: u32 }
}

/// So many threads fill a GPU.
const THREADS: usize = 1 << 17;
/// The smallest number of elements per thread; a reduction is not split into more pieces below that.
const MIN_PER_THREAD: usize = 16;

/// A reduction and its axes, which are the first arguments of the kernels of `reduce.cuh`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reducing {
    pub plan: Reduction,
    pub kept: Axes,
    pub reduced: Axes,
}

impl Reducing {
    /// Plans a reduction over those axes of `sizes` that are not `kept`. `strides` returns the strides of an axis in
    /// two inputs; the first input is read contiguously where possible.
    pub fn new(sizes: &[usize], kept: impl Fn(usize) -> bool, strides: impl Fn(usize) -> [usize; 2]) -> Self {
        Reducing::planned(sizes, kept, strides, usize::MAX)
    }
    /// Plans the reduction of rows of `len` elements.
    pub fn rows(rows: usize, len: usize) -> Self {
        Reducing::new(&[rows, len], |axis| axis == 0, |axis| [[len, 1][axis]; 2])
    }
    fn planned(
        sizes: &[usize],
        kept: impl Fn(usize) -> bool,
        strides: impl Fn(usize) -> [usize; 2],
        most: usize,
    ) -> Self {
        let iter = |keep| {
            let (mut axes, mut own, mut rank) = ([0; RANK + 1], [1; RANK + 1], 0);
            for axis in (0..sizes.len()).filter(|&axis| sizes[axis] != 1 && kept(axis) == keep) {
                (axes[rank], own[rank]) = (axis, sizes[axis]);
                rank += 1;
            }
            StridedIter::<2>::new(&own[..rank], |axis| strides(axes[axis]))
        };
        let (kept, reduced) = (iter(true), iter(false));
        let (outputs, length) = (kept.elements(), reduced.elements());
        let contiguous = kept.row_strides()[0] == 1 && kept.len() >= 32;
        let lanes = match length {
            _ if contiguous => 1,
            0..=1024 => length.div_ceil(4).next_power_of_two().min(32),
            _ => 256,
        };
        let most = most.min(length.div_ceil(MIN_PER_THREAD * lanes)).max(1);
        // An empty sum has one piece, too.
        let piece = length.div_ceil((THREADS / (outputs * lanes).max(1)).clamp(1, most)).max(1);
        let pieces = length.div_ceil(piece).max(1);
        assert!(outputs * pieces < 1 << 32, "{outputs} outputs of a reduction");
        let plan = Reduction {
            outputs: word(outputs),
            length: word(length),
            pieces: word(pieces),
            piece: word(piece),
            lanes: lanes.trailing_zeros(),
        };
        Reducing { plan, kept: Axes::all(&kept), reduced: Axes::all(&reduced) }
    }
    /// Plans the reduction in one piece, for an operation that already uses the workspace.
    pub fn at_once(mut self) -> Self {
        (self.plan.pieces, self.plan.piece) = (1, self.plan.length);
        self
    }
    /// Returns the grid of its kernel.
    pub fn grid(&self) -> Grid {
        let items = self.plan.outputs as usize * self.plan.pieces as usize;
        match self.plan.lanes {
            0..=5 => Grid::each(items << self.plan.lanes),
            lanes => Grid::new(items.min(1 << 16), 1 << lanes),
        }
    }
    /// Returns the workspace for the results of the pieces, in numbers; 0 if there is only one piece.
    fn workspace(&self) -> usize {
        if self.plan.pieces == 1 { 0 } else { self.plan.outputs as usize * self.plan.pieces as usize }
    }
    /// Plans the reduction of the pieces' results.
    fn second_pass(&self) -> Self {
        let (outputs, pieces) = (self.plan.outputs as usize, self.plan.pieces as usize);
        Reducing::planned(&[outputs, pieces], |axis| axis == 0, |axis| [[pieces, 1][axis]; 2], 1)
    }
    /// Computes a sum. `first(scale, y, write)` must launch the kernel that writes the sums (times `scale`) to `y`, set
    /// or added. If there are several pieces, it writes their sums to the workspace, and a second kernel adds those.
    pub fn sum(
        self,
        cuda: &Cuda,
        scale: f32,
        y: Mut<'_, f32>,
        write: Write,
        first: impl FnOnce(f32, Mut<'_, f32>, Write),
    ) {
        if self.workspace() == 0 {
            return first(scale, y, write);
        }
        self.sum_in(cuda, cuda.scratch(self.workspace()), scale, y, write, first);
    }
    /// Does the same as [`Reducing::sum`], in a given workspace.
    fn sum_in(
        self,
        cuda: &Cuda,
        mut workspace: Mut<'_, f32>,
        scale: f32,
        y: Mut<'_, f32>,
        write: Write,
        first: impl FnOnce(f32, Mut<'_, f32>, Write),
    ) {
        if self.workspace() == 0 {
            return first(scale, y, write);
        }
        first(1.0, Cuda::reborrow(&mut workspace), Write::Set);
        sum_pieces(cuda, self.second_pass(), scale, Cuda::share(&workspace), y, write);
    }
}

/// Launches the kernel that sums numbers.
fn sum_pieces(cuda: &Cuda, r: Reducing, scale: f32, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
    cuda.launch(r.grid(), reduce_sum { r: r.plan, kept: r.kept, reduced: r.reduced, scale, x, y, add: write });
}

/// `y = scale·Σ x`, or `+=` with [`Write::Add`].
pub(crate) fn sum(cuda: &Cuda, r: Reducing, scale: f32, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
    r.sum(cuda, scale, y, write, |scale, y, write| sum_pieces(cuda, r, scale, x, y, write));
}

/// `x = scale·y`, repeated where the iteration over `x` has stride 0; or `+=` with [`Write::Add`].
pub(crate) fn repeat(cuda: &Cuda, iter: &StridedIter<1>, scale: f32, y: Ref<'_, f32>, x: Mut<'_, f32>, write: Write) {
    let rows = Rows::of(iter);
    cuda.launch(rows.grid(), reduce_expand { rows, axes: Axes::outer(iter), scale, y, x, add: write });
}

/// Plans the reduction of a batch.
fn reducing(s: Shapes, samples: usize) -> Reducing {
    let (batch, rank) = (Batch::new(samples, s.from), s.from.len());
    let stride = |axis| [Batch::stride(s.from, rank, axis); 2];
    Reducing::new(batch.sizes(), |axis| Batch::stride(s.to, rank, axis) != 0, stride)
}

/// Iterates over a batch of inputs, with offsets in the output.
fn repetition(s: Shapes, samples: usize) -> StridedIter<1> {
    let (batch, rank) = (Batch::new(samples, s.from), s.from.len());
    StridedIter::new(batch.sizes(), |axis| [Batch::stride(s.to, rank, axis)])
}

impl ReduceKernel for Cuda {
    fn reduce_sum(&self, s: Shapes, scale: f32, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        if !x.is_empty() {
            sum(self, reducing(s, x.len() / len(s.from)), scale, x, y, write);
        }
    }
    fn expand(&self, s: Shapes, scale: f32, y: Ref<'_, f32>, x: Mut<'_, f32>, write: Write) {
        if !x.is_empty() {
            repeat(self, &repetition(s, x.len() / len(s.from)), scale, y, x, write);
        }
    }
    fn reduce_max(&self, s: Shapes, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        if x.is_empty() {
            return;
        }
        let r = reducing(s, x.len() / len(s.from));
        let run = |r: Reducing, x: Ref<'_, f32>, y: Mut<'_, f32>| {
            self.launch(r.grid(), reduce_max { r: r.plan, kept: r.kept, reduced: r.reduced, x, y });
        };
        if r.workspace() == 0 {
            return run(r, x, y);
        }
        let mut workspace = self.scratch(r.workspace());
        run(r, x, Cuda::reborrow(&mut workspace));
        run(r.second_pass(), Cuda::share(&workspace), y);
    }
    fn reduce_max_backward(
        &self,
        s: Shapes,
        x: Ref<'_, f32>,
        y: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        if x.is_empty() {
            return;
        }
        let samples = x.len() / len(s.from);
        let r = reducing(s, samples);
        let (mut counts, workspace) = Cuda::split_mut(self.scratch(y.len() + r.workspace()), y.len());
        r.sum_in(self, workspace, 1.0, Cuda::reborrow(&mut counts), Write::Set, |_, counts, _| {
            self.launch(r.grid(), reduce_max_count { r: r.plan, kept: r.kept, reduced: r.reduced, x, y, counts });
        });
        let iter = repetition(s, samples);
        let rows = Rows::of(&iter);
        let arguments = reduce_max_backward { rows, axes: Axes::outer(&iter), x, y, dy, counts, dx, add: write };
        self.launch(rows.grid(), arguments);
    }
}
