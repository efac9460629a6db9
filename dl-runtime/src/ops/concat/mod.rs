//! Concatenation along an axis: `[outer, part 0, inner]`, `[outer, part 1, inner]`, … side by side as
//! `[outer, Σ parts, inner]`. Its gradient is cut in the same positions.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of a concatenation; called once for every input, with its number.
#[derive(Clone, Copy, Debug)]
pub struct ConcatOp {
    /// Elements before the axis: the product of the dimensions outside it.
    pub outer: usize,
    /// The size of each input along the axis.
    pub parts: &'static [usize],
    /// Elements behind the axis: the product of the dimensions inside it.
    pub inner: usize,
}

/// A stretch of every row of a batch: rows of `stride` elements, of which `len` from `start` on are meant.
#[derive(Clone, Copy, Debug)]
pub struct StridedCopy {
    /// Where it begins in a row.
    pub start: usize,
    /// Length of a row.
    pub stride: usize,
}

/// The kernel of operations that move stretches of rows: concatenation and slices.
pub trait StridedCopyKernel: Storage {
    /// Every row's stretch of `len` elements of `x` goes to that of `y`, set or added; the rest of `y` stays.
    fn copy_strided(
        &self,
        len: usize,
        from: StridedCopy,
        x: Self::Ref<'_, f32>,
        to: StridedCopy,
        y: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl ConcatOp {
    /// Where input `k` lies by itself and in the output, and how long its rows are.
    fn block(self, k: usize) -> (usize, StridedCopy, StridedCopy) {
        let before: usize = self.parts[..k].iter().sum();
        let all: usize = self.parts.iter().sum();
        let len = self.parts[k] * self.inner;
        (
            len,
            StridedCopy { start: 0, stride: len },
            StridedCopy { start: before * self.inner, stride: all * self.inner },
        )
    }
    /// Checks that types and settings speak of the same shapes.
    fn assert_sizes<S: Pod, O: Pod>(self, k: usize) {
        assert_eq!(S::LEN, self.outer * self.parts[k] * self.inner, "elements of input {k}");
        assert_eq!(O::LEN, self.outer * self.parts.iter().sum::<usize>() * self.inner, "elements of the output");
    }
    /// Copies input `k` to its place in the output.
    pub fn forward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        k: usize,
        input: View<D, S>,
        output: ViewMut<D, O>,
    ) {
        self.assert_sizes::<S, O>(k);
        let (len, from, to) = self.block(k);
        context.device.copy_strided(len, from, input.data(), to, output.into_data(), Write::Set);
    }
    /// The gradient to input `k`.
    pub fn backward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        k: usize,
        d_output: View<D, O>,
        d_input: Grad<D, S>,
    ) {
        self.assert_sizes::<S, O>(k);
        let (len, to, from) = self.block(k);
        context.device.copy_strided(len, from, d_output.data(), to, d_input.to.into_data(), d_input.write);
    }
}
