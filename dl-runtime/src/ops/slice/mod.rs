//! A slice along an axis: `[outer, size, inner]` → `[outer, to - from, inner]`, the inverse of `concat`. The gradient
//! to elements outside of the slice is 0.

#[cfg(test)]
mod tests;

use super::concat::StridedCopy;
use crate::ops::Device;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of a slice.
#[derive(Clone, Copy, Debug)]
pub struct SliceOp {
    /// The size of the input along the axis.
    pub size: usize,
    /// The first index of the slice.
    pub from: usize,
    /// The first index after the slice.
    pub to: usize,
    /// The product of the dimensions after the axis.
    pub inner: usize,
}

impl SliceOp {
    /// Returns the length of the slice in each row, and its place in the input and in the output.
    fn positions(self) -> (usize, StridedCopy, StridedCopy) {
        let len = (self.to - self.from) * self.inner;
        let input = StridedCopy { start: self.from * self.inner, stride: self.size * self.inner };
        (len, input, StridedCopy { start: 0, stride: len })
    }
    /// Checks that the types have the sizes of the settings.
    fn assert_sizes<S: Pod, O: Pod>(self) {
        let (len, input, _) = self.positions();
        assert!(self.to <= self.size && S::LEN / input.stride * len == O::LEN, "sizes of a slice");
    }
    /// `output = input[.., from..to, ..]`, `[outer, size, inner]` → `[outer, to - from, inner]`.
    pub fn forward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, O>,
    ) {
        self.assert_sizes::<S, O>();
        let (len, from, to) = self.positions();
        context.device.copy_strided(len, from, input.data(), to, output.into_data(), Write::Set);
    }
    /// Computes the gradient to the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, O>,
        d_input: Grad<D, S>,
    ) {
        self.assert_sizes::<S, O>();
        let (len, to, from) = self.positions();
        let mut dx = d_input.to.into_data();
        if d_input.write == Write::Set {
            context.device.clear(D::reborrow(&mut dx));
        }
        context.device.copy_strided(len, from, d_output.data(), to, dx, d_input.write);
    }
}
