//! Transpositions on CUDA.

use super::{Direction, TransposeKernel, TransposeOp};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, kernels};
use crate::ops::axes::cuda::{Axes, Batch, Rows, word};
use crate::ops::axes::{RANK, StridedIter, len, stride};
use crate::tensor::Write;

kernels!(
    "transpose.cu" with [crate::ops::axes::cuda::HEADER]:
    transpose_rows(rows, axes, x, y, add),
    transpose_tiles(t, others, x, y, add),
);

arguments! {
    /// `Tiles` of `transpose.cu`.
    struct Tiles { across: u32, across_stride: u32, along: u32, along_stride: u32, others: u32 }
}

/// The length of both axes from which on tiles of 32 by 32 are faster.
const LONG: usize = 16;

impl TransposeKernel for Cuda {
    fn transpose(&self, op: TransposeOp, direction: Direction, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        if x.is_empty() {
            return;
        }
        let order = op.order(direction);
        let (sizes, strides) = (&order.sizes[..op.axes.len()], &order.strides);
        let batch = Batch::new(x.len() / len(op.shape), sizes);
        // The axis of samples has the same stride in both.
        let iter = StridedIter::new(batch.sizes(), |axis| match axis {
            0 => [len(sizes)],
            axis => [strides[axis - 1]],
        });
        match tiles(&iter) {
            Some((tiles, others)) => {
                let blocks = [tiles.across, tiles.along].map(|n| n.div_ceil(32) as usize);
                let blocks = tiles.others as usize * blocks[0] * blocks[1];
                assert!(blocks < 1 << 31, "{blocks} tiles of a transposition");
                self.launch(
                    Grid::new(blocks.min(1 << 16), 256),
                    transpose_tiles { t: tiles, others, x, y, add: write },
                );
            }
            None => {
                let rows = Rows::of(&iter);
                self.launch(rows.grid(), transpose_rows { rows, axes: Axes::outer(&iter), x, y, add: write });
            }
        }
    }
}

/// Returns the innermost axes of the two tensors as tiles, and the other axes; `None` if the innermost axes are the
/// same, or short.
fn tiles(iter: &StridedIter<1>) -> Option<(Tiles, Axes)> {
    let (sizes, strides) = iter.axes();
    let along = sizes.len() - 1;
    let across = strides.iter().position(|&[stride]| stride == 1)?;
    if across == along || sizes[across] < LONG || sizes[along] < LONG {
        return None;
    }
    let (mut others, mut rank) = ([(1, [0; 2]); RANK], 0);
    for axis in (0..along).filter(|&axis| axis != across) {
        others[rank] = (sizes[axis], [strides[axis][0], stride(sizes, axis)]);
        rank += 1;
    }
    let sizes_of: [usize; RANK] = others.map(|(size, _)| size);
    let iter = StridedIter::<2>::new(&sizes_of[..rank], |axis| others[axis].1);
    let tiles = Tiles {
        across: word(sizes[across]),
        across_stride: word(stride(sizes, across)),
        along: word(sizes[along]),
        along_stride: word(strides[along][0]),
        others: word(iter.elements()),
    };
    Some((tiles, Axes::all(&iter)))
}
