//! The elementwise activations, which apply a function to each element. Each is an entry of [`ALL`].

use super::*;
use crate::diagnostics::message;
use crate::{check, ir};
use quote::{ToTokens, quote};

/// An elementwise activation.
struct Elementwise {
    name: &'static str,
    /// The variant of `dl::ops::Activation`.
    variant: Variant,
    /// The tensor that its backward pass reads: `Activation::saved_for_backward` in the runtime.
    saves: Saves,
    /// The formula, for the guide.
    line: &'static str,
    parameters: &'static [Parameter],
    /// Checks the parameters.
    check: fn(&Call) -> bool,
}

/// The tensor that the backward pass of an activation reads.
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
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (variant, backward_reads_output) = (self.variant.of(call), self.saves == Output);
        let expr = quote!(dl::ops::Activation::#variant);
        let backward_reads = if backward_reads_output { BackwardReads::OUTPUT } else { BackwardReads::INPUTS };
        let mut op = Op::new(Config::Expr(expr.clone()), backward_reads).in_place();
        op.activation = Some(ir::Activation { expr, backward_reads_output, limits: self.limits(call) });
        op.blocks = ir::Blocks::Preserves;
        op.int8 = ir::Int8::Activation;
        Some(Built::new(call.input(), op))
    }
}

impl Elementwise {
    /// Returns the least and the largest result of an activation that does nothing but limit numbers.
    fn limits(&self, call: &Call) -> Option<[TokenStream; 2]> {
        Some(match self.name {
            "relu" => [quote!(0.0), quote!(f32::INFINITY)],
            "relu6" => [quote!(0.0), quote!(6.0)],
            "hard_tanh" | "clamp" => {
                let (min, max) = (call.number("min"), call.number("max"));
                [quote!(#min), quote!(#max)]
            }
            _ => return None,
        })
    }
    /// Returns an activation without parameters.
    const fn new(name: &'static str, variant: &'static str, saves: Saves, line: &'static str) -> Self {
        Elementwise { name, variant: Variant::Named(variant), saves, line, parameters: &[], check: |_| true }
    }
    /// Adds parameters and their check.
    const fn with(self, parameters: &'static [Parameter], check: fn(&Call) -> bool) -> Self {
        Elementwise { parameters, check, ..self }
    }
    /// Chooses the variant by the parameters of each use.
    const fn with_variant(self, variant: fn(&Call) -> TokenStream) -> Self {
        Elementwise { variant: Variant::Made(variant), ..self }
    }
}

/// Every elementwise activation.
pub static ALL: &[&dyn Layer] = &[
    &Elementwise::new("relu", "Relu", Output, "computes `max(x, 0)`"),
    &Elementwise::new("leaky_relu", "LeakyRelu", Output, "computes `x`, or `slope·x` where `x < 0`").with(
        &[Parameter::positional("slope", Kind::Number, Default::Number(0.01), "slope for negative inputs")],
        |call| check::not_negative(call, "slope"),
    ),
    &Elementwise::new("elu", "Elu", Output, "computes `x`, or `alpha·(eˣ - 1)` where `x < 0`").with(
        &[Parameter::positional(
            "alpha",
            Kind::Number,
            Default::Number(1.0),
            "scale for negative inputs: the output tends to `-alpha`",
        )],
        |call| check::not_negative(call, "alpha"),
    ),
    &Elementwise::new(
        "gelu",
        "Gelu",
        Input,
        "computes `x·Φ(x)`, where `Φ` is the distribution function of the standard normal distribution",
    )
    .with(
        &[Parameter::named(
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
        |_| true,
    )
    .with_variant(|call| call.choice("approximate").to_token_stream()),
    &Elementwise::new("silu", "Silu", Input, "computes `x / (1 + e⁻ˣ)`, also called swish"),
    &Elementwise::new("sigmoid", "Sigmoid", Output, "computes `1 / (1 + e⁻ˣ)`"),
    &Elementwise::new("tanh", "Tanh", Output, "computes `tanh x`"),
    &Elementwise::new("softplus", "Softplus", Input, "computes `ln(1 + e^(beta·x)) / beta`").with(
        &[
            Parameter::named("beta", Kind::Number, Default::Number(1.0), "sharpness: the larger, the closer to `relu`"),
            Parameter::named(
                "threshold",
                Kind::Number,
                Default::Number(20.0),
                "value of `beta·x` above which the output is `x` itself",
            ),
        ],
        |call| check::positive(call, "beta"),
    ),
    &Elementwise::new("selu", "Selu", Output, "computes `1.0507·x`, or `1.7581·(eˣ - 1)` where `x < 0`"),
    &Elementwise::new("mish", "Mish", Input, "computes `x·tanh(ln(1 + eˣ))`"),
    &Elementwise::new("log_sigmoid", "LogSigmoid", Output, "computes `ln(1 / (1 + e⁻ˣ))`"),
    &Elementwise::new("softsign", "Softsign", Output, "computes `x / (1 + |x|)`"),
    &Elementwise::new("relu6", "HardTanh", Output, "computes `min(max(x, 0), 6)`")
        .with_variant(|_| quote!(HardTanh { min: 0.0, max: 6.0 })),
    &Elementwise::new(
        "hard_tanh",
        "HardTanh",
        Output,
        "clamps `x` to `min` and `max`, with a gradient of 0 at the limits",
    )
    .with(&limits([Default::Number(-1.0), Default::Number(1.0)]), ordered),
    &Elementwise::new("hard_sigmoid", "HardSigmoid", Output, "computes `(x + 3) / 6`, clamped to 0 and 1"),
    &Elementwise::new("hard_swish", "HardSwish", Input, "computes `x·(x + 3) / 6` from -3 to 3, 0 below and `x` above"),
    &Elementwise::new(
        "clamp",
        "Clamp",
        Input,
        "clamps `x` to `min` and `max`, with a gradient of 1 at `min` and 0 at `max`",
    )
    .with(&limits([Default::Required, Default::Required]), ordered),
    &Elementwise::new("exp", "Exp", Output, "computes `eˣ`"),
    &Elementwise::new("log", "Log", Input, "computes `ln x`"),
    &Elementwise::new("sqrt", "Sqrt", Output, "computes `√x`"),
    &Elementwise::new("square", "Square", Input, "computes `x²`"),
    &Elementwise::new("abs", "Abs", Input, "computes `|x|`"),
    &Elementwise::new("powi", "Powi", Input, "computes `xⁿ` for a whole number `n`").with(
        &[Parameter::positional("exponent", Kind::Integer, Default::Required, "exponent `n`")],
        |call| {
            let fits = i32::try_from(call.integer("exponent")).is_ok();
            if !fits {
                call.diagnostics.error(call.at("exponent"), "the exponent of `powi` does not fit an `i32`");
            }
            fits
        },
    ),
];

/// The default of `gelu`.
const EXACT: Choice = Choice::new("none", "Gelu", "the exact `Φ`, by the error function");

/// Returns the parameters of `clamp` and `hard_tanh`.
const fn limits(default: [Default; 2]) -> [Parameter; 2] {
    let [min, max] = default;
    [
        Parameter::positional("min", Kind::Number, min, "lower limit"),
        Parameter::positional("max", Kind::Number, max, "upper limit"),
    ]
}

/// Requires that the lower limit is not above the upper one.
fn ordered(call: &Call) -> bool {
    let (min, max) = (call.number("min"), call.number("max"));
    let text = message!("the limits of `", call.name, "` are ", &min, " and ", &max, ", the upper one below the lower");
    call.diagnostics.require(min.at_most(&max), call.at("max"), text)
}
