//! Checks that the models of one `model!`, and the structs that they generate, have different names.

use crate::ast::{File, Model, Output};
use crate::diagnostics::Diagnostics;

/// Reports models with the name of an earlier one or of a struct that a model generates. Returns for each model `true` if its name
/// is taken.
pub fn check_models(file: &File, diagnostics: &Diagnostics) -> Vec<bool> {
    let models = &file.models;
    // Two models with different `cfg` conditions may have the same name.
    let conditional = |model: &Model| model.attributes.iter().any(|attribute| attribute.path().is_ident("cfg"));
    let mut taken = Vec::new();
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
        taken.push(earlier.is_some() || owner.is_some());
    }
    for model in models {
        for (suffix, _) in records(model) {
            file.reserved.add(format!("{}{suffix}", model.name));
        }
    }
    taken
}

/// Returns the suffix and the contents of each struct that a model generates for several inputs, outputs or targets.
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
