//! A slice along an axis: `[outer, size, inner]` → `[outer, to - from, inner]`, what `concat` has joined cut out again.
//! The gradient to what is left out is 0.

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
    /// The first index that is kept.
    pub from: usize,
    /// The first index that is not kept any more.
    pub to: usize,
    /// Elements behind the axis: the product of the dimensions inside it.
    pub inner: usize,
}

impl SliceOp {
    /// Where the slice lies in the input and by itself, and how long its rows are.
    fn positions(self) -> (usize, StridedCopy, StridedCopy) {
        let len = (self.to - self.from) * self.inner;
        let input = StridedCopy { start: self.from * self.inner, stride: self.size * self.inner };
        (len, input, StridedCopy { start: 0, stride: len })
    }
    /// Checks that types and settings speak of the same shapes.
    fn assert_sizes<S: Pod, O: Pod>(self) {
        let (len, input, _) = self.positions();
        assert!(self.to <= self.size && S::LEN / input.stride * len == O::LEN, "sizes of a slice");
    }
    /// `output = input[.., from..to, ..]`.
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
    /// The gradient to the input; nothing is kept.
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
