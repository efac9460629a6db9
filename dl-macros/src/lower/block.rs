//! Unfolds blocks where they are used, and substitutes their parameters.

use super::{Lowered, Lowering, Named};
use crate::ast::{self, Argument, Block, Body, Expr, ExprKind};
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{Element, Shape};
use crate::names::is_blank;
use crate::path::Path;
use crate::suggest::{did_you_mean, suggest};
use crate::visit::each_expr;
use proc_macro2::{Ident, Literal, Span};
use std::collections::HashMap;

impl Lowering<'_> {
    /// Returns the block called `name`.
    pub(super) fn find_block(&self, name: &Ident) -> Option<&Block> {
        self.file.blocks.iter().find(|block| block.name == *name)
    }

    /// Unfolds a block and returns its output.
    pub(super) fn unfold(&mut self, use_: &ast::Layer, piped: Option<Lowered>) -> Lowered {
        let file = self.file;
        let Some(block) = file.blocks.iter().find(|block| block.name == use_.name) else {
            return self.error_value(use_.name.span(), None);
        };
        let (name, span) = (use_.name.to_string(), use_.name.span());
        let twice = |name: &Ident| block.parameters.iter().filter(|parameter| parameter.name == *name).count() > 1;
        let twice = block.parameters.iter().any(|parameter| twice(&parameter.name));
        if twice || block.header_broken && block.values.is_empty() {
            use_.arguments.iter().for_each(|argument| self.mark_used(&argument.value));
            use_.rename.iter().for_each(|rename| self.names.name_layer(rename, Named::Block(name.clone())));
            return self.error_value(span, None);
        }
        if self.unfolding.contains(&name) {
            let message = format!("`{name}` uses itself, and would never end; `repeat` makes copies");
            self.error(span, message);
            return self.error_value(span, None);
        }
        if self.unfolding.len() >= crate::parse::depth::MAX_DEPTH {
            let message = format!("{} blocks are inside each other here, and none may be deeper", self.unfolding.len());
            self.error(span, message);
            return self.error_value(span, None);
        }
        let rename = use_.rename.as_ref().filter(|name| self.may_name(name));
        let Some((operands, arguments)) = self.block_values(block, use_, piped) else {
            if let Some(rename) = rename {
                self.names.name_layer(rename, Named::Block(name));
            }
            return self.error_value(span, None);
        };
        let mut substitutions = HashMap::new();
        let valid = self.parameters(block, arguments, span, use_.broken, &mut substitutions)
            & self.patterns(block, &operands, span, &mut substitutions);
        let field = rename.cloned().unwrap_or_else(|| self.names.counted(&name, span));
        if let Some(rename) = rename {
            self.names.name_layer(rename, Named::Block(name.clone()));
        }
        if !valid {
            return self.error_value(span, None);
        }
        let body = substitute(&block.body, &substitutions);
        let frame = std::mem::replace(&mut self.frame, self.bindings.len());
        self.enter_scope(&field, &name);
        self.names.enter(Some(&field), block.values.iter().map(|value| &value.name), &body, true);
        self.unfolding.push(name);
        self.parameters.push(substitutions.keys().cloned().collect());
        let shown: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let shown =
            if shown.is_empty() { use_.name.to_string() } else { format!("{}({})", use_.name, shown.join(", ")) };
        self.diagnostics.enter(use_.name.to_string(), shown);
        for (value, lowered) in block.values.iter().zip(operands) {
            self.bind(&value.name, lowered);
        }
        let mut lowered = self.statements(&body, None);
        if !block.broken {
            self.unused(self.frame + block.values.len(), 0);
        }
        if matches!(lowered, Some(Lowered::Number(_))) {
            let at = block.body.output.as_ref().map_or(span, |output| output.start);
            self.error(
                at,
                format!("the output of `{}` must be a value of the network, and this is a number", block.name),
            );
            lowered = None;
        }
        self.diagnostics.leave();
        self.unfolding.pop();
        self.parameters.pop();
        self.names.leave();
        self.leave_scope();
        self.bindings.truncate(self.frame);
        self.frame = frame;
        lowered.unwrap_or_else(|| self.error_value(span, None))
    }

    /// Returns the values that a block reads, and the arguments that are left for its parameters.
    fn block_values<'u>(
        &mut self,
        block: &Block,
        use_: &'u ast::Layer,
        piped: Option<Lowered>,
    ) -> Option<(Vec<Lowered>, &'u [Argument])> {
        let (name, mut operands) = (&use_.name, piped.into_iter().collect::<Vec<_>>());
        let mut arguments = use_.arguments.as_slice();
        while let Some((Argument { name: None, value }, rest)) =
            arguments.split_first().filter(|_| operands.len() < block.values.len())
        {
            // `wide(16)` lacks a value, which is reported below; 16 is an argument.
            if matches!(value.bare().kind, ExprKind::Number(_) | ExprKind::Dim(_) | ExprKind::Flag(_)) {
                break;
            }
            operands.push(self.expression(value, None));
            arguments = rest;
        }
        if operands.len() < block.values.len() {
            let (missing, input) = (&block.values[operands.len()].name, self.suggested_value());
            let rest: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let message = match (operands.len(), rest.as_slice()) {
                (0, []) => format!("`{name}` wants a value: `{input} -> {name}`"),
                (0, rest) => format!("`{name}` wants a value: `{input} -> {name}({})`", rest.join(", ")),
                _ => format!("`{name}` wants another value, `{missing}`: `… -> {name}({input})`"),
            };
            self.error(name.span(), message);
            return None;
        }
        if operands.iter().any(|lowered| !matches!(lowered, Lowered::Value(_))) {
            let what = if operands.iter().any(|lowered| matches!(lowered, Lowered::Several(_))) {
                "this is several; name each: `let (a, b) = …`"
            } else {
                "this is a number"
            };
            self.error(name.span(), format!("`{name}` takes a value of the network, and {what}"));
            return None;
        }
        Some((operands, arguments))
    }

    /// Finds the argument that replaces each parameter in the body, and returns whether all are valid.
    fn parameters(
        &mut self,
        block: &Block,
        arguments: &[Argument],
        span: Span,
        broken: bool,
        substitutions: &mut HashMap<String, ExprKind>,
    ) -> bool {
        // The arguments after a syntax error may not be those that the user meant.
        if broken {
            arguments.iter().for_each(|argument| self.mark_used(&argument.value));
            return false;
        }
        let mut given: Vec<Option<&Expr>> = vec![None; block.parameters.len()];
        let (mut valid, mut position) = (!broken, 0);
        for argument in arguments {
            let index = match &argument.name {
                Some(name) => block.parameters.iter().position(|parameter| parameter.name == *name),
                None => Some(position).filter(|&position| position < given.len()),
            };
            position += usize::from(argument.name.is_none());
            let at = argument.name.as_ref().map_or(argument.value.start, Ident::span);
            let message = match (index, &argument.name) {
                (Some(index), _) if given[index].is_some() => {
                    format!("`{}` of `{}` is given twice", block.parameters[index].name, block.name)
                }
                (Some(index), _) => {
                    given[index] = Some(&argument.value);
                    continue;
                }
                (None, Some(name)) => {
                    let known: Vec<String> = block.parameters.iter().map(|p| p.name.to_string()).collect();
                    let meant = suggest(&name.to_string(), known.iter().map(String::as_str), &[]);
                    format!("`{}` has no parameter `{name}`{}", block.name, did_you_mean(meant))
                }
                (None, None) => format!("`{}` takes {} here", block.name, counted(given.len())),
            };
            self.error(at, message);
            valid = false;
        }
        for (k, (parameter, given)) in block.parameters.iter().zip(given).enumerate() {
            let name = parameter.name.to_string();
            // A repeated name was reported.
            if block.parameters[..k].iter().any(|earlier| earlier.name == parameter.name) {
                continue;
            }
            let Some(expr) = given.or(parameter.default.as_ref()) else {
                if valid {
                    let wanted = block.parameters.iter().filter(|parameter| parameter.default.is_none());
                    let wanted: Vec<String> = wanted.map(|parameter| parameter.name.to_string()).collect();
                    self.error(span, format!("`{0}` needs `{name}`: `{0}({1})`", block.name, wanted.join(", ")));
                }
                valid = false;
                continue;
            };
            match self.argument(expr) {
                Some(kind) => {
                    substitutions.insert(name, kind);
                }
                None => valid = false,
            }
        }
        valid
    }

    /// Evaluates an argument of a block to a number, flag, word or list.
    fn argument(&mut self, expr: &Expr) -> Option<ExprKind> {
        match &expr.bare().kind {
            ExprKind::Flag(flag) => Some(ExprKind::Flag(*flag)),
            ExprKind::List(items) => {
                let items: Vec<Option<ExprKind>> = items.iter().map(|item| self.argument(item)).collect();
                let items = items.into_iter().map(|kind| kind.map(|kind| Expr::new(kind, expr.start, expr.end)));
                items.collect::<Option<_>>().map(ExprKind::List)
            }
            // A word such as `same` has a meaning only for the layer that gets it.
            ExprKind::Path(path)
                if path.single().is_some_and(|name| !crate::names::is_capitalised(name))
                    && self.constants.get(&path.last).is_none() =>
            {
                Some(ExprKind::Path(path.clone()))
            }
            ExprKind::Call(_) => Some(expr.kind.clone()),
            ExprKind::Number(syn::Lit::Float(_)) => Some(expr.kind.clone()),
            ExprKind::Negative(_) => Some(expr.kind.clone()),
            _ if mentions_number(expr, self) => Some(expr.kind.clone()),
            kind => self.evaluate(|evaluate| evaluate.size(expr)).map(|dim| match (kind, &dim) {
                // A constant from outside may be a size or an `f32`, which depends on its use in the block.
                (ExprKind::Path(path), Dim::External(outside)) if Path::new(path.tokens.clone()) == *outside => {
                    ExprKind::Path(ast::Path { single: false, ..path.clone() })
                }
                _ => number(&dim),
            }),
        }
    }

    /// Matches the operands with the patterns of a block, and binds the names in these.
    fn patterns(
        &mut self,
        block: &Block,
        operands: &[Lowered],
        span: Span,
        substitutions: &mut HashMap<String, ExprKind>,
    ) -> bool {
        let mut valid = true;
        for (value, lowered) in block.values.iter().zip(operands) {
            let (Some(pattern), Lowered::Value(id)) = (&value.pattern, lowered) else { continue };
            let Some(shape) = self.values[*id].shape.clone() else {
                valid = false;
                continue;
            };
            valid &= self.pattern(block, pattern, &shape, span, substitutions);
        }
        valid
    }

    fn pattern(
        &mut self,
        block: &Block,
        pattern: &ast::Shape,
        shape: &Shape,
        span: Span,
        substitutions: &mut HashMap<String, ExprKind>,
    ) -> bool {
        let whole = matches!(pattern.element, Some(ast::Element::U32));
        let wanted: Vec<String> = pattern.dims.iter().map(ToString::to_string).collect();
        let wanted = format!("{}[{}]", if whole { "u32" } else { "" }, wanted.join(", "));
        let fresh = |expr: &'_ Expr| match &expr.kind {
            ExprKind::Path(path) => path.single().filter(|name| !crate::names::is_capitalised(name)).cloned(),
            _ => None,
        };
        let mut dims = &pattern.dims[..];
        let mut hint = "";
        // The length of a sequence is a dimension that has no size here.
        if let [first, rest @ ..] = dims
            && shape.length.is_some()
            && rest.len() == shape.dims.len()
        {
            if fresh(first).as_ref().is_some_and(is_blank) {
                dims = rest;
            } else {
                hint = ", whose length is only known at run time; `_` stands for any length";
            }
        }
        if dims.len() != shape.dims.len() || whole != (shape.element == Element::U32) {
            let start = format!("`{}` takes {wanted}, but its input is ", block.name);
            self.error(span, message!(start, shape, hint));
            return false;
        }
        let mut valid = true;
        for (expr, dim) in dims.iter().zip(&shape.dims) {
            let fresh = fresh(expr);
            let fresh = fresh.as_ref();
            if fresh.is_some_and(is_blank) {
                continue;
            }
            let bound = fresh.and_then(|name| substitutions.get(&name.to_string())).cloned();
            if let (Some(name), None) = (fresh, &bound) {
                substitutions.insert(name.to_string(), number(dim));
                continue;
            }
            let kind = bound.unwrap_or_else(|| expr.kind.clone());
            let expected = Expr::new(kind, expr.start, expr.end);
            let Some(expected) = self.evaluate(|evaluate| evaluate.size(&expected)) else {
                valid = false;
                continue;
            };
            let start = format!("`{}` takes {wanted}, but its input is ", block.name);
            valid &= self.diagnostics.require(expected.equals(dim), span, message!(start, shape));
        }
        valid
    }
}

