//! One-hot vectors: every class becomes a vector with a 1 at its place and zeros elsewhere, as PyTorch's `one_hot`. Classes have no
//! gradient.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::{Context, Pod, View, ViewMut};

/// The settings of one-hot vectors.
#[derive(Clone, Copy, Debug)]
pub struct OneHotOp {
    /// The number of classes, which is the length of a vector.
    pub classes: usize,
}

/// The kernel of one-hot vectors.
pub trait OneHotKernel: Storage {
    /// Writes a vector of `classes` numbers for each index; NaN for an index that is not below `classes`.
    fn one_hot(&self, classes: usize, indices: Self::Ref<'_, u32>, y: Self::Mut<'_, f32>);
}

impl OneHotOp {
    /// `output[i][c] = 1` where `c = input[i]`, else 0; `[…]` → `[…, classes]`.
    pub fn forward<D: Device, S: Pod<Element = u32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, O>,
    ) {
        assert_eq!(O::LEN, S::LEN * self.classes, "elements of one-hot vectors");
        context.device.one_hot(self.classes, input.data(), output.into_data());
    }
}
