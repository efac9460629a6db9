//! Activations on CUDA.

use super::{Activation, ActivationKernel};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, header, kernels};
use crate::tensor::Write;

header!(HEADER = "activation.cuh" with [crate::device::cuda::headers::ELEMENTWISE]);
kernels!(
    "activation.cu" with [HEADER]:
    activation_forward, activation_forward_in_place, activation_backward, activation_backward_in_place
);

arguments! {
    /// An activation, for kernels: `Activation` of `activation.cuh`.
    pub(crate) struct Code { kind: u32, a: f32, b: f32 }
}

impl Code {
    /// Numbered as `Kind` of `activation.cuh`.
    pub(crate) fn of(f: Activation) -> Self {
        let (kind, a, b) = match f {
            Activation::Identity => (0, 0.0, 0.0),
            Activation::Relu => (1, 0.0, 0.0),
            Activation::LeakyRelu { slope } => (2, slope, 0.0),
            Activation::Elu { alpha } => (3, alpha, 0.0),
            Activation::Gelu => (4, 0.0, 0.0),
            Activation::GeluTanh => (5, 0.0, 0.0),
            Activation::Silu => (6, 0.0, 0.0),
            Activation::Sigmoid => (7, 0.0, 0.0),
            Activation::Tanh => (8, 0.0, 0.0),
            Activation::Softplus { beta, threshold } => (9, beta, threshold),
            Activation::Selu => (10, 0.0, 0.0),
            Activation::Mish => (11, 0.0, 0.0),
            Activation::LogSigmoid => (12, 0.0, 0.0),
            Activation::Softsign => (13, 0.0, 0.0),
            Activation::HardTanh { min, max } => (14, min, max),
            Activation::HardSigmoid => (15, 0.0, 0.0),
            Activation::HardSwish => (16, 0.0, 0.0),
            Activation::Clamp { min, max } => (17, min, max),
            Activation::Exp => (18, 0.0, 0.0),
            Activation::Log => (19, 0.0, 0.0),
            Activation::Sqrt => (20, 0.0, 0.0),
            Activation::Square => (21, 0.0, 0.0),
            Activation::Abs => (22, 0.0, 0.0),
            Activation::Powi { exponent } => (23, f32::from_bits(exponent.cast_unsigned()), 0.0),
        };
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
