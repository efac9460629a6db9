//! Elementwise activations and other functions of one number: `y = f(x)` for every element.
//!
//! | activation | `f(x)` | backward reads |
//! |---|---|---|
//! | relu | `max(x, 0)` | output |
//! | leaky_relu | `x` above 0, `slope·x` below | output |
//! | elu | `x` above 0, `alpha·(eˣ - 1)` below | output |
//! | gelu | `x·Φ(x)`, Φ the normal distribution | input |
//! | gelu, approximate | `x·½(1 + tanh(√(2/π)·(x + 0.044715·x³)))` | input |
//! | silu | `x·σ(x)`, σ the sigmoid | input |
//! | sigmoid | `1/(1 + e⁻ˣ)` | output |
//! | tanh | `tanh x` | output |
//! | softplus | `ln(1 + e^(beta·x))/beta`, `x` where `beta·x` is above the threshold | input |
//! | selu | `1.0507·x` above 0, `1.7581·(eˣ - 1)` below | output |
//! | mish | `x·tanh(ln(1 + eˣ))` | input |
//! | log_sigmoid | `ln σ(x)` | output |
//! | softsign | `x/(1 + abs x)` | output |
//! | hard_tanh, relu6 | `x` between two limits, of which the derivative at the limits is 0 | output |
//! | hard_sigmoid | `(x + 3)/6` between 0 and 1 | output |
//! | hard_swish | `x·hard_sigmoid(x)` | input |
//! | clamp | `x` between two limits, of which the derivative at the limits is 1 | input |
//! | exp | `eˣ` | output |
//! | log | `ln x` | input |
//! | sqrt | `√x` | output |
//! | square, powi | `x²`, `xⁿ` | input |
//! | abs | the size of `x`, of which the derivative at 0 is 0 | input |
//!
//! NaN stays NaN through all of them.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
pub(crate) mod elu;
pub(crate) mod function;
pub(crate) mod gelu;
pub(crate) mod hard;
pub(crate) mod power;
pub(crate) mod relu;
pub(crate) mod sigmoid;
pub(crate) mod softplus;
#[cfg(test)]
mod tests;

pub(crate) use function::{Function, with_function};

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The operation of this room: an activation.
pub type Op = Activation;

/// An elementwise activation with its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `x`.
    Identity,
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0, `slope·x` below: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models",
    /// 2013.
    LeakyRelu {
        /// At least 0, so that the sign of the output tells that of the input.
        slope: f32,
    },
    /// `x` above 0, `alpha·(eˣ - 1)` below: Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by
    /// exponential linear units", ICLR 2016.
    Elu {
        /// At least 0, so that the sign of the output tells that of the input.
        alpha: f32,
    },
    /// `x·Φ(x)`: Hendrycks, Gimpel, "Gaussian error linear units", 2016.
    Gelu,
    /// The approximation of [`Activation::Gelu`] by tanh, of the same paper (GPT-2's).
    GeluTanh,
    /// `x·σ(x)`, also called swish: Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units", 2018.
    Silu,
    /// `1/(1 + e⁻ˣ)`.
    Sigmoid,
    /// `tanh x`.
    Tanh,
    /// `ln(1 + e^(beta·x))/beta`, and `x` where `beta·x > threshold`.
    Softplus {
        /// How sharp the bend is.
        beta: f32,
        /// From where on the function is taken for `x`.
        threshold: f32,
    },
    /// [`Activation::Elu`] scaled so that variances stay: Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural
    /// networks", NeurIPS 2017.
    Selu,
    /// `x·tanh(ln(1 + eˣ))`: Misra, "Mish", BMVC 2020.
    Mish,
    /// `ln σ(x)`.
    LogSigmoid,
    /// `x/(1 + |x|)`.
    Softsign,
    /// `x` between two limits; relu6 is this between 0 and 6.
    HardTanh {
        /// The lower limit.
        min: f32,
        /// The upper limit.
        max: f32,
    },
    /// `(x + 3)/6` between 0 and 1.
    HardSigmoid,
    /// `x·(x + 3)/6` between -3 and 3, 0 below, `x` above: Howard et al., "Searching for MobileNetV3", ICCV 2019.
    HardSwish,
    /// `x` between two limits, with the derivative 1 at the limits themselves, as PyTorch's `clamp`.
    Clamp {
        /// The lower limit.
        min: f32,
        /// The upper limit.
        max: f32,
    },
    /// `eˣ`.
    Exp,
    /// The natural logarithm.
    Log,
    /// The square root.
    Sqrt,
    /// `x²`.
    Square,
    /// `|x|`.
    Abs,
    /// `xⁿ` by repeated products.
    Powi {
        /// n.
        exponent: i32,
    },
}

/// What the backward pass of an activation reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedForBackward {
    /// Its input: the output does not tell the derivative.
    Input,
    /// Its output, so that the preceding operation can apply the activation itself.
    Output,
}

/// The kernels of activations.
pub trait ActivationKernel: Storage {
    /// `y = f(x)`.
    fn activation_forward(&self, f: Activation, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `x = f(x)`.
    fn activation_forward_in_place(&self, f: Activation, x: Self::Mut<'_, f32>);
    /// `dx = f'(kept) · dy`, set or added.
    fn activation_backward(
        &self,
        f: Activation,
        kept: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `d = f'(kept) · d`.
    fn activation_backward_in_place(&self, f: Activation, kept: Self::Ref<'_, f32>, d: Self::Mut<'_, f32>);
}

impl Activation {
    /// What [`Activation::backward`] reads.
    pub const fn keeps(self) -> SavedForBackward {
        use Activation::*;
        match self {
            Identity | Relu | LeakyRelu { .. } | Elu { .. } | Sigmoid | Tanh => SavedForBackward::Output,
            Selu | LogSigmoid | Softsign | HardTanh { .. } | HardSigmoid | Exp | Sqrt => SavedForBackward::Output,
            Gelu | GeluTanh | Silu | Softplus { .. } | Mish | HardSwish => SavedForBackward::Input,
            Clamp { .. } | Log | Square | Abs | Powi { .. } => SavedForBackward::Input,
        }
    }
    /// `output = f(input)`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.activation_forward(self, input.data(), output.into_data());
    }
    /// `value = f(value)`.
    pub fn forward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, value: ViewMut<D, S>) {
        context.device.activation_forward_in_place(self, value.into_data());
    }
    /// The gradient to the input from what [`Activation::keeps`] says.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        kept: View<D, S>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        context.device.activation_backward(self, kept.data(), d_output.data(), d_input.to.into_data(), d_input.write);
    }
    /// The gradient to the input, over the gradient to the output.
    pub fn backward_in_place<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        kept: View<D, S>,
        d: ViewMut<D, S>,
    ) {
        context.device.activation_backward_in_place(self, kept.data(), d.into_data());
    }
}
