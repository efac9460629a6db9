//! The trait of an activation in a kernel, and the macro `activations!`, which generates everything that lists all
//! activations from one table.

use crate::device::cpu::simd::Simd;

/// An activation with its settings. Its value and its derivative are inlined into loops.
pub(crate) trait Function: Copy + Sync {
    /// `f(x)`.
    fn value<S: Simd>(self, x: f32) -> f32;
    /// `f'(x)` from the saved tensor, which is the output `f(x)` or the input `x` (`Activation::saved_for_backward`).
    fn derivative<S: Simd>(self, saved: f32) -> f32;
}

/// Generates, from a table of activations, the documented enum `Activation` with `saved_for_backward`, a [`Function`]
/// for each entry, the macro `with_function!`, and the numbers by which CUDA kernels know them.
///
/// The first token is `$`, which the generated macro needs for its own parameters.
macro_rules! activations {
    ($d:tt $(
        $(#[$doc:meta])*
        $name:ident $({ $($(#[$setting_doc:meta])* $setting:ident: $type:ty),* })? saves $saved:ident {
            value: |$x:pat_param| $value:expr,
            derivative: |$kept:pat_param| $derivative:expr,
        }
    )*) => {
        /// An elementwise activation with its settings. NaN stays NaN through all of them.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Activation {
            $(
                $(#[$doc])*
                ///
                #[doc = concat!("Saved for the backward pass: [`SavedForBackward::", stringify!($saved), "`].")]
                $name $({ $($(#[$setting_doc])* $setting: $type),* })?,
            )*
        }

        impl Activation {
            /// Returns the tensor that [`Activation::backward`] reads.
            pub const fn saved_for_backward(self) -> SavedForBackward {
                match self {
                    $(Activation::$name { .. } => SavedForBackward::$saved,)*
                }
            }
            /// Returns the activation's number in `activations.cuh` and its settings, at most two.
            #[cfg(feature = "cuda")]
            pub(super) fn numbered(self) -> (u32, [f32; 2]) {
                /// The numbers of activations in the order of the table.
                enum Number { $($name),* }
                let mut settings = [0.0; 2];
                let number = match self {
                    $(Activation::$name $({ $($setting),* })? => {
                        $(settings.iter_mut().zip([$(Setting::word($setting)),*]).for_each(|(to, from)| *to = from);)?
                        Number::$name
                    })*
                };
                (number as u32, settings)
            }
        }

        /// The name of each activation, and the tensor that its backward pass reads.
        #[cfg(test)]
        pub(super) const TABLE: &[(&str, SavedForBackward)] = &[$((stringify!($name), SavedForBackward::$saved)),*];

        /// The formulas of the activations.
        pub(crate) mod functions {
            use super::*;

            $(
                #[derive(Clone, Copy)]
                pub(crate) struct $name { $($(pub $setting: $type),*)? }

                impl Function for $name {
                    #[inline(always)]
                    #[allow(unused_variables, reason = "a formula need not read every setting")]
                    fn value<S: Simd>(self, $x: f32) -> f32 {
                        let $name { $($($setting),*)? } = self;
                        $value
                    }
                    #[inline(always)]
                    #[allow(unused_variables, reason = "a formula need not read every setting")]
                    fn derivative<S: Simd>(self, $kept: f32) -> f32 {
                        let $name { $($($setting),*)? } = self;
                        $derivative
                    }
                }
            )*
        }

        /// `with_function!(activation, f => expression)` evaluates the expression with `f` as the activation's
        /// [`Function`]. It is compiled once for each activation.
        macro_rules! with_function {
            ($d activation:expr, $d f:ident => $d body:expr) => {
                match $d activation {
                    $($crate::ops::Activation::$name { $($($setting),*)? } => {
                        let $d f = $crate::ops::activation::functions::$name { $($($setting),*)? };
                        $d body
                    })*
                }
            };
        }
        pub(crate) use with_function;
    };
}
pub(super) use activations;
