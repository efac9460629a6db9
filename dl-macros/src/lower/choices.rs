//! Evaluates arguments that are words, and reports the spellings of other libraries.

use super::evaluate::Evaluate;
use crate::ast::{Argument, Expr, ExprKind};
use crate::call::{Init, Kind, PARAMETRIC_RULES, Parameter, ParametricRule, RULES, Setting};
use crate::dim::Dim;
use crate::layers::synonyms;
use crate::names::is_capitalised;
use crate::suggest::{did_you_mean, suggest};
use proc_macro2::Ident;

/// The word for padding that keeps the size.
const SAME: &str = "same";
/// The word for padding on the left alone, so that no output sees what comes after it.
const CAUSAL: &str = "causal";
/// The word for no padding.
const VALID: &str = "valid";

/// Returns the setting for `word`, if a parameter of `kind` accepts it.
pub fn setting_of(kind: Kind, word: &str) -> Option<Setting> {
    match (kind, word) {
        (Kind::Padding | Kind::Border, SAME) => Some(Setting::SamePadding),
        (Kind::Border, CAUSAL) => Some(Setting::CausalPadding),
        (Kind::Padding, VALID) => Some(Setting::Pair([Dim::Known(0), Dim::Known(0)])),
        (Kind::Border, VALID) => Some(Setting::Size(Dim::Known(0))),
        (Kind::Choice(choices), _) => choices.iter().find(|choice| choice.word == word).copied().map(Setting::Choice),
        _ => None,
    }
}

/// Returns the words that a parameter of `kind` accepts.
pub fn choices(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Padding => vec![SAME, VALID],
        Kind::Border => vec![SAME, VALID, CAUSAL],
        Kind::Choice(choices) => choices.iter().map(|choice| choice.word).collect(),
        Kind::Flag => vec!["true", "false"],
        Kind::Init => RULES.iter().map(|(word, _)| *word).collect(),
        _ => Vec::new(),
    }
}

/// Returns whether `name` is a common name for the batch dimension.
pub fn is_batch(name: &Ident) -> bool {
    const LONG: [&str; 2] = ["batch", "batchsize"];
    // These are batch sizes in small letters only; in capitals they may be constants.
    const SHORT: [&str; 4] = ["n", "b", "bs", ""];
    let plain = name.to_string().to_lowercase().replace('_', "");
    let known = |words: &[&str]| words.contains(&plain.as_str());
    name == "None" || known(&LONG) || !is_capitalised(name) && known(&SHORT)
}

/// Reports another library's spelling of a word or a pair. Returns `None` if `expr` is none, and `Some(None)` once it is reported.
pub fn foreign(evaluate: Evaluate, parameter: &Parameter, expr: &Expr) -> Option<Option<Setting>> {
    let report = |message: String| {
        evaluate.diagnostics.error_between(expr.start, expr.end, message);
        Some(None)
    };
    let plain = |text: &str| crate::suggest::simplified(text);
    let word = |text: &str| choices(parameter.kind).into_iter().find(|word| plain(word) == plain(text));
    let name = parameter.name;
    match &expr.bare().kind {
        ExprKind::Text(text) => match word(&text.value()) {
            Some(word) => report(format!("words are written without quotes: `{name}: {word}`")),
            None => report(format!("`{name}` is {}, not `{expr}`", parameter.kind.expected())),
        },
        ExprKind::Path(path) if is_capitalised(&path.last) => {
            let broken = path
                .single()
                .is_some_and(|name| matches!(evaluate.constants.get(name), Some(super::constants::Constant::Broken)));
            if broken {
                return Some(None);
            }
            let word = word(&path.last.to_string())?;
            report(format!("words are written in small letters: `{name}: {word}`"))
        }
        ExprKind::Path(path)
            if matches!(parameter.kind, Kind::Padding) && path.single().is_some_and(|word| word == CAUSAL) =>
        {
            report("an image has no order in time; `padding: causal` is for sequences, `conv1d`".to_owned())
        }
        ExprKind::Path(path) if !choices(parameter.kind).is_empty() && !matches!(parameter.kind, Kind::Init) => {
            let text = path.single()?.to_string();
            let known = choices(parameter.kind);
            let unknown = !known.contains(&text.as_str())
                && !evaluate.parameters.contains(&text)
                && !evaluate.constants.has(&path.last)
                && !(evaluate.is_value)(&text);
            let meant = suggest(&text, known, &[]).filter(|_| unknown)?;
            report(format!("`{name}` is {}, not `{text}`; did you mean `{meant}`?", parameter.kind.expected()))
        }
        ExprKind::Tuple(items)
            if matches!(
                parameter.kind,
                Kind::Pair
                    | Kind::Padding
                    | Kind::Sides
                    | Kind::Shape
                    | Kind::Axes
                    | Kind::Numbers
                    | Kind::NumberOrNumbers
            ) =>
        {
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            report(format!("several sizes stand in brackets: `[{}]`", items.join(", ")))
        }
        _ => None,
    }
}

/// Evaluates an initialisation of weights.
pub fn init(evaluate: Evaluate, expr: &Expr) -> Option<Init> {
    let (name, arguments) = match &expr.bare().kind {
        ExprKind::Path(path) if path.single => (&path.last, [].as_slice()),
        ExprKind::Call(layer) => (&layer.name, layer.arguments.as_slice()),
        ExprKind::Broken => return None,
        _ => {
            let message = format!("expected {}, found `{expr}`", Kind::Init.expected());
            evaluate.diagnostics.error_between(expr.start, expr.end, message);
            return None;
        }
    };
    let text = name.to_string();
    if let Some((_, rule)) = RULES.iter().find(|(word, _)| text == *word) {
        if let Some(first) = arguments.first() {
            evaluate.diagnostics.error(first.value.start, format!("`{text}` takes no arguments"));
            return None;
        }
        return Some(Init::Rule(*rule));
    }
    let Some((_, rule, parameter)) = PARAMETRIC_RULES.iter().find(|(word, ..)| text == *word) else {
        let words = RULES.iter().map(|(word, _)| *word).chain(PARAMETRIC_RULES.iter().map(|(word, ..)| *word));
        let help = did_you_mean(suggest(&text, words, synonyms::INITS));
        evaluate.diagnostics.error(name.span(), format!("unknown initialisation `{text}`{help}"));
        return None;
    };
    let [Argument { name: given, value }] = arguments else {
        let message = format!("`{text}` takes one number: `{text}(0.1)`");
        evaluate.diagnostics.error_between(expr.start, expr.end, message);
        return None;
    };
    if let Some(given) = given.as_ref().filter(|given| *given != parameter) {
        let message = format!("`{text}` has no argument `{given}`; did you mean `{parameter}`?");
        evaluate.diagnostics.error(given.span(), message);
        return None;
    }
    let number = evaluate.number(value)?;
    if *rule != ParametricRule::Constant {
        let rule = format!("the {parameter} of `{text}` must not be negative");
        evaluate.diagnostics.require(number.within(0.0, f32::MAX.into(), true), value.start, rule).then_some(())?;
    }
    Some(Init::ParametricRule(*rule, number))
}
