//! Matches the names of a file with those of a model, by the rules.

use super::{Captures, Rules, Same};
use crate::io::safetensors::{FORMAT, Reader};
use crate::tensor::TensorInfo;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// The names of a tensor in the file: its own, and the one that renames gave it, by which rules know it.
#[derive(Clone)]
pub(in crate::io) struct Name {
    pub file: String,
    pub model: String,
}

/// Tensors of the file that together are tensors of the model.
pub(super) struct Group {
    /// The rule, unless the tensor keeps its name.
    pub rule: Option<usize>,
    /// The tensors of the file; `None` for those that the file lacks.
    pub files: Vec<Option<Name>>,
    /// The names in the model.
    pub models: Vec<String>,
    /// This is `true` if the file lacks the tensor, and has one that equals it.
    lacks: bool,
}

/// The plan says which tensors are loaded from where, as the names tell it.
#[derive(Default)]
pub(in crate::io) struct Plan {
    /// The tensors that are loaded.
    pub(super) groups: Vec<Group>,
    /// The tensors of the file that must be equal, because the model has only one of them.
    pub same: Vec<Same>,
    /// The tensors of the model that are not in the file, in the order of the model.
    pub missing: Vec<String>,
    /// The tensors of the file that are not in the model.
    pub unexpected: Vec<String>,
    /// The names in the model of the unexpected tensors, if they differ.
    pub renamed: BTreeMap<String, String>,
}

impl Plan {
    /// Returns `true` if no tensor is loaded.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Rules {
    /// Matches the `names` of the file with the `tensors` of a model.
    pub(in crate::io) fn plan(
        &self,
        reader: &Reader<'_>,
        names: Vec<Name>,
        tensors: &BTreeMap<String, TensorInfo>,
    ) -> Result<Plan> {
        self.check()?;
        let (same, lacking) = self.find_ties(&names);
        self.check_use(reader.path(), &names)?;
        let mut groups = self.groups(reader.path(), names)?;
        for name in lacking {
            groups.extend(
                self.groups(reader.path(), vec![name])?.into_iter().map(|group| Group { lacks: true, ..group }),
            );
        }
        let mut plan = Plan::default();
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for group in groups {
            let here: Vec<&Name> = group.files.iter().flatten().collect();
            let absent = group.models.iter().find(|model| !tensors.contains_key(*model));
            if !group.models.iter().any(|model| tensors.contains_key(model)) {
                if let [Name { file, .. }] = here[..]
                    && let Some(same) = same.iter().find(|same| same.tied == *file)
                {
                    plan.same.push(same.clone());
                } else if !group.lacks {
                    plan.add_unexpected(&here, &group.models);
                }
                continue;
            }
            if let Some(rule) = group.rule {
                let wrong = |expected: &str, found: String| Error::Rule {
                    path: reader.path().into(),
                    tensor: (*here[0].file).into(),
                    rule: self.rules[rule].to_string().into(),
                    expected: expected.into(),
                    found: found.into(),
                };
                if let Some(absent) = absent {
                    return Err(wrong("all of its parts in the model", format!("no `{absent}`")));
                }
                let lost = group.files.iter().position(Option::is_none);
                if let Some(lost) = lost {
                    let pattern = &self.rules[rule].files[lost];
                    return Err(wrong("all parts in the file", format!("none that fits `{pattern}`")));
                }
            }
            for model in &group.models {
                let file = here[0].file.clone();
                if let Some(first) = taken.insert(model.clone(), file.clone()) {
                    return Err(twice(reader.path(), model, &first, &file));
                }
            }
            plan.groups.push(group);
        }
        let mut left: Vec<&TensorInfo> = tensors.values().filter(|tensor| !taken.contains_key(&tensor.name)).collect();
        left.sort_by_key(|tensor| tensor.offset);
        plan.missing = left.into_iter().map(|tensor| tensor.name.clone()).collect();
        Ok(plan)
    }
    /// Returns the names in the model of a tensor that has this name in a file.
    pub(in crate::io) fn names_in_model(&self, name: String) -> Vec<String> {
        let fitting = self.rules.iter().find_map(|rule| Some((rule, rule.matches(&name)?.1)));
        fitting.map_or(vec![name], |(rule, captures)| rule.models.iter().map(|model| model.fill(&captures)).collect())
    }

