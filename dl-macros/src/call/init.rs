//! Weight initialisation: the rules of the language, each written as a `dl::Init`.

use crate::number::Number;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// The initialisation of a tensor: a constant expression of type `dl::Init`.
#[derive(Clone)]
pub enum Init {
    /// A rule without a number.
    Rule(Rule),
    /// A rule with a number.
    ParametricRule(ParametricRule, Number),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    PyTorch,
    HeNormal,
    HeUniform,
    XavierNormal,
    XavierUniform,
    Zeros,
    Ones,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ParametricRule {
    Constant,
    Normal,
    Uniform,
}

/// The rules without a number, with their words.
pub const RULES: [(&str, Rule); 7] = [
    ("pytorch", Rule::PyTorch),
    ("he_normal", Rule::HeNormal),
    ("he_uniform", Rule::HeUniform),
    ("xavier_normal", Rule::XavierNormal),
    ("xavier_uniform", Rule::XavierUniform),
    ("zeros", Rule::Zeros),
    ("ones", Rule::Ones),
];

/// The rules with a number: the word, the rule, and the name of the number.
pub const PARAMETRIC_RULES: [(&str, ParametricRule, &str); 3] = [
    ("constant", ParametricRule::Constant, "value"),
    ("normal", ParametricRule::Normal, "std"),
    ("uniform", ParametricRule::Uniform, "bound"),
];

impl ToTokens for Init {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Init::Rule(Rule::PyTorch) => quote!(dl::Init::PyTorch),
            Init::Rule(Rule::HeNormal) => quote!(dl::Init::HeNormal),
            Init::Rule(Rule::HeUniform) => quote!(dl::Init::HeUniform),
            Init::Rule(Rule::XavierNormal) => quote!(dl::Init::XavierNormal),
            Init::Rule(Rule::XavierUniform) => quote!(dl::Init::XavierUniform),
            Init::Rule(Rule::Zeros) => quote!(dl::Init::Zeros),
            Init::Rule(Rule::Ones) => quote!(dl::Init::Ones),
            Init::ParametricRule(ParametricRule::Constant, number) => quote!(dl::Init::Constant(#number)),
            Init::ParametricRule(ParametricRule::Normal, number) => quote!(dl::Init::Normal { std: #number }),
            Init::ParametricRule(ParametricRule::Uniform, number) => quote!(dl::Init::Uniform { bound: #number }),
        });
    }
}
