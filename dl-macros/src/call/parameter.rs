//! The parameters of layers: their names, kinds of values, defaults and documentation.

use super::Init;
use crate::dim::Dim;
use crate::number::Number;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;

/// One parameter of a layer.
pub struct Parameter {
    pub name: &'static str,
    /// `true` if it may be given without its name.
    pub positional: bool,
    pub kind: Kind,
    pub default: Default,
    /// `true` if the value must be at least 1.
    pub at_least_one: bool,
    /// The noun that it counts (`channel`), for the message "needs at least 1 channel".
    pub counts: Option<&'static str>,
    /// One line of documentation for the guide and the editor.
    pub doc: &'static str,
}

/// The kind of value that a parameter takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number.
    Size,
    /// A whole number, or `[height, width]`.
    Pair,
    /// A whole number, `[height, width]` or `same`.
    Padding,
    /// A whole number, `same` or `causal`.
    Border,
    /// A whole number, or `[top, bottom, left, right]`.
    Sides,
    /// A number of type `f32`.
    Number,
    /// A list of numbers of type `f32`.
    Numbers,
    /// A number of type `f32`, or a list of them.
    NumberOrNumbers,
    /// A whole number that may be negative; the macro must know it.
    Integer,
    /// The index of a dimension: 0 for the first, -1 for the last.
    Axis,
    /// One dimension or several: `0`, `[1, 2]`.
    Axes,
    /// A shape: `[16, 5, 5]`.
    Shape,
    /// `true` or `false`.
    Flag,
    /// One of these choices.
    Choice(&'static [Choice]),
    /// A rule that initialises weights.
    Init,
}

/// A word that a parameter accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub word: &'static str,
    /// The variant of the runtime's type.
    variant: &'static str,
    /// The meaning of the word, in one line for the editor.
    pub doc: &'static str,
}

/// The default of a parameter.
#[derive(Clone, Copy)]
pub enum Default {
    /// There is no default: every use gives a value.
    Required,
    Size(usize),
    Number(f64),
    /// An integer or an axis.
    Integer(i64),
    Flag(bool),
    Choice(Choice),
    /// The value of this other parameter.
    Same(&'static str),
    /// A value that the layer chooses.
    ByLayer,
}

/// The value of a parameter in one use.
#[derive(Clone)]
pub enum Setting {
    Size(Dim),
    Pair([Dim; 2]),
    /// `padding: same`
    SamePadding,
    /// `padding: causal`
    CausalPadding,
    Number(Number),
    Numbers(Vec<Number>),
    Integer(i64),
    /// The axes as the user wrote them: negative ones count from the end.
    Axes(Vec<i64>),
    Shape(Vec<Dim>),
    Flag(bool),
    Choice(Choice),
    Init(Init),
    /// The user gave no value, and the layer chooses one.
    ByLayer,
    /// The value was reported as wrong.
    Broken,
}

impl Parameter {
    /// A parameter that may be given by position or by name.
    pub const fn positional(name: &'static str, kind: Kind, default: Default, doc: &'static str) -> Self {
        Parameter { name, positional: true, kind, default, at_least_one: false, counts: None, doc }
    }
    /// A parameter that must be given by name.
    pub const fn named(name: &'static str, kind: Kind, default: Default, doc: &'static str) -> Self {
        Parameter { name, positional: false, kind, default, at_least_one: false, counts: None, doc }
    }
    /// Declares that the value must be at least 1.
    pub const fn at_least_one(self) -> Self {
        Parameter { at_least_one: true, ..self }
    }
    /// Declares that the parameter is a number of `counts`, such as `channel`, of which there is at least one.
    pub const fn counting(self, counts: &'static str) -> Self {
        Parameter { at_least_one: true, counts: Some(counts), ..self }
    }
    /// Returns the default as a setting; `earlier` holds the settings of the parameters before this one.
    pub fn fallback(&self, earlier: &[(&'static str, Setting)]) -> Setting {
        match self.default {
            Default::Required => Setting::Broken,
            Default::Size(n) if matches!(self.kind, Kind::Size | Kind::Border) => Setting::Size(Dim::Known(n)),
            Default::Size(n) => Setting::Pair([Dim::Known(n), Dim::Known(n)]),
            Default::Number(value) => Setting::Number(Number::Known(value)),
            Default::Integer(n) => Setting::Integer(n),
            Default::Flag(flag) => Setting::Flag(flag),
            Default::Choice(choice) => Setting::Choice(choice),
            Default::Same(name) => {
                earlier.iter().find(|(earlier, _)| *earlier == name).map_or(Setting::Broken, |(_, s)| s.clone())
            }
            Default::ByLayer => Setting::ByLayer,
        }
    }
}

impl Choice {
    pub const fn new(word: &'static str, variant: &'static str, doc: &'static str) -> Self {
        Choice { word, variant, doc }
    }
}

/// Writes the variant of the runtime's type.
impl ToTokens for Choice {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        Ident::new(self.variant, Span::call_site()).to_tokens(tokens);
    }
}

impl Kind {
    /// Describes the values that the parameter accepts, for messages.
    pub fn expected(self) -> String {
        match self {
            Kind::Size => "a whole number".to_owned(),
            Kind::Pair => "a whole number or `[height, width]`".to_owned(),
            Kind::Padding => "a whole number, `[height, width]` or `same`".to_owned(),
            Kind::Border => "a whole number, `same` or `causal`".to_owned(),
            Kind::Sides => "a whole number or `[top, bottom, left, right]`".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::Numbers => "a list of numbers such as `[1, 0.5]`".to_owned(),
            Kind::NumberOrNumbers => "a number, or a list of numbers such as `[1, 0.5]`".to_owned(),
            Kind::Integer => "a whole number".to_owned(),
            Kind::Axis => "the number of a dimension, 0 for the first or -1 for the last".to_owned(),
            Kind::Axes => "the number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`".to_owned(),
            Kind::Shape => "a shape such as `[16, 5, 5]`".to_owned(),
            Kind::Flag => "`true` or `false`".to_owned(),
            Kind::Choice([]) => "the name of a layer".to_owned(),
            Kind::Choice(choices) => {
                choices.iter().map(|choice| format!("`{}`", choice.word)).collect::<Vec<_>>().join(" or ")
            }
            Kind::Init => "an initialisation such as `he_normal` or `constant(0.1)`".to_owned(),
        }
    }
}
