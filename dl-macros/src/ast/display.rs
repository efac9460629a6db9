//! Prints the syntax tree: as the user would write it, and as Rust tokens.

use super::*;
use quote::{ToTokens, quote};
use std::fmt::{Display, Formatter, Result};

/// Writes the expression as a user would, for tables and messages.
impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            ExprKind::Number(literal) => write!(f, "{}", literal.to_token_stream()),
            ExprKind::Flag(flag) => write!(f, "{flag}"),
            ExprKind::Text(text) => write!(f, "{}", text.token()),
            ExprKind::Path(path) => write!(f, "{path}"),
            ExprKind::Dim(dim) => f.write_str(&without_spaces(dim.to_string())),
            ExprKind::Call(layer) => write!(f, "{layer}"),
            ExprKind::Pipe(from, stages) => {
                write!(f, "{from}")?;
                stages.iter().try_for_each(|stage| write!(f, " -> {stage}"))
            }
            ExprKind::Binary(a, operator, _, b) => write!(f, "{a} {} {b}", operator.symbol()),
            ExprKind::Negative(a) => write!(f, "-{a}"),
            ExprKind::Parens(a) => write!(f, "({a})"),
            ExprKind::List(items) => write!(f, "[{}]", join(items)),
            ExprKind::Tuple(items) => write!(f, "({})", join(items)),
            ExprKind::If(_) => f.write_str("if … { … } else { … }"),
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
            Stage::Combinator(combinator) => write!(f, "{combinator}"),
            Stage::Model(model) => write!(f, "{}", model.path),
            Stage::If(..) => f.write_str("if … { … } else { … }"),
            Stage::Broken => f.write_str("…"),
        }
    }
}

/// Leaves out the contents of the braces.
impl Display for Combinator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let count = self.count.as_ref().map_or(String::new(), |count| format!(" {count}"));
        write!(f, "{}{count} {{ … }}", self.word)
    }
}

/// Leaves out `as`.
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
        f.write_str(&without_spaces(self.tokens.to_string()))
    }
}

/// Removes the spaces that printed tokens have between them.
fn without_spaces(path: String) -> String {
    path.replace(' ', "").replace("r#dl::", "dl::")
}

fn join<T: Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// Writes a constant expression as Rust, with the user's spans.
impl ToTokens for Expr {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match &self.kind {
            ExprKind::Number(literal) => literal.to_token_stream(),
            ExprKind::Path(path) => path.tokens.clone(),
            ExprKind::Dim(dim) => dim.to_token_stream(),
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
