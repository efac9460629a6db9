//! Loads models: every tensor is checked by name, shape and type before anything is written. The methods that take a model are in
//! `model`, because this folder only knows tables of tensors.

use super::Rules;
use super::rules::{Name, Same, Source};
use super::safetensors::Reader;
use crate::tensor::{TensorInfo, Tensors};
use crate::{Error, Result};
use std::collections::BTreeMap;

type Rename<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The settings for loading a model from a safetensors file whose names differ from those of the model, or that lacks some of its
/// tensors. [`Model::load`](crate::Model::load) is shorter if nothing differs.
///
/// F32 elements are copied, and F16, BF16 and F64 elements are converted. PyTorch's counters `num_batches_tracked` are ignored.
///
/// ```no_run
/// # use dl_runtime as dl;
/// # fn example<LeNet: dl::Model>() -> dl::Result<()> {
/// use dl::io::Load;
/// let net: Box<LeNet> = Load::new().rename("fc1.", "dense1.").load("from_pytorch.safetensors")?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Load<'a> {
    renames: Vec<(String, String)>,
    rename_with: Option<Box<Rename<'a>>>,
    rules: Rules,
    allow_missing: bool,
    allow_unexpected: bool,
    allow_not_finite: bool,
}

/// The differences between a loaded file and the model, and the metadata of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The metadata of the file: text values by key.
    pub metadata: BTreeMap<String, String>,
    /// The tensors of the model that the file does not have; they kept their values.
    pub missing: Vec<String>,
    /// The tensors of the file that the model does not have; they were ignored.
    pub unexpected: Vec<String>,
}

impl<'a> Load<'a> {
    /// Creates the strictest settings: the file has exactly the tensors of the model under their names, and all numbers are finite.
    pub fn new() -> Self {
        Self::default()
    }
    /// Replaces the prefix `file` of tensor names in the file by `model`. Several calls are applied one after another:
    /// `.rename("_orig_mod.", "").rename("module.", "")` removes both prefixes of `_orig_mod.module.fc1.weight`. A rename that matches no
    /// name is an error.
    pub fn rename(mut self, file: impl Into<String>, model: impl Into<String>) -> Self {
        self.renames.push((file.into(), model.into()));
        self
    }
    /// Maps names in the file to names in the model, before [`Load::rename`]. Tensors whose names are mapped to `None` are ignored.
    /// Unlike a rename, it may match no name, so it can remove an optional prefix:
    /// `|name| Some(name.strip_prefix("module.").unwrap_or(name).into())`.
    pub fn rename_with(mut self, f: impl Fn(&str) -> Option<String> + 'a) -> Self {
        self.rename_with = Some(Box::new(f));
        self
    }
    /// Adds rules for files of other libraries, which know tensors by the names that all renames gave them.
    ///
    /// ```no_run
    /// # use dl_runtime as dl;
    /// # fn example<Gpt2: dl::Model>() -> dl::Result<()> {
    /// use dl::io::{Load, transformers};
    /// let net: Box<Gpt2> = Load::new().rules(transformers::gpt2()).load("gpt2/model.safetensors")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = self.rules.and(rules);
        self
    }
    /// Allows the file to lack tensors of the model, which then keep their values. The file must have at least one of them.
    pub fn allow_missing(mut self, allow: bool) -> Self {
        self.allow_missing = allow;
        self
    }
    /// Allows the file to have tensors that the model does not have, which are then ignored.
    pub fn allow_unexpected(mut self, allow: bool) -> Self {
        self.allow_unexpected = allow;
        self
    }
    /// Allows NaN and infinities.
    pub fn allow_not_finite(mut self, allow: bool) -> Self {
        self.allow_not_finite = allow;
        self
    }

    /// Matches the tensors of a file with those of a model, and checks their names, shapes and types.
    pub(crate) fn match_tensors<'r>(
        &self,
        reader: Reader<'r>,
        model: &'static str,
        tensors: Tensors,
    ) -> Result<Matched<'r>> {
        let reader = reader.allow_not_finite(self.allow_not_finite);
        let tensors: BTreeMap<String, TensorInfo> =
            tensors.iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        let mut plan = self.rules.plan(&reader, self.rename_all(&reader)?, &tensors)?;
        let loaded = Loaded {
            metadata: reader.metadata().clone(),
            missing: std::mem::take(&mut plan.missing),
            unexpected: std::mem::take(&mut plan.unexpected),
        };
        let renamed = std::mem::take(&mut plan.renamed);
        self.check_names(&reader, model, &loaded, renamed, plan.is_empty() && !tensors.is_empty())?;
        let sources = self.rules.sources(&reader, &plan, &tensors)?;
        Ok(Matched { reader, sources, same: plan.same, loaded, finite: !self.allow_not_finite })
    }
    /// Returns an error for missing or unexpected tensors if they are not allowed, and always if `nothing` is loaded.
    fn check_names(
        &self,
        reader: &Reader<'_>,
        model: &'static str,
        loaded: &Loaded,
        renamed: BTreeMap<String, String>,
        nothing: bool,
    ) -> Result<()> {
        let path = reader.path().into();
        let missing = if self.allow_missing { Vec::new() } else { loaded.missing.clone() };
        let unexpected = if self.allow_unexpected { Vec::new() } else { loaded.unexpected.clone() };
        let tied = self.ties(reader, &missing);
        if !tied.is_empty() {
            Err(Error::TensorsTied { path, model, tied })
        } else if !missing.is_empty() || !unexpected.is_empty() {
            Err(Error::TensorNames { path, model, missing, unexpected, renamed })
        } else if nothing {
            let Loaded { missing, unexpected, .. } = loaded.clone();
            Err(Error::NothingToLoad { path, model, missing, unexpected, renamed })
        } else {
            Ok(())
        }
    }
    /// Returns those `missing` tensors that the metadata declares equal to a tensor of the file, with its name.
    fn ties(&self, reader: &Reader<'_>, missing: &[String]) -> BTreeMap<String, String> {
        let ties = reader.metadata().iter().filter(|(_, kept)| reader.shape(kept).is_some());
        let ties = ties.filter_map(|(name, kept)| {
            let mut name = Name { model: self.map(name)?, file: name.clone() };
            for renames in &self.renames {
                rename(&mut name, renames);
            }
            let mut names = self.rules.names_in_model(name.model).into_iter();
            Some((names.find(|name| missing.contains(name))?, kept.clone()))
        });
        ties.collect()
    }
    /// Returns the tensors of a file with their names in the model, without those that are ignored.
    fn rename_all(&self, reader: &Reader<'_>) -> Result<Vec<Name>> {
        let names = reader.names().into_iter();
        let mut names: Vec<Name> = names.filter_map(|file| Some(Name { model: self.map(&file)?, file })).collect();
        for (earlier, rename) in self.renames.iter().enumerate() {
            let fitting = names.iter_mut().fold(0, |fitting, name| fitting + usize::from(self::rename(name, rename)));
            if fitting == 0 {
                let (path, (from, to)) = (reader.path().into(), rename.clone());
                let names = names.into_iter().map(|name| name.model).collect();
                return Err(Error::Rename { path, from, to, names, earlier });
            }
        }
        Ok(names)
    }
    /// Maps a name with the function of [`Load::rename_with`].
    fn map(&self, name: &str) -> Option<String> {
        self.rename_with.as_ref().map_or_else(|| Some(name.into()), |f| f(name))
    }
}

