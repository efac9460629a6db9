//! Activations on CUDA.

use super::{Activation, ActivationKernel};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, header, kernels};
use crate::tensor::Write;

header!(TABLE = "activations.cuh");
header!(HEADER = "activation.cuh" with [crate::device::cuda::headers::ELEMENTWISE, TABLE]);
kernels!(
    "activation.cu" with [HEADER]:
    activation_forward, activation_forward_in_place, activation_backward, activation_backward_in_place
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
        self.launch(&activation_forward, Grid::fours(y.len()), (Code::of(f), x, y));
    }
    fn activation_forward_in_place(&self, f: Activation, x: Mut<'_, f32>) {
        if f != Activation::Identity {
            self.launch(&activation_forward_in_place, Grid::fours(x.len()), (Code::of(f), x));
        }
    }
    fn activation_backward(&self, f: Activation, kept: Ref<'_, f32>, dy: Ref<'_, f32>, dx: Mut<'_, f32>, w: Write) {
        self.launch(&activation_backward, Grid::fours(dx.len()), (Code::of(f), kept, dy, dx, w));
    }
    fn activation_backward_in_place(&self, f: Activation, kept: Ref<'_, f32>, d: Mut<'_, f32>) {
        if f != Activation::Identity {
            self.launch(&activation_backward_in_place, Grid::fours(d.len()), (Code::of(f), kept, d));
        }
    }
}
