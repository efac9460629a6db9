//! Reductions on CUDA.

use super::{ReduceKernel, Shapes};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, header, kernels};
use crate::ops::axes::cuda::{Axes, Batch, Rows, word};
use crate::ops::axes::{RANK, StridedIter, len};
use crate::tensor::Storage;
use crate::tensor::Write;

header!(HEADER = "reduce.cuh" with [crate::ops::axes::cuda::HEADER]);
kernels!(
    "reduce.cu" with [HEADER]:
    reduce_sum, reduce_max, reduce_max_count, reduce_max_backward, reduce_expand
);

arguments! {
    /// `Reduction` of `reduce.cuh`.
    pub(crate) struct Reduction { outputs: u32, length: u32, pieces: u32, piece: u32, lanes: u32 }
}

/// Threads that a GPU has work for.
const THREADS: usize = 1 << 17;
/// Elements of a thread, at least, before the work is cut into more pieces.
const LEAST: usize = 16;

/// A reduction and its axes: the first arguments of the kernels of `reduce.cuh`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reducing {
    pub plan: Reduction,
    pub kept: Axes,
    pub reduced: Axes,
}

impl Reducing {
    /// Over those axes of `sizes` that are not `kept`; `strides` says for an axis how far neighbours lie apart in two inputs,
    /// of which the first is read in order where it can be.
    pub fn new(sizes: &[usize], kept: impl Fn(usize) -> bool, strides: impl Fn(usize) -> [usize; 2]) -> Self {
        Reducing::planned(sizes, kept, strides, usize::MAX)
    }
    /// Over rows of `len` elements.
    pub fn rows(rows: usize, len: usize) -> Self {
        Reducing::new(&[rows, len], |axis| axis == 0, |axis| [[len, 1][axis]; 2])
    }
    fn planned(
        sizes: &[usize],
        kept: impl Fn(usize) -> bool,
        strides: impl Fn(usize) -> [usize; 2],
        most: usize,
    ) -> Self {
        let walk = |keep| {
            let (mut axes, mut own, mut rank) = ([0; RANK + 1], [1; RANK + 1], 0);
            for axis in (0..sizes.len()).filter(|&axis| sizes[axis] != 1 && kept(axis) == keep) {
                (axes[rank], own[rank]) = (axis, sizes[axis]);
                rank += 1;
            }
            StridedIter::<2>::new(&own[..rank], |axis| strides(axes[axis]))
        };
        let (kept, reduced) = (walk(true), walk(false));
        let (outputs, length) = (kept.elements(), reduced.elements());
        let side_by_side = kept.row_strides()[0] == 1 && kept.len() >= 32;
        let lanes = match length {
            _ if side_by_side => 1,
            0..=1024 => length.div_ceil(4).next_power_of_two().min(32),
            _ => 256,
        };
        let most = most.min(length.div_ceil(LEAST * lanes)).max(1);
        // Of nothing the sum is one piece too.
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
    /// In one piece, where the operation has its temporary memory already.
    pub fn at_once(mut self) -> Self {
        (self.plan.pieces, self.plan.piece) = (1, self.plan.length);
        self
    }
    /// The threads of its kernel.
    pub fn grid(&self) -> Grid {
        let items = self.plan.outputs as usize * self.plan.pieces as usize;
        match self.plan.lanes {
            0..=5 => Grid::each(items << self.plan.lanes),
            lanes => Grid::new(items.min(1 << 16), 1 << lanes),
        }
    }
    /// The numbers of all pieces, where there are several.
    fn room(&self) -> usize {
        if self.plan.pieces == 1 { 0 } else { self.plan.outputs as usize * self.plan.pieces as usize }
    }
    /// The reduction of the pieces.
    fn rest(&self) -> Self {
        let (outputs, pieces) = (self.plan.outputs as usize, self.plan.pieces as usize);
        Reducing::planned(&[outputs, pieces], |axis| axis == 0, |axis| [[pieces, 1][axis]; 2], 1)
    }
    /// A sum, of which `first` asks for the kernel: that writes to what it is given, times a number, set or added.
    pub fn sum(
        self,
        cuda: &Cuda,
        scale: f32,
        y: Mut<'_, f32>,
        write: Write,
        first: impl FnOnce(f32, Mut<'_, f32>, Write),
    ) {
        if self.room() == 0 {
            return first(scale, y, write);
        }
        self.sum_in(cuda, cuda.scratch(self.room()), scale, y, write, first);
    }
    /// [`Reducing::sum`], with memory for the pieces.
    fn sum_in(
        self,
        cuda: &Cuda,
        mut room: Mut<'_, f32>,
        scale: f32,
        y: Mut<'_, f32>,
        write: Write,
        first: impl FnOnce(f32, Mut<'_, f32>, Write),
    ) {
        if self.room() == 0 {
            return first(scale, y, write);
        }
        first(1.0, Cuda::reborrow(&mut room), Write::Set);
        sum_pieces(cuda, self.rest(), scale, Cuda::share(&room), y, write);
    }
}

/// The kernel of a sum of numbers.
fn sum_pieces(cuda: &Cuda, r: Reducing, scale: f32, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
    cuda.launch(&reduce_sum, r.grid(), (r.plan, r.kept, r.reduced, scale, x, y, write));
}

/// `y = scale·Σ x`, set or added.
pub(crate) fn sum(cuda: &Cuda, r: Reducing, scale: f32, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
    r.sum(cuda, scale, y, write, |scale, y, write| sum_pieces(cuda, r, scale, x, y, write));
}

/// `x = scale·y`, repeated where the walk over `x` says so; set or added.
pub(crate) fn repeat(cuda: &Cuda, walk: &StridedIter<1>, scale: f32, y: Ref<'_, f32>, x: Mut<'_, f32>, write: Write) {
    let rows = Rows::of(walk);
    cuda.launch(&reduce_expand, rows.grid(), (rows, Axes::outer(walk), scale, y, x, write));
}

impl Shapes {
    /// The reduction of a batch.
    fn reducing(self, samples: usize) -> Reducing {
        let (batch, rank) = (Batch::new(samples, self.from), self.from.len());
        Reducing::new(
            batch.sizes(),
            |axis| Batch::stride(self.to, rank, axis) != 0,
            |axis| [Batch::stride(self.from, rank, axis); 2],
        )
    }
    /// The walk over a batch of inputs; the positions are those in the output.
    fn repetition(self, samples: usize) -> StridedIter<1> {
        let (batch, rank) = (Batch::new(samples, self.from), self.from.len());
        StridedIter::new(batch.sizes(), |axis| [Batch::stride(self.to, rank, axis)])
    }
}

impl ReduceKernel for Cuda {
    fn reduce_sum(&self, s: Shapes, scale: f32, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        if !x.is_empty() {
            sum(self, s.reducing(x.len() / len(s.from)), scale, x, y, write);
        }
    }
    fn expand(&self, s: Shapes, scale: f32, y: Ref<'_, f32>, x: Mut<'_, f32>, write: Write) {
        if !x.is_empty() {
            repeat(self, &s.repetition(x.len() / len(s.from)), scale, y, x, write);
        }
    }
    fn reduce_max(&self, s: Shapes, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        if x.is_empty() {
            return;
        }
        let r = s.reducing(x.len() / len(s.from));
        let run = |r: Reducing, x: Ref<'_, f32>, y: Mut<'_, f32>| {
            self.launch(&reduce_max, r.grid(), (r.plan, r.kept, r.reduced, x, y));
        };
        if r.room() == 0 {
            return run(r, x, y);
        }
        let mut room = self.scratch(r.room());
        run(r, x, Cuda::reborrow(&mut room));
        run(r.rest(), Cuda::share(&room), y);
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
        let r = s.reducing(samples);
        let (mut counts, room) = Cuda::split_mut(self.scratch(y.len() + r.room()), y.len());
        r.sum_in(self, room, 1.0, Cuda::reborrow(&mut counts), Write::Set, |_, counts, _| {
            self.launch(&reduce_max_count, r.grid(), (r.plan, r.kept, r.reduced, x, y, counts));
        });
        let walk = s.repetition(samples);
        let rows = Rows::of(&walk);
        let arguments = (rows, Axes::outer(&walk), x, y, dy, counts, dx, write);
        self.launch(&reduce_max_backward, rows.grid(), arguments);
    }
}
