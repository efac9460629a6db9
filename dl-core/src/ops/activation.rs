//! Activations and other elementwise functions, `y = f(x)`.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;
use libm::{erfcf, expf, expm1f, log1pf, logf, sqrtf, tanhf};

/// An elementwise activation with its settings; `dl-runtime` describes each of them. NaN stays NaN through all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the formulas are below")]
pub enum Activation {
    Identity,
    Relu,
    LeakyRelu { slope: f32 },
    Elu { alpha: f32 },
    Gelu,
    GeluTanh,
    Silu,
    Sigmoid,
    Tanh,
    Softplus { beta: f32, threshold: f32 },
    Selu,
    Mish,
    LogSigmoid,
    Softsign,
    HardTanh { min: f32, max: f32 },
    HardSigmoid,
    HardSwish,
    Clamp { min: f32, max: f32 },
    Exp,
    Log,
    Sqrt,
    Square,
    Abs,
    Powi { exponent: i32 },
}

impl Activation {
    /// `output = f(input)`, elementwise on any shape.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>>(self, input: &S, output: &mut S) {
        let output = flat_mut(slice::from_mut(output));
        output.copy_from_slice(flat(slice::from_ref(input)));
        self.apply(output);
    }
    /// `value = f(value)`, elementwise on any shape.
    #[inline(always)]
    pub fn forward_in_place<S: Pod<Element = f32>>(self, value: &mut S) {
        self.apply(flat_mut(slice::from_mut(value)));
    }
    /// `x = f(x)` for each number. It is inlined, so that only the function of a constant activation is in the program.
    #[inline(always)]
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Activation::Identity => {}
            Activation::Relu => each(values, |x| if x < 0.0 { 0.0 } else { x }),
            Activation::LeakyRelu { slope } => each(values, |x| if x > 0.0 { x } else { slope * x }),
            Activation::Elu { alpha } => each(values, |x| if x > 0.0 { x } else { alpha * expm1f(x) }),
            // x·Φ(x), with Φ(x) = ½·erfc(-x/√2).
            Activation::Gelu => each(values, |x| 0.5 * x * erfcf(-x * core::f32::consts::FRAC_1_SQRT_2)),
            Activation::GeluTanh => each(values, |x| x * sigmoid(2.0 * 0.797_884_6 * (x + 0.044715 * x * x * x))),
            Activation::Silu => each(values, |x| x * sigmoid(x)),
            Activation::Sigmoid => each(values, sigmoid),
            Activation::Tanh => each(values, tanhf),
            Activation::Softplus { beta, threshold } => each(values, |x| {
                let z = beta * x;
                if z > threshold { x } else { log1pf(expf(z)) / beta }
            }),
            Activation::Selu => each(values, |x| if x > 0.0 { 1.050_701 * x } else { 1.758_099_3 * expm1f(x) }),
            Activation::Mish => each(values, |x| {
                // From 20 on the factor is 1, and eˣ must not overflow.
                let e = expf(if x > 20.0 { 20.0 } else { x });
                let n = e * (e + 2.0);
                x * (n / (n + 2.0))
            }),
            Activation::LogSigmoid => each(values, |x| (if x < 0.0 { x } else { 0.0 }) - log1pf(expf(-x.abs()))),
            Activation::Softsign => each(values, |x| x / (1.0 + x.abs())),
            Activation::HardTanh { min, max } | Activation::Clamp { min, max } => each(values, |x| clamp(x, min, max)),
            Activation::HardSigmoid => each(values, |x| clamp(x + 3.0, 0.0, 6.0) / 6.0),
            Activation::HardSwish => each(values, |x| if x > 3.0 { x } else { x * clamp(x + 3.0, 0.0, 6.0) / 6.0 }),
            Activation::Exp => each(values, expf),
            Activation::Log => each(values, logf),
            Activation::Sqrt => each(values, sqrtf),
            Activation::Square => each(values, |x| x * x),
            Activation::Abs => each(values, f32::abs),
            Activation::Powi { exponent } => each(values, |x| power(x, exponent)),
        }
    }
}

fn each(values: &mut [f32], f: impl Fn(f32) -> f32) {
    values.iter_mut().for_each(|x| *x = f(*x));
}

/// `1/(1 + e⁻ˣ)`.
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + expf(-x))
}

fn clamp(x: f32, min: f32, max: f32) -> f32 {
    // `f32::clamp` would panic if a limit is NaN.
    let x = if x < min { min } else { x };
    if x > max { max } else { x }
}

/// `xⁿ` by squaring.
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
