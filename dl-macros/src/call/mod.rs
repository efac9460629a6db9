//! One use of a layer, as shape rules see it: the shapes of its operands, and its evaluated parameters.

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
    /// Whether its layer is over sequences `[channels, length]`: images of one row.
    pub sequence: bool,
    /// The parameters of its layer.
    pub parameters: &'static [Parameter],
    /// All parameters, in the layer's order.
    pub settings: &'a [(&'static str, Setting)],
    /// The spans of the arguments that the use gives.
    pub spans: &'a [(&'static str, Span)],
    /// How many layers of this kind come before.
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
    /// The shape of the first value that flows in.
    pub fn input(&self) -> Shape {
        // Shape rules are only asked when something flows in.
        self.known_input().unwrap_or(Shape::of([]))
    }
    /// The shape of the first value that flows in, if it is known.
    pub fn known_input(&self) -> Option<Shape> {
        self.operands.iter().find_map(|operand| match operand {
            Operand::Tensor(shape) => Some(shape.clone()),
            Operand::Number(_) => None,
        })
    }
    fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|(parameter, _)| *parameter == name).map(|(_, setting)| setting)
    }
    /// A whole number, unless it is broken.
    pub fn given_size(&self, name: &str) -> Option<Dim> {
        match self.setting(name) {
            Some(Setting::Size(dim)) => Some(dim.clone()),
            _ => None,
        }
    }
    /// A whole number.
    pub fn size(&self, name: &str) -> Dim {
        self.given_size(name).unwrap_or(Dim::Known(1))
    }
    /// Two whole numbers: height, width; a sequence has the height 1.
    pub fn pair(&self, name: &str) -> [Dim; 2] {
        self.pair_or(name, 1)
    }
    /// Padding as two whole numbers: height, width; the only row of a sequence has none.
    pub fn border(&self, name: &str) -> [Dim; 2] {
        self.pair_or(name, 0)
    }
    /// Height and width; `height` where only the width is given.
    fn pair_or(&self, name: &str, height: usize) -> [Dim; 2] {
        match self.setting(name) {
            Some(Setting::Pair(pair)) => pair.clone(),
            Some(Setting::Size(width)) => [Dim::Known(height), width.clone()],
            _ => [Dim::Known(1), Dim::Known(1)],
        }
    }
    /// A sample of channels of `size`: an image, or a sequence.
    pub fn sized(&self, channels: Dim, [height, width]: [Dim; 2]) -> Shape {
        let dims = if self.sequence { vec![channels, width] } else { vec![channels, height, width] };
        Shape::of(dims)
    }
    pub fn is_same_padding(&self, name: &str) -> bool {
        matches!(self.setting(name), Some(Setting::SamePadding))
    }
    pub fn number(&self, name: &str) -> Number {
        match self.setting(name) {
            Some(Setting::Number(number)) => number.clone(),
            _ => Number::Known(0.0),
        }
    }
    pub fn integer(&self, name: &str) -> i64 {
        match self.setting(name) {
            Some(Setting::Integer(n)) => *n,
            _ => 0,
        }
    }
    /// The axes given, as written.
    pub fn axes(&self, name: &str) -> Option<&[i64]> {
        match self.setting(name) {
            Some(Setting::Axes(axes)) => Some(axes),
            _ => None,
        }
    }
    /// A shape, unless it is broken.
    pub fn given_shape(&self, name: &str) -> Option<Shape> {
        match self.setting(name) {
            Some(Setting::Shape(dims)) => Some(Shape::of(dims.clone())),
            _ => None,
        }
    }
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.setting(name), Some(Setting::Flag(true)))
    }
    /// One of a few choices, unless it is broken.
    pub fn choice(&self, name: &str) -> Option<Choice> {
        match self.setting(name) {
            Some(Setting::Choice(choice)) => Some(*choice),
            _ => None,
        }
    }
    /// How weights begin, where the parameter `name` says it.
    fn given_init(&self, name: &str) -> Option<Init> {
        match self.setting(name) {
            Some(Setting::Init(init)) => Some(init.clone()),
            _ => None,
        }
    }
    /// The `init` of a layer with one tensor, which is `default` unless given.
    pub fn init_or(&self, default: Init) -> TokenStream {
        self.given_init("init").unwrap_or(default).into_token_stream()
    }
    /// The arguments of the `init` of a layer with a weight and a bias: PyTorch's rule for both, or zero for the bias
    /// when the weight begins in another way.
    pub fn init(&self) -> TokenStream {
        let weight = self.given_init("init").unwrap_or(Init::Rule(Rule::PyTorch));
        let rule = if let Init::Rule(Rule::PyTorch) = weight { Rule::PyTorch } else { Rule::Zeros };
        let bias = self.given_init("bias_init").unwrap_or(Init::Rule(rule));
        quote!(#weight, #bias)
    }
    /// Whether a parameter without a default is given.
    pub fn is_given(&self, name: &str) -> bool {
        !matches!(self.setting(name), None | Some(Setting::ByLayer))
    }
    /// The span of a parameter that the use gives.
    pub fn given_at(&self, name: &str) -> Option<Span> {
        self.spans.iter().find(|(parameter, _)| *parameter == name).map(|(_, span)| *span)
    }
    /// The span of a parameter that the use gives, or else of the layer's name.
    pub fn at(&self, name: &str) -> Span {
        self.given_at(name).unwrap_or(self.span)
    }
}
