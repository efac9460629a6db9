//! Dropout: in training, each element becomes zero with probability `rate`, and the others are scaled by 1/(1 - rate),
//! so that inference needs no scaling.
//!
//! Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout", JMLR 15 (2014). The mask is not stored.
//! The backward pass computes it again from the seed of the pass, `id` and the element's index by
//! [`words`](crate::random::words), with the same result on any number of threads and any device. Element `i` of the
//! batch has word `i % 64` of group `i / 64`, and is kept if that is at least `rate·2³²`.

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

/// The settings of dropout.
#[derive(Clone, Copy, Debug)]
pub struct DropoutOp {
    /// The probability that an element becomes zero, from 0 to 1.
    pub rate: f32,
    /// The number of this operation in the network. Operations with different numbers draw different masks.
    pub id: u32,
}

/// The mask of a pass: the factor of every element is `scale` or 0.
#[derive(Clone, Copy, Debug)]
pub struct Mask {
    /// The seed of the pass.
    pub seed: u64,
    /// The number of the operation.
    pub id: u32,
    /// The smallest word whose element is kept; at most 2³², which no word reaches.
    pub threshold: u64,
    /// 1/(1 - rate), or 0 if no element is kept.
    pub scale: f32,
}

impl Mask {
    /// Returns the threshold as a word. 2³² becomes 2³² - 1, which makes no difference, because the scale is then 0.
    fn word_threshold(self) -> u32 {
        self.threshold.min(u64::from(u32::MAX)) as u32
    }
}

/// The kernels of dropout. Forward and backward are the same product with the mask.
pub trait DropoutKernel: Storage {
    /// `y = mask·x`, or `+=` with [`Write::Add`].
    fn dropout(&self, mask: Mask, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
    /// `x = mask·x`.
    fn dropout_in_place(&self, mask: Mask, x: Self::Mut<'_, f32>);
}

impl DropoutOp {
    /// Returns the mask of a pass.
    pub(in crate::ops) fn mask<D: Device>(self, context: &Context<D>) -> Mask {
        Mask {
            seed: context.seed,
            id: self.id,
            threshold: (f64::from(self.rate) * 4_294_967_296.0) as u64,
            scale: if self.rate < 1.0 { 1.0 / (1.0 - self.rate) } else { 0.0 },
        }
    }
    /// `output = mask·input`, elementwise on any shape.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.dropout(self.mask(context), input.data(), output.into_data(), Write::Set);
    }
    /// `value = mask·value`, elementwise on any shape.
    pub fn forward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, value: ViewMut<D, S>) {
        context.device.dropout_in_place(self.mask(context), value.into_data());
    }
    /// Computes the gradient to the input, `mask·d_output`.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        context.device.dropout(self.mask(context), d_output.data(), d_input.to.into_data(), d_input.write);
    }
    /// Computes the gradient to the input in place of the gradient to the output: `d = mask·d`.
    pub fn backward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, d: ViewMut<D, S>) {
        context.device.dropout_in_place(self.mask(context), d.into_data());
    }
}
