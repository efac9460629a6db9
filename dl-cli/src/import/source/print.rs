//! Writes bodies as text, with pipes and lines of at most 100 characters, and finds the numbers in them.

use super::body::{Body, Expr, Stage};
use super::scopes::Scope;
use crate::import::network::{Argument, Call};
use std::collections::BTreeMap;

/// The most characters of a line.
pub const WIDTH: usize = 100;

/// Returns the source of a use of a block.
pub trait Blocks {
    /// Returns the name of a block and the arguments that are its parameters.
    fn call(&self, scope: usize, arguments: &[Argument]) -> (String, Vec<String>);
    /// Returns the name of the use of a block inside the braces of a `repeat`.
    fn inside(&self, scope: usize) -> String;
    /// Returns the links of a block that is written inside the braces of a `repeat`.
    fn inline(&self, scope: usize) -> Option<Vec<Stage>>;
}

/// Blocks before they have names, which their numbers tell from each other.
struct Unnamed<'a>(&'a [Scope]);

impl Blocks for Unnamed<'_> {
    fn call(&self, scope: usize, arguments: &[Argument]) -> (String, Vec<String>) {
        (format!("{:?}", self.0[scope].group), arguments.iter().map(|argument| argument.text.clone()).collect())
    }
    fn inside(&self, _: usize) -> String {
        String::new()
    }
    fn inline(&self, _: usize) -> Option<Vec<Stage>> {
        None
    }
}

/// Replaces the whole numbers of all arguments, and returns them.
pub fn take_holes(body: &mut Body) -> Vec<(&'static str, String)> {
    let mut holes = Vec::new();
    arguments(body, &mut |argument| {
        replace(&mut argument.text, |number| {
            holes.push((argument.label, number.to_owned()));
            "#".into()
        });
        argument.default = false;
    });
    holes
}

/// Writes parameters of a block in the places of numbers.
pub fn fill_holes(body: &mut Body, parameters: &[Option<String>]) {
    let mut at = 0;
    arguments(body, &mut |argument| {
        replace(&mut argument.text, |number| {
            let parameter = parameters.get(at).cloned().flatten();
            at += 1;
            argument.default &= parameter.is_none();
            parameter.unwrap_or_else(|| number.into())
        });
    });
}

/// Calls `f` for the whole numbers of an argument: one, or those in brackets.
fn replace(text: &mut String, mut f: impl FnMut(&str) -> String) {
    let whole = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if whole(text) {
        *text = f(text);
    } else if let Some(list) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let parts: Vec<String> = list.split(", ").map(|part| if whole(part) { f(part) } else { part.into() }).collect();
        *text = format!("[{}]", parts.join(", "));
    }
}

/// Calls `f` for all arguments of a body, in the order of the text.
fn arguments(body: &mut Body, f: &mut impl FnMut(&mut Argument)) {
    let exprs = body.lets.iter_mut().map(|(_, expr)| expr).chain(&mut body.results);
    exprs.for_each(|expr| of_expr(expr, f));
}

fn of_expr(expr: &mut Expr, f: &mut impl FnMut(&mut Argument)) {
    match expr {
        Expr::Name(_) | Expr::Parameter(..) => {}
        Expr::Pipe(head, stages) => {
            of_expr(head, f);
            stages.iter_mut().for_each(|stage| of_stage(stage, f));
        }
        Expr::Binary(a, _, b) => {
            of_expr(a, f);
            of_expr(b, f);
        }
        Expr::Function(call, operands) => {
            operands.iter_mut().for_each(|operand| of_expr(operand, f));
            call.arguments.iter_mut().for_each(&mut *f);
        }
    }
}

fn of_stage(stage: &mut Stage, f: &mut impl FnMut(&mut Argument)) {
    match stage {
        Stage::Layer { call: Call { arguments, .. }, extra, .. } | Stage::Scope { arguments, extra, .. } => {
            extra.iter_mut().for_each(|expr| of_expr(expr, f));
            arguments.iter_mut().for_each(&mut *f);
        }
        Stage::Residual(stages) => stages.iter_mut().for_each(|stage| of_stage(stage, f)),
        Stage::Repeat { first, .. } => of_stage(first, f),
    }
}

