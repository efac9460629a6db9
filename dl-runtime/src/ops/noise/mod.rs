//! Normal random numbers: as a tensor of their own ([`RandomNormal`], the ε of a reparameterisation `mean + σ·ε`), or
//! added to a tensor in training ([`GaussianNoise`], as in Keras).
//!
//! Source of the reparameterisation: Kingma, Welling, "Auto-encoding variational Bayes", ICLR 2014. Element `i` of the
//! batch is made from word `i % 64` of group `i / 64` of [`words`](crate::random::words), so the numbers depend only on
//! the seed of the pass, on `id` and on the index.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::Activation;
use crate::ops::Device;
use crate::random::Purpose;
use crate::tensor::Grad;
use crate::tensor::Storage;
use crate::{Context, Pod, View, ViewMut};

/// Noise with the shape of its operand: mean 0 and variance 1 in training, zeros at inference. No gradient flows to the
/// operand.
#[derive(Clone, Copy, Debug)]
pub struct RandomNormal {
    /// The index of the operation in the network; operations with different indices draw different numbers.
    pub id: u32,
}

/// Adds noise to the operand in training; at inference it returns the operand itself.
#[derive(Clone, Copy, Debug)]
pub struct GaussianNoise {
    /// The standard deviation of the noise.
    pub stddev: f32,
    /// The index of the operation in the network; operations with different indices draw different numbers.
    pub id: u32,
}

/// The identity of the random numbers, and their standard deviation.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    /// The seed of the pass.
    pub seed: u64,
    /// The index of the operation in the network.
    pub id: u32,
    /// The operation, so that the two operations draw different numbers.
    pub purpose: Purpose,
    /// The standard deviation.
    pub stddev: f32,
}

/// The kernel of noise.
pub trait NoiseKernel: Storage {
    /// `y += noise`.
    fn add_noise(&self, noise: Noise, y: Self::Mut<'_, f32>);
}

impl RandomNormal {
    /// `output = noise`, with the shape of `input`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        mut output: ViewMut<D, S>,
    ) {
        self.infer(context, input, output.reborrow());
        let noise = Noise { seed: context.seed, id: self.id, purpose: Purpose::RandomNormal, stddev: 1.0 };
        context.device.add_noise(noise, output.into_data());
    }
    /// `output = 0`.
    pub fn infer<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, _: View<D, S>, output: ViewMut<D, S>) {
        output.clear(context);
    }
}

impl GaussianNoise {
    /// `output = input + noise`, `S` → `S`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        mut output: ViewMut<D, S>,
    ) {
        Activation::Identity.forward(context, input, output.reborrow());
        self.forward_in_place(context, output);
    }
    /// `value += noise`.
    pub fn forward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, value: ViewMut<D, S>) {
        let GaussianNoise { stddev, id } = self;
        let noise = Noise { seed: context.seed, id, purpose: Purpose::GaussianNoise, stddev };
        context.device.add_noise(noise, value.into_data());
    }
    /// Computes the gradient to the input, which is the gradient to the output.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        Activation::Identity.backward(context, d_output, d_output, d_input);
    }
    /// Does nothing, since the gradient to the input is that to the output.
    pub fn backward_in_place<D: Device, S: Pod<Element = f32>>(self, _: &Context<D>, _: ViewMut<D, S>) {}
}
