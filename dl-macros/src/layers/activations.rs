//! The elementwise activations: a function of each number. One entry each.

use super::*;
use crate::{check, ir};
use quote::quote;

/// An elementwise activation.
pub struct Elementwise {
    name: &'static str,
    parameters: &'static [Parameter],
    /// Checks the parameters and writes the variant of `dl::ops::Activation`; whether its backward pass reads its output.
    variant: fn(&Call) -> Option<(TokenStream, bool)>,
}

impl Layer for Elementwise {
    fn name(&self) -> &'static str {
        self.name
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (variant, keeps_output) = (self.variant)(call)?;
        let expr = quote!(dl::ops::Activation::#variant);
        let keeps = if keeps_output { Keeps::OUTPUT } else { Keeps::INPUTS };
        let mut op = Op::new(self.name, Config::Expr(expr.clone()), keeps).in_place();
        op.activation = Some(ir::Activation { expr, keeps_output });
        Some(Built::new(call.input(), op))
    }
}

/// An activation without parameters.
const fn plain(name: &'static str, variant: fn(&Call) -> Option<(TokenStream, bool)>) -> Elementwise {
    Elementwise { name, parameters: &[], variant }
}

pub static RELU: Elementwise = plain("relu", |_| Some((quote!(Relu), true)));
pub static SILU: Elementwise = plain("silu", |_| Some((quote!(Silu), false)));
pub static SIGMOID: Elementwise = plain("sigmoid", |_| Some((quote!(Sigmoid), true)));
pub static TANH: Elementwise = plain("tanh", |_| Some((quote!(Tanh), true)));

pub static LEAKY_RELU: Elementwise = Elementwise {
    name: "leaky_relu",
    parameters: &[Parameter::positional("slope", Kind::Number, Default::Number(0.01), "factor of negative numbers")],
    variant: |call| {
        let slope = check::not_negative(call, "slope")?;
        Some((quote!(LeakyRelu { slope: #slope }), true))
    },
};

pub static ELU: Elementwise = Elementwise {
    name: "elu",
    parameters: &[Parameter::positional(
        "alpha",
        Kind::Number,
        Default::Number(1.0),
        "minus the limit for negative numbers",
    )],
    variant: |call| {
        let alpha = check::not_negative(call, "alpha")?;
        Some((quote!(Elu { alpha: #alpha }), true))
    },
};

pub static GELU: Elementwise = Elementwise {
    name: "gelu",
    parameters: &[Parameter::named(
        "approximate",
        Kind::Word(&["none", "tanh"]),
        Default::Word("none"),
        "`tanh`: the faster approximation",
    )],
    variant: |call| {
        let exact = call.word("approximate") == "none";
        Some((if exact { quote!(Gelu) } else { quote!(GeluTanh) }, false))
    },
};

pub static SOFTPLUS: Elementwise = Elementwise {
    name: "softplus",
    parameters: &[
        Parameter::named("beta", Kind::Number, Default::Number(1.0), "sharpness of the bend"),
        Parameter::named("threshold", Kind::Number, Default::Number(20.0), "where beta·x is large enough for x itself"),
    ],
    variant: |call| {
        let beta = check::positive(call, "beta")?;
        let threshold = call.number("threshold");
        Some((quote!(Softplus { beta: #beta, threshold: #threshold }), false))
    },
};
