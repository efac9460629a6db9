//! One use of a layer as shape rules see it: the shapes of its operands and its evaluated parameters.

mod init;
mod parameter;

pub use init::{Init, PARAMETRIC_RULES, ParametricRule, RULES, Rule};
pub use parameter::{Choice, Default, Kind, Parameter, Setting};

use crate::diagnostics::Diagnostics;
use crate::dim::Dim;
use crate::ir::Shape;
use crate::number::Number;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// One use of a layer.
pub struct Call<'a> {
    /// The name that the user wrote: `conv2d`, or `+`.
    pub name: &'a str,
    /// The span of the layer's name.
    pub span: Span,
    /// The operands that it reads.
    pub operands: Vec<Operand>,
    /// `true` if the layer takes sequences `[channels, length]`, which are images of one row.
    pub sequence: bool,
    /// The parameters of its layer.
    pub parameters: &'static [Parameter],
    /// All parameters, in the layer's order.
    pub settings: &'a [(&'static str, Setting)],
    /// The spans of the arguments that the use gives.
    pub spans: &'a [(&'static str, Span)],
    /// The number of earlier layers of this kind.
    pub index: usize,
    pub diagnostics: &'a Diagnostics,
}

/// An operand of a layer.
#[derive(Clone)]
pub enum Operand {
    /// A value of the network.
    Tensor(Shape),
    /// A constant.
    Number(Number),
}

impl Call<'_> {
    /// Returns the shape of the first operand that is a value.
    pub fn input(&self) -> Shape {
        // Shape rules run only when there is such an operand.
        self.known_input().unwrap_or(Shape::of([]))
    }
    /// Returns the shape of the first operand that is a value, if there is one.
    pub fn known_input(&self) -> Option<Shape> {
        self.operands.iter().find_map(|operand| match operand {
            Operand::Tensor(shape) => Some(shape.clone()),
            Operand::Number(_) => None,
        })
    }
    fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|(parameter, _)| *parameter == name).map(|(_, setting)| setting)
    }
    /// Returns a size; `None` if it was reported as wrong.
    pub fn given_size(&self, name: &str) -> Option<Dim> {
        match self.setting(name) {
            Some(Setting::Size(dim)) => Some(dim.clone()),
            _ => None,
        }
    }
    /// Returns a size, or 1 if it was reported as wrong.
    pub fn size(&self, name: &str) -> Dim {
        self.given_size(name).unwrap_or(Dim::Known(1))
    }
    /// Returns two sizes, height and width; the height of a sequence is 1.
    pub fn pair(&self, name: &str) -> [Dim; 2] {
        self.pair_or(name, 1)
    }
    /// Returns the padding of height and width; a sequence has none in its height.
    pub fn border(&self, name: &str) -> [Dim; 2] {
        self.pair_or(name, 0)
    }
    /// Returns height and width; the height is `height` where only the width is given.
    fn pair_or(&self, name: &str, height: usize) -> [Dim; 2] {
        match self.setting(name) {
            Some(Setting::Pair(pair)) => pair.clone(),
            Some(Setting::Size(width)) => [Dim::Known(height), width.clone()],
            _ => [Dim::Known(1), Dim::Known(1)],
        }
    }
    /// Returns the shape of a sample with channels of this height and width: an image or a sequence.
    pub fn sized(&self, channels: Dim, [height, width]: [Dim; 2]) -> Shape {
        let dims = if self.sequence { vec![channels, width] } else { vec![channels, height, width] };
        Shape::of(dims)
    }
    pub fn is_same_padding(&self, name: &str) -> bool {
        matches!(self.setting(name), Some(Setting::SamePadding))
    }
    pub fn is_causal_padding(&self, name: &str) -> bool {
        matches!(self.setting(name), Some(Setting::CausalPadding))
    }
    pub fn number(&self, name: &str) -> Number {
        match self.setting(name) {
            Some(Setting::Number(number)) => number.clone(),
            _ => Number::Known(0.0),
        }
    }
    /// Returns a list of numbers; it is empty if it is not given.
    pub fn numbers(&self, name: &str) -> &[Number] {
        match self.setting(name) {
            Some(Setting::Numbers(numbers)) => numbers,
            _ => &[],
        }
    }
    pub fn integer(&self, name: &str) -> i64 {
        match self.setting(name) {
            Some(Setting::Integer(n)) => *n,
            _ => 0,
        }
    }
    /// Returns the axes as the user wrote them, if they are given.
    pub fn axes(&self, name: &str) -> Option<&[i64]> {
        match self.setting(name) {
            Some(Setting::Axes(axes)) => Some(axes),
            _ => None,
        }
    }
    /// Returns a shape; `None` if it was reported as wrong.
    pub fn given_shape(&self, name: &str) -> Option<Shape> {
        match self.setting(name) {
            Some(Setting::Shape(dims)) => Some(Shape::of(dims.clone())),
            _ => None,
        }
    }
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.setting(name), Some(Setting::Flag(true)))
    }
    /// Returns the chosen word; `None` if it was reported as wrong.
    pub fn choice(&self, name: &str) -> Option<Choice> {
        match self.setting(name) {
            Some(Setting::Choice(choice)) => Some(*choice),
            _ => None,
        }
    }
    /// Returns the initialisation that the parameter `name` gives, if it is given.
    fn given_init(&self, name: &str) -> Option<Init> {
        match self.setting(name) {
            Some(Setting::Init(init)) => Some(init.clone()),
            _ => None,
        }
    }
    /// Returns the `init` of a layer with one tensor, or `default` if the use gives none.
    pub fn init_or(&self, default: Init) -> TokenStream {
        self.init_of("init", default)
    }
    /// Returns the initialisation that the parameter `name` gives, or `default`.
    pub fn init_of(&self, name: &str, default: Init) -> TokenStream {
        self.given_init(name).unwrap_or(default).into_token_stream()
    }
    /// Returns the arguments of `init` for a layer with a weight and a bias. The default is PyTorch's rule for both; with another
    /// rule for the weight, the bias begins at zero.
    pub fn init(&self) -> TokenStream {
        let weight = self.given_init("init").unwrap_or(Init::Rule(Rule::PyTorch));
        let rule = if let Init::Rule(Rule::PyTorch) = weight { Rule::PyTorch } else { Rule::Zeros };
        let bias = self.given_init("bias_init").unwrap_or(Init::Rule(rule));
        quote!(#weight, #bias)
    }
    /// Returns whether the use gives a parameter that has no default.
    pub fn is_given(&self, name: &str) -> bool {
        !matches!(self.setting(name), None | Some(Setting::ByLayer))
    }
    /// Returns the span of a parameter that the use gives.
    pub fn given_at(&self, name: &str) -> Option<Span> {
        self.spans.iter().find(|(parameter, _)| *parameter == name).map(|(_, span)| *span)
    }
    /// Returns the span of a parameter, or that of the layer's name if the use does not give it.
    pub fn at(&self, name: &str) -> Span {
        self.given_at(name).unwrap_or(self.span)
    }
}
