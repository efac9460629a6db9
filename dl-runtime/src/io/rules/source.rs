//! Tensors of a file with the places of their numbers in the model: their shapes are checked, then their numbers are copied.

use super::plan::{Group, Plan};
use super::{Layout, Rule, Rules};
use crate::io::safetensors::Reader;
use crate::tensor::TensorInfo;
use crate::tensor::pod::zeros;
use crate::{Error, Result};
use std::collections::BTreeMap;

/// A tensor of the file, and what becomes of it.
#[derive(Debug)]
pub(in crate::io) struct Source {
    /// The name in the file.
    pub file: String,
    /// The names in the model, for errors.
    pub models: String,
    shape: Vec<usize>,
    layouts: Vec<Layout>,
    parts: Vec<Part>,
}

/// A part of a tensor of the file, in the layout of the model, that is a part of a tensor of the model.
#[derive(Debug)]
struct Part {
    tensor: TensorInfo,
    axis: usize,
    /// The first index along the axis, in the tensor of the file and in that of the model.
    from: usize,
    to: usize,
    /// The size along the axis.
    len: usize,
}

/// Two tensors of the file that must be equal.
#[derive(Clone, Debug)]
pub(in crate::io) struct Same {
    pub tied: String,
    pub kept: String,
    pub rule: String,
}

impl Rules {
    /// Checks the shapes and types of all tensors that a plan loads.
    pub(in crate::io) fn sources(
        &self,
        reader: &Reader<'_>,
        plan: &Plan,
        tensors: &BTreeMap<String, TensorInfo>,
    ) -> Result<Vec<Source>> {
        let mut sources = Vec::new();
        for group in &plan.groups {
            let tensors: Vec<TensorInfo> = group.models.iter().map(|model| tensors[model].clone()).collect();
            Check { rules: self, reader, group, tensors }.sources(&mut sources)?;
        }
        Ok(sources)
    }
}

/// The check of a group.
struct Check<'a, 'r> {
    rules: &'a Rules,
    reader: &'a Reader<'r>,
    group: &'a Group,
    /// The tensors of the model.
    tensors: Vec<TensorInfo>,
}

