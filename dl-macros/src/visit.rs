//! Walks over the syntax tree: every expression and every name in a body.

use crate::ast::{Body, Combinator, Condition, Expr, ExprKind, If, Layer, ModelUse, Stage};
use proc_macro2::Ident;

/// What a name is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// By a `let`.
    Bound,
    /// By an `as`.
    Layer,
    /// A value or number, or the kind of a layer.
    Used,
}

/// Calls `see` with every expression in `body`, those inside others first, to be changed.
pub fn each_expr(body: &mut Body, see: &mut dyn FnMut(&mut Expr)) {
    body.lets.iter_mut().map(|binding| &mut binding.value).chain(&mut body.output).for_each(|expr| in_expr(expr, see));
}

/// Calls `see` with every name in `body` that a `let` or an `as` gives, or that is used.
pub fn each_name(body: &Body, see: &mut dyn FnMut(Name, &Ident)) {
    body.lets.iter().flat_map(|binding| &binding.names).for_each(|name| see(Name::Bound, name));
    let mut body = body.clone();
    each_expr(&mut body, &mut |expr| match &expr.kind {
        ExprKind::Path(path) => see(Name::Used, &path.last),
        ExprKind::Call(layer) => layer_names(layer, see),
        ExprKind::Pipe(_, stages) => stages.iter().for_each(|stage| stage_names(stage, see)),
        ExprKind::Stage(stage) => stage_names(stage, see),
        ExprKind::If(choice) => choice_names(choice, see),
        _ => {}
    });
}

/// Calls `see` with every model that `body` uses.
pub fn each_model(body: &Body, see: &mut dyn FnMut(&crate::ast::Path)) {
    let mut body = body.clone();
    each_expr(&mut body, &mut |expr| {
        let stages = match &expr.kind {
            ExprKind::Pipe(_, stages) => stages.as_slice(),
            ExprKind::Stage(stage) => std::slice::from_ref(&**stage),
            _ => &[],
        };
        for stage in stages {
            if let Stage::Model(model) = stage {
                see(&model.path);
            }
        }
    });
}

fn layer_names(layer: &Layer, see: &mut dyn FnMut(Name, &Ident)) {
    see(Name::Used, &layer.name);
    layer.rename.iter().for_each(|name| see(Name::Layer, name));
}

fn stage_names(stage: &Stage, see: &mut dyn FnMut(Name, &Ident)) {
    match stage {
        Stage::Layer(layer) => layer_names(layer, see),
        Stage::Model(ModelUse { rename, .. }) => rename.iter().for_each(|name| see(Name::Layer, name)),
        Stage::Combinator(combinator) => {
            combinator.rename.iter().for_each(|name| see(Name::Layer, name));
            let lets = combinator.bodies.iter().flat_map(|body| &body.lets);
            lets.flat_map(|binding| &binding.names).for_each(|name| see(Name::Bound, name));
        }
        Stage::If(choice, _) => choice_names(choice, see),
        Stage::Broken => {}
    }
}

fn choice_names(choice: &If, see: &mut dyn FnMut(Name, &Ident)) {
    let lets = choice.then.lets.iter().chain(&choice.otherwise.lets);
    lets.flat_map(|binding| &binding.names).for_each(|name| see(Name::Bound, name));
}

fn in_expr(expr: &mut Expr, see: &mut dyn FnMut(&mut Expr)) {
    match &mut expr.kind {
        ExprKind::Call(layer) => in_layer(layer, see),
        ExprKind::Pipe(from, stages) => {
            in_expr(from, see);
            stages.iter_mut().for_each(|stage| in_stage(stage, see));
        }
        ExprKind::Binary(a, _, _, b) => {
            in_expr(a, see);
            in_expr(b, see);
        }
        ExprKind::Negative(a) | ExprKind::Parens(a) => in_expr(a, see),
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter_mut().for_each(|item| in_expr(item, see)),
        ExprKind::Stage(stage) => in_stage(stage, see),
        ExprKind::If(choice) => in_choice(choice, see),
        ExprKind::Number(_)
        | ExprKind::Flag(_)
        | ExprKind::Text(_)
        | ExprKind::Path(_)
        | ExprKind::Dim(_)
        | ExprKind::Range
        | ExprKind::Broken => {}
    }
    see(expr);
}

fn in_stage(stage: &mut Stage, see: &mut dyn FnMut(&mut Expr)) {
    match stage {
        Stage::Layer(layer) => in_layer(layer, see),
        Stage::Combinator(Combinator { count, bodies, .. }) => {
            count.iter_mut().for_each(|count| in_expr(count, see));
            bodies.iter_mut().for_each(|body| each_expr(body, see));
        }
        Stage::Model(model) => {
            model.path.generics.iter_mut().for_each(|argument| in_expr(argument, see));
            model.arguments.iter_mut().for_each(|argument| in_expr(&mut argument.value, see));
            model.output.iter_mut().flat_map(|shape| &mut shape.dims).for_each(|dim| in_expr(dim, see));
        }
        Stage::If(choice, _) => in_choice(choice, see),
        Stage::Broken => {}
    }
}

fn in_layer(layer: &mut Layer, see: &mut dyn FnMut(&mut Expr)) {
    layer.arguments.iter_mut().for_each(|argument| in_expr(&mut argument.value, see));
}

fn in_choice(choice: &mut If, see: &mut dyn FnMut(&mut Expr)) {
    in_condition(&mut choice.condition, see);
    each_expr(&mut choice.then, see);
    each_expr(&mut choice.otherwise, see);
}

fn in_condition(condition: &mut Condition, see: &mut dyn FnMut(&mut Expr)) {
    match condition {
        Condition::Flag(a) => in_expr(a, see),
        Condition::Compare(a, _, b) => {
            in_expr(a, see);
            in_expr(b, see);
        }
        Condition::Not(a) => in_condition(a, see),
        Condition::And(a, b) | Condition::Or(a, b) => {
            in_condition(a, see);
            in_condition(b, see);
        }
    }
}