    /// Returns the tied tensors that the file has together with those they equal, and those that the file lacks: the latter have the
    /// file's name of the tensor that they equal.
    fn find_ties(&self, names: &[Name]) -> (Vec<Same>, Vec<Name>) {
        let (mut same, mut lacking) = (Vec::new(), Vec::new());
        for tie in &self.ties {
            let fitting = |name: &Name| Some((tie.tied.matches(&name.model)?, name.file.clone()));
            let tied: BTreeMap<Captures, String> = names.iter().filter_map(fitting).collect();
            for name in names {
                let Some(captures) = tie.kept.matches(&name.model) else { continue };
                let kept = name.file.clone();
                match tied.get(&captures).cloned() {
                    Some(tied) => same.push(Same { tied, kept, rule: tie.to_string() }),
                    None => lacking.push(Name { file: kept, model: tie.tied.fill(&captures) }),
                }
            }
        }
        (same, lacking)
    }
    /// Gathers the tensors of the file that belong together.
    pub(super) fn groups(&self, path: &Path, names: Vec<Name>) -> Result<Vec<Group>> {
        let mut groups: Vec<Group> = Vec::new();
        let mut joined: BTreeMap<(usize, Captures), usize> = BTreeMap::new();
        for name in names {
            let mut fitting =
                self.rules.iter().enumerate().filter_map(|(at, rule)| Some((at, rule.matches(&name.model)?)));
            let Some((at, (file, captures))) = fitting.next() else {
                groups.push(Group {
                    rule: None,
                    models: vec![name.model.clone()],
                    files: vec![Some(name)],
                    lacks: false,
                });
                continue;
            };
            let others: Vec<usize> = fitting.map(|(at, _)| at).collect();
            let rule = &self.rules[at];
            if rule.models.is_empty() || others.iter().any(|other| self.rules[*other].models.is_empty()) {
                continue;
            }
            if let Some(other) = others.first() {
                let found = format!("`{}`, which fits too", self.rules[*other]);
                return Err(Error::Rule {
                    path: path.into(),
                    tensor: name.file.into(),
                    rule: rule.to_string().into(),
                    expected: "no other rule for it".into(),
                    found: found.into(),
                });
            }
            let models = || rule.models.iter().map(|model| model.fill(&captures)).collect();
            let files = vec![None; rule.files.len()];
            let new = || Group { rule: Some(at), files, models: models(), lacks: false };
            let group = if rule.files.len() == 1 {
                groups.push(new());
                groups.len() - 1
            } else {
                *joined.entry((at, captures.clone())).or_insert_with(|| {
                    groups.push(new());
                    groups.len() - 1
                })
            };
            let group = &mut groups[group];
            if let Some(first) = group.files[file].as_ref() {
                return Err(twice(path, &group.models[0], &first.file, &name.file));
            }
            group.files[file] = Some(name);
        }
        Ok(groups)
    }
    /// Returns an error for a rule that fits no tensor, if the rules are strict.
    pub(super) fn check_use(&self, path: &Path, names: &[Name]) -> Result<()> {
        if !self.strict {
            return Ok(());
        }
        let of_rules = self.rules.iter().flat_map(|rule| rule.files.iter().map(|file| (file, rule.to_string())));
        let of_layouts = self.layouts.iter().map(|(file, _)| (file, format!("layout of \"{file}\"")));
        let of_ties = self.ties.iter().map(|tie| (&tie.kept, tie.to_string()));
        for (pattern, rule) in of_rules.chain(of_layouts).chain(of_ties) {
            // The name of a tied tensor that the file lacks is used all the same.
            let tied = self.ties.iter().any(|tie| tie.tied == *pattern);
            if !tied && !names.iter().any(|name| pattern.matches(&name.model).is_some()) {
                let names = names.iter().map(|name| name.model.clone()).collect();
                return Err(Error::RuleUnused { path: path.into(), rule, names });
            }
        }
        Ok(())
    }
}

impl Plan {
    fn add_unexpected(&mut self, files: &[&Name], models: &[String]) {
        for Name { file, .. } in files {
            // PyTorch counts the batches of a batch norm.
            if let [model] = models
                && (model == "num_batches_tracked" || model.ends_with(".num_batches_tracked"))
            {
                continue;
            }
            self.unexpected.push(file.clone());
            let renamed = models.join("`, `");
            if renamed != *file {
                self.renamed.insert(file.clone(), renamed);
            }
        }
    }
}

pub(super) fn twice(path: &Path, model: &str, first: &str, second: &str) -> Error {
    Error::Format {
        path: path.into(),
        format: FORMAT,
        expected: format!("one tensor that is named `{model}` in the model"),
        found: format!("`{first}` and `{second}`"),
    }
}
