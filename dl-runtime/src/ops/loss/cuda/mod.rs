//! Losses on CUDA.

pub(crate) mod classes;
pub(crate) mod elementwise;
pub(crate) mod nt_xent;
pub(crate) mod vectors;

use crate::device::cuda::arguments;

arguments! {
    /// A loss with its settings: `Loss` of `loss.cuh`.
    struct Code { kind: u32, a: f32, b: f32 }
}

/// `both!` with a gradient of a loss: `both_gradients!(twin, [inputs], gradient, |device, gradient| call)`.
#[cfg(test)]
macro_rules! both_gradients {
    ($twin:expr, [$($input:ident),*], $gradient:expr, |$device:ident, $of:ident| $call:expr) => {{
        let $crate::ops::loss::Gradient { input, scale, to, write } = $gradient;
        match scale {
            Some(scale) => $crate::device::both!($twin, [$($input,)* scale], [to], |$device| {
                let $of = $crate::ops::loss::Gradient { input, scale: Some(scale), to, write };
                $call
            }),
            None => $crate::device::both!($twin, [$($input),*], [to], |$device| {
                let $of = $crate::ops::loss::Gradient { input, scale: None, to, write };
                $call
            }),
        }
    }};
}
#[cfg(test)]
use both_gradients;