/// Replaces the second and further inputs of a block by values.
fn substitute(stage: &mut Stage, values: &[Expr]) {
    fn of_expr(expr: &mut Expr, values: &[Expr]) {
        match expr {
            Expr::Name(name) => {
                if let Some((value, _)) = values.iter().zip(names().skip(1)).find(|(_, own)| own == name) {
                    *expr = value.clone();
                }
            }
            Expr::Pipe(head, stages) => {
                of_expr(head, values);
                stages.iter_mut().for_each(|stage| substitute(stage, values));
            }
            Expr::Binary(a, _, b) => [a, b].into_iter().for_each(|expr| of_expr(expr, values)),
            Expr::Function(_, operands) => operands.iter_mut().for_each(|expr| of_expr(expr, values)),
            Expr::Parameter(..) => {}
        }
    }
    match stage {
        Stage::Layer { extra, .. } | Stage::Scope { extra, .. } => {
            extra.iter_mut().for_each(|expr| of_expr(expr, values));
        }
        Stage::Residual(stages) => stages.iter_mut().for_each(|stage| substitute(stage, values)),
        Stage::Repeat { first, .. } => substitute(first, values),
    }
}

/// Returns the names of the inputs of blocks.
pub fn names() -> impl Iterator<Item = String> {
    ["x", "y", "z"].into_iter().map(String::from).chain((2..).map(|n| format!("x{n}")))
}

/// Writes a body on one line, to compare it with others.
pub fn text(body: &Body, scopes: &[Scope]) -> String {
    let printer = Printer { blocks: &Unnamed(scopes), labels: &body.labels };
    let mut text: String =
        body.lets.iter().map(|(name, expr)| format!("let {name} = {}; ", printer.expr(expr))).collect();
    text += &body.results.iter().map(|expr| printer.expr(expr)).collect::<Vec<_>>().join(", ");
    text
}

/// Writes the lines of a body.
pub fn lines(body: &Body, blocks: &dyn Blocks, indent: usize) -> Vec<String> {
    let printer = Printer { blocks, labels: &body.labels };
    let mut lines = Vec::new();
    for (name, expr) in &body.lets {
        printer.write(&format!("let {name} = "), expr, ";", indent, &mut lines);
    }
    match &body.results[..] {
        [result] => printer.write("", result, "", indent, &mut lines),
        results => {
            let all: Vec<String> = results.iter().map(|result| printer.expr(result)).collect();
            lines.push(format!("{:indent$}({})", "", all.join(", ")));
        }
    }
    lines
}

struct Printer<'a> {
    blocks: &'a dyn Blocks,
    labels: &'a BTreeMap<usize, String>,
}

