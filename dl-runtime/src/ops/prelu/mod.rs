//! The parametric rectifier: `y = x` above 0 and `weight·x` below, with a weight for every channel or one for all.
//!
//! Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015. Its gradients are `dx = dy` or `weight·dy`, and
//! `d_weight = Σ dy·min(x, 0)`.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::init::{Init, Rng};
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The weights of a parametric rectifier: `C` channels, or 1.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Prelu<const C: usize> {
    /// The slope of negative numbers.
    pub weight: [f32; C],
}

// SAFETY: `repr(C)` and an array of `f32` only.
unsafe impl<const C: usize> Pod for Prelu<C> {
    type Element = f32;
}

impl<const C: usize> Prelu<C> {
    /// Fills the slopes.
    pub fn init(&mut self, weight: Init, rng: &mut Rng) {
        weight.fill(&mut self.weight, 1, 1, rng);
    }
}

/// The settings of a parametric rectifier: none.
#[derive(Clone, Copy, Debug)]
pub struct PreluOp {}

/// The kernels of parametric rectifiers; `spatial_size` numbers side by side have one weight, the next ones the next, and so on
/// around.
pub trait PreluKernel: Storage {
    /// `y = x` above 0, `weight·x` below.
    fn prelu_forward(
        &self,
        spatial_size: usize,
        weight: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// The gradients to the weights and, where asked for, to the input.
    fn prelu_backward(
        &self,
        spatial_size: usize,
        weight: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weight: (Self::Mut<'_, f32>, Write),
        d_input: Option<(Self::Mut<'_, f32>, Write)>,
    );
}

impl PreluOp {
    /// How many numbers have one weight.
    fn spatial_size<S: Pod>(self, channels: usize) -> usize {
        assert!(S::LEN.is_multiple_of(channels), "channels of a parametric rectifier");
        S::LEN / channels
    }
    /// `output = input` above 0, `weight·input` below.
    pub fn forward<D: Device, S: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Prelu<C>>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.prelu_forward(self.spatial_size::<S>(C), weights.data(), input.data(), output.into_data());
    }
    /// The gradients to the weights and the input.
    pub fn backward<D: Device, S: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Prelu<C>>,
        input: View<D, S>,
        d_output: View<D, S>,
        d_weights: Grad<D, Prelu<C>>,
        d_input: Option<Grad<D, S>>,
    ) {
        let d_weight = (d_weights.to.into_data(), d_weights.write);
        let d_input = d_input.map(|d| (d.to.into_data(), d.write));
        let (spatial_size, x, dy) = (self.spatial_size::<S>(C), input.data(), d_output.data());
        context.device.prelu_backward(spatial_size, weights.data(), x, dy, d_weight, d_input);
    }
}
