//! Dropout: each element is zero with probability `rate` in training, and the others are scaled by 1/(1 - rate), so that
//! nothing is left to do at inference.
//!
//! Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout", JMLR 15 (2014). The mask is not kept:
//! [`words`](crate::random::words) of the seed of the pass, `id` and the element's index give it again to the
//! backward pass, on any number of threads and any device. Element `i` of the batch has word `i % 64` of group `i / 64`
//! and stays when that is at least `rate·2³²`.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of dropout.
#[derive(Clone, Copy, Debug)]
pub struct DropoutOp {
    /// Probability of zero, from 0 to 1.
    pub rate: f32,
    /// Which dropout of the network this is: each draws numbers of its own.
    pub id: u32,
}

/// Which elements stay, and what they are multiplied by.
#[derive(Clone, Copy, Debug)]
pub struct Mask {
    /// Of the pass.
    pub seed: u64,
    /// Of the operation.
    pub id: u32,
    /// The smallest word whose element stays; up to 2³², which none reaches.
    pub threshold: u64,
    /// 1/(1 - rate), or 0 where nothing stays.
    pub scale: f32,
}

impl Mask {
    /// The threshold as a word. No word reaches 2³²: then the scale is 0.
    fn least(self) -> u32 {
        self.threshold.min(u64::from(u32::MAX)) as u32
    }
}

/// The kernels of dropout; forward and backward are the same product with the mask.
pub trait DropoutKernel: Storage {
    /// `y = mask·x`, set or added.
    fn dropout(&self, mask: Mask, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
    /// `x = mask·x`.
    fn dropout_in_place(&self, mask: Mask, x: Self::Mut<'_, f32>);
}

impl DropoutOp {
    fn mask<D: Device>(self, context: &Context<D>) -> Mask {
        Mask {
            seed: context.seed,
            id: self.id,
            threshold: (f64::from(self.rate) * 4_294_967_296.0) as u64,
            scale: if self.rate < 1.0 { 1.0 / (1.0 - self.rate) } else { 0.0 },
        }
    }
    /// `output = mask·input`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.dropout(self.mask(context), input.data(), output.into_data(), Write::Set);
    }
    /// `value = mask·value`.
    pub fn forward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, value: ViewMut<D, S>) {
        context.device.dropout_in_place(self.mask(context), value.into_data());
    }
    /// The gradient to the input.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        context.device.dropout(self.mask(context), d_output.data(), d_input.to.into_data(), d_input.write);
    }
    /// The gradient to the input, over the gradient to the output.
    pub fn backward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, d: ViewMut<D, S>) {
        context.device.dropout_in_place(self.mask(context), d.into_data());
    }
}
