//! Enums for the words and operators of the language; the parser reads each once, and later passes compare variants.

use proc_macro2::{Ident, TokenStream};
use std::fmt::{Display, Formatter, Result};

/// The types that a constant of a model may have.
#[derive(Clone, Copy)]
pub enum ConstantKind {
    /// `usize`
    Size,
    /// `f32`
    Number,
}

impl ConstantKind {
    /// Returns the kind of constant that the type `ty` declares.
    pub fn of(ty: &TokenStream) -> Option<ConstantKind> {
        Some(match ty.to_string().as_str() {
            "usize" => ConstantKind::Size,
            "f32" => ConstantKind::Number,
            _ => return None,
        })
    }
}

/// The element type before the dimensions of a shape.
#[derive(Clone)]
pub enum Element {
    /// `f32`
    F32,
    /// `u32`
    U32,
    /// Any other type, which `lower` reports.
    Other(Ident),
}

impl Element {
    /// Returns the type called `name`.
    pub fn of(name: Ident) -> Element {
        match name.to_string().as_str() {
            "f32" => Element::F32,
            "u32" => Element::U32,
            _ => Element::Other(name),
        }
    }
}

/// The comparison operators of `if`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Comparison {
    /// Returns whether the comparison holds for `a` and `b`.
    pub fn holds<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Comparison::Equal => a == b,
            Comparison::NotEqual => a != b,
            Comparison::Less => a < b,
            Comparison::AtMost => a <= b,
            Comparison::More => a > b,
            Comparison::AtLeast => a >= b,
        }
    }
}

/// A word before braces that combines the layers inside them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CombinatorWord {
    Residual,
    Concat,
    Repeat,
    Checkpoint,
}

impl CombinatorWord {
    /// All combinators.
    pub const ALL: [CombinatorWord; 4] =
        [CombinatorWord::Residual, CombinatorWord::Concat, CombinatorWord::Repeat, CombinatorWord::Checkpoint];
    /// Returns the combinator called `name`.
    pub fn of(name: &str) -> Option<CombinatorWord> {
        CombinatorWord::ALL.into_iter().find(|word| name == word.name())
    }
    pub fn name(self) -> &'static str {
        match self {
            CombinatorWord::Residual => "residual",
            CombinatorWord::Concat => "concat",
            CombinatorWord::Repeat => "repeat",
            CombinatorWord::Checkpoint => "checkpoint",
        }
    }
}

impl Display for CombinatorWord {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl Operator {
    /// Returns the operator written as `symbol`.
    pub fn of(symbol: char) -> Option<Operator> {
        Some(match symbol {
            '+' => Operator::Add,
            '-' => Operator::Sub,
            '*' => Operator::Mul,
            '/' => Operator::Div,
            '%' => Operator::Rem,
            _ => return None,
        })
    }
    pub fn symbol(self) -> char {
        match self {
            Operator::Add => '+',
            Operator::Sub => '-',
            Operator::Mul => '*',
            Operator::Div => '/',
            Operator::Rem => '%',
        }
    }
    /// Returns whether the operator binds tighter than `+` and `-`.
    pub fn multiplies(self) -> bool {
        !matches!(self, Operator::Add | Operator::Sub)
    }
}
