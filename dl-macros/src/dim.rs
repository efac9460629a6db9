//! Dimensions: each is a number that the macro knows or an expression that only rustc can evaluate. No other module distinguishes them.

use crate::path::Path;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

/// A size in a shape or an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Dim {
    /// A number known at expansion.
    Known(usize),
    /// A parameter of a generic model.
    Parameter(proc_macro2::Ident),
    /// A constant of type `usize` from outside the macro.
    External(Path),
    /// A function of two sizes, at least one of them unknown to the macro; rustc evaluates it.
    Computed(Function, Box<[Dim; 2]>),
}

/// The functions of `dl::private::dim`, which have a result for all arguments.
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
    /// Returns the first of `generics` that this is computed from; `None` for a parameter itself.
    pub fn computed_from<'a>(&self, generics: &'a [proc_macro2::Ident]) -> Option<&'a proc_macro2::Ident> {
        if let Dim::Parameter(_) = self { None } else { self.mentioned(generics) }
    }
    /// Returns the first of `generics` in the expression.
    fn mentioned<'a>(&self, generics: &'a [proc_macro2::Ident]) -> Option<&'a proc_macro2::Ident> {
        let named = |name| generics.iter().find(|generic| *generic == name);
        match self {
            Dim::Known(_) => None,
            Dim::Parameter(name) => named(name),
            // In the generated code, the name would resolve to the parameter.
            Dim::External(path) => path.single().and_then(named),
            Dim::Computed(_, operands) => operands.iter().find_map(|operand| operand.mentioned(generics)),
        }
    }
    /// Returns whether this is a parameter of a generic model, which cannot be computed with in a type.
    pub fn is_parameter(&self) -> bool {
        matches!(self, Dim::Parameter(_))
    }
    /// Returns the number, if the macro knows it.
    pub fn known(&self) -> Option<usize> {
        match self {
            Dim::Known(n) => Some(*n),
            Dim::Parameter(_) | Dim::External(_) | Dim::Computed(..) => None,
        }
    }

    /// Applies `function`, at once if both sizes are known. What is added to and subtracted from an expression becomes one number, so that
    /// the sizes of a deep network stay short: a convolution that keeps the size of its input has its very expression.
    fn combine(&self, other: &Dim, function: Function) -> Dim {
        match (self, other, function) {
            (Dim::Known(a), Dim::Known(b), _) => Dim::Known(function.of(*a, *b)),
            (a, Dim::Known(0), Function::Add | Function::Sub) | (a, Dim::Known(1), Function::Mul | Function::Div) => {
                a.clone()
            }
            (Dim::Known(0), b, Function::Add) | (Dim::Known(1), b, Function::Mul) => b.clone(),
            (
                Dim::Computed(inner @ (Function::Add | Function::Sub), operands),
                Dim::Known(b),
                Function::Add | Function::Sub,
            ) if let [base, Dim::Known(a)] = operands.as_ref() => {
                base.shifted(signed(*a, *inner) + signed(*b, function))
            }
            (a, b, _) => Dim::Computed(function, Box::new([a.clone(), b.clone()])),
        }
    }
    /// Returns the sum of this expression and a number.
    fn shifted(&self, by: i128) -> Dim {
        let size = Dim::Known(usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX));
        self.combine(&size, if by < 0 { Function::Sub } else { Function::Add })
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

    /// Returns the sum, which saturates. Arithmetic never fails: the checks report a wrong size, and a second error would confuse.
    pub fn add(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Add)
    }
    /// Returns the difference, or 1 if it would be negative.
    pub fn sub(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Sub)
    }
    /// Returns the product, which saturates.
    pub fn mul(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Mul)
    }
    /// Returns the quotient rounded down, or 1 if `other` is 0.
    pub fn div(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Div)
    }
    /// Returns the remainder, or 0 if `other` is 0.
    pub fn rem(&self, other: &Dim) -> Dim {
        self.combine(other, Function::Rem)
    }

    /// Returns the minimum.
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
    /// Returns the condition `self == other`.
    pub fn equals(&self, other: &Dim) -> Cond {
        self.compare(other, quote!(==), usize::eq)
    }
    /// Returns the condition `self >= other`.
    pub fn at_least(&self, other: &Dim) -> Cond {
        self.compare(other, quote!(>=), usize::ge)
    }
    /// Returns the condition that `self` is a multiple of `other`.
    pub fn is_multiple_of(&self, other: &Dim) -> Cond {
        self.rem(other).equals(&Dim::Known(0))
    }

    /// Returns the product of `dims`.
    pub fn product<'a>(dims: impl IntoIterator<Item = &'a Dim>) -> Dim {
        dims.into_iter().fold(Dim::Known(1), |a, b| if let Dim::Known(1) = a { b.clone() } else { a.mul(b) })
    }
}

/// Returns what a sum or a difference adds.
fn signed(number: usize, function: Function) -> i128 {
    if function == Function::Sub { -(number as i128) } else { number as i128 }
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

/// Writes the number, or the expression as Rust.
impl std::fmt::Display for Dim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.expression())
    }
}

/// Writes a constant expression of type `usize`, which may also be a const argument (`Dense<#dim, 10>`).
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

/// Writes a constant expression of type `bool`.
impl ToTokens for Cond {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Cond::Known(holds) => holds.to_tokens(tokens),
            Cond::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}

impl Cond {
    /// Returns the condition that both hold.
    pub fn and(self, other: Cond) -> Cond {
        match (self, other) {
            (Cond::Known(false), _) | (_, Cond::Known(false)) => Cond::Known(false),
            (Cond::Known(true), c) | (c, Cond::Known(true)) => c,
            (Cond::Expr(a), Cond::Expr(b)) => Cond::Expr(quote!((#a && #b))),
        }
    }
    /// Returns the condition that at least one of them holds.
    pub fn or(self, other: Cond) -> Cond {
        match (self, other) {
            (Cond::Known(true), _) | (_, Cond::Known(true)) => Cond::Known(true),
            (Cond::Known(false), c) | (c, Cond::Known(false)) => c,
            (Cond::Expr(a), Cond::Expr(b)) => Cond::Expr(quote!((#a || #b))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_to_a_size_stays_one_number() {
        let side = || Dim::Parameter(proc_macro2::Ident::new("SIDE", proc_macro2::Span::call_site()));
        let known = Dim::Known;
        // Convolutions of 3×3 with a padding of 1, and a stride of 1 or 2.
        let conv = |x: &Dim, stride| x.add(&known(2)).sub(&known(3)).div(&known(stride)).add(&known(1));
        assert_eq!(conv(&conv(&side(), 1), 1), side());
        assert_eq!(conv(&side(), 2), side().sub(&known(1)).div(&known(2)).add(&known(1)));
        assert_eq!(side().add(&known(5)).sub(&known(3)), side().add(&known(2)));
        assert_eq!(side().sub(&known(5)).sub(&known(3)), side().sub(&known(8)));
        assert_eq!(side().mul(&known(1)).div(&known(1)).sub(&known(0)), side());
        // Other products stay, and so does what is subtracted from a number.
        assert!(matches!(side().mul(&known(2)), Dim::Computed(Function::Mul, _)));
        assert!(matches!(known(9).sub(&side()), Dim::Computed(Function::Sub, _)));
    }
}
