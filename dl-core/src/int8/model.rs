//! Networks on int8, which `model!` writes for `#[int8]`.

use super::{Int8, Kernels, Quantization, dequantize, flat, flat_mut, quantize};
use crate::{Pod, Tensors, pod};
use core::mem::MaybeUninit;
use core::slice;

/// A network on int8: plain integers, with a generated pass.
///
/// # Safety
/// The type is `repr(C)`, consists of [`Parameters`](super::Parameters) and of padding, and has the tensors of its table at their offsets.
/// Any bytes are a value of it and of its memory.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model on int8",
    note = "`#[int8]` before a model in `model!` makes one: `LeNetI8` for `LeNet`"
)]
pub unsafe trait QuantizedModel: Sized + Send + Sync + 'static {
    /// One sample of real numbers.
    type Input: Pod<Element = f32>;
    /// The output for one sample, as real numbers.
    type Output: Pod<Element = f32>;
    /// One sample on int8, in the same shape.
    type InputI8: Int8;
    /// The output for one sample on int8, in the same shape.
    type OutputI8: Int8;
    /// The kernels that it runs with.
    type Kernels: Kernels;
    /// The memory of a pass.
    #[doc(hidden)]
    type Memory: Send + Sync + 'static;

    /// The name of the struct.
    const NAME: &'static str;
    /// All tensors, in memory order.
    const TENSORS: Tensors;

    /// Returns the scale and zero point of the input.
    fn input(&self) -> Quantization;
    /// Returns the scale and zero point of the output.
    fn output(&self) -> Quantization;
    /// Computes the output for one sample.
    #[doc(hidden)]
    fn infer(&self, kernels: impl Kernels, input: &[i8], output: &mut [i8], memory: &mut Self::Memory);

    /// Computes the output for one sample, without a heap. The input is quantized and the output dequantized, the only steps with real
    /// numbers; [`QuantizedModel::predict_i8_into`] does without.
    ///
    /// Numbers beyond the range of the samples that calibrated the network count as the ends of that range, and NaN counts as 0.
    fn predict_into(&self, input: &Self::Input, output: &mut Self::Output, scratch: &mut Scratch<Self>) {
        self.predict_with(Self::Kernels::default(), input, output, scratch);
    }
    /// Does the same as [`QuantizedModel::predict_into`] with a given set of kernels, all of which compute the same bits.
    fn predict_with(
        &self,
        kernels: impl Kernels,
        input: &Self::Input,
        output: &mut Self::Output,
        scratch: &mut Scratch<Self>,
    ) {
        let Scratch { memory, input: quantized, output: to } = scratch;
        quantize(self.input(), pod::flat(slice::from_ref(input)), flat_mut(quantized));
        self.infer(kernels, flat(quantized), flat_mut(to), memory);
        dequantize(self.output(), flat(to), pod::flat_mut(slice::from_mut(output)));
    }
    /// Computes the output for one sample in integers alone: `input` is of the scale of [`QuantizedModel::input`], and `output` of that of
    /// [`QuantizedModel::output`].
    fn predict_i8_into(&self, input: &Self::InputI8, output: &mut Self::OutputI8, scratch: &mut Scratch<Self>) {
        self.infer(Self::Kernels::default(), flat(input), flat_mut(output), &mut scratch.memory);
    }
}

/// The memory in which a network on int8 predicts, of constant size: `static mut`, on the stack, or in a `Box`.
pub struct Scratch<M: QuantizedModel> {
    memory: M::Memory,
    input: M::InputI8,
    output: M::OutputI8,
}

impl<M: QuantizedModel> Scratch<M> {
    /// Returns the memory.
    pub const fn new() -> Self {
        // SAFETY: any bytes are a value of each part.
        unsafe { MaybeUninit::zeroed().assume_init() }
    }
}

impl<M: QuantizedModel> Default for Scratch<M> {
    fn default() -> Self {
        Self::new()
    }
}
