//! The syntax tree of `model!`: what the user wrote, with spans, before any name is looked up or number evaluated.
//!
//! A part with a syntax error becomes a node of its own (`Broken`), so that the rest of the model is still checked. The grammar
//! also accepts features that do not exist yet; they are nodes too, and `lower` reports them.

mod display;
mod words;

use crate::dim::Dim;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
pub use words::{CombinatorWord, Comparison, ConstantKind, Element, Operator};

/// Everything inside one `model! { … }`.
#[derive(Default)]
pub struct File {
    /// `const NAME: usize = …;`, for all models of the macro.
    pub constants: Vec<Constant>,
    /// `block name(x) { … }`, for all models of the macro.
    pub blocks: Vec<Block>,
    /// The networks.
    pub models: Vec<Model>,
    /// `true` if a mistake left an item without a name, so that an unknown name may mean that item.
    pub names_missing: bool,
    /// The user's names, which generated code must not define.
    pub reserved: std::rc::Rc<crate::names::ReservedNames>,
}

/// A constant: `const D: usize = 384;`.
pub struct Constant {
    pub name: Ident,
    /// The tokens of the type as the user wrote them.
    pub ty: TokenStream,
    /// The type that the declaration names; `None` for a type that a constant cannot have, which `lower` reports.
    pub kind: Option<ConstantKind>,
    pub value: Expr,
}

/// A block, which is a template: `block bottleneck(x: [c, h, w], channels, stride: 1) { … }`. It is unfolded where it is used.
pub struct Block {
    pub name: Ident,
    /// The values that it reads; the first comes through the arrow.
    pub values: Vec<BlockValue>,
    pub parameters: Vec<BlockParameter>,
    pub body: Body,
    /// `true` if the parser reported mistakes.
    pub broken: bool,
    /// `true` if some of them were before the body, so that the block's values and parameters may be incomplete.
    pub header_broken: bool,
}

/// A value that a block reads: `x` or `x: [c, h, w]`.
pub struct BlockValue {
    pub name: Ident,
    /// New names are bound to the dimensions of the argument; numbers and constants must be equal to them.
    pub pattern: Option<Shape>,
}

/// A parameter of a block: `channels` or `stride: 1`.
pub struct BlockParameter {
    pub name: Ident,
    pub default: Option<Expr>,
}

/// A model: `pub LeNet(image: [1, 28, 28]) -> [10] { … }`.
pub struct Model {
    pub attributes: Vec<syn::Attribute>,
    /// `#[int8]`, which is not among the attributes.
    pub int8: Option<Span>,
    pub visibility: syn::Visibility,
    pub name: Ident,
    /// `<const IN: usize>`
    pub generics: Vec<Ident>,
    pub inputs: Vec<Input>,
    pub output: Option<Output>,
    pub body: Body,
    /// `loss(target: u32) { … }`
    pub loss: Option<Loss>,
    /// `true` for `loss LogCosh(y: [3], target: [3]) { … }`: its body is the first input, and `loss` has the rest.
    pub is_loss: bool,
    /// `true` if the parser reported mistakes.
    pub broken: bool,
    /// `true` if some of them were outside of the bodies, so that inputs or targets may be missing.
    pub header_broken: bool,
}

/// A `loss` clause: `loss(target: u32) { cross_entropy(output, target) }`.
pub struct Loss {
    pub targets: Vec<Input>,
    pub body: Body,
}

/// An input, a target or one of several outputs: `image: [1, 28, 28]`.
pub struct Input {
    pub name: Ident,
    pub shape: Option<Shape>,
}

/// The output that the header declares after its arrow.
pub enum Output {
    /// `[10]`
    One(Shape),
    /// `(reconstruction: [784], mean: [20])`
    Several(Vec<Input>, Span),
}

/// A shape: `[1, 28, 28]`, `u32[128]` or `u32`.
#[derive(Clone)]
pub struct Shape {
    /// The element type, if the user wrote one.
    pub element: Option<Element>,
    /// The run-time dimension, which comes first.
    pub length: Option<Box<Length>>,
    pub dims: Vec<Expr>,
    pub span: Span,
    /// `true` if the parser reported mistakes; some dimensions may then be missing.
    pub broken: bool,
}

/// The run-time dimension of a shape: `..`, `..=256`, or `source..` in an output.
#[derive(Clone)]
pub struct Length {
    /// The input whose length it is.
    pub name: Option<Ident>,
    /// The largest length.
    pub bound: Option<Expr>,
    pub span: Span,
}

/// The inside of a model's braces.
#[derive(Clone, Default)]
pub struct Body {
    pub lets: Vec<Let>,
    /// The last expression.
    pub output: Option<Expr>,
}

/// A `let`: `let h = …;` or `let (a, b) = …;`.
#[derive(Clone)]
pub struct Let {
    pub names: Vec<Ident>,
    pub value: Expr,
}

