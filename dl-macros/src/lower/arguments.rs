//! Matches the arguments of one use of a layer with its parameters, and evaluates them.

use super::choices::{choices, foreign, init, setting_of};
use super::evaluate::Evaluate;
use crate::ast::{Argument, Expr, ExprKind};
use crate::call::{Default, Kind, Parameter, Setting};
use crate::check;
use crate::dim::Dim;
use crate::layers::{Layer, synonyms, unsupported};
use crate::number::Number;
use crate::suggest::{did_you_mean, suggest};
use proc_macro2::Span;

/// The evaluated parameters of a use.
pub struct Settings {
    /// All parameters in the layer's order.
    pub values: Vec<(&'static str, Setting)>,
    /// The spans of the arguments that the use gives.
    pub spans: Vec<(&'static str, Span)>,
}

/// Matches `arguments` with the parameters of `layer`; `broken` is true if the parser reported mistakes in them.
pub fn settings(evaluate: Evaluate, layer: &dyn Layer, arguments: &[Argument], span: Span, broken: bool) -> Settings {
    let parameters = layer.parameters();
    let mut given: Vec<Option<&Expr>> = parameters.iter().map(|_| None).collect();
    // An argument without a parameter may be the missing one with a wrong name, which should be one message.
    let mut unmatched = broken;
    let mut after_name = false;
    let mut position = 0;
    let sizes: Vec<String> = arguments.iter().filter(|a| a.name.is_none()).map(|a| a.value.to_string()).collect();
    let shape =
        parameters.first().is_some_and(|parameter| parameter.positional && matches!(parameter.kind, Kind::Shape));
    if let (true, Some(first)) = (shape && sizes.len() > 1 && !broken, arguments.first()) {
        // `reshape(1, 28, 28)`
        let message = format!("several sizes stand in brackets: `{}([{}])`", layer.name(), sizes.join(", "));
        evaluate.diagnostics.error(first.value.start, message);
        return settings(evaluate, layer, &[], span, true);
    }
    for argument in arguments {
        let Some((index, meant)) = parameter_of(evaluate, layer, argument, &mut position, after_name, broken) else {
            unmatched = true;
            continue;
        };
        // A mistyped name counts as the intended one, so that its absence is not reported, too.
        unmatched |= meant;
        if meant && given[index].is_some() {
            continue;
        }
        after_name |= argument.name.is_some();
        let parameter = &parameters[index];
        if given[index].is_some() {
            let at = argument.name.as_ref().map_or(argument.value.start, |name| name.span());
            let message = format!("`{}` of `{}` is given twice", parameter.name, layer.name());
            evaluate.diagnostics.error(at, message);
        } else {
            given[index] = Some(&argument.value);
        }
    }
    let mut settings = Settings { values: Vec::new(), spans: Vec::new() };
    let mut missing = Vec::new();
    for (parameter, given) in parameters.iter().zip(given) {
        let setting = match given {
            Some(expr) => {
                settings.spans.push((parameter.name, expr.start));
                self::setting(evaluate, parameter, expr).unwrap_or(Setting::Broken)
            }
            None => parameter.fallback(&settings.values),
        };
        if given.is_none() && matches!(parameter.default, Default::Required) {
            missing.push(parameter);
        }
        settings.values.push((parameter.name, setting));
    }
    if !missing.is_empty() && !unmatched {
        let names: Vec<String> = missing.iter().map(|p| format!("`{}` ({})", p.name, p.doc)).collect();
        let required = |p: &&Parameter| matches!(p.default, Default::Required);
        let usage: Vec<&str> = parameters.iter().filter(required).map(|p| p.name).collect();
        let (name, names, usage) = (layer.name(), names.join(" and "), usage.join(", "));
        evaluate.diagnostics.error(span, format!("`{name}` needs {names}: `{name}({usage})`"));
    }
    settings
}

/// Returns the index of the parameter that `argument` gives, and `true` if that is a guess after a mistake; `None` after a mistake
/// without a guess.
fn parameter_of(
    evaluate: Evaluate,
    layer: &dyn Layer,
    argument: &Argument,
    position: &mut usize,
    after_name: bool,
    broken: bool,
) -> Option<(usize, bool)> {
    let (parameters, layer_name) = (layer.parameters(), layer.name());
    if let Some(name) = &argument.name {
        let index = parameters.iter().position(|parameter| name == parameter.name);
        if index.is_none() {
            let known = parameters.iter().map(|parameter| parameter.name);
            if let Some(help) = unsupported::advice(unsupported::PARAMETERS, &name.to_string()) {
                if !broken {
                    let message = format!("`{layer_name}` has no argument `{name}`; {help}");
                    evaluate.diagnostics.error(name.span(), message);
                }
                return None;
            }
            let meant = suggest(&name.to_string(), known.clone(), synonyms::PARAMETERS);
            let guess =
                meant.as_ref().and_then(|meant| parameters.iter().position(|parameter| meant == parameter.name));
            let help = match meant {
                Some(_) => did_you_mean(meant),
                None if parameters.is_empty() => "; it takes none".to_owned(),
                None => format!("; it takes {}", quoted(known)),
            };
            // After a syntax error, whose message named the right one.
            if !broken {
                let message = format!("`{layer_name}` has no argument `{name}`{help}");
                evaluate.diagnostics.error(name.span(), message);
            }
            return guess.map(|index| (index, true));
        }
        return index.map(|index| (index, false));
    }
    let at = (argument.value.start, argument.value.end);
    if after_name {
        if *position < usize::MAX {
            let message = "arguments without a name come before those with one";
            evaluate.diagnostics.error_between(at.0, at.1, message);
        }
        // The mistake is reported once.
        *position = usize::MAX;
        return None;
    }
    let positional = parameters.iter().filter(|parameter| parameter.positional).count();
    let index = *position;
    *position += 1;
    if index < positional {
        return Some((index, false));
    }
    // After a syntax error, one argument may look like two.
    if index == positional && !broken {
        let named: Vec<&str> = parameters.iter().filter(|p| !p.positional).map(|p| p.name).collect();
        let message = match positional {
            0 if named.is_empty() => format!("`{layer_name}` takes no arguments"),
            0 => format!("the arguments of `{layer_name}` are given by name: {}", quoted(named.iter().copied())),
            1 => format!("`{layer_name}` takes one argument without a name"),
            n => format!("`{layer_name}` takes {n} arguments without a name"),
        };
        let more = match named.first() {
            Some(_) if positional > 0 => {
                let (text, named) = (argument.value.to_string(), parameters.iter().filter(|p| !p.positional));
                // The parameter that the argument probably is: `conv2d(6, 5, same)`.
                let fits = named.clone().find(|p| choices(p.kind).contains(&text.as_str()));
                let own = named.clone().find(|p| p.name == text);
                let value = if own.is_some() { "…" } else { &text };
                let name = own.or(fits).map_or(named_first(parameters), |p| p.name);
                format!("; give others by name, as in `{name}: {value}`")
            }
            _ => String::new(),
        };
        evaluate.diagnostics.error_between(at.0, at.1, format!("{message}{more}"));
    }
    None
}

/// Returns the first parameter that must be given by name.
fn named_first(parameters: &[Parameter]) -> &'static str {
    parameters.iter().find(|parameter| !parameter.positional).map_or("", |parameter| parameter.name)
}

/// Lists names in backticks: `` `a`, `b` ``.
fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Evaluates `expr` as the value of `parameter`; `None` if a mistake was reported.
fn setting(evaluate: Evaluate, parameter: &Parameter, expr: &Expr) -> Option<Setting> {
    let broken = match &expr.bare().kind {
        ExprKind::Broken => true,
        ExprKind::Pipe(from, stages) => {
            matches!(from.kind, ExprKind::Broken)
                || stages.iter().any(|stage| matches!(stage, crate::ast::Stage::Broken))
        }
        _ => false,
    };
    if broken {
        return None;
    }
    let mistyped = || {
        let number = matches!(expr.bare().kind, ExprKind::Number(_));
        let whole = super::evaluate::whole(&expr.to_string()).filter(|_| number);
        let size = matches!(parameter.kind, Kind::Size | Kind::Pair | Kind::Padding | Kind::Border | Kind::Sides);
        let help = match (whole, parameter.kind) {
            (Some(n), _) if size => format!("; write `{n}`"),
            (Some(n), Kind::Shape) => format!("; write `[{n}]`"),
            _ => String::new(),
        };
        let message = format!("`{}` is {}, not `{expr}`{help}", parameter.name, parameter.kind.expected());
        evaluate.diagnostics.error_between(expr.start, expr.end, message);
        None
    };
    if let Some(result) = foreign(evaluate, parameter, expr) {
        return result;
    }
    if let ExprKind::Path(path) = &expr.bare().kind
        && let Some(setting) = path.single().and_then(|word| setting_of(parameter.kind, &word.to_string()))
    {
        return Some(setting);
    }
    let numeric = match &expr.bare().kind {
        ExprKind::Number(syn::Lit::Float(_)) => {
            !matches!(parameter.kind, Kind::Size | Kind::Pair | Kind::Padding | Kind::Border | Kind::Sides)
        }
        kind => !matches!(
            kind,
            ExprKind::Flag(_) | ExprKind::List(_) | ExprKind::Call(_) | ExprKind::Pipe(..) | ExprKind::Stage(_)
        ),
    };
    match parameter.kind {
        Kind::Pair | Kind::Padding => match &expr.kind {
            ExprKind::List(items) => match items.as_slice() {
                [height, width] => {
                    let pair = [evaluate.size(height), evaluate.size(width)];
                    let [height, width] = pair;
                    Some(Setting::Pair([height?, width?]))
                }
                _ => mistyped(),
            },
            _ if numeric => evaluate.size(expr).map(|dim| Setting::Pair([dim.clone(), dim])),
            _ => mistyped(),
        },
        Kind::Size | Kind::Border if numeric => evaluate.size(expr).map(Setting::Size),
        Kind::Sides if numeric => evaluate.size(expr).map(|size| Setting::Shape(vec![size; 4])),
        Kind::Sides => match &expr.kind {
            ExprKind::List(items) if items.len() == 4 => {
                let sides: Vec<Option<Dim>> = items.iter().map(|item| evaluate.size(item)).collect();
                sides.into_iter().collect::<Option<Vec<Dim>>>().map(Setting::Shape)
            }
            _ => mistyped(),
        },
        Kind::Shape => match &expr.kind {
            ExprKind::List(items) if items.len() > check::MAX_DIMENSIONS => {
                let message = format!("a shape has at most {} dimensions", check::MAX_DIMENSIONS);
                evaluate.diagnostics.error_between(expr.start, expr.end, message);
                None
            }
            ExprKind::List(items) => {
                // Every item is evaluated before the first mistake ends it, so that all mistakes are reported.
                let dims: Vec<Option<Dim>> = items.iter().map(|item| evaluate.size(item)).collect();
                dims.into_iter().collect::<Option<Vec<Dim>>>().map(Setting::Shape)
            }
            _ => mistyped(),
        },
        Kind::NumberOrNumbers if numeric => evaluate.number(expr).map(|number| Setting::Numbers(vec![number])),
        Kind::Numbers | Kind::NumberOrNumbers => match &expr.kind {
            ExprKind::List(items) => {
                let numbers: Vec<Option<Number>> = items.iter().map(|item| evaluate.number(item)).collect();
                numbers.into_iter().collect::<Option<Vec<Number>>>().map(Setting::Numbers)
            }
            _ => mistyped(),
        },
        Kind::Axes => match &expr.kind {
            ExprKind::List(items) => {
                let axes: Vec<Option<i64>> = items.iter().map(|item| integer(evaluate, parameter, item)).collect();
                axes.into_iter().collect::<Option<Vec<i64>>>().map(Setting::Axes)
            }
            _ => integer(evaluate, parameter, expr).map(|axis| Setting::Axes(vec![axis])),
        },
        Kind::Integer | Kind::Axis => integer(evaluate, parameter, expr).map(Setting::Integer),
        Kind::Number if numeric => evaluate.number(expr).map(Setting::Number),
        Kind::Flag => match expr.bare().kind {
            ExprKind::Flag(flag) => Some(Setting::Flag(flag)),
            _ => mistyped(),
        },
        Kind::Init => init(evaluate, expr).map(Setting::Init),
        Kind::Size | Kind::Border | Kind::Number | Kind::Choice(_) => mistyped(),
    }
}

/// Evaluates a whole number that may be negative and that the macro must know.
fn integer(evaluate: Evaluate, parameter: &Parameter, expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Parens(inner) => integer(evaluate, parameter, inner),
        ExprKind::Negative(inner) => integer(evaluate, parameter, inner).map(|n| -n),
        ExprKind::Number(syn::Lit::Int(_)) | ExprKind::Dim(_) | ExprKind::Path(_) | ExprKind::Binary(..) => {
            let dim = evaluate.size(expr)?;
            let known = dim.known().and_then(|n| i64::try_from(n).ok());
            if known.is_none() {
                let start = format!("`{}` must be a number that the macro knows, and `{expr}` is ", parameter.name);
                let what = if dim.known().is_some() { "too large" } else { "from outside" };
                evaluate.diagnostics.error_between(expr.start, expr.end, start + what);
            }
            known
        }
        ExprKind::Broken => None,
        _ => {
            let message = format!("`{}` is {}, not `{expr}`", parameter.name, parameter.kind.expected());
            evaluate.diagnostics.error_between(expr.start, expr.end, message);
            None
        }
    }
}
