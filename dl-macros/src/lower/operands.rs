//! Lowers the operands of layers: the value before the arrow, values in parentheses, and both sides of an operator.

use super::arguments::Settings;
use super::node::{LayerUse, NewNode};
use super::{Lowered, Lowering, PartialValue};
use crate::ast::{self, ExprKind, Operator};
use crate::check;
use crate::diagnostics::message;
use crate::dim::Cond;
use crate::ir::{BackwardReads, Config, Element, Op, Shape, Stepping, ValueId};
use crate::layers::{self, Layer};
use proc_macro2::{Ident, Span};
use quote::quote;

/// Returns whether an argument is a layer without an operand: `dense(8)`.
fn branch(argument: &ast::Argument) -> bool {
    match &argument.value.kind {
        ExprKind::Call(layer) => {
            let numbers = |argument: &ast::Argument| {
                argument.name.is_some() || matches!(argument.value.bare().kind, ExprKind::Number(_) | ExprKind::Dim(_))
            };
            layers::find(&layer.name.to_string()).is_some() && layer.arguments.iter().all(numbers)
        }
        _ => false,
    }
}

impl Lowering<'_> {
    /// Applies `operator`, whose token is at `span`, to `a` and `b`.
    pub(super) fn binary(
        &mut self,
        a: Lowered,
        operator: Operator,
        span: Span,
        b: Lowered,
        binding: Option<&Ident>,
    ) -> Lowered {
        if let (Lowered::Number(a), Lowered::Number(b)) = (&a, &b) {
            let result = self.evaluate(|evaluate| evaluate.combine(a, operator, span, b));
            return result.map_or_else(|| self.error_value(span, None), Lowered::Number);
        }
        if operator == Operator::Rem {
            self.error(span, "`%` is for sizes; values have `+`, `-`, `*` and `/`");
            return self.error_value(span, None);
        }
        let (a, b) = (self.for_each_row(a, &b, span), b);
        let (a, b) = (a.clone(), self.for_each_row(b, &a, span));
        let layer = layers::of_operator(operator);
        let settings = Settings { values: Vec::new(), spans: Vec::new() };
        let text = format!("{} {} {}", self.show(&a), operator.symbol(), self.show(&b));
        let name = operator.symbol().to_string();
        let operands = Some(vec![a, b]);
        let use_ = LayerUse {
            layer,
            name: &name,
            span,
            operands,
            settings: &settings,
            text,
            binding,
            rename: None,
            shared_field: None,
            broken: false,
        };
        self.build(use_).lowered
    }

    /// Returns a value of the rows of `other`, if that is a sequence and `value` has one row for each sample: NumPy's rule, for a dimension
    /// whose size is known at run time.
    fn for_each_row(&mut self, value: Lowered, other: &Lowered, span: Span) -> Lowered {
        let (Lowered::Value(id), Some(shape), Some(rows)) = (&value, self.shape_of(&value), self.shape_of(other))
        else {
            return value;
        };
        let ([features], [wanted]) = (shape.dims.as_slice(), rows.dims.as_slice()) else { return value };
        let same = check::equal(&Shape::of([features.clone()]), &Shape::of([wanted.clone()]));
        let fits = !matches!(same, Cond::Known(false)) || [features, wanted].iter().any(|dim| dim.known() == Some(1));
        if shape.length.is_some() || shape.element != Element::F32 || rows.length.is_none() || !fits {
            return value;
        }
        let mut op = Op::new(Config::settings(quote!(dl::ops::over_time::EachRow), quote!()), BackwardReads::NOTHING);
        // Its only operand is number 0: the length is that of the output.
        op.sequences = vec![1];
        if self.comes_from_a_sequence(*id) {
            // Each row gets what depends on the last one.
            op.step = Stepping::Ahead;
        }
        let (inputs, output) = (vec![*id], shape.with_length(rows.length));
        let (text, name_prefix) = (format!("{} for each row", self.show(&value)), "rows");
        let (field, shared_field, binding) = (None, None, None);
        self.push_node(NewNode { op, inputs, output, field, shared_field, text, binding, name_prefix, span })
    }

    /// Returns whether a value is computed from a sequence.
    fn comes_from_a_sequence(&self, value: ValueId) -> bool {
        let mut used = vec![false; self.values.len()];
        used[value] = true;
        for node in self.nodes.iter().rev().filter(|node| node.output <= value) {
            if used[node.output] {
                node.inputs.iter().for_each(|&input| used[input] = true);
            }
        }
        let sequence = |value: &PartialValue| value.shape.as_ref().is_some_and(|shape| shape.length.is_some());
        self.values.iter().zip(used).any(|(value, used)| used && sequence(value))
    }

    /// Lowers the operands of a use, which come through the arrow or are the first arguments, and returns them with the other arguments.
    /// The operands are `None` if some are missing.
    pub(super) fn operands<'u>(
        &mut self,
        layer: &dyn Layer,
        use_: &'u ast::Layer,
        piped: Option<Lowered>,
    ) -> (Option<Vec<Lowered>>, &'u [ast::Argument]) {
        let (name, wanted, arrow) = (use_.name.to_string(), layer.operands(), piped.is_some());
        let mut operands: Vec<Lowered> = piped.into_iter().collect();
        let mut arguments = use_.arguments.as_slice();
        if wanted == 0 && arrow {
            let message = format!("`{name}` makes a value of its own, and reads none: `let h = {}(…);`", layer.name());
            self.error(use_.name.span(), message);
            return (None, arguments);
        }
        if layer.variadic() && !arguments.is_empty() && arguments.iter().all(branch) {
            let branches: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let message =
                format!("branches stand in braces, with `;` between them: `{name} {{ {} }}`", branches.join("; "));
            self.error(use_.name.span(), message);
            return (None, &[]);
        }
        while let Some((ast::Argument { name: None, value }, rest)) =
            arguments.split_first().filter(|_| operands.len() < wanted || layer.variadic())
        {
            // `dense(10)` lacks a value, which is reported below; 10 is an argument.
            let number = matches!(value.bare().kind, ExprKind::Number(_) | ExprKind::Dim(_) | ExprKind::Flag(_));
            let size = !layer.takes_numbers() && number;
            if size {
                break;
            }
            let lowered = self.expression(value, None);
            operands.push(lowered);
            arguments = rest;
        }
        // The missing operand may be in a part that was skipped after a mistake.
        let error_value =
            operands.iter().any(|lowered| matches!(lowered, Lowered::Value(id) if self.values[*id].shape.is_none()));
        if operands.len() < wanted {
            if !use_.broken && !error_value {
                let rest = use_.arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let call = if rest.is_empty() { name.clone() } else { format!("{name}({rest})") };
                let input = self.suggested_value();
                let message = match (wanted, arrow) {
                    (1, _) => format!("`{name}` wants a value: `{input} -> {call}`"),
                    (2, true) => format!("`{name}` wants a second value: `… -> {name}({input})`"),
                    (2, false) => format!("`{name}` wants two values: `{name}(a, b)`"),
                    (n, _) => format!("`{name}` wants {n} values: `{name}(a, b, c)`"),
                };
                self.error(use_.name.span(), message);
            }
            return (None, arguments);
        }
        if !layer.takes_numbers() && operands.iter().any(|operand| matches!(operand, Lowered::Number(_))) {
            let message = format!("`{name}` takes a value of the network, and this is a number");
            self.error(use_.name.span(), message);
            return (None, arguments);
        }
        if operands.iter().any(|operand| matches!(operand, Lowered::Several(_))) {
            let message = format!("`{name}` takes one value, and this is several; name each: `let (a, b) = …`");
            self.error(use_.name.span(), message);
            return (None, arguments);
        }
        (Some(operands), arguments)
    }

    /// Marks the names in an expression as used that is not lowered because of a mistake.
    pub(super) fn mark_used(&mut self, expr: &ast::Expr) {
        match &expr.kind {
            ExprKind::Path(path) => {
                self.bound(&path.last.to_string());
            }
            ExprKind::Call(layer) => layer.arguments.iter().for_each(|argument| self.mark_used(&argument.value)),
            ExprKind::Pipe(from, _) => self.mark_used(from),
            ExprKind::Binary(a, _, _, b) => {
                self.mark_used(a);
                self.mark_used(b);
            }
            ExprKind::Negative(a) | ExprKind::Parens(a) => self.mark_used(a),
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().for_each(|item| self.mark_used(item)),
            _ => {}
        }
    }

    /// Returns the name or number of an operand, for tables.
    fn show(&self, lowered: &Lowered) -> String {
        match lowered {
            Lowered::Value(id) => self.values[*id].name.to_string(),
            Lowered::Number(number) => message!(number).text(),
            Lowered::Several(_) => "…".to_owned(),
        }
    }
}
