//! The trait of an elementwise loss in a kernel, and the macro `losses!`, which generates from one table everything
//! that lists all losses.

use crate::device::cpu::simd::Simd;

/// A loss of two numbers, and its derivatives.
pub(crate) trait Formula: Copy + Sync {
    fn value<S: Simd>(self, a: f32, b: f32) -> f32;
    /// The derivative with respect to `a`.
    fn left<S: Simd>(self, a: f32, b: f32) -> f32;
    /// The derivative with respect to `b`.
    fn right<S: Simd>(self, a: f32, b: f32) -> f32;
}

/// Generates from a table of losses the enum `Elementwise` with its documentation and its checks, a [`Formula`] for
/// each entry, the codes for CUDA, and in `trained` the types for trainers.
macro_rules! losses {
    ($(
        $(#[$doc:meta])*
        $name:ident $({ $($(#[$setting_doc:meta])* $setting:ident: f32 = $default:expr),* })? reduction $reduction:ident {
            value: |$a:pat_param, $b:pat_param| $value:expr,
            left: |$left_a:pat_param, $left_b:pat_param| $left:expr,
            right: |$right_a:pat_param, $right_b:pat_param| $right:expr,
            $(settings: $settings:expr,)?
            targets: $targets:path,
            $(trainer: $text:literal, $metric:expr,)?
        }
    )*) => {
        /// A loss with its settings, as an operation on an output `a` and the value `b` that it is compared with.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Elementwise {
            $($(#[$doc])* $name $({ $($(#[$setting_doc])* $setting: f32),* })?,)*
        }

        impl Elementwise {
            /// Checks that the settings are in their ranges, and that the loss allows these `targets`.
            ///
            /// # Errors
            /// As [`Loss::check`](crate::loss::Loss::check).
            #[allow(unused_variables, reason = "not every loss has rules for its settings")]
            pub fn check<S: Pod<Element = f32>>(self, targets: &[S]) -> Result<()> {
                match self {
                    $(Elementwise::$name { $($($setting),*)? } => {
                        $($settings?;)?
                        $targets(targets)
                    })*
                }
            }
            /// Returns the divisor of the sum over a sample of `features` numbers.
            pub(crate) fn count(self, features: usize) -> f32 {
                match self {
                    $(Elementwise::$name { .. } => Reduction::$reduction.of(features as f32),)*
                }
            }
            /// Returns the index of the loss in `losses.cuh`, and its settings, of which there are at most two.
            #[cfg(feature = "cuda")]
            pub(crate) fn numbered(self) -> (u32, [f32; 2]) {
                /// The losses in the order of the table.
                enum Number { $($name),* }
                let mut settings = [0.0; 2];
                let number = match self {
                    $(Elementwise::$name $({ $($setting),* })? => {
                        $(settings.iter_mut().zip([$($setting),*]).for_each(|(to, from)| *to = from);)?
                        Number::$name
                    })*
                };
                (number as u32, settings)
            }
            /// Calls `run` with the batch of the loss's formula.
            pub(super) fn with_formula(
                self,
                features: usize,
                count: f32,
                inputs: [&[f32]; 2],
                run: impl FnOnce(&dyn Samples),
            ) {
                match self {
                    $(Elementwise::$name { $($($setting),*)? } => {
                        let formula = formulas::$name { $($($setting),*)? };
                        run(&Batch { formula, features, count, inputs });
                    })*
                }
            }
        }

        /// The name of each loss.
        #[cfg(all(test, feature = "cuda"))]
        pub(crate) const TABLE: &[&str] = &[$(stringify!($name)),*];

        /// The formula of each loss, which is also the trainer's loss.
        mod formulas {
            use super::*;

            $(
                losses!(@structure { $(#[$doc])* #[derive(Clone, Copy, Debug, PartialEq)] }
                        $name $({ $($(#[$setting_doc])* pub $setting: f32),* })?);

                impl Formula for $name {
                    #[inline(always)]
                    #[allow(unused_variables, reason = "a formula need not read every setting")]
                    fn value<S: Simd>(self, $a: f32, $b: f32) -> f32 {
                        let $name { $($($setting),*)? } = self;
                        $value
                    }
                    #[inline(always)]
                    #[allow(unused_variables, reason = "a formula need not read every setting")]
                    fn left<S: Simd>(self, $left_a: f32, $left_b: f32) -> f32 {
                        let $name { $($($setting),*)? } = self;
                        $left
                    }
                    #[inline(always)]
                    #[allow(unused_variables, reason = "a formula need not read every setting")]
                    fn right<S: Simd>(self, $right_a: f32, $right_b: f32) -> f32 {
                        let $name { $($($setting),*)? } = self;
                        $right
                    }
                }
            )*
        }

        /// The elementwise losses that a trainer takes.
        pub mod trained {
            use super::*;

            $(losses!(@trained $(($text, $metric))? $name { $($($setting = $default),*)? });)*
        }
    };
    (@structure { $($head:tt)* } $name:ident) => {
        $($head)*
        pub struct $name;
    };
    (@structure { $($head:tt)* } $name:ident $settings:tt) => {
        $($head)*
        pub struct $name $settings
    };
    (@trained $name:ident $settings:tt) => {};
    (@trained ($text:literal, $metric:expr) $name:ident { $($setting:ident = $default:expr),* }) => {
        pub use super::formulas::$name;

        impl Default for $name {
            fn default() -> Self {
                $name { $($setting: $default),* }
            }
        }

        impl From<$name> for Elementwise {
            fn from($name { $($setting),* }: $name) -> Self {
                Elementwise::$name { $($setting),* }
            }
        }

        impl<Y: Pod<Element = f32>> Loss<Y> for $name {
            type Target = Y;
            const NAME: &'static str = $text;

            fn check(&self, targets: &[Y]) -> Result<()> {
                Elementwise::from(*self).check(targets)
            }
            fn metrics(&self) -> Metrics<Y, Y> {
                vec![Box::new($metric)]
            }
            fn loss<D: Device>(
                &self,
                context: &Context<'_, D>,
                output: View<'_, D, Y>,
                target: View<'_, D, Y>,
                losses: ViewMut<'_, D, f32>,
                d_output: Option<ViewMut<'_, D, Y>>,
            ) {
                self.reduced(Reduction::Mean, context, output, target, losses, d_output);
            }
        }

        impl<Y: Pod<Element = f32>> Reduced<Y> for $name {
            fn reduced<D: Device>(
                &self,
                reduction: Reduction,
                context: &Context<'_, D>,
                output: View<'_, D, Y>,
                target: View<'_, D, Y>,
                losses: ViewMut<'_, D, f32>,
                d_output: Option<ViewMut<'_, D, Y>>,
            ) {
                Elementwise::from(*self).with_gradient(reduction, context, output, target, losses, d_output);
            }
        }

        impl $name {
            /// Returns the loss as a sum over everything instead of a mean: see [`Summed`].
            pub const fn sum(self) -> Summed<Self> {
                Summed(self)
            }
        }
    };
}
pub(super) use losses;
