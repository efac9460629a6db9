//! Dimensions: a number that the macro knows, or an expression that only rustc can evaluate. The only place that knows which.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

/// A size in a shape or an argument.
#[derive(Clone, Debug)]
pub enum Dim {
    /// Evaluated at expansion.
    Known(usize),
    /// A parameter of a generic model.
    Parameter(proc_macro2::Ident),
    /// A constant expression of type `usize`, evaluated by rustc.
    Expr(TokenStream),
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
    pub fn computed_from(&self, generics: &[proc_macro2::Ident]) -> Option<proc_macro2::Ident> {
        let Dim::Expr(tokens) = self else { return None };
        let mut found = None;
        mentions(tokens.clone(), generics, &mut found);
        found
    }
    /// The number, if the macro knows it.
    pub fn known(&self) -> Option<usize> {
        match self {
            Dim::Known(n) => Some(*n),
            Dim::Parameter(_) | Dim::Expr(_) => None,
        }
    }

    /// `self` and `other` combined by `known` here, or by the total function `name` of `dl::private::dim` in rustc.
    fn combine(&self, other: &Dim, name: &str, known: fn(usize, usize) -> usize) -> Dim {
        match (self, other) {
            (Dim::Known(a), Dim::Known(b)) => Dim::Known(known(*a, *b)),
            (a, b) => {
                let name = proc_macro2::Ident::new(name, proc_macro2::Span::mixed_site());
                Dim::Expr(quote!(dl::dim::#name(#a, #b)))
            }
        }
    }

    /// Sum; saturates. The checks report what is wrong, and a second error would only confuse.
    pub fn add(&self, other: &Dim) -> Dim {
        self.combine(other, "add", usize::saturating_add)
    }
    /// Difference; 1 where there is none.
    pub fn sub(&self, other: &Dim) -> Dim {
        self.combine(other, "sub", |a, b| a.checked_sub(b).unwrap_or(1))
    }
    /// Product; saturates.
    pub fn mul(&self, other: &Dim) -> Dim {
        self.combine(other, "mul", usize::saturating_mul)
    }
    /// Quotient rounded down; 1 when `other` is 0.
    pub fn div(&self, other: &Dim) -> Dim {
        self.combine(other, "div", |a, b| a.checked_div(b).unwrap_or(1))
    }
    /// Remainder; 0 when `other` is 0.
    pub fn rem(&self, other: &Dim) -> Dim {
        self.combine(other, "rem", |a, b| a.checked_rem(b).unwrap_or(0))
    }

    /// The smaller of both.
    pub fn min(&self, other: &Dim) -> Dim {
        self.combine(other, "min", std::cmp::min)
    }

    fn compare(&self, other: &Dim, operator: TokenStream, known: fn(&usize, &usize) -> bool) -> Cond {
        match (self, other) {
            (Dim::Known(a), Dim::Known(b)) => Cond::Known(known(a, b)),
            (a, b) if a.to_string() == b.to_string() => Cond::Known(known(&0, &0)),
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

/// The first of `generics` that `tokens` name.
fn mentions(tokens: TokenStream, generics: &[proc_macro2::Ident], found: &mut Option<proc_macro2::Ident>) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(name) if found.is_none() && generics.contains(&name) => *found = Some(name),
            proc_macro2::TokenTree::Group(group) => mentions(group.stream(), generics, found),
            _ => {}
        }
    }
}

/// The text that a reader sees: the number, or the expression as written.
impl std::fmt::Display for Dim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Dim::Known(n) => write!(f, "{n}"),
            Dim::Parameter(name) => write!(f, "{name}"),
            Dim::Expr(tokens) => write!(f, "{tokens}"),
        }
    }
}

/// A constant expression of type `usize`; also fit for a const argument (`Dense<#dim, 10>`).
impl ToTokens for Dim {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Dim::Known(n) => Literal::usize_unsuffixed(*n).into_token_stream(),
            Dim::Parameter(name) => crate::names::parameter(name),
            Dim::Expr(expr) => quote!({ #expr }),
        });
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
