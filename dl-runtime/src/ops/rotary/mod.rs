//! Rotary position embedding: pairs of features of every head are rotated by an angle that grows with the position of the row.
//!
//! Source: Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021. Feature `j` of the first half of a head and
//! feature `j` of the second half are a pair, as in Llama and GPT-NeoX: with `ω = base^(-2j/n)` and position `t`,
//! `y[j] = x[j]·cos(tω) - x[j + n/2]·sin(tω)` and `y[j + n/2] = x[j + n/2]·cos(tω) + x[j]·sin(tω)`. The gradient is rotated back.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::{Grad, Rows, Sequences, Storage, Streams, Write};
use crate::{Context, View, ViewMut};

/// The settings of a rotation.
#[derive(Clone, Copy, Debug)]
pub struct RotaryOp {
    /// The number of heads that are rotated; the features after them stay as they are.
    pub heads: usize,
    /// The number of features of a head, which is even.
    pub head_dim: usize,
    /// The base of the frequencies.
    pub base: f32,
}

/// One call, as kernels take it.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// The number of heads that are rotated.
    pub heads: usize,
    /// The number of features of a head.
    pub head_dim: usize,
    /// The base of the frequencies.
    pub base: f32,
    /// The length of a row.
    pub row: usize,
    /// True if rows are rotated back.
    pub back: bool,
}

/// The kernels of rotations.
pub trait RotaryKernel: Storage {
    /// `y` is `x`, rotated, set or added. The first row of a sample has the position `past`, or 0.
    fn rotate(
        &self,
        rotation: Rotation,
        sequences: Sequences<'_, Self>,
        past: Option<Streams<'_, Self>>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
        write: Write,
    );
    /// Rotates `x`, as [`RotaryKernel::rotate`].
    fn rotate_in_place(
        &self,
        rotation: Rotation,
        sequences: Sequences<'_, Self>,
        past: Option<Streams<'_, Self>>,
        x: Self::Mut<'_, f32>,
    );
}

impl Rotation {
    /// Returns the angle between neighbouring positions of pair `pair`, rounded as PyTorch's code for Llama does.
    pub(crate) fn frequency(self, pair: usize) -> f32 {
        f64::from(self.base).powf(-((2 * pair) as f64) / self.head_dim as f64) as f32
    }
}

impl RotaryOp {
    fn rotation<const N: usize>(self, back: bool) -> Rotation {
        let RotaryOp { heads, head_dim, base } = self;
        assert!(head_dim.is_multiple_of(2) && heads * head_dim <= N, "pairs of features for {self:?} in rows of {N}");
        Rotation { heads, head_dim, base, row: N, back }
    }
    /// Rotates the heads of every row by its position.
    pub fn forward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        let (x, y) = (input.data(), output.into_data());
        context.device.rotate(self.rotation::<N>(false), sequences, None, x, y, Write::Set);
    }
    /// Does the same in place.
    pub fn forward_in_place<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        value: ViewMut<D, S>,
    ) {
        context.device.rotate_in_place(self.rotation::<N>(false), sequences, None, value.into_data());
    }
    /// Computes the gradient to the input: that to the output, rotated back.
    pub fn backward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        let Grad { to, write } = d_input;
        context.device.rotate(self.rotation::<N>(true), sequences, None, d_output.data(), to.into_data(), write);
    }
    /// Does the same in place of the gradient to the output.
    pub fn backward_in_place<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        d: ViewMut<D, S>,
    ) {
        context.device.rotate_in_place(self.rotation::<N>(true), sequences, None, d.into_data());
    }
    /// Rotates new rows of streams, whose positions follow those of earlier steps.
    pub fn step<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        streams: Streams<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        let (x, y) = (input.data(), output.into_data());
        context.device.rotate(self.rotation::<N>(false), sequences, Some(streams), x, y, Write::Set);
    }
    /// Does the same in place.
    pub fn step_in_place<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        streams: Streams<D>,
        value: ViewMut<D, S>,
    ) {
        context.device.rotate_in_place(self.rotation::<N>(false), sequences, Some(streams), value.into_data());
    }
}
