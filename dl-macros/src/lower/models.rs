//! The models of one `model!` beside each other: names that two of them would have.

use crate::ast::{File, Model, Output};
use crate::diagnostics::Diagnostics;

/// Reports models of one name, and those called like a struct that another one makes; for each whether it is there already.
pub fn check_models(file: &File, diagnostics: &Diagnostics) -> Vec<bool> {
    let models = &file.models;
    // Of two that are compiled under different conditions one is left out.
    let conditional = |model: &Model| model.attributes.iter().any(|attribute| attribute.path().is_ident("cfg"));
    let mut shared_field = Vec::new();
    for (i, model) in models.iter().enumerate() {
        let name = &model.name;
        let twice = |earlier: &&Model| earlier.name == *name && !conditional(earlier) && !conditional(model);
        let earlier = models[..i].iter().find(twice);
        let owner = models.iter().find_map(|owner| {
            let (_, of) = records(owner).into_iter().find(|(suffix, _)| *name == format!("{}{suffix}", owner.name))?;
            Some((owner, of))
        });
        if earlier.is_some() {
            diagnostics.error(name.span(), format!("there is a model `{name}` already; choose another name"));
        } else if let Some((owner, of)) = owner {
            let message = format!("`{name}` is the struct of the {of} of `{}`; choose another name", owner.name);
            diagnostics.error(name.span(), message);
        }
        shared_field.push(earlier.is_some() || owner.is_some());
    }
    for model in models {
        for (suffix, _) in records(model) {
            file.reserved.add(format!("{}{suffix}", model.name));
        }
    }
    shared_field
}

/// The structs that a model makes of several inputs, outputs and targets.
fn records(model: &Model) -> Vec<(&'static str, &'static str)> {
    let targets = model.loss.as_ref().map_or(0, |loss| loss.targets.len());
    let outputs = match &model.output {
        Some(Output::Several(outputs, _)) => outputs.len(),
        _ => 0,
    };
    let records =
        [("Input", "inputs", model.inputs.len()), ("Output", "outputs", outputs), ("Target", "targets", targets)];
    records.into_iter().filter(|(.., count)| *count > 1).map(|(suffix, of, _)| (suffix, of)).collect()
}
