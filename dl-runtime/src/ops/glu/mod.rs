//! Gated linear unit: the first half of a sample times the sigmoid of the second, `y = a·σ(b)`; PyTorch's `F.glu` over the first axis.
//!
//! Source: Dauphin, Fan, Auli, Grangier, "Language modeling with gated convolutional networks", ICML 2017. The gradients are
//! `da = dy·σ(b)` and `db = dy·a·σ(b)·(1 - σ(b))`.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::device::{Device, Storage};
use crate::ops::{Grad, Write};
use crate::{Pass, Plain, View, ViewMut};

/// The gated linear unit, which has no settings.
#[derive(Clone, Copy, Debug)]
pub struct Op {}

/// The kernels of gated linear units; `n` is the length of half a sample.
pub trait GluKernel: Storage {
    /// `y = a·σ(b)`.
    fn glu_forward(&self, n: usize, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// The gradients to both halves, set or added.
    fn glu_backward(
        &self,
        n: usize,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl Op {
    /// `output = a·σ(b)`.
    pub fn forward<D: Device, X: Plain<Element = f32>, Y: Plain<Element = f32>>(
        self,
        pass: &Pass<D>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        const { assert!(X::LEN == 2 * Y::LEN, "two halves") };
        pass.device.glu_forward(Y::LEN, input.data(), output.into_data());
    }
    /// The gradient to the input, from the input.
    pub fn backward<D: Device, X: Plain<Element = f32>, Y: Plain<Element = f32>>(
        self,
        pass: &Pass<D>,
        input: View<D, X>,
        d_output: View<D, Y>,
        d_input: Grad<D, X>,
    ) {
        let Grad { to, write } = d_input;
        pass.device.glu_backward(Y::LEN, input.data(), d_output.data(), to.into_data(), write);
    }
}
