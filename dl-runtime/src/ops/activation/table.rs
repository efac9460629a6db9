//! The table of activations. Each entry has the documentation, the formulas, and the tensor that the backward pass
//! reads. The formulas for CUDA are in `activations.cuh`, in the same order.
//!
//! Derivatives are functions of the saved tensor: `x` is the input, `y` the output. NaN must stay NaN, so the formulas
//! use comparisons instead of `max` and `clamp`.

use super::SavedForBackward;
#[cfg(feature = "cuda")]
use super::cuda::Setting;
use super::function::{Function, activations};
use crate::device::cpu::simd::{Simd, math};

activations! { $
    /// `x`.
    Identity saves Output {
        value: |x| x,
        derivative: |_| 1.0,
    }

    /// `max(x, 0)`.
    Relu saves Output {
        value: |x| if x < 0.0 { 0.0 } else { x },
        derivative: |y| if y > 0.0 { 1.0 } else { 0.0 },
    }

    /// `x` above 0, `slope·x` below: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic
    /// models", 2013.
    LeakyRelu {
        /// At least 0, so that the sign of the output tells that of the input.
        slope: f32
    } saves Output {
        value: |x| if x > 0.0 { x } else { slope * x },
        derivative: |y| if y > 0.0 { 1.0 } else { slope },
    }

    /// `x` above 0, `alpha·(eˣ - 1)` below: Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning
    /// by exponential linear units", ICLR 2016.
    Elu {
        /// At least 0, so that the sign of the output tells that of the input.
        alpha: f32
    } saves Output {
        value: |x| if x > 0.0 { x } else { alpha * math::exp_m1::<S>(x) },
        // α·eˣ = α·(eˣ - 1) + α.
        derivative: |y| if y > 0.0 { 1.0 } else { y + alpha },
    }

    /// `x·Φ(x)`, Φ the normal distribution: Hendrycks, Gimpel, "Gaussian error linear units", 2016.
    Gelu saves Input {
        value: |x| {
            let t = up_to_tail(x);
            (if x < 0.0 { 0.0 } else { x }) - t * math::normal_tail::<S>(t).1
        },
        // Φ(x) + x·φ(x); those at x and at -x add up to 1.
        derivative: |x| {
            let t = up_to_tail(x);
            let (e, tail) = math::normal_tail::<S>(t);
            let below = tail - t * NORMAL * e;
            if x < 0.0 { below } else { 1.0 - below }
        },
    }

    /// `x·½(1 + tanh(√(2/π)·(x + 0.044715·x³)))`, the approximation of [`Activation::Gelu`] of the same paper
    /// (GPT-2's).
    GeluTanh saves Input {
        // ½(1 + tanh(z/2)) = σ(z).
        value: |x| x * math::sigmoid::<S>(2.0 * ROOT * (x + CUBIC * x * x * x)),
        derivative: |x| {
            // Far out σ is 0 or 1, and squares would be infinite.
            let x = clamp(x, -20.0, 20.0);
            let z = 2.0 * ROOT * (x + CUBIC * x * x * x);
            // σ(z) and σ'(z), by e^-|z|, which does not overflow.
            let e = math::exp::<S>(-z.abs());
            let above = 1.0 / (1.0 + e);
            let sigmoid = if z < 0.0 { e * above } else { above };
            sigmoid + x * e * above * above * 2.0 * ROOT * (1.0 + 3.0 * CUBIC * x * x)
        },
    }

    /// `x·σ(x)`, σ the sigmoid, also called swish: Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units", 2018.
    Silu saves Input {
        value: |x| x * math::sigmoid::<S>(x),
        derivative: |x| {
            let s = math::sigmoid::<S>(x);
            s + x * s * (1.0 - s)
        },
    }

    /// `1/(1 + e⁻ˣ)`.
    Sigmoid saves Output {
        value: |x| math::sigmoid::<S>(x),
        derivative: |y| y * (1.0 - y),
    }

    /// `tanh x`.
    Tanh saves Output {
        value: |x| math::tanh::<S>(x),
        derivative: |y| 1.0 - y * y,
    }

    /// `ln(1 + e^(beta·x))/beta`, and `x` where `beta·x > threshold`.
    Softplus {
        /// The sharpness: the larger, the closer to relu.
        beta: f32,
        /// The bound of `beta·x` above which the function is `x`.
        threshold: f32
    } saves Input {
        value: |x| {
            let z = beta * x;
            if z > threshold { x } else { math::ln_1p::<S>(math::exp::<S>(z)) / beta }
        },
        derivative: |x| {
            let z = beta * x;
            if z > threshold { 1.0 } else { math::sigmoid::<S>(z) }
        },
    }

    /// `1.0507·x` above 0, `1.7581·(eˣ - 1)` below, an [`Activation::Elu`] scaled so that variances stay: Klambauer,
    /// Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.
    Selu saves Output {
        value: |x| if x > 0.0 { SELU_SCALE * x } else { SELU_ALPHA * math::exp_m1::<S>(x) },
        derivative: |y| if y > 0.0 { SELU_SCALE } else { y + SELU_ALPHA },
    }

    /// `x·tanh(ln(1 + eˣ))`: Misra, "Mish", BMVC 2020.
    Mish saves Input {
        value: |x| {
            let n = mish_part::<S>(x);
            x * (n / (n + 2.0))
        },
        derivative: |x| {
            // From there on the slope is 1; a rest that the bound of `mish_part` leaves must not grow with x.
            let x = if x > MISH_BOUND { MISH_BOUND } else { x };
            let n = mish_part::<S>(x);
            let gate = n / (n + 2.0);
            // 1 - tanh(ln(1 + eˣ)) is 2/((1 + eˣ)² + 1).
            gate + x * math::sigmoid::<S>(x) * (2.0 / (n + 2.0)) * (1.0 + gate)
        },
    }

    /// `ln σ(x)`.
    LogSigmoid saves Output {
        value: |x| {
            let negative = if x < 0.0 { x } else { 0.0 };
            negative - math::ln_1p::<S>(math::exp::<S>(-x.abs()))
        },
        // σ(-x) = 1 - σ(x) = 1 - eʸ.
        derivative: |y| -math::exp_m1::<S>(y),
    }

    /// `x/(1 + |x|)`.
    Softsign saves Output {
        value: |x| x / (1.0 + x.abs()),
        // 1/(1 + |x|) = 1 - |y|.
        derivative: |y| (1.0 - y.abs()) * (1.0 - y.abs()),
    }

    /// `x` limited to `min..=max`, with derivative 0 at both limits. With 0 and 6, this is relu6.
    HardTanh {
        /// The lower limit.
        min: f32,
        /// The upper limit.
        max: f32
    } saves Output {
        value: |x| clamp(x, min, max),
        derivative: |y| if y > min && y < max { 1.0 } else { 0.0 },
    }

    /// `(x + 3)/6`, limited to `0..=1`.
    HardSigmoid saves Output {
        value: |x| clamp(x + 3.0, 0.0, 6.0) / 6.0,
        derivative: |y| if y > 0.0 && y < 1.0 { 1.0 / 6.0 } else { 0.0 },
    }

    /// `x·(x + 3)/6` between -3 and 3, 0 below, `x` above: Howard et al., "Searching for MobileNetV3", ICCV 2019. At -3
    /// and 3, the derivative is that of the outer side, 0 and 1, as in PyTorch.
    HardSwish saves Input {
        // For large x, the product would overflow where x does not.
        value: |x| if x > 3.0 { x } else { x * clamp(x + 3.0, 0.0, 6.0) / 6.0 },
        derivative: |x| {
            let between = if x >= 3.0 { 1.0 } else { x / 3.0 + 0.5 };
            if x <= -3.0 { 0.0 } else { between }
        },
    }

    /// `x` limited to `min..=max`, with derivative 1 at the lower and 0 at the upper limit.
    Clamp {
        /// The lower limit.
        min: f32,
        /// The upper limit.
        max: f32
    } saves Input {
        value: |x| clamp(x, min, max),
        derivative: |x| if x >= min && x < max { 1.0 } else { 0.0 },
    }

    /// `eˣ`.
    Exp saves Output {
        value: |x| math::exp::<S>(x),
        derivative: |y| y,
    }

    /// The natural logarithm.
    Log saves Input {
        value: |x| math::ln::<S>(x),
        derivative: |x| 1.0 / x,
    }

    /// The square root.
    Sqrt saves Output {
        value: |x| x.sqrt(),
        derivative: |y| 0.5 / y,
    }

    /// `x²`.
    Square saves Input {
        value: |x| x * x,
        derivative: |x| 2.0 * x,
    }

    /// `|x|`, with derivative 0 at 0.
    Abs saves Input {
        value: |x| x.abs(),
        derivative: |x| if x == 0.0 { 0.0 } else { 1f32.copysign(x) },
    }

    /// `xⁿ` by repeated multiplication.
    Powi {
        /// The exponent n.
        exponent: i32
    } saves Input {
        value: |x| power(x, exponent),
        // x⁰ is 1 everywhere, but 0·x⁻¹ would be NaN at 0.
        derivative: |x| if exponent == 0 { 0.0 } else { exponent as f32 * power(x, exponent.saturating_sub(1)) },
    }
}

