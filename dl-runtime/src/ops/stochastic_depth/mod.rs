//! Stochastic depth: in training, a whole sample is zero with probability `rate`, and the others are scaled by 1/(1 - rate), so that
//! nothing is left to do at inference. At the end of a residual branch it leaves the branch out for some samples.
//!
//! Source: Huang, Sun, Liu, Sedra, Weinberger, "Deep networks with stochastic depth", ECCV 2016; torchvision's
//! `StochasticDepth(mode="row")`. The draws are not kept: [`words`](crate::random::words) of the seed of the pass, `id` and the
//! sample's index give them again to the backward pass, on any number of threads and any device. Sample `i` has word `i % 64` of
//! group `i / 64` and stays when that is at least `rate·2³²`.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::{Grad, Sequences, Storage, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of stochastic depth.
#[derive(Clone, Copy, Debug)]
pub struct StochasticDepthOp {
    /// The probability that a sample is set to 0, from 0 to 1.
    pub rate: f32,
    /// The index of the operation in the network; operations with different indices draw different numbers.
    pub id: u32,
}

/// Stochastic depth of sequences with the same settings: the rows of a sample share its draw.
#[derive(Clone, Copy, Debug)]
pub struct StochasticDepthOverTimeOp {
    /// As in [`StochasticDepthOp`].
    pub rate: f32,
    /// As in [`StochasticDepthOp`].
    pub id: u32,
}

/// The samples that stay, and what they are multiplied by.
#[derive(Clone, Copy, Debug)]
pub struct SampleMask {
    /// The seed of the pass.
    pub seed: u64,
    /// The index of the operation.
    pub id: u32,
    /// The smallest word whose sample stays.
    pub threshold: u32,
    /// 1/(1 - rate), or 0 where nothing stays.
    pub scale: f32,
}

/// The kernel of stochastic depth; forward and backward are the same product with the mask.
pub trait StochasticDepthKernel: Storage {
    /// `y = mask·x`, set or added, with one factor for all rows of a sample; a row has `row` numbers.
    fn scale_samples(
        &self,
        mask: SampleMask,
        sequences: Sequences<'_, Self>,
        row: usize,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl StochasticDepthOp {
    fn mask<D: Device>(self, context: &Context<D>) -> SampleMask {
        // No word reaches 2³², the threshold of the rate 1, at which the scale is 0 anyway.
        let threshold = (f64::from(self.rate) * 4_294_967_296.0).min(f64::from(u32::MAX)) as u32;
        let scale = if self.rate < 1.0 { 1.0 / (1.0 - self.rate) } else { 0.0 };
        SampleMask { seed: context.seed, id: self.id, threshold, scale }
    }
    /// `output = mask·input`, `S` → `S`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        // A sample is one row.
        let sequences = Sequences::equal(input.len(), 1);
        let (x, y) = (input.data(), output.into_data());
        context.device.scale_samples(self.mask(context), sequences, S::LEN, x, y, Write::Set);
    }
    /// Computes the gradient to the input, with the mask of the forward pass.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        let sequences = Sequences::equal(d_output.len(), 1);
        let (dy, dx) = (d_output.data(), d_input.to.into_data());
        context.device.scale_samples(self.mask(context), sequences, S::LEN, dy, dx, d_input.write);
    }
}

impl StochasticDepthOverTimeOp {
    fn mask<D: Device>(self, context: &Context<D>) -> SampleMask {
        StochasticDepthOp { rate: self.rate, id: self.id }.mask(context)
    }
    /// `output = mask·input` for sequences, whose rows are `S`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        let (x, y) = (input.data(), output.into_data());
        context.device.scale_samples(self.mask(context), sequences, S::LEN, x, y, Write::Set);
    }
    /// Computes the gradient to the input, with the mask of the forward pass.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        let (dy, dx) = (d_output.data(), d_input.to.into_data());
        context.device.scale_samples(self.mask(context), sequences, S::LEN, dy, dx, d_input.write);
    }
}
