//! Axes in another order.

use super::axes::{RANK, StridedIter, stride};
use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The settings of a transposition.
#[derive(Clone, Copy, Debug)]
pub struct TransposeOp {
    /// The shape of the input.
    pub shape: &'static [usize],
    /// For each axis of the output, the corresponding axis of the input.
    pub axes: &'static [usize],
}

impl TransposeOp {
    /// `output` is `input` with its axes in the new order.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>, O: Pod<Element = f32>>(self, input: &S, output: &mut O) {
        transpose(self, flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
    }
}

fn transpose(op: TransposeOp, x: &[f32], y: &mut [f32]) {
    let mut sizes = [1; RANK];
    op.axes.iter().zip(&mut sizes).for_each(|(axis, size)| *size = op.shape[*axis]);
    let iter = StridedIter::new(&sizes[..op.axes.len()], |axis| [stride(op.shape, op.axes[axis])]);
    let (n, [step]) = (iter.len(), iter.row_strides());
    let mut rows = y.chunks_exact_mut(n.max(1));
    iter.rows(|[at]| {
        if let Some(y) = rows.next() {
            y.iter_mut().enumerate().for_each(|(i, y)| *y = x[at + i * step]);
        }
    });
}
