//! Sums, means and maxima over axes.

use super::axes::{StridedIter, broadcast_stride};
use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The shapes of a reduction.
#[derive(Clone, Copy, Debug)]
pub struct Shapes {
    /// The shape of a sample of the input.
    pub from: &'static [usize],
    /// The shape of a sample of the output. It has the same rank (leading axes of size 1 may be left out), with size 1 along the
    /// reduced axes.
    pub to: &'static [usize],
}

/// `scale·Σ x` over some axes.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    /// The shapes of the input and the output.
    pub shapes: Shapes,
    /// The factor of the sum: 1 for a sum, 1/n for a mean.
    pub scale: f32,
}

/// The maximum over some axes; NaN if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Max {
    /// The shapes of the input and the output.
    pub shapes: Shapes,
}

impl Shapes {
    /// Iterates over a sample of the input, with offsets in the input and in the output.
    pub fn iter(self) -> StridedIter<2> {
        let rank = self.from.len();
        StridedIter::new(self.from, |axis| [self.from, self.to].map(|shape| broadcast_stride(shape, rank, axis)))
    }
    /// Writes `start` to the output, and then for each input what `f` makes of the output so far and the input.
    fn fold(self, x: &[f32], y: &mut [f32], start: f32, f: impl Fn(f32, f32) -> f32) {
        y.fill(start);
        let iter = self.iter();
        let (n, [_, step]) = (iter.len(), iter.row_strides());
        iter.rows(|[from, to]| {
            for (i, x) in x[from..from + n].iter().enumerate() {
                let y = &mut y[to + i * step];
                *y = f(*y, *x);
            }
        });
    }
}

impl Sum {
    /// `output = scale·Σ input`, `shapes.from` → `shapes.to`.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>, O: Pod<Element = f32>>(self, input: &S, output: &mut O) {
        let y = flat_mut(slice::from_mut(output));
        self.shapes.fold(flat(slice::from_ref(input)), y, 0.0, |sum, x| sum + x);
        y.iter_mut().for_each(|y| *y *= self.scale);
    }
}

impl Max {
    /// `output = max input`, `shapes.from` → `shapes.to`.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>, O: Pod<Element = f32>>(self, input: &S, output: &mut O) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        self.shapes.fold(x, y, f32::NEG_INFINITY, |max, x| if x > max || x.is_nan() { x } else { max });
    }
}