/// The constants 1/√(2π) and √(2/π), and the factor of the cube, of gelu.
const NORMAL: f32 = 0.398_942_3;
pub(super) const ROOT: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044715;
/// The scale of selu, and α times the scale.
const SELU_SCALE: f32 = 1.050_701;
const SELU_ALPHA: f32 = 1.758_099_3;

/// Returns `|x|`, but no more than the normal distribution reaches.
#[inline(always)]
fn up_to_tail(x: f32) -> f32 {
    if x.abs() > math::TAIL { math::TAIL } else { x.abs() }
}

/// The bound from which on tanh(ln(1 + eˣ)) is 1 in `f32`. Larger x are replaced by it, so that eˣ does not overflow.
const MISH_BOUND: f32 = 20.0;

/// Returns `n = eˣ·(eˣ + 2)`, with which tanh(ln(1 + eˣ)) is `n/(n + 2)`.
#[inline(always)]
fn mish_part<S: Simd>(x: f32) -> f32 {
    let e = math::exp::<S>(if x > MISH_BOUND { MISH_BOUND } else { x });
    e * (e + 2.0)
}

#[inline(always)]
fn clamp(x: f32, min: f32, max: f32) -> f32 {
    // `f32::clamp` would panic if a limit is NaN.
    let x = if x < min { min } else { x };
    if x > max { max } else { x }
}

/// Returns `xⁿ` by squaring, because the last bits of libm's `pow` differ between systems.
#[inline(always)]
fn power(x: f32, n: i32) -> f32 {
    let (mut base, mut left, mut y) = (x, n.unsigned_abs(), 1.0);
    while left > 0 {
        if left % 2 == 1 {
            y *= base;
        }
        base *= base;
        left /= 2;
    }
    if n < 0 { 1.0 / y } else { y }
}
