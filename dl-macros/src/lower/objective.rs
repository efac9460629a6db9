//! Lowers the `loss` clause: targets, and a sum of weighted terms.

use super::{Binding, Lowered, Lowering, PartialValue};
use crate::ast::{Expr, ExprKind, Loss, Operator};
use crate::check;
use crate::diagnostics::message;
use crate::ir::{Element, Objective, Reduction, Term, ValueId};
use crate::number::Number;
use crate::visit::each_expr;
use proc_macro2::{Ident, Span};
use quote::{ToTokens, quote};

impl Lowering<'_> {
    /// Lowers the `loss` clause of a model with these outputs.
    pub(super) fn objective(&mut self, loss: &Loss, outputs: &[ValueId]) -> Objective {
        let (start, body) = (self.values.len(), self.nodes.len());
        let mut targets = Vec::new();
        for (i, target) in loss.targets.iter().enumerate() {
            let allowed = check::bindable(self.diagnostics, &target.name);
            let twice = loss.targets[..i].iter().any(|earlier| earlier.name == target.name)
                || self.bindings.iter().any(|binding| binding.name == target.name);
            if twice {
                let message = format!(
                    "there is a value `{}` already, and the loss sees it; give the target another name",
                    target.name
                );
                self.error(target.name.span(), message);
            } else if !self.model.is_loss && self.output_names().contains(&target.name) {
                let message = format!(
                    "`{0}` is the output, and the loss sees it as `{0}`; give the target another name",
                    target.name
                );
                self.error(target.name.span(), message);
            }
            let shape = target.shape.as_ref().map(|shape| {
                let (evaluated, valid) = self.shape(shape, true);
                let length = self.declared_length(shape);
                let valid = valid && length.is_some() == shape.length.is_some();
                (evaluated.with_length(length), valid)
            });
            let shape = shape.and_then(|(shape, valid)| (valid && !twice).then_some(shape));
            self.values.push(PartialValue { name: target.name.clone(), shape });
            targets.push(self.values.len() - 1);
            let lowered = Lowered::Value(self.values.len() - 1);
            self.bindings.push(Binding { name: target.name.clone(), lowered, used: !allowed });
        }
        // The output of a loss that stands alone is its input, which has a name already.
        if !self.model.is_loss {
            self.bind_outputs(outputs, loss);
        }
        self.in_loss = true;
        let mut terms = Vec::new();
        for binding in &loss.body.lets {
            self.binding(binding);
        }
        if let Some(output) = &loss.body.output {
            self.terms(output, &Number::Known(1.0), start, &mut terms);
        }
        self.in_loss = false;
        if !self.model.broken {
            self.unused(0, self.model.inputs.len());
        }
        self.named(&mut terms);
        let seeds = self.seeds(start, body, outputs, &terms);
        Objective { targets, terms, start, seeds }
    }

    /// Requires that all losses of the clause are means, or all are sums, because the batch is reduced in the same way.
    pub(super) fn reduces_alike(&mut self, name: &str, reduction: Reduction, span: Span) {
        match &self.reduction {
            None => self.reduction = Some((name.to_owned(), reduction)),
            Some((first, other)) if *other != reduction => {
                let word = |reduction| if reduction == Reduction::Sum { "sum" } else { "mean" };
                let text = format!(
                    "`{first}` is a {} over the batch, and `{name}` a {}: write `reduction: sum` for all losses of the clause, or for \
                     none",
                    word(*other),
                    word(reduction)
                );
                self.error(span, text);
            }
            Some(_) => {}
        }
    }

    /// Binds the outputs to their names: `output`, or the declared ones.
    fn bind_outputs(&mut self, outputs: &[ValueId], loss: &Loss) {
        for (name, &output) in self.output_names().into_iter().zip(outputs) {
            match self.bindings.iter().rev().find(|binding| binding.name == name) {
                None => self.bindings.push(Binding { name, lowered: Lowered::Value(output), used: true }),
                Some(binding) if binding.lowered.value() != Some(output) => {
                    let input = binding.lowered.value().is_some_and(|value| value < self.model.inputs.len());
                    self.ambiguous(&name, input, loss);
                }
                Some(_) => {}
            }
        }
    }

    /// Returns the names of the outputs in the loss.
    fn output_names(&self) -> Vec<Ident> {
        match &self.model.output {
            Some(crate::ast::Output::Several(outputs, _)) => outputs.iter().map(|o| o.name.clone()).collect(),
            _ => vec![Ident::new("output", proc_macro2::Span::call_site())],
        }
    }

    /// Reports the first use of a name that both an output and another value have.
    fn ambiguous(&self, name: &Ident, input: bool, loss: &Loss) {
        let mut at = None;
        each_expr(&mut loss.body.clone(), &mut |expr| match &expr.kind {
            ExprKind::Path(path) if at.is_none() && path.single() == Some(name) => at = Some(expr.start),
            _ => {}
        });
        let earlier = loss.targets.iter().any(|target| target.name == *name);
        if let (Some(at), false) = (at, earlier) {
            let text = if input {
                format!("`{name}` is an input, and what the loss calls the output; give the input another name")
            } else {
                format!("`{name}` is an output, and another value of the body; give that value another name")
            };
            self.error(at, text);
        }
    }

    /// Splits a sum into terms.
    fn terms(&mut self, expr: &Expr, weight: &Number, start: ValueId, terms: &mut Vec<Term>) {
        match &expr.kind {
            ExprKind::Parens(inner) => return self.terms(inner, weight, start, terms),
            ExprKind::Binary(a, operator @ (Operator::Add | Operator::Sub), _, b) => {
                self.terms(a, weight, start, terms);
                let weight = if *operator == Operator::Sub { weight.negative() } else { weight.clone() };
                return self.terms(b, &weight, start, terms);
            }
            ExprKind::Binary(a, Operator::Mul, at, b) => {
                for (factor, rest) in [(a, b), (b, a)] {
                    if self.is_number(factor) {
                        let factor = self.evaluate(|evaluate| evaluate.number(factor));
                        let weight =
                            factor.and_then(|factor| self.evaluate(|e| e.combine(weight, Operator::Mul, *at, &factor)));
                        return self.terms(rest, &weight.unwrap_or(Number::Known(1.0)), start, terms);
                    }
                }
            }
            _ => {}
        }
        let Lowered::Value(mut value) = self.expression(expr, None) else {
            let message = format!("a loss is a value of the network, and `{expr}` is a number");
            self.diagnostics.error_between(expr.start, expr.end, message);
            return;
        };
        let scalar = |shape: &crate::ir::Shape| shape.dims.is_empty() && shape.element == Element::F32;
        if let Some(shape) = self.values[value].shape.clone().filter(|shape| !scalar(shape)) {
            let help = "; a loss such as `mse`, or `mean`, makes one number of it";
            let text = message!("a term of the loss is one number for each sample, but this is ", &shape, help);
            self.diagnostics.error_between(expr.start, expr.end, text);
            return;
        }
        let length = |value: ValueId| self.values[value].shape.as_ref().and_then(|shape| shape.length.clone());
        if let Some(first) = terms.first().filter(|first| length(first.value) != length(value)) {
            let of = |value: ValueId| match length(value) {
                Some(length) => format!("each row of `{length}`"),
                None => "each sample".to_owned(),
            };
            let text = format!(
                "the terms of a loss are alike: the first has one number for {}, and this one for {}; `mean(axis: 0)` makes one \
                number of the rows of a sample",
                of(first.value),
                of(value)
            );
            self.diagnostics.error_between(expr.start, expr.end, text);
            return;
        }
        let number = weight.to_token_stream();
        let name = match &expr.kind {
            ExprKind::Path(path) => path.last.to_string(),
            _ => self
                .nodes
                .iter()
                .find(|node| node.output == value)
                .map_or(String::new(), |node| node.text.split('(').next().unwrap_or_default().trim().to_owned()),
        };
        if let Some(before) = terms.iter_mut().find(|term| term.value == value) {
            let earlier = std::mem::take(&mut before.weight);
            before.weight = quote!(#earlier + #number);
            return;
        }
        // A term must be a value of the `loss` clause.
        if value < start {
            value = self.copied(value, expr.start);
        }
        terms.push(Term { name, value, weight: number });
    }

    /// Returns whether an expression is a number and not a value.
    fn is_number(&self, expr: &Expr) -> bool {
        match &expr.bare().kind {
            ExprKind::Number(_) | ExprKind::Dim(_) => true,
            ExprKind::Path(path) => match path.single() {
                Some(name) => !self.visible().iter().any(|binding| binding.name == *name),
                None => true,
            },
            ExprKind::Negative(inner) => self.is_number(inner),
            ExprKind::Binary(a, _, _, b) => self.is_number(a) && self.is_number(b),
            _ => false,
        }
    }

    /// Makes the names of the terms unique.
    fn named(&self, terms: &mut [Term]) {
        for i in 0..terms.len() {
            let same = terms[..i].iter().filter(|term| term.name == terms[i].name).count();
            if same > 0 {
                terms[i].name = format!("{}{}", terms[i].name, same + 1);
            }
        }
    }

    /// Returns the values of the body, without its outputs, to which the loss gives a gradient.
    fn seeds(&self, start: ValueId, body: usize, outputs: &[ValueId], terms: &[Term]) -> Vec<ValueId> {
        let mut seeds = Vec::new();
        let read = self.nodes[body.min(self.nodes.len())..].iter().flat_map(|node| node.inputs.iter().copied());
        for value in read.chain(terms.iter().map(|term| term.value)) {
            let float = self.values[value].shape.as_ref().is_some_and(|shape| shape.element == Element::F32);
            if value < start && float && !outputs.contains(&value) && !seeds.contains(&value) {
                seeds.push(value);
            }
        }
        seeds
    }
}
