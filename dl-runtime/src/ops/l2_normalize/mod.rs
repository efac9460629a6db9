//! Rows of length 1: `y = x/max(‖x‖, ε)` over the last axis of a sample, PyTorch's `F.normalize`.
//!
//! The gradient is `dx = (dy - y·Σ dy·y)/‖x‖`, and `dy/ε` where the row is shorter than ε.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of normalisation to length 1.
#[derive(Clone, Copy, Debug)]
pub struct L2NormalizeOp {
    /// Length of a row: the size of the last axis.
    pub n: usize,
    /// The least that a row is divided by; PyTorch's default is 1e-12.
    pub epsilon: f32,
}

/// The kernels of normalisation to length 1.
pub trait L2NormalizeKernel: Storage {
    /// `y = x/max(‖x‖, ε)`.
    fn l2_normalize_forward(&self, op: L2NormalizeOp, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `dx = (dy - y·Σ dy·y)/‖x‖`, set or added.
    fn l2_normalize_backward(
        &self,
        op: L2NormalizeOp,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl L2NormalizeOp {
    /// The operation, for samples of type `S`.
    fn of<S: Pod>(self) -> Self {
        assert!(S::LEN.is_multiple_of(self.n), "sizes of a normalisation");
        self
    }
    /// `output` is `input` with every row of length 1.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.l2_normalize_forward(self.of::<S>(), input.data(), output.into_data());
    }
    /// The gradient to the input, from the input.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        let Grad { to, write } = d_input;
        context.device.l2_normalize_backward(self.of::<S>(), input.data(), d_output.data(), to.into_data(), write);
    }
}
