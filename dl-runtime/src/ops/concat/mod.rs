//! Concatenation along an axis: `[outer, part 0, inner]`, `[outer, part 1, inner]`, … become `[outer, Σ parts, inner]`.
//! The gradient is split at the same positions.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of a concatenation, which is called once for every input, with the input's index.
#[derive(Clone, Copy, Debug)]
pub struct ConcatOp {
    /// The product of the dimensions before the axis.
    pub outer: usize,
    /// The size of each input along the axis.
    pub parts: &'static [usize],
    /// The product of the dimensions after the axis.
    pub inner: usize,
}

/// A range of every row of a batch: it begins at `start` in rows of `stride` elements.
#[derive(Clone, Copy, Debug)]
pub struct StridedCopy {
    /// The start of the range in a row.
    pub start: usize,
    /// The length of a row.
    pub stride: usize,
}

/// The kernel of operations that copy ranges of rows: concatenation and slices.
pub trait StridedCopyKernel: Storage {
    /// Copies a range of `len` elements of every row of `x` to the range in `y`, or adds it; the rest of `y` stays as
    /// it is.
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
    /// Returns the length of the range of input `k` in each row, and its place in the input and in the output.
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
    /// Checks that the types have the sizes of the settings.
    fn assert_sizes<S: Pod, O: Pod>(self, k: usize) {
        assert_eq!(S::LEN, self.outer * self.parts[k] * self.inner, "elements of input {k}");
        assert_eq!(O::LEN, self.outer * self.parts.iter().sum::<usize>() * self.inner, "elements of the output");
    }
    /// Copies input `k`, `[outer, parts[k], inner]`, to its place in the output, `[outer, Σ parts, inner]`.
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
    /// Computes the gradient to input `k`.
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