/// A value of the network or a number. Both have one grammar; `lower` distinguishes them.
#[derive(Clone)]
pub struct Expr {
    pub kind: ExprKind,
    /// The span of the first token.
    pub start: Span,
    /// The span of the last token.
    pub end: Span,
}

#[derive(Clone)]
pub enum ExprKind {
    /// `2`, `0.5`
    Number(syn::Lit),
    /// `true`
    Flag(bool),
    /// `"same"`: a string is always a mistake, and `lower` suggests the word without quotes.
    Text(syn::LitStr),
    /// `image`, `D`, `crate::config::D`
    Path(Path),
    /// A size that replaces a block's parameter and whose value only rustc knows.
    Dim(Dim),
    /// `dense(x, 10)`
    Call(Layer),
    /// `x -> dense(10) -> relu`
    Pipe(Box<Expr>, Vec<Stage>),
    /// `a + b`, with the span of the operator.
    Binary(Box<Expr>, Operator, Span, Box<Expr>),
    /// `-a`
    Negative(Box<Expr>),
    /// `(a)`
    Parens(Box<Expr>),
    /// `[3, 5]`
    List(Vec<Expr>),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `if stride != 1 { … } else { … }`, decided at expansion.
    If(Box<If>),
    /// `..`, `..=256`
    Range,
    /// `residual { … }` or `crate::Encoder(x)` where a value is expected.
    Stage(Box<Stage>),
    /// A part that the parser has reported.
    Broken,
}

/// An `if` whose branch the macro chooses.
#[derive(Clone)]
pub struct If {
    pub condition: Condition,
    pub then: Body,
    pub otherwise: Body,
}

/// The condition of an `if`: `stride != 1 || c != channels`.
#[derive(Clone)]
pub enum Condition {
    /// A flag, or a parameter that is one.
    Flag(Expr),
    /// `a != b`
    Compare(Expr, Comparison, Expr),
    /// `!a`
    Not(Box<Condition>),
    /// `a && b`
    And(Box<Condition>, Box<Condition>),
    /// `a || b`
    Or(Box<Condition>, Box<Condition>),
}

/// A stage of a pipe, after an arrow.
#[derive(Clone)]
pub enum Stage {
    /// `dense(10) as logits`, or a block.
    Layer(Layer),
    /// `residual { … }`, `concat { … }`, `repeat 6 { … }`, `checkpoint { … }`
    Combinator(Combinator),
    /// `Encoder`, `crate::Encoder: [64]`
    Model(ModelUse),
    /// `if wide { … } else { … }`
    If(Box<If>, Span),
    /// A part that the parser has reported.
    Broken,
}

/// A use of a combinator: `residual { … }`, `concat { …; … }`, `repeat 6 { … }`, `checkpoint { … }`.
#[derive(Clone)]
pub struct Combinator {
    pub word: CombinatorWord,
    /// The span of the word.
    pub span: Span,
    /// The number of copies that `repeat` makes.
    pub count: Option<Expr>,
    /// One body, or the branches of `concat`.
    pub bodies: Vec<Body>,
    /// `as trunk`
    pub rename: Option<Ident>,
}

/// A use of a model: `crate::Encoder(second): [64] as encoder`.
#[derive(Clone)]
pub struct ModelUse {
    pub path: Path,
    /// The values beside the one that comes through the arrow.
    pub arguments: Vec<Argument>,
    /// The output as the user stated it: one shape, or several in parentheses.
    pub output: Vec<Shape>,
    pub rename: Option<Ident>,
    /// `true` if the parser reported mistakes.
    pub broken: bool,
}

/// One use of a layer.
#[derive(Clone)]
pub struct Layer {
    pub name: Ident,
    pub arguments: Vec<Argument>,
    /// `as logits`
    pub rename: Option<Ident>,
    /// `true` if the parser reported mistakes in the arguments.
    pub broken: bool,
}

/// An argument: `10` or `padding: 2`.
#[derive(Clone)]
pub struct Argument {
    pub name: Option<Ident>,
    pub value: Expr,
}

/// A name, with the modules before it.
#[derive(Clone)]
pub struct Path {
    /// The tokens as written.
    pub tokens: TokenStream,
    /// The last name.
    pub last: Ident,
    /// `true` if the path is `last` alone.
    pub single: bool,
    /// `<4, 8>`
    pub generics: Vec<Expr>,
}

impl Path {
    /// Returns the first name of the path.
    pub fn first(&self) -> Option<Ident> {
        match self.tokens.clone().into_iter().next() {
            Some(TokenTree::Ident(name)) => Some(name),
            _ => None,
        }
    }
    /// Returns the name, if the path is a single one.
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
    /// Returns the expression without the parentheses around it.
    pub fn bare(&self) -> &Expr {
        match &self.kind {
            ExprKind::Parens(inner) => inner.bare(),
            _ => self,
        }
    }
}