/// Replaces a prefix of a name in the model; returns false if the name does not start with it.
fn rename(name: &mut Name, (from, to): &(String, String)) -> bool {
    let rest = name.model.strip_prefix(&**from).map(|rest| format!("{to}{rest}"));
    let fits = rest.is_some();
    name.model = rest.unwrap_or_else(|| std::mem::take(&mut name.model));
    fits
}

impl std::fmt::Debug for Load<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load")
            .field("renames", &self.renames)
            .field("rename_with", &self.rename_with.is_some())
            .field("rules", &self.rules)
            .field("allow_missing", &self.allow_missing)
            .field("allow_unexpected", &self.allow_unexpected)
            .field("allow_not_finite", &self.allow_not_finite)
            .finish()
    }
}

/// The tensors of a file that are loaded into a model, after all checks.
pub(crate) struct Matched<'r> {
    reader: Reader<'r>,
    sources: Vec<Source>,
    /// Tensors that must be equal, because the model has one for both.
    same: Vec<Same>,
    pub loaded: Loaded,
    /// True if all numbers must be finite.
    finite: bool,
}

impl Matched<'_> {
    /// Checks that all numbers are finite, if they must be.
    pub fn verify(&mut self) -> Result<()> {
        self.sources.iter().filter(|_| self.finite).try_for_each(|source| {
            self.reader.verify(&source.file).map_err(|error| error.with_name_in_model(&source.models))
        })
    }
    /// Reads every tensor to its place in the flat memory of the model.
    pub fn read(mut self, model: &mut [f32]) -> Result<Loaded> {
        self.same.iter().try_for_each(|same| same.check(&mut self.reader))?;
        self.sources.iter().try_for_each(|source| {
            let read = source.read(&mut self.reader, model);
            read.map_err(|error| error.with_name_in_model(&source.models))
        })?;
        Ok(self.loaded)
    }
}
