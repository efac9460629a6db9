//! Activations on CUDA.

use super::{Activation, ActivationKernel};
use crate::device::cuda::{Cuda, Extension, Grid, Mut, Ref, arguments, header, kernels};
use crate::tensor::Write;

header!(TABLE = "activations.cuh");
header!(HEADER = "activation.cuh" with [crate::device::cuda::headers::ELEMENTWISE, TABLE]);
kernels!(
    "activation.cu" with [HEADER, crate::device::cuda::headers::CAST]:
    activation_forward(f, x, y),
    activation_forward_in_place(f, x),
    activation_backward(f, kept, dy, dx, add),
    activation_backward_in_place(f, kept, d; Round(d)),
);

arguments! {
    /// An activation as `Activation` of `activation.cuh`.
    pub(crate) struct Code { kind: u32, a: f32, b: f32 }
}

/// The type of an activation's setting.
pub(super) trait Setting {
    /// Returns the setting as an `f32`. An integer becomes the `f32` with the same bits.
    fn word(self) -> f32;
}

impl Setting for f32 {
    fn word(self) -> f32 {
        self
    }
}

impl Setting for i32 {
    fn word(self) -> f32 {
        f32::from_bits(self.cast_unsigned())
    }
}

impl Code {
    pub(crate) fn of(f: Activation) -> Self {
        let (kind, [a, b]) = f.numbered();
        Code { kind, a, b }
    }
}

/// Returns the slope below 0 of ReLU, or of leaky ReLU.
fn slope_below(f: Activation) -> Option<f32> {
    match f {
        Activation::Relu => Some(0.0),
        Activation::LeakyRelu { slope } => Some(slope),
        _ => None,
    }
}

impl Cuda {
    /// Takes back what was queued last, if it multiplies `d` by the slope of ReLU or of leaky ReLU: the caller's kernel does this to `d`
    /// when it reads it. Returns the slope below 0, the output of the activation, and `d`.
    pub(in crate::ops) fn slope_before(&self, d: Ref<'_, f32>) -> Option<(f32, Ref<'_, f32>, Mut<'_, f32>)> {
        let range = (d.address(), d.len());
        let code = |word: u64| (word as u32, f32::from_bits((word >> 32) as u32));
        let below = |[word, _]: [u64; 2]| match code(word) {
            (kind, _) if kind == Code::of(Activation::Relu).kind => Some(0.0),
            (kind, slope) if kind == Code::of(Activation::LeakyRelu { slope }).kind => Some(slope),
            _ => None,
        };
        self.take_back(&activation_backward_in_place, range, below)
    }
}

impl ActivationKernel for Cuda {
    fn activation_forward(&self, f: Activation, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        self.launch(Grid::fours(y.len()), activation_forward { f: Code::of(f), x, y });
    }
    fn activation_forward_in_place(&self, f: Activation, x: Mut<'_, f32>) {
        if f != Activation::Identity {
            self.launch(Grid::fours(x.len()), activation_forward_in_place { f: Code::of(f), x });
        }
    }
    fn activation_backward(&self, f: Activation, kept: Ref<'_, f32>, dy: Ref<'_, f32>, dx: Mut<'_, f32>, w: Write) {
        self.launch(Grid::fours(dx.len()), activation_backward { f: Code::of(f), kept, dy, dx, add: w });
    }
    fn activation_backward_in_place(&self, f: Activation, kept: Ref<'_, f32>, d: Mut<'_, f32>) {
        if f == Activation::Identity {
            return;
        }
        let below = slope_below(f);
        if !below.is_some_and(|below| self.extend(Extension::Slope, (d.address(), d.len()), (below, kept))) {
            self.launch(Grid::fours(d.len()), activation_backward_in_place { f: Code::of(f), kept, d });
        }
    }
}
