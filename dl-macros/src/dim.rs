//! Dimensions: a number that the macro knows, or an expression that only rustc can evaluate. The only place that knows which.

use crate::path::Path;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

/// A size in a shape or an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Dim {
    /// Evaluated at expansion.
    Known(usize),
    /// A parameter of a generic model.
    Parameter(proc_macro2::Ident),
    /// A constant of type `usize` from outside.
    External(Path),
    /// A function of sizes, of which the macro does not know all; rustc evaluates it.
    Computed(Function, Box<[Dim; 2]>),
}

/// The total functions of `dl::private::dim`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Min,
}

/// A condition on dimensions: decided at expansion, or by rustc in a `const`.
#[derive(Clone, Debug)]
pub enum Cond {
    /// Decided at expansion.
    Known(bool),
    /// A constant expression of type `bool`.
    Expr(TokenStream),
}

impl Dim {
    /// The parameter of a generic model that this is computed from; none for the parameter itself.
    pub fn computed_from<'a>(&self, generics: &'a [proc_macro2::Ident]) -> Option<&'a proc_macro2::Ident> {
        if let Dim::Parameter(_) = self { None } else { self.mentioned(generics) }
    }
    /// The first of `generics` in it.
    fn mentioned<'a>(&self, generics: &'a [proc_macro2::Ident]) -> Option<&'a proc_macro2::Ident> {
        let named = |name| generics.iter().find(|generic| *generic == name);
        match self {
            Dim::Known(_) => None,
            Dim::Parameter(name) => named(name),
            // Where the code stands that names it, the parameter is meant.
            Dim::External(path) => path.single().and_then(named),
            Dim::Computed(_, operands) => operands.iter().find_map(|operand| operand.mentioned(generics)),
        }
    }
    /// The number, if the macro knows it.
    pub fn known(&self) -> Option<usize> {
        match self {
            Dim::Known(n) => Some(*n),
            Dim::Parameter(_) | Dim::External(_) | Dim::Computed(..) => None,
        }
    }

    /// `function` of `self` and `other`: here where both are known, or else in rustc.
    fn combine(&self, other: &Dim, function: Function) -> Dim {
        match (self, other) {
            (Dim::Known(a), Dim::Known(b)) => Dim::Known(function.of(*a, *b)),
            (a, b) => Dim::Computed(function, Box::new([a.clone(), b.clone()])),
        }
    }
    /// Returns the Rust expression.
    fn expression(&self) -> TokenStream {
        match self {
            Dim::Known(n) => Literal::usize_unsuffixed(*n).into_token_stream(),
            Dim::Parameter(name) => name.into_token_stream(),
            Dim::External(path) => path.into_token_stream(),
            Dim::Computed(function, operands) => {
                let name = proc_macro2::Ident::new(function.name(), proc_macro2::Span::mixed_site());
                let [a, b] = operands.as_ref();
                quote!(dl::dim::#name(#a, #b))
            }
        }
    }

    /// Sum; saturates. The checks report what is wrong, and a second error would only confuse.
    pub fn add(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Add)
    }
    /// Difference; 1 where there is none.
    pub fn sub(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Sub)
    }
    /// Product; saturates.
    pub fn mul(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Mul)
    }
    /// Quotient rounded down; 1 when `other` is 0.
    pub fn div(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Div)
    }
    /// Remainder; 0 when `other` is 0.
    pub fn rem(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Rem)
    }

    /// The smaller of both.
    pub fn min(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Min)
    }

    fn compare(&self, other: &Dim, operator: TokenStream, known: fn(&usize, &usize) -> bool) -> Cond {
        match (self, other) {
            (Dim::Known(a), Dim::Known(b)) => Cond::Known(known(a, b)),
            (a, b) if a == b => Cond::Known(known(&0, &0)),
            (a, b) => Cond::Expr(quote!((#a #operator #b))),
        }
    }
    /// `self == other`.
    pub fn equals(&self, other: &Dim) -> Cond {
        self.compare(other, quote!(==), usize::eq)
    }
    /// `self >= other`.
    pub fn at_least(&self, other: &Dim) -> Cond {
        self.compare(other, quote!(>=), usize::ge)
    }
    /// Whether `self` is a multiple of `other`.
    pub fn is_multiple_of(&self, other: &Dim) -> Cond {
        self.rem(other).equals(&Dim::Known(0))
    }

    /// The product of many.
    pub fn product<'a>(dims: impl IntoIterator<Item = &'a Dim>) -> Dim {
        dims.into_iter().fold(Dim::Known(1), |a, b| if let Dim::Known(1) = a { b.clone() } else { a.mul(b) })
    }
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Function::Add => "add",
            Function::Sub => "sub",
            Function::Mul => "mul",
            Function::Div => "div",
            Function::Rem => "rem",
            Function::Min => "min",
        }
    }
    /// Evaluates the function as the generated code does.
    fn of(self, a: usize, b: usize) -> usize {
        match self {
            Function::Add => a.saturating_add(b),
            Function::Sub => a.checked_sub(b).unwrap_or(1),
            Function::Mul => a.saturating_mul(b),
            Function::Div => a.checked_div(b).unwrap_or(1),
            Function::Rem => a.checked_rem(b).unwrap_or(0),
            Function::Min => a.min(b),
        }
    }
}

/// The text that a reader sees: the number, or the expression as written.
impl std::fmt::Display for Dim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.expression())
    }
}

/// A constant expression of type `usize`; also fit for a const argument (`Dense<#dim, 10>`).
impl ToTokens for Dim {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let expression = self.expression();
        tokens.extend(match self {
            Dim::Known(_) => expression,
            Dim::Parameter(name) => crate::names::parameter(name),
            Dim::External(_) | Dim::Computed(..) => quote!({ #expression }),
        });
    }
}

/// A constant expression of type `bool`.
impl ToTokens for Cond {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Cond::Known(holds) => holds.to_tokens(tokens),
            Cond::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}

impl Cond {
    /// Both.
    pub fn and(self, other: Cond) -> Cond {
        match (self, other) {
            (Cond::Known(false), _) | (_, Cond::Known(false)) => Cond::Known(false),
            (Cond::Known(true), c) | (c, Cond::Known(true)) => c,
            (Cond::Expr(a), Cond::Expr(b)) => Cond::Expr(quote!((#a && #b))),
        }
    }
}
