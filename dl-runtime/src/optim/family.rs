//! The macro `optimizers!`, which generates from an entry the settings of an optimizer that treats every weight alike, and
//! the call of its kernel.

use crate::ops::Device;
use crate::ops::optimizer::{DecayStep, Formula, OptimizerStep};

/// Performs one step of a formula. `state` holds as many buffers as the formula keeps.
pub(super) fn step<D: Device, F: Formula<KEPT>, const KEPT: usize>(
    device: &D,
    formula: F,
    decay: DecayStep,
    weights: OptimizerStep<'_, D>,
    state: &mut [D::Buffer<f32>],
) {
    assert_eq!(state.len(), KEPT, "buffers of an optimizer");
    let mut buffers = state.iter_mut();
    let kept = std::array::from_fn(|_| D::whole_mut(buffers.next().expect("counted above")));
    device.optimizer_step(formula, decay, weights, kept);
}

/// Generates the type of an optimizer: the learning rate and, if it has them, the betas; further settings, each with its
/// default and its range; and the weight decay. `step` returns the factors of step `t`, a formula of the table.
macro_rules! optimizer {
    (
        $(#[$doc:meta])*
        $name:ident keeps [$($buffer:literal),*], decay $coupling:ident $(, betas ($first:literal, $second:literal))?;
        { $($(#[$setting_doc:meta])* $setting:ident: $default:literal in $range:ident;)* }
        step |$s:ident, $t:ident| $formula:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            learning_rate: f64,
            $(
                #[doc = concat!("The defaults are ", $first, " and ", $second)]
                betas: (f64, f64),
            )?
            $($setting: f64,)*
            decay: $crate::optim::Decay,
        }

        impl $name {
            /// Creates the optimizer with this learning rate, at least 0.
            pub const fn new(learning_rate: f64) -> Self {
                $name {
                    learning_rate,
                    $(betas: ($first, $second),)?
                    $($setting: $default,)*
                    decay: $crate::optim::Decay::none($crate::optim::Coupling::$coupling),
                }
            }
            $(
                /// Sets β₁ and β₂, the fractions of the running means that each step keeps; both are at least 0 and below 1.
                #[doc = concat!("The defaults are ", $first, " and ", $second, ".")]
                #[must_use]
                pub fn betas(mut self, first: f64, second: f64) -> Self {
                    self.betas = (first, second);
                    self
                }
            )?
            $(
                $(#[$setting_doc])*
                #[doc = concat!("The default is ", $default, ".")]
                #[must_use]
                pub fn $setting(mut self, $setting: f64) -> Self {
                    self.$setting = $setting;
                    self
                }
            )*
            $crate::optim::decay::decay_methods!();
        }

        impl $crate::optim::Optimizer for $name {
            const NAME: &'static str = stringify!($name);
            fn check(&self) -> $crate::Result<()> {
                use $crate::range;
                range::NOT_NEGATIVE.check(Self::NAME, "learning_rate", self.learning_rate)?;
                $(
                    // The defaults name the clause that makes the field.
                    let _ = ($first, $second);
                    range::KEPT.check(Self::NAME, "beta1", self.betas.0)?;
                    range::KEPT.check(Self::NAME, "beta2", self.betas.1)?;
                )?
                $(range::$range.check(Self::NAME, stringify!($setting), self.$setting)?;)*
                self.decay.check(Self::NAME, self.learning_rate)
            }
            fn learning_rate(&self) -> f64 {
                self.learning_rate
            }
            fn with_learning_rate(&self, learning_rate: f64) -> Self {
                $name { learning_rate, ..*self }
            }
            fn with_weight_decay(&self, weight_decay: f64) -> Option<Self> {
                Some(self.weight_decay(weight_decay))
            }
            fn buffers(&self) -> &'static [&'static str] {
                &[$($buffer),*]
            }
            fn update<D: $crate::ops::Device>(
                &self,
                device: &D,
                step: u64,
                weights: $crate::optim::OptimizerStep<'_, D>,
                state: &mut [D::Buffer<f32>],
            ) {
                let ($s, $t) = (self, step as f64);
                let decay = self.decay.at(self.learning_rate);
                $crate::optim::family::step(device, $formula, decay, weights, state);
            }
        }
    };
}
pub(super) use optimizer;
