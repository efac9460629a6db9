//! Transposition: permutes the axes of a sample, as NumPy's `transpose` and PyTorch's `permute`. Its gradient is the
//! inverse transposition.

mod blocks;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use super::axes::{RANK, len, stride};
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of a transposition.
#[derive(Clone, Copy, Debug)]
pub struct TransposeOp {
    /// The shape of an input sample.
    pub shape: &'static [usize],
    /// For each axis of the output, the corresponding axis of the input.
    pub axes: &'static [usize],
}

/// The direction of a transposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the axes of the input to those of the output: the forward pass.
    Forward,
    /// From the axes of the output back to those of the input: the gradient.
    Inverse,
}

/// The axes of a sample in the order in which they are written.
struct Order {
    sizes: [usize; RANK],
    /// The strides of these axes in the tensor that is read.
    strides: [usize; RANK],
}

/// The kernel of transpositions.
pub trait TransposeKernel: Storage {
    /// `y` is `x` with its axes permuted, or `y += …` with [`Write::Add`].
    fn transpose(
        &self,
        op: TransposeOp,
        direction: Direction,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl TransposeOp {
    fn order(self, direction: Direction) -> Order {
        assert!(self.axes.len() <= RANK, "at most {RANK} axes");
        // The sizes of the output, and for each axis of the input the corresponding axis of the output.
        let (mut sizes, mut inverse) = ([1; RANK], [0; RANK]);
        for (i, &axis) in self.axes.iter().enumerate() {
            (sizes[i], inverse[axis]) = (self.shape[axis], i);
        }
        let mut order = Order { sizes, strides: [0; RANK] };
        for ((to, &from), &axis) in order.strides.iter_mut().zip(self.axes).zip(&inverse) {
            *to = match direction {
                Direction::Forward => stride(self.shape, from),
                Direction::Inverse => stride(&sizes[..self.axes.len()], axis),
            };
        }
        if direction == Direction::Inverse {
            order.sizes[..self.shape.len()].copy_from_slice(self.shape);
        }
        order
    }
    /// `output[.., i, .., j, ..] = input[.., j, .., i, ..]`: axis `i` of the output is axis `axes[i]` of the input.
    pub fn forward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, O>,
    ) {
        assert!(S::LEN == len(self.shape) && S::LEN == O::LEN, "sizes of a transposition");
        context.device.transpose(self, Direction::Forward, input.data(), output.into_data(), Write::Set);
    }
    /// Computes the gradient to the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, S: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, O>,
        d_input: Grad<D, S>,
    ) {
        assert!(S::LEN == len(self.shape) && S::LEN == O::LEN, "sizes of a transposition");
        context.device.transpose(self, Direction::Inverse, d_output.data(), d_input.to.into_data(), d_input.write);
    }
}
