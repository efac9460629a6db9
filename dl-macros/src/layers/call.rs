//! One use of a layer, as its shape rule sees it: what flows in, and its parameters evaluated.

use super::parameter::Setting;
use crate::diagnostics::Diagnostics;
use crate::dim::Dim;
use crate::ir::Shape;
use crate::number::Number;
use proc_macro2::{Span, TokenStream};
use quote::quote;

/// One use of a layer.
pub struct Call<'a> {
    /// As the user knows it: `conv2d`, or `+`.
    pub name: &'a str,
    /// Where the layer's name stands.
    pub span: Span,
    /// What it reads.
    pub operands: Vec<Operand>,
    /// All parameters, in the layer's order.
    pub settings: &'a [(&'static str, Setting)],
    /// Where the given ones stand.
    pub spans: &'a [(&'static str, Span)],
    /// How many layers of this kind come before.
    pub index: usize,
    pub diagnostics: &'a Diagnostics,
}

/// What a layer reads.
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
        self.evident_input().unwrap_or(Shape::of([]))
    }
    /// The shape of the first value that flows in, if it is known.
    pub fn evident_input(&self) -> Option<Shape> {
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
    /// Whether it is a layer over sequences `[channels, length]`: images of one row.
    pub fn is_sequence(&self) -> bool {
        self.name.ends_with("1d")
    }
    /// Two whole numbers: height, width; of a sequence, those of its only row.
    pub fn pair(&self, name: &str) -> [Dim; 2] {
        match self.setting(name) {
            Some(Setting::Pair(pair)) => pair.clone(),
            Some(Setting::Size(width)) => [Dim::Known(usize::from(!name.ends_with("padding"))), width.clone()],
            _ => [Dim::Known(1), Dim::Known(1)],
        }
    }
    /// A sample of channels of `size`: an image, or a sequence.
    pub fn sized(&self, channels: Dim, [height, width]: [Dim; 2]) -> Shape {
        let dims = if self.is_sequence() { vec![channels, width] } else { vec![channels, height, width] };
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
    pub fn word(&self, name: &str) -> &'static str {
        match self.setting(name) {
            Some(Setting::Word(word)) => word,
            _ => "",
        }
    }
    /// The `init` of a layer with one tensor, which is `default` unless given.
    pub fn init_or(&self, default: TokenStream) -> TokenStream {
        match self.setting("init") {
            Some(Setting::Init(init)) => init.clone(),
            _ => default,
        }
    }
    /// The arguments of the `init` of a layer with a weight and a bias: PyTorch's rule for both, or zero for the bias
    /// when the weight begins in another way.
    pub fn init(&self) -> TokenStream {
        let given = |name| match self.setting(name) {
            Some(Setting::Init(init)) => Some(init.clone()),
            _ => None,
        };
        let weight = given("init").unwrap_or_else(|| quote!(dl::Init::PyTorch));
        let default = weight.to_string() == quote!(dl::Init::PyTorch).to_string();
        let rule = if default { quote!(dl::Init::PyTorch) } else { quote!(dl::Init::Zeros) };
        let bias = given("bias_init").unwrap_or(rule);
        quote!(#weight, #bias)
    }
    /// Whether a parameter without a default is given.
    pub fn is_given(&self, name: &str) -> bool {
        !matches!(self.setting(name), None | Some(Setting::Chosen))
    }
    /// Where a parameter is given, or else the layer's name.
    pub fn at(&self, name: &str) -> Span {
        self.spans.iter().find(|(parameter, _)| *parameter == name).map_or(self.span, |(_, span)| *span)
    }
}