impl Check<'_, '_> {
    fn sources(&self, sources: &mut Vec<Source>) -> Result<()> {
        let mut at = 0;
        for name in self.group.files.iter().flatten() {
            let layouts = self.rules.layouts_of(&name.model);
            let axis = self.axis(&layouts, &name.file)?;
            let [first, ..] = &self.tensors[..] else { continue };
            // The shape that the file should have, in the layout of the model.
            let mut expected = first.shape.to_vec();
            let mut parts = Vec::new();
            if self.group.files.len() > 1 {
                let found = self.arranged(&layouts, &name.file)?;
                let len = found.get(axis).copied().unwrap_or_default();
                expected[axis] = len;
                parts.push(Part { tensor: first.clone(), axis, from: 0, to: at, len });
                at = at.saturating_add(len);
            } else if self.tensors.len() > 1 {
                let mut sum = 0;
                for tensor in &self.tensors {
                    let differs = |other: usize| other != axis && tensor.shape[other] != first.shape[other];
                    if tensor.shape.len() != first.shape.len() || (0..first.shape.len()).any(differs) {
                        let found = format!("{:?} and {:?}", first.shape, tensor.shape);
                        let expected = format!("parts that differ along axis {axis} alone in the model");
                        return Err(self.wrong(&name.file, expected, found));
                    }
                    let len = tensor.shape[axis];
                    parts.push(Part { tensor: tensor.clone(), axis, from: sum, to: 0, len });
                    sum += len;
                }
                expected[axis] = sum;
            } else {
                let len = first.shape.first().copied().unwrap_or(1);
                parts.push(Part { tensor: first.clone(), axis: 0, from: 0, to: 0, len });
            }
            let mut shape = expected;
            for layout in layouts.iter().rev() {
                let wrong = |expected| self.wrong(&name.file, expected, format!("shape {shape:?} in the model"));
                shape = layout.to_file(&shape).map_err(wrong)?;
            }
            let models = self.group.models.join("`, `");
            self.reader.check(&name.file, &shape).map_err(|error| error.with_name_in_model(&models))?;
            sources.push(Source { file: name.file.clone(), models, shape, layouts, parts });
        }
        match (&self.tensors[..], &self.group.files[..]) {
            ([tensor], [Some(first), _, ..]) => self.check_sum(tensor, &first.file, &first.model, at),
            _ => Ok(()),
        }
    }
    /// Checks that the tensors of the file together have the size of the tensor of the model.
    fn check_sum(&self, tensor: &TensorInfo, file: &str, name: &str, sum: usize) -> Result<()> {
        let axis = self.axis(&self.rules.layouts_of(name), file)?;
        if tensor.shape[axis] == sum {
            return Ok(());
        }
        let expected = format!("parts of {} together along axis {axis} of `{}`", tensor.shape[axis], tensor.name);
        let files = self.group.files.iter().flatten();
        let shapes: Vec<String> =
            files.filter_map(|name| Some(format!("{:?}", self.reader.shape(&name.file)?))).collect();
        Err(self.wrong(file, expected, format!("shapes {}", shapes.join(" and "))))
    }
    /// Returns the axis in the model along which the parts lie.
    fn axis(&self, layouts: &[Layout], file: &str) -> Result<usize> {
        let Some(rule) = self.rule().filter(|rule| rule.files.len().max(rule.models.len()) > 1) else { return Ok(0) };
        let axis = layouts.iter().try_fold(rule.axis, |axis, layout| layout.axis(axis));
        let shape = self.tensors[0].shape;
        axis.filter(|axis| *axis < shape.len()).ok_or_else(|| {
            let expected = format!("an axis {} in the file", rule.axis);
            self.wrong(file, expected, format!("shape {shape:?} of `{}` in the model", self.tensors[0].name))
        })
    }
    /// Returns the shape of a tensor of the file in the layout of the model.
    fn arranged(&self, layouts: &[Layout], file: &str) -> Result<Vec<usize>> {
        let found = self.reader.shape(file).unwrap_or_default().to_vec();
        layouts.iter().try_fold(found.clone(), |shape, layout| {
            layout.to_model(&shape).map_err(|expected| self.wrong(file, expected, format!("shape {found:?}")))
        })
    }
    fn rule(&self) -> Option<&Rule> {
        self.group.rule.map(|rule| &self.rules.rules[rule])
    }
    fn wrong(&self, file: &str, expected: String, found: String) -> Error {
        let rule = self.rule().map_or_else(|| "transpose or another layout".into(), ToString::to_string);
        Error::Rule {
            path: self.reader.path().into(),
            tensor: file.into(),
            rule: rule.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl Source {
    /// Reads the numbers to their places in the flat memory of the model.
    pub fn read(&self, reader: &mut Reader<'_>, model: &mut [f32]) -> Result<()> {
        let stays = self.layouts.iter().all(|layout| matches!(layout, Layout::Leading(_)));
        match &self.parts[..] {
            [part] if stays && part.tensor.len() == self.shape.iter().product::<usize>() => {
                reader.read(&self.file, &mut model[part.tensor.range()])
            }
            parts => {
                // The header was checked: the file is at least as long.
                let mut numbers = zeros(self.shape.iter().product())?;
                reader.read(&self.file, &mut numbers)?;
                let mut shape = self.shape.clone();
                for layout in &self.layouts {
                    numbers = layout.arrange(&shape, numbers);
                    shape = layout.to_model(&shape).unwrap_or(shape);
                }
                parts.iter().for_each(|part| part.copy(&shape, &numbers, &mut model[part.tensor.range()]));
                Ok(())
            }
        }
    }
}

impl Part {
    /// Copies the part from a tensor of this `shape` to the tensor of the model.
    fn copy(&self, shape: &[usize], numbers: &[f32], model: &mut [f32]) {
        let inner: usize = shape[self.axis + 1..].iter().product();
        let (width, width_in_model) = (shape[self.axis] * inner, self.tensor.shape[self.axis] * inner);
        if width == 0 || width_in_model == 0 {
            return;
        }
        for (from, to) in numbers.chunks_exact(width).zip(model.chunks_exact_mut(width_in_model)) {
            to[self.to * inner..][..self.len * inner].copy_from_slice(&from[self.from * inner..][..self.len * inner]);
        }
    }
}

impl Same {
    /// Checks that the tensors are equal.
    pub fn check(&self, reader: &mut Reader<'_>) -> Result<()> {
        let shape = reader.shape(&self.kept).unwrap_or_default().to_vec();
        reader.check(&self.tied, &shape)?;
        let mut kept = zeros::<f32>(shape.iter().product())?;
        reader.read(&self.kept, &mut kept)?;
        let mut tied = zeros::<f32>(kept.len())?;
        reader.read(&self.tied, &mut tied)?;
        // Numbers that are not finite may be allowed.
        let Some(at) = kept.iter().zip(&tied).position(|(kept, tied)| kept.to_bits() != tied.to_bits()) else {
            return Ok(());
        };
        Err(Error::Rule {
            path: reader.path().into(),
            tensor: (*self.tied).into(),
            rule: (*self.rule).into(),
            expected: format!("the numbers of `{}`, because the model has one tensor for both", self.kept).into(),
            found: format!("{} instead of {} at number {at}", tied[at], kept[at]).into(),
        })
    }
}
