//! The elementwise activations: a function of each number. One entry each.

use super::*;
use crate::diagnostics::message;
use crate::{check, ir};
use proc_macro2::Literal;
use quote::{ToTokens, quote};

/// An elementwise activation.
pub struct Elementwise {
    name: &'static str,
    /// The function that it computes, for the guide.
    line: &'static str,
    parameters: &'static [Parameter],
    /// The rules of the parameters.
    check: fn(&Call) -> bool,
    /// The variant of `dl::ops::Activation`.
    variant: fn(&Call) -> TokenStream,
    /// Whether its backward pass reads its output rather than its input: `Activation::keeps` in the runtime.
    backward_reads_output: bool,
}

impl Layer for Elementwise {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Activation, "any, unchanged", self.line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn check(&self, call: &Call) -> bool {
        (self.check)(call)
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (variant, backward_reads_output) = ((self.variant)(call), self.backward_reads_output);
        let expr = quote!(dl::ops::Activation::#variant);
        let keeps = if backward_reads_output { BackwardReads::OUTPUT } else { BackwardReads::INPUTS };
        let mut op = Op::new(Config::Expr(expr.clone()), keeps).in_place();
        op.activation = Some(ir::Activation { expr, backward_reads_output });
        Some(Built::new(call.input(), op))
    }
}

/// An activation without parameters.
const fn plain(
    name: &'static str,
    line: &'static str,
    variant: fn(&Call) -> TokenStream,
    backward_reads_output: bool,
) -> Elementwise {
    Elementwise { name, line, parameters: &[], check: |_| true, variant, backward_reads_output }
}

pub static RELU: Elementwise = plain("relu", "computes `max(x, 0)`", |_| quote!(Relu), true);
pub static SILU: Elementwise = plain("silu", "computes `x / (1 + e⁻ˣ)`, also called swish", |_| quote!(Silu), false);
pub static SIGMOID: Elementwise = plain("sigmoid", "computes `1 / (1 + e⁻ˣ)`", |_| quote!(Sigmoid), true);
pub static TANH: Elementwise = plain("tanh", "computes `tanh x`", |_| quote!(Tanh), true);
pub static SELU: Elementwise =
    plain("selu", "computes `1.0507·x`, or `1.7581·(eˣ - 1)` where `x < 0`", |_| quote!(Selu), true);
pub static MISH: Elementwise = plain("mish", "computes `x·tanh(ln(1 + eˣ))`", |_| quote!(Mish), false);
pub static LOG_SIGMOID: Elementwise =
    plain("log_sigmoid", "computes `ln(1 / (1 + e⁻ˣ))`", |_| quote!(LogSigmoid), true);
pub static SOFTSIGN: Elementwise = plain("softsign", "computes `x / (1 + |x|)`", |_| quote!(Softsign), true);
pub static RELU6: Elementwise =
    plain("relu6", "computes `min(max(x, 0), 6)`", |_| quote!(HardTanh { min: 0.0, max: 6.0 }), true);
pub static HARD_SIGMOID: Elementwise =
    plain("hard_sigmoid", "computes `(x + 3) / 6`, clamped to 0 and 1", |_| quote!(HardSigmoid), true);
pub static HARD_SWISH: Elementwise =
    plain("hard_swish", "computes `x·(x + 3) / 6` from -3 to 3, 0 below and `x` above", |_| quote!(HardSwish), false);
pub static EXP: Elementwise = plain("exp", "computes `eˣ`", |_| quote!(Exp), true);
pub static LOG: Elementwise = plain("log", "computes `ln x`", |_| quote!(Log), false);
pub static SQRT: Elementwise = plain("sqrt", "computes `√x`", |_| quote!(Sqrt), true);
pub static SQUARE: Elementwise = plain("square", "computes `x²`", |_| quote!(Square), false);
pub static ABS: Elementwise = plain("abs", "computes `|x|`", |_| quote!(Abs), false);

pub static LEAKY_RELU: Elementwise = Elementwise {
    name: "leaky_relu",
    line: "computes `x`, or `slope·x` where `x < 0`",
    parameters: &[Parameter::positional("slope", Kind::Number, Default::Number(0.01), "slope for negative inputs")],
    check: |call| check::not_negative(call, "slope"),
    variant: |call| {
        let slope = call.number("slope");
        quote!(LeakyRelu { slope: #slope })
    },
    backward_reads_output: true,
};

pub static ELU: Elementwise = Elementwise {
    name: "elu",
    line: "computes `x`, or `alpha·(eˣ - 1)` where `x < 0`",
    parameters: &[Parameter::positional(
        "alpha",
        Kind::Number,
        Default::Number(1.0),
        "scale for negative inputs: the output tends to `-alpha`",
    )],
    check: |call| check::not_negative(call, "alpha"),
    variant: |call| {
        let alpha = call.number("alpha");
        quote!(Elu { alpha: #alpha })
    },
    backward_reads_output: true,
};

/// The default of `gelu`.
const EXACT: Choice = Choice::new("none", "Gelu", "the exact `Φ`, by the error function");

pub static GELU: Elementwise = Elementwise {
    name: "gelu",
    line: "computes `x·Φ(x)`, where `Φ` is the distribution function of the standard normal distribution",
    parameters: &[Parameter::named(
        "approximate",
        Kind::Choice(&[
            EXACT,
            Choice::new(
                "tanh",
                "GeluTanh",
                "the approximation `½(1 + tanh(√(2/π)·(x + 0.044715·x³)))` of `Φ`, which is faster",
            ),
        ]),
        Default::Choice(EXACT),
        "formula for `Φ`",
    )],
    check: |_| true,
    variant: |call| call.choice("approximate").to_token_stream(),
    backward_reads_output: false,
};

pub static SOFTPLUS: Elementwise = Elementwise {
    name: "softplus",
    line: "computes `ln(1 + e^(beta·x)) / beta`",
    parameters: &[
        Parameter::named("beta", Kind::Number, Default::Number(1.0), "sharpness: the larger, the closer to `relu`"),
        Parameter::named(
            "threshold",
            Kind::Number,
            Default::Number(20.0),
            "value of `beta·x` above which the output is `x` itself",
        ),
    ],
    check: |call| check::positive(call, "beta"),
    variant: |call| {
        let (beta, threshold) = (call.number("beta"), call.number("threshold"));
        quote!(Softplus { beta: #beta, threshold: #threshold })
    },
    backward_reads_output: false,
};

/// The parameters of `clamp` and `hard_tanh`.
const fn limits(default: [Default; 2]) -> [Parameter; 2] {
    let [min, max] = default;
    [
        Parameter::positional("min", Kind::Number, min, "lower limit"),
        Parameter::positional("max", Kind::Number, max, "upper limit"),
    ]
}

/// Whether the limits are in order.
fn ordered(call: &Call) -> bool {
    let (min, max) = (call.number("min"), call.number("max"));
    let text = message!("the limits of `", call.name, "` are ", &min, " and ", &max, ", the upper one below the lower");
    call.diagnostics.require(min.at_most(&max), call.at("max"), text)
}

pub static HARD_TANH: Elementwise = Elementwise {
    name: "hard_tanh",
    line: "clamps `x` to `min` and `max`, with a gradient of 0 at the limits",
    parameters: &limits([Default::Number(-1.0), Default::Number(1.0)]),
    check: ordered,
    variant: |call| {
        let (min, max) = (call.number("min"), call.number("max"));
        quote!(HardTanh { min: #min, max: #max })
    },
    backward_reads_output: true,
};

pub static CLAMP: Elementwise = Elementwise {
    name: "clamp",
    line: "clamps `x` to `min` and `max`, with a gradient of 1 at the limits",
    parameters: &limits([Default::Required, Default::Required]),
    check: ordered,
    variant: |call| {
        let (min, max) = (call.number("min"), call.number("max"));
        quote!(Clamp { min: #min, max: #max })
    },
    backward_reads_output: false,
};

pub static POWI: Elementwise = Elementwise {
    name: "powi",
    line: "computes `xⁿ` for a whole number `n`",
    parameters: &[Parameter::positional("exponent", Kind::Integer, Default::Required, "exponent `n`")],
    check: |call| {
        let good = i32::try_from(call.integer("exponent")).is_ok();
        if !good {
            call.diagnostics.error(call.at("exponent"), "the exponent of `powi` does not fit an `i32`");
        }
        good
    },
    variant: |call| {
        let exponent = call.integer("exponent");
        let sign = (exponent < 0).then(|| quote!(-));
        let size = Literal::u64_unsuffixed(exponent.unsigned_abs());
        quote!(Powi { exponent: #sign #size })
    },
    backward_reads_output: false,
};
