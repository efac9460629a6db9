//! What an activation is to a kernel: a value and a slope, each inlined into a loop of its own.

use crate::device::cpu::simd::Simd;

/// One activation with its settings.
pub(crate) trait Function: Copy + Sync {
    /// `f(x)`.
    fn value<S: Simd>(self, x: f32) -> f32;
    /// `f'(x)` from what is kept: the output `f(x)`, or the input `x` (see `Activation::keeps`).
    fn derivative<S: Simd>(self, kept: f32) -> f32;
}

/// `x`.
#[derive(Clone, Copy)]
pub(crate) struct Identity;

impl Function for Identity {
    #[inline(always)]
    fn value<S: Simd>(self, x: f32) -> f32 {
        x
    }
    #[inline(always)]
    fn derivative<S: Simd>(self, _: f32) -> f32 {
        1.0
    }
}

/// `with_function!(activation, f => expression)`: the expression compiled once for each activation, with `f` its
/// [`Function`].
macro_rules! with_function {
    ($activation:expr, $f:ident => $body:expr) => {{
        use $crate::ops::activation::{elu, function, gelu, hard, power, relu, sigmoid, softplus};
        macro_rules! run {
            ($function:expr) => {{
                let $f = $function;
                $body
            }};
        }
        match $activation {
            $crate::ops::Activation::Identity => run!(function::Identity),
            $crate::ops::Activation::Relu => run!(relu::Relu),
            $crate::ops::Activation::LeakyRelu { slope } => run!(relu::LeakyRelu { slope }),
            $crate::ops::Activation::Elu { alpha } => run!(elu::Elu { alpha }),
            $crate::ops::Activation::Gelu => run!(gelu::Gelu),
            $crate::ops::Activation::GeluTanh => run!(gelu::GeluTanh),
            $crate::ops::Activation::Silu => run!(sigmoid::Silu),
            $crate::ops::Activation::Sigmoid => run!(sigmoid::Sigmoid),
            $crate::ops::Activation::Tanh => run!(sigmoid::Tanh),
            $crate::ops::Activation::Softplus { beta, threshold } => run!(softplus::Softplus { beta, threshold }),
            $crate::ops::Activation::Selu => run!(elu::Selu),
            $crate::ops::Activation::Mish => run!(softplus::Mish),
            $crate::ops::Activation::LogSigmoid => run!(softplus::LogSigmoid),
            $crate::ops::Activation::Softsign => run!(hard::Softsign),
            $crate::ops::Activation::HardTanh { min, max } => run!(hard::HardTanh { min, max }),
            $crate::ops::Activation::HardSigmoid => run!(hard::HardSigmoid),
            $crate::ops::Activation::HardSwish => run!(hard::HardSwish),
            $crate::ops::Activation::Clamp { min, max } => run!(hard::Clamp { min, max }),
            $crate::ops::Activation::Exp => run!(power::Exp),
            $crate::ops::Activation::Log => run!(power::Log),
            $crate::ops::Activation::Sqrt => run!(power::Sqrt),
            $crate::ops::Activation::Square => run!(power::Square),
            $crate::ops::Activation::Abs => run!(power::Abs),
            $crate::ops::Activation::Powi { exponent } => run!(power::Powi { exponent }),
        }
    }};
}
pub(crate) use with_function;