/// Replaces the parameters in a body by their arguments, which keep the spans of the parameters.
fn substitute(body: &Body, substitutions: &HashMap<String, ExprKind>) -> Body {
    let mut body = body.clone();
    each_expr(&mut body, &mut |expr| {
        if let ExprKind::Path(path) = &expr.kind
            && let Some(name) = path.single()
            && let Some(kind) = substitutions.get(&name.to_string())
        {
            expr.kind = kind.clone();
        }
    });
    body
}

/// Returns a size as an expression.
fn number(dim: &Dim) -> ExprKind {
    match dim {
        Dim::Known(n) => ExprKind::Number(syn::Lit::new(Literal::usize_unsuffixed(*n))),
        dim => ExprKind::Dim(dim.clone()),
    }
}

/// Returns whether an expression contains a number of type `f32`, so that it is not a size.
fn mentions_number(expr: &Expr, lowering: &Lowering) -> bool {
    let mut body = Body { lets: Vec::new(), output: Some(expr.clone()) };
    let mut float = false;
    each_expr(&mut body, &mut |expr| {
        float |= match &expr.kind {
            ExprKind::Number(literal) => matches!(literal, syn::Lit::Float(_)),
            ExprKind::Path(path) => matches!(
                path.single().and_then(|name| lowering.constants.get(name)),
                Some(super::constants::Constant::Number(_))
            ),
            _ => false,
        };
    });
    float
}

fn counted(n: usize) -> String {
    match n {
        0 => "no arguments".to_owned(),
        1 => "one argument".to_owned(),
        n => format!("{n} arguments"),
    }
}