impl Printer<'_> {
    fn argument(&self, argument: &Argument) -> String {
        let text = match argument.layer {
            Some(layer) => self.labels.get(&layer).cloned().unwrap_or_default(),
            None => argument.text.clone(),
        };
        match argument.name {
            // `stride: stride` of a parameter.
            Some(name) => format!("{name}: {text}"),
            None => text,
        }
    }
    /// Writes a layer or block with its arguments.
    fn call(&self, name: &str, extra: &[Expr], arguments: Vec<String>) -> String {
        let all: Vec<String> = extra.iter().map(|expr| self.expr(expr)).chain(arguments).collect();
        if all.is_empty() { name.into() } else { format!("{name}({})", all.join(", ")) }
    }
    fn layer(&self, call: &Call, extra: &[Expr]) -> String {
        let arguments = call.arguments.iter().filter(|argument| !argument.default);
        self.call(call.name, extra, arguments.map(|argument| self.argument(argument)).collect())
    }
    fn stage(&self, stage: &Stage) -> String {
        match stage {
            Stage::Layer { extra, label: Some(label), again: true, .. } => self.call(label, extra, Vec::new()),
            Stage::Layer { call, extra, label, .. } => {
                let call = self.layer(call, extra);
                label.as_ref().map_or(call.clone(), |label| format!("{call} as {label}"))
            }
            Stage::Scope { scope, arguments, extra, label } => {
                let (name, arguments) = self.blocks.call(*scope, arguments);
                format!("{} as {label}", self.call(&name, extra, arguments))
            }
            Stage::Residual(_) | Stage::Repeat { .. } => {
                let (open, stages, close) = self.braces(stage);
                format!("{open} {} {close}", self.chain(&stages))
            }
        }
    }
    /// Returns what is before the braces, in them, and from their end on.
    fn braces(&self, stage: &Stage) -> (String, Vec<Stage>, String) {
        match stage {
            Stage::Repeat { first, scopes, label } => {
                let mut inline = self.blocks.inline(scopes[0]);
                if let (Some(stages), Stage::Scope { extra, .. }) = (&mut inline, &**first) {
                    // Inside the braces, further values have the names that they have outside.
                    stages.iter_mut().for_each(|stage| substitute(stage, extra));
                }
                let stages = inline.unwrap_or_else(|| {
                    let mut first = (**first).clone();
                    if let Stage::Scope { label, .. } = &mut first {
                        *label = self.blocks.inside(scopes[0]);
                    }
                    vec![first]
                });
                (format!("repeat {} {{", scopes.len()), stages, format!("}} as {label}"))
            }
            Stage::Residual(stages) => ("residual {".into(), stages.clone(), "}".into()),
            other => (String::new(), vec![other.clone()], String::new()),
        }
    }
    fn chain(&self, stages: &[Stage]) -> String {
        stages.iter().map(|stage| self.stage(stage)).collect::<Vec<_>>().join(" -> ")
    }
    fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Name(name) => name.clone(),
            Expr::Pipe(head, stages) => format!("{} -> {}", self.operand(head), self.chain(stages)),
            Expr::Binary(a, op, b) => format!("{} {op} {}", self.operand(a), self.operand(b)),
            Expr::Function(call, operands) => {
                let arguments = call.arguments.iter().map(|argument| self.argument(argument)).collect();
                self.call(call.name, operands, arguments)
            }
            Expr::Parameter(_, shape) => format!("parameter({shape:?})"),
        }
    }
    /// Writes an expression that something follows: arithmetic and pipes in parentheses.
    fn operand(&self, expr: &Expr) -> String {
        match expr {
            Expr::Pipe(..) | Expr::Binary(..) => format!("({})", self.expr(expr)),
            _ => self.expr(expr),
        }
    }
    /// Writes an expression on as many lines as it needs.
    fn write(&self, before: &str, expr: &Expr, after: &str, indent: usize, lines: &mut Vec<String>) {
        let whole = format!("{:indent$}{before}{}{after}", "", self.expr(expr));
        match expr {
            Expr::Pipe(head, stages) if whole.chars().count() > WIDTH => {
                let mut line = format!("{:indent$}{before}{}", "", self.operand(head));
                self.write_chain(stages, true, &mut line, indent + 4, lines);
                lines.push(line + after);
            }
            _ => lines.push(whole),
        }
    }
    /// Adds links to a line, and begins new ones that are indented.
    fn write_chain(&self, stages: &[Stage], arrow: bool, line: &mut String, indent: usize, lines: &mut Vec<String>) {
        for (at, stage) in stages.iter().enumerate() {
            let arrow = if at > 0 || arrow { "-> " } else { "" };
            let text = format!("{arrow}{}", self.stage(stage));
            let len = text.chars().count();
            let empty = line.trim().is_empty();
            if line.chars().count() + 1 + len < WIDTH {
                if !empty {
                    line.push(' ');
                }
                line.push_str(&text);
                continue;
            }
            let braces = matches!(stage, Stage::Residual(_) | Stage::Repeat { .. });
            if at == 0 && !arrow.is_empty() && !empty && braces {
                // Right behind the value that they are applied to.
                let (open, inner, close) = self.braces(stage);
                lines.push(format!("{line} {arrow}{open}"));
                *line = format!("{:indent$}", "");
                self.write_chain(&inner, false, line, indent + 4, lines);
                lines.push(std::mem::take(line));
                *line = format!("{:width$}{close}", "", width = indent - 4);
                continue;
            }
            if !empty {
                lines.push(std::mem::replace(line, format!("{:indent$}", "")));
            }
            if indent + len < WIDTH || !braces {
                line.push_str(&text);
                continue;
            }
            // The first link without an arrow is not indented as those after it.
            let indent = if at == 0 && arrow.is_empty() { indent - 4 } else { indent };
            let (open, inner, close) = self.braces(stage);
            lines.push(format!("{}{arrow}{open}", std::mem::take(line)));
            *line = format!("{:indent$}    ", "");
            self.write_chain(&inner, false, line, indent + 8, lines);
            lines.push(std::mem::take(line));
            *line = format!("{:indent$}{close}", "");
        }
    }
}
