//! Visits every expression, name or model in a body of the syntax tree.

use crate::ast::{Body, Combinator, Condition, Expr, ExprKind, If, Layer, ModelUse, Stage};
use proc_macro2::Ident;

/// The role of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// The name is given by a `let`.
    Bound,
    /// The name is given by an `as`.
    Layer,
    /// The name is used: a value, a number or a layer.
    Used,
}

/// Calls `visit` with every expression in `body`, inner ones first; `visit` may change it.
pub fn each_expr(body: &mut Body, visit: &mut dyn FnMut(&mut Expr)) {
    body.lets
        .iter_mut()
        .map(|binding| &mut binding.value)
        .chain(&mut body.output)
        .for_each(|expr| in_expr(expr, visit));
}

/// Calls `visit` with every name in `body` that a `let` or an `as` gives, or that is used.
pub fn each_name(body: &Body, visit: &mut dyn FnMut(Name, &Ident)) {
    body.lets.iter().flat_map(|binding| &binding.names).for_each(|name| visit(Name::Bound, name));
    let mut body = body.clone();
    each_expr(&mut body, &mut |expr| match &expr.kind {
        ExprKind::Path(path) => visit(Name::Used, &path.last),
        ExprKind::Call(layer) => layer_names(layer, visit),
        ExprKind::Pipe(_, stages) => stages.iter().for_each(|stage| stage_names(stage, visit)),
        ExprKind::Stage(stage) => stage_names(stage, visit),
        ExprKind::If(choice) => choice_names(choice, visit),
        _ => {}
    });
}

/// Calls `visit` with every model that `body` uses.
pub fn each_model(body: &Body, visit: &mut dyn FnMut(&crate::ast::Path)) {
    let mut body = body.clone();
    each_expr(&mut body, &mut |expr| {
        let stages = match &expr.kind {
            ExprKind::Pipe(_, stages) => stages.as_slice(),
            ExprKind::Stage(stage) => std::slice::from_ref(&**stage),
            _ => &[],
        };
        for stage in stages {
            if let Stage::Model(model) = stage {
                visit(&model.path);
            }
        }
    });
}

fn layer_names(layer: &Layer, visit: &mut dyn FnMut(Name, &Ident)) {
    visit(Name::Used, &layer.name);
    layer.rename.iter().for_each(|name| visit(Name::Layer, name));
}

fn stage_names(stage: &Stage, visit: &mut dyn FnMut(Name, &Ident)) {
    match stage {
        Stage::Layer(layer) => layer_names(layer, visit),
        Stage::Model(ModelUse { rename, .. }) => rename.iter().for_each(|name| visit(Name::Layer, name)),
        Stage::Combinator(combinator) => {
            combinator.rename.iter().for_each(|name| visit(Name::Layer, name));
            let lets = combinator.bodies.iter().flat_map(|body| &body.lets);
            lets.flat_map(|binding| &binding.names).for_each(|name| visit(Name::Bound, name));
        }
        Stage::If(choice, _) => choice_names(choice, visit),
        Stage::Broken => {}
    }
}

fn choice_names(choice: &If, visit: &mut dyn FnMut(Name, &Ident)) {
    let lets = choice.then.lets.iter().chain(&choice.otherwise.lets);
    lets.flat_map(|binding| &binding.names).for_each(|name| visit(Name::Bound, name));
}

fn in_expr(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    match &mut expr.kind {
        ExprKind::Call(layer) => in_layer(layer, visit),
        ExprKind::Pipe(from, stages) => {
            in_expr(from, visit);
            stages.iter_mut().for_each(|stage| in_stage(stage, visit));
        }
        ExprKind::Binary(a, _, _, b) => {
            in_expr(a, visit);
            in_expr(b, visit);
        }
        ExprKind::Negative(a) | ExprKind::Parens(a) => in_expr(a, visit),
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter_mut().for_each(|item| in_expr(item, visit)),
        ExprKind::Stage(stage) => in_stage(stage, visit),
        ExprKind::If(choice) => in_choice(choice, visit),
        ExprKind::Number(_)
        | ExprKind::Flag(_)
        | ExprKind::Text(_)
        | ExprKind::Path(_)
        | ExprKind::Dim(_)
        | ExprKind::Range
        | ExprKind::Broken => {}
    }
    visit(expr);
}

fn in_stage(stage: &mut Stage, visit: &mut dyn FnMut(&mut Expr)) {
    match stage {
        Stage::Layer(layer) => in_layer(layer, visit),
        Stage::Combinator(Combinator { count, bodies, .. }) => {
            count.iter_mut().for_each(|count| in_expr(count, visit));
            bodies.iter_mut().for_each(|body| each_expr(body, visit));
        }
        Stage::Model(model) => {
            model.path.generics.iter_mut().for_each(|argument| in_expr(argument, visit));
            model.arguments.iter_mut().for_each(|argument| in_expr(&mut argument.value, visit));
            model.output.iter_mut().flat_map(|shape| &mut shape.dims).for_each(|dim| in_expr(dim, visit));
        }
        Stage::If(choice, _) => in_choice(choice, visit),
        Stage::Broken => {}
    }
}

fn in_layer(layer: &mut Layer, visit: &mut dyn FnMut(&mut Expr)) {
    layer.arguments.iter_mut().for_each(|argument| in_expr(&mut argument.value, visit));
}

fn in_choice(choice: &mut If, visit: &mut dyn FnMut(&mut Expr)) {
    in_condition(&mut choice.condition, visit);
    each_expr(&mut choice.then, visit);
    each_expr(&mut choice.otherwise, visit);
}

fn in_condition(condition: &mut Condition, visit: &mut dyn FnMut(&mut Expr)) {
    match condition {
        Condition::Flag(a) => in_expr(a, visit),
        Condition::Compare(a, _, b) => {
            in_expr(a, visit);
            in_expr(b, visit);
        }
        Condition::Not(a) => in_condition(a, visit),
        Condition::And(a, b) | Condition::Or(a, b) => {
            in_condition(a, visit);
            in_condition(b, visit);
        }
    }
}
