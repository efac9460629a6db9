//! The index of the largest number of each row, PyTorch's `argmax` of the last dimension. Among equal numbers, it is the first; NaN
//! counts as larger than any number. Indices have no gradient.

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

/// The settings of an argmax.
#[derive(Clone, Copy, Debug)]
pub struct ArgmaxOp {
    /// The number of classes, which is the length of a row.
    pub classes: usize,
}

/// The kernel of argmax.
pub trait ArgmaxKernel: Storage {
    /// Writes the index of the largest number of each row of `classes` numbers.
    fn argmax(&self, classes: usize, x: Self::Ref<'_, f32>, y: Self::Mut<'_, u32>);
}

impl ArgmaxOp {
    /// `output[i]` is the class `c` with the largest `input[i][c]`, `[…, classes]` → `[…]`.
    pub fn forward<D: Device, S: Pod<Element = f32>, O: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, O>,
    ) {
        assert_eq!(S::LEN, O::LEN * self.classes, "numbers of rows");
        context.device.argmax(self.classes, input.data(), output.into_data());
    }
}
