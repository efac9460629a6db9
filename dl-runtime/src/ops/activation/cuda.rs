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
        let below = match f {
            Activation::Identity => return,
            Activation::Relu => Some(0.0),
            Activation::LeakyRelu { slope } => Some(slope),
            _ => None,
        };
        if !below.is_some_and(|below| self.extend(Extension::Slope, (d.address(), d.len()), (below, kept))) {
            self.launch(Grid::fours(d.len()), activation_backward_in_place { f: Code::of(f), kept, d });
        }
    }
}
