//! The syntax tree of `model!`: what the user wrote, with spans, before any name is looked up or number evaluated.
//!
//! A broken part is a node of its own (`Broken`), so that the rest of the model is still checked. Features that the grammar
//! has a place for but that are not built yet are nodes too; `lower` says so.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use std::fmt::{Display, Formatter, Result};

/// Everything inside one `model! { … }`.
#[derive(Default)]
pub struct File {
    /// `const NAME: usize = …;`, for all models of the macro.
    pub constants: Vec<Constant>,
    /// The networks.
    pub models: Vec<Model>,
}

/// `const D: usize = 384;`
pub struct Constant {
    pub name: Ident,
    /// `usize` or `f32`, checked by `lower`.
    pub ty: TokenStream,
    pub value: Expr,
}

/// `pub LeNet(image: [1, 28, 28]) -> [10] { … }`
pub struct Model {
    pub attributes: Vec<syn::Attribute>,
    pub visibility: syn::Visibility,
    pub name: Ident,
    /// Where `<const IN: usize>` stands.
    pub generics: Option<Span>,
    pub inputs: Vec<Input>,
    pub output: Option<Output>,
    pub body: Body,
    /// Where `loss(…) { … }` stands.
    pub loss: Option<Span>,
    /// Whether the parser reported mistakes.
    pub broken: bool,
}

/// `image: [1, 28, 28]`
pub struct Input {
    pub name: Ident,
    pub shape: Option<Shape>,
}

/// What follows the arrow of the header.
pub enum Output {
    /// `[10]`
    One(Shape),
    /// `(reconstruction: [784], mean: [20])`
    Several(Span),
}

/// `[1, 28, 28]` or `u32[128]`
pub struct Shape {
    /// `f32` or `u32` where written.
    pub element: Option<Ident>,
    pub dims: Vec<Expr>,
    pub span: Span,
}

/// The inside of a model's braces.
#[derive(Default)]
pub struct Body {
    pub lets: Vec<Let>,
    /// The last expression.
    pub output: Option<Expr>,
}

/// `let h = …;`
pub struct Let {
    pub name: Ident,
    pub value: Expr,
}

/// A value of the network, or a number: one grammar for both, told apart by `lower`.
pub struct Expr {
    pub kind: ExprKind,
    /// First token.
    pub start: Span,
    /// Last token.
    pub end: Span,
}

pub enum ExprKind {
    /// `2`, `0.5`
    Number(syn::Lit),
    /// `true`
    Flag(bool),
    /// `image`, `D`, `crate::config::D`
    Path(Path),
    /// `dense(x, 10)`
    Call(Layer),
    /// `x -> dense(10) -> relu`
    Pipe(Box<Expr>, Vec<Stage>),
    /// `a + b`, and where the operator stands.
    Binary(Box<Expr>, Operator, Span, Box<Expr>),
    /// `-a`
    Negative(Box<Expr>),
    /// `(a)`
    Parens(Box<Expr>),
    /// `[3, 5]`
    List(Vec<Expr>),
    /// `..`, `..=256`
    Range,
    /// `residual { … }`, `crate::Encoder(x)` in the place of a value.
    Stage(Box<Stage>),
    /// Reported by the parser.
    Broken,
}

/// What an arrow may lead to.
pub enum Stage {
    /// `dense(10) as logits`
    Layer(Layer),
    /// `residual { … }`, `concat { … }`, `repeat 6 { … }`
    Combinator(Ident),
    /// `Encoder`, `crate::Encoder: [64]`
    Model(Path),
    /// Reported by the parser.
    Broken,
}

/// One use of a layer.
pub struct Layer {
    pub name: Ident,
    pub arguments: Vec<Argument>,
    /// `as logits`
    pub rename: Option<Ident>,
    /// Whether the parser reported mistakes in the arguments.
    pub broken: bool,
}

/// `10` or `padding: 2`
pub struct Argument {
    pub name: Option<Ident>,
    pub value: Expr,
}

/// A name, with the modules before it.
#[derive(Clone)]
pub struct Path {
    /// Tokens as written.
    pub tokens: TokenStream,
    /// Last name.
    pub last: Ident,
    /// Whether it is `last` alone.
    pub single: bool,
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
    /// The operator written as `symbol`.
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
    /// Whether it binds tighter than a sum.
    pub fn multiplies(self) -> bool {
        !matches!(self, Operator::Add | Operator::Sub)
    }
}

impl Path {
    /// The name, if it stands alone.
    pub fn single(&self) -> Option<&Ident> {
        self.single.then_some(&self.last)
    }
}

impl Expr {
    pub fn new(kind: ExprKind, start: Span, end: Span) -> Expr {
        Expr { kind, start, end }
    }
    pub fn broken(span: Span) -> Expr {
        Expr::new(ExprKind::Broken, span, span)
    }
    /// The same without parentheses around it.
    pub fn bare(&self) -> &Expr {
        match &self.kind {
            ExprKind::Parens(inner) => inner.bare(),
            _ => self,
        }
    }
}

/// As a reader would write it; used in tables and messages.
impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            ExprKind::Number(literal) => write!(f, "{}", literal.to_token_stream()),
            ExprKind::Flag(flag) => write!(f, "{flag}"),
            ExprKind::Path(path) => write!(f, "{path}"),
            ExprKind::Call(layer) => write!(f, "{layer}"),
            ExprKind::Pipe(from, stages) => {
                write!(f, "{from}")?;
                stages.iter().try_for_each(|stage| write!(f, " -> {stage}"))
            }
            ExprKind::Binary(a, operator, _, b) => write!(f, "{a} {} {b}", operator.symbol()),
            ExprKind::Negative(a) => write!(f, "-{a}"),
            ExprKind::Parens(a) => write!(f, "({a})"),
            ExprKind::List(items) => write!(f, "[{}]", join(items)),
            ExprKind::Range => f.write_str(".."),
            ExprKind::Stage(stage) => write!(f, "{stage}"),
            ExprKind::Broken => f.write_str("…"),
        }
    }
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Stage::Layer(layer) => write!(f, "{layer}"),
            Stage::Combinator(name) => write!(f, "{name} {{ … }}"),
            Stage::Model(path) => write!(f, "{path}"),
            Stage::Broken => f.write_str("…"),
        }
    }
}

/// Without `as`.
impl Display for Layer {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.name)?;
        if self.arguments.is_empty() { Ok(()) } else { write!(f, "({})", join(&self.arguments)) }
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(name) = &self.name {
            write!(f, "{name}: ")?;
        }
        write!(f, "{}", self.value)
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.tokens.to_string().replace(' ', ""))
    }
}

fn join<T: Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// The tokens of a constant expression; spans are the user's.
impl ToTokens for Expr {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match &self.kind {
            ExprKind::Number(literal) => literal.to_token_stream(),
            ExprKind::Path(path) => path.tokens.clone(),
            ExprKind::Negative(a) => quote!(-#a),
            ExprKind::Parens(a) => quote!((#a)),
            ExprKind::Binary(a, operator, _, b) => {
                let operator = proc_macro2::Punct::new(operator.symbol(), proc_macro2::Spacing::Alone);
                quote!(#a #operator #b)
            }
            _ => TokenStream::new(),
        });
    }
}
