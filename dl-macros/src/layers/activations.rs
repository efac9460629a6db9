//! The elementwise activations: a function of each number. One entry each.

use super::*;
use crate::diagnostics::message;
use crate::{check, ir};
use quote::{ToTokens, quote};

/// An elementwise activation.
struct Elementwise {
    name: &'static str,
    /// Of `dl::ops::Activation`.
    variant: Variant,
    /// What its backward pass reads: `Activation::saved_for_backward` in the runtime.
    saves: Saves,
    /// What it computes, for the guide.
    line: &'static str,
    parameters: &'static [Parameter],
    /// The rules of the parameters.
    check: fn(&Call) -> bool,
}

/// What the backward pass of an activation reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saves {
    Input,
    Output,
}
use Saves::{Input, Output};

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
    fn evident(&self, call: &Call) -> Option<Shape> {
        call.evident_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (variant, keeps_output) = (self.variant.of(call), self.saves == Output);
        let expr = quote!(dl::ops::Activation::#variant);
        let keeps = if keeps_output { SavedForBackward::OUTPUT } else { SavedForBackward::INPUTS };
        let mut op = Op::new(Config::Expr(expr.clone()), keeps).in_place();
        op.activation = Some(ir::Activation { expr, keeps_output });
        Some(Built::new(call.input(), op))
    }
}

impl Elementwise {
    /// One without parameters.
    const fn new(name: &'static str, variant: &'static str, saves: Saves, line: &'static str) -> Self {
        Elementwise { name, variant: Variant::Named(variant), saves, line, parameters: &[], check: |_| true }
    }
    /// The same with parameters and their rules.
    const fn with(self, parameters: &'static [Parameter], check: fn(&Call) -> bool) -> Self {
        Elementwise { parameters, check, ..self }
    }
    /// The same as a variant that a use decides.
    const fn as_variant(self, variant: fn(&Call) -> TokenStream) -> Self {
        Elementwise { variant: Variant::Made(variant), ..self }
    }
}

/// Every elementwise activation.
pub static ALL: &[&dyn Layer] = &[
    &Elementwise::new("relu", "Relu", Output, "max(x, 0)"),
    &Elementwise::new("leaky_relu", "LeakyRelu", Output, "x, or slope·x below 0").with(
        &[Parameter::positional("slope", Kind::Number, Default::Number(0.01), "factor of negative numbers")],
        |call| check::not_negative(call, "slope"),
    ),
    &Elementwise::new("elu", "Elu", Output, "x, or alpha·(eˣ - 1) below 0").with(
        &[Parameter::positional("alpha", Kind::Number, Default::Number(1.0), "minus the limit for negative numbers")],
        |call| check::not_negative(call, "alpha"),
    ),
    &Elementwise::new("gelu", "Gelu", Input, "x·Φ(x), Φ the normal distribution")
        .with(
            &[Parameter::named(
                "approximate",
                Kind::Word(&[EXACT, Choice::new("tanh", "GeluTanh")]),
                Default::Word(EXACT),
                "`tanh`: the faster approximation",
            )],
            |_| true,
        )
        .as_variant(|call| call.word("approximate").to_token_stream()),
    &Elementwise::new("silu", "Silu", Input, "x / (1 + e⁻ˣ)"),
    &Elementwise::new("sigmoid", "Sigmoid", Output, "1 / (1 + e⁻ˣ)"),
    &Elementwise::new("tanh", "Tanh", Output, "tanh x"),
    &Elementwise::new("softplus", "Softplus", Input, "ln(1 + e^(beta·x)) / beta").with(
        &[
            Parameter::named("beta", Kind::Number, Default::Number(1.0), "sharpness of the bend"),
            Parameter::named(
                "threshold",
                Kind::Number,
                Default::Number(20.0),
                "where beta·x is large enough for x itself",
            ),
        ],
        |call| check::positive(call, "beta"),
    ),
    &Elementwise::new("selu", "Selu", Output, "1.0507·x, or 1.7581·(eˣ - 1) below 0"),
    &Elementwise::new("mish", "Mish", Input, "x·tanh(ln(1 + eˣ))"),
    &Elementwise::new("log_sigmoid", "LogSigmoid", Output, "ln(1 / (1 + e⁻ˣ))"),
    &Elementwise::new("softsign", "Softsign", Output, "x / (1 + |x|)"),
    &Elementwise::new("relu6", "HardTanh", Output, "x between 0 and 6")
        .as_variant(|_| quote!(HardTanh { min: 0.0, max: 6.0 })),
    &Elementwise::new("hard_tanh", "HardTanh", Output, "x between two limits, at which the gradient is 0")
        .with(&limits([Default::Number(-1.0), Default::Number(1.0)]), ordered),
    &Elementwise::new("hard_sigmoid", "HardSigmoid", Output, "(x + 3) / 6 between 0 and 1"),
    &Elementwise::new("hard_swish", "HardSwish", Input, "x·(x + 3) / 6 between -3 and 3, 0 below, x above"),
    &Elementwise::new("clamp", "Clamp", Input, "x between two limits, which pass the gradient themselves")
        .with(&limits([Default::Required, Default::Required]), ordered),
    &Elementwise::new("exp", "Exp", Output, "eˣ"),
    &Elementwise::new("log", "Log", Input, "ln x"),
    &Elementwise::new("sqrt", "Sqrt", Output, "√x"),
    &Elementwise::new("square", "Square", Input, "x²"),
    &Elementwise::new("abs", "Abs", Input, "|x|"),
    &Elementwise::new("powi", "Powi", Input, "xⁿ for a whole number n").with(
        &[Parameter::positional("exponent", Kind::Integer, Default::Required, "a whole number")],
        |call| {
            let good = i32::try_from(call.integer("exponent")).is_ok();
            if !good {
                call.diagnostics.error(call.at("exponent"), "the exponent of `powi` does not fit an `i32`");
            }
            good
        },
    ),
];

/// Of `gelu`, unless it is to be faster.
const EXACT: Choice = Choice::new("none", "Gelu");

/// Of `clamp` and `hard_tanh`.
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
