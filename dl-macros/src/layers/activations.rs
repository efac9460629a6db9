//! The elementwise activations: a function of each number. One entry each.

use super::*;
use crate::{check, ir};
use quote::quote;

/// An elementwise activation.
pub struct Elementwise {
    name: &'static str,
    /// What it computes, for the guide.
    line: &'static str,
    parameters: &'static [Parameter],
    /// The rules of the parameters.
    check: fn(&Call) -> bool,
    /// The variant of `dl::ops::Activation`.
    variant: fn(&Call) -> TokenStream,
    /// Whether its backward pass reads its output rather than its input: `Activation::keeps` in the runtime.
    keeps_output: bool,
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
    fn evident(&self, call: &Call) -> Option<Shape> {
        call.evident_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (variant, keeps_output) = ((self.variant)(call), self.keeps_output);
        let expr = quote!(dl::ops::Activation::#variant);
        let keeps = if keeps_output { Keeps::OUTPUT } else { Keeps::INPUTS };
        let mut op = Op::new(Config::Expr(expr.clone()), keeps).in_place();
        op.activation = Some(ir::Activation { expr, keeps_output });
        Some(Built::new(call.input(), op))
    }
}

/// An activation without parameters.
const fn plain(
    name: &'static str,
    line: &'static str,
    variant: fn(&Call) -> TokenStream,
    keeps_output: bool,
) -> Elementwise {
    Elementwise { name, line, parameters: &[], check: |_| true, variant, keeps_output }
}

pub static RELU: Elementwise = plain("relu", "max(x, 0)", |_| quote!(Relu), true);
pub static SILU: Elementwise = plain("silu", "x / (1 + e⁻ˣ)", |_| quote!(Silu), false);
pub static SIGMOID: Elementwise = plain("sigmoid", "1 / (1 + e⁻ˣ)", |_| quote!(Sigmoid), true);
pub static TANH: Elementwise = plain("tanh", "tanh x", |_| quote!(Tanh), true);

pub static LEAKY_RELU: Elementwise = Elementwise {
    name: "leaky_relu",
    line: "x, or slope·x below 0",
    parameters: &[Parameter::positional("slope", Kind::Number, Default::Number(0.01), "factor of negative numbers")],
    check: |call| check::not_negative(call, "slope"),
    variant: |call| {
        let slope = call.number("slope");
        quote!(LeakyRelu { slope: #slope })
    },
    keeps_output: true,
};

pub static ELU: Elementwise = Elementwise {
    name: "elu",
    line: "x, or alpha·(eˣ - 1) below 0",
    parameters: &[Parameter::positional(
        "alpha",
        Kind::Number,
        Default::Number(1.0),
        "minus the limit for negative numbers",
    )],
    check: |call| check::not_negative(call, "alpha"),
    variant: |call| {
        let alpha = call.number("alpha");
        quote!(Elu { alpha: #alpha })
    },
    keeps_output: true,
};

pub static GELU: Elementwise = Elementwise {
    name: "gelu",
    line: "x·Φ(x), Φ the normal distribution",
    parameters: &[Parameter::named(
        "approximate",
        Kind::Word(&["none", "tanh"]),
        Default::Word("none"),
        "`tanh`: the faster approximation",
    )],
    check: |_| true,
    variant: |call| if call.word("approximate") == "none" { quote!(Gelu) } else { quote!(GeluTanh) },
    keeps_output: false,
};

pub static SOFTPLUS: Elementwise = Elementwise {
    name: "softplus",
    line: "ln(1 + e^(beta·x)) / beta",
    parameters: &[
        Parameter::named("beta", Kind::Number, Default::Number(1.0), "sharpness of the bend"),
        Parameter::named("threshold", Kind::Number, Default::Number(20.0), "where beta·x is large enough for x itself"),
    ],
    check: |call| check::positive(call, "beta"),
    variant: |call| {
        let (beta, threshold) = (call.number("beta"), call.number("threshold"));
        quote!(Softplus { beta: #beta, threshold: #threshold })
    },
    keeps_output: false,
};
