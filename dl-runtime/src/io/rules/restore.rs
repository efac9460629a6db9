//! The rules the other way round: from the tensors of a model to those of a file.

use super::{Captures, Rule, Rules, Wrong};
use crate::Result;
use crate::tensor::TensorInfo;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A tensor of a file.
pub(in crate::io) struct Restored<'a> {
    pub name: String,
    pub shape: Vec<usize>,
    pub numbers: Cow<'a, [f32]>,
}

/// Tensors of the model that are one tensor of the file.
struct Group<'a> {
    rule: &'a Rule,
    captures: Captures,
    /// The tensors of the model; `None` for those that the model lacks.
    parts: Vec<Option<TensorInfo>>,
}

impl Rules {
    /// Returns the tensors of a file for those of a model with this flat memory.
    pub(in crate::io) fn restore<'a>(
        &self,
        tensors: impl Iterator<Item = TensorInfo>,
        floats: &'a [f32],
    ) -> Result<Vec<Restored<'a>>> {
        self.check()?;
        let mut groups: Vec<Result<Group<'_>, TensorInfo>> = Vec::new();
        let mut split: BTreeMap<(usize, Captures), usize> = BTreeMap::new();
        for tensor in tensors {
            let fitting = self.rules.iter().enumerate().find_map(|(at, rule)| {
                let mut models = rule.models.iter().enumerate();
                models.find_map(|(part, model)| Some((at, rule, part, model.matches(&tensor.name)?)))
            });
            let Some((at, rule, part, captures)) = fitting else {
                groups.push(Err(tensor));
                continue;
            };
            let group = *split.entry((at, captures.clone())).or_insert_with(|| {
                groups.push(Ok(Group { rule, captures, parts: vec![None; rule.models.len()] }));
                groups.len() - 1
            });
            if let Some(Ok(group)) = groups.get_mut(group) {
                group.parts[part] = Some(tensor);
            }
        }
        let restored = groups.into_iter().map(|group| match group {
            Ok(group) => self.restore_group(&group, floats),
            Err(tensor) => {
                let numbers = floats[tensor.range()].into();
                self.to_file("layout", tensor.name, tensor.shape.to_vec(), numbers)
            }
        });
        restored.collect()
    }
    fn restore_group<'a>(&self, group: &Group<'_>, floats: &'a [f32]) -> Result<Restored<'a>> {
        let Group { rule, captures, parts } = group;
        let wrong = |expected: String, found: String| Err(Wrong { setting: rule.word, expected, found }.into());
        let [file] = &rule.files[..] else {
            let expected = "left out when a model is saved, because the sizes of the parts are not known";
            return wrong(expected.into(), format!("`{rule}`"));
        };
        if let Some(lost) = parts.iter().position(Option::is_none) {
            let expected = "a rule all of whose parts are in the model".into();
            return wrong(expected, format!("`{rule}` without `{}`", rule.models[lost].fill(captures)));
        }
        let parts: Vec<&TensorInfo> = parts.iter().flatten().collect();
        let name = file.fill(captures);
        let (shape, numbers) = match parts[..] {
            [tensor] => (tensor.shape.to_vec(), floats[tensor.range()].into()),
            _ => {
                let layouts = self.layouts_of(&name);
                let axis = layouts.iter().try_fold(rule.axis, |axis, layout| layout.axis(axis));
                match axis.and_then(|axis| joined(&parts, axis, floats)) {
                    Some((shape, numbers)) => (shape, numbers.into()),
                    None => {
                        let expected = format!("a rule whose parts differ along axis {} alone", rule.axis);
                        let shapes: Vec<String> = parts.iter().map(|part| format!("{:?}", part.shape)).collect();
                        return wrong(expected, format!("`{rule}` with shapes {}", shapes.join(" and ")));
                    }
                }
            }
        };
        self.to_file(rule.word, name, shape, numbers)
    }
    /// Rearranges the numbers of a tensor to the layout of the file.
    fn to_file<'a>(
        &self,
        setting: &'static str,
        name: String,
        mut shape: Vec<usize>,
        mut numbers: Cow<'a, [f32]>,
    ) -> Result<Restored<'a>> {
        for layout in self.layouts_of(&name).iter().rev() {
            let found = format!("`{name}`, which has shape {shape:?} in the model");
            let in_file = layout.to_file(&shape).map_err(|expected| Wrong { setting, expected, found })?;
            if in_file.len() == shape.len() {
                numbers = layout.restore(&shape, numbers.into_owned()).into();
            }
            shape = in_file;
        }
        Ok(Restored { name, shape, numbers })
    }
}

/// Joins tensors along an axis; `None` if they differ along others.
fn joined(parts: &[&TensorInfo], axis: usize, floats: &[f32]) -> Option<(Vec<usize>, Vec<f32>)> {
    let mut shape = parts.first()?.shape.to_vec();
    *shape.get_mut(axis)? = 0;
    for part in parts {
        let fits = |(at, size): (usize, &usize)| at == axis || part.shape[at] == *size;
        if part.shape.len() != shape.len() || !shape.iter().enumerate().all(fits) {
            return None;
        }
        shape[axis] += part.shape[axis];
    }
    let outer: usize = shape[..axis].iter().product();
    let mut numbers = Vec::with_capacity(shape.iter().product());
    for block in 0..outer {
        for part in parts {
            let len = part.len() / outer;
            numbers.extend_from_slice(&floats[part.range()][block * len..][..len]);
        }
    }
    Some((shape, numbers))
}
