//! Loading models: every tensor checked by name, shape and type before anything is written.

use super::safetensors::Reader;
use crate::tensor::pod::{flat_mut, zeroed_box};
use crate::{Error, Passes, Result, TensorInfo};
use std::collections::BTreeMap;
use std::path::Path;

type Rename<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// How to load a model from a safetensors file: [`Model::load`] with names that differ, or with tensors that are not there.
///
/// Elements F32 are taken as they are, F16, BF16 and F64 are converted. PyTorch's counters `num_batches_tracked` are ignored.
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
    allow_missing: bool,
    allow_unexpected: bool,
    allow_not_finite: bool,
}

/// What a file had to say beside the tensors of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The file's own words.
    pub words: BTreeMap<String, String>,
    /// Tensors of the model that are not in the file, left as they were.
    pub missing: Vec<String>,
    /// Tensors of the file that are not in the model, left out.
    pub unexpected: Vec<String>,
}

impl<'a> Load<'a> {
    /// Strict: exactly the tensors of the model, under their names, all numbers finite.
    pub fn new() -> Self {
        Self::default()
    }
    /// Takes a tensor of the file whose name begins with `file` as if it began with `model`; the first that fits counts.
    pub fn rename(mut self, file: impl Into<String>, model: impl Into<String>) -> Self {
        self.renames.push((file.into(), model.into()));
        self
    }
    /// Maps names in the file to names in the model, before [`Load::rename`]; tensors that become `None` are passed over.
    pub fn rename_with(mut self, f: impl Fn(&str) -> Option<String> + 'a) -> Self {
        self.rename_with = Some(Box::new(f));
        self
    }
    /// Lets tensors of the model be absent from the file: they stay as they are.
    pub fn allow_missing(mut self, allow: bool) -> Self {
        self.allow_missing = allow;
        self
    }
    /// Lets the file have tensors that the model does not: they are left out.
    pub fn allow_unexpected(mut self, allow: bool) -> Self {
        self.allow_unexpected = allow;
        self
    }
    /// Lets NaN and infinities into the model.
    pub fn allow_not_finite(mut self, allow: bool) -> Self {
        self.allow_not_finite = allow;
        self
    }

    /// A model from a file. What is missing, where that is allowed, is as in `M::init(0)`.
    ///
    /// # Errors
    /// As [`Load::load_into`].
    pub fn load<M: Passes>(&self, path: impl AsRef<Path>) -> Result<Box<M>> {
        self.new_model(Reader::open(path)?)
    }
    /// A model from the bytes of a file, such as those of `include_bytes!`.
    ///
    /// # Errors
    /// As [`Load::load_into`], with [`IN_MEMORY`](crate::IN_MEMORY) for the path.
    pub fn from_bytes<M: Passes>(&self, bytes: &[u8]) -> Result<Box<M>> {
        self.new_model(Reader::of(bytes)?)
    }
    /// Loads a file into a model that exists, and says what differs. After an error the model is as it was.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`], [`Error::TensorNames`], [`Error::TensorShape`], [`Error::TensorType`] and
    /// [`Error::TensorNotFinite`]. Only a file that changes or fails while it is read can leave the model half loaded.
    pub fn load_into<M: Passes>(&self, model: &mut M, path: impl AsRef<Path>) -> Result<Loaded> {
        let mut reader = Reader::open(path)?.allow_not_finite(self.allow_not_finite);
        let tensors: Vec<_> = M::TENSORS.iter().collect();
        let (pairs, loaded) = self.pairs(&reader, M::NAME, &tensors)?;
        if !self.allow_not_finite {
            for (name, _) in &pairs {
                reader.verify(name)?;
            }
        }
        read(&mut reader, &pairs, flat_mut(std::slice::from_mut(model)))?;
        Ok(loaded)
    }

    fn new_model<M: Passes>(&self, reader: Reader<'_>) -> Result<Box<M>> {
        let mut reader = reader.allow_not_finite(self.allow_not_finite);
        let tensors: Vec<_> = M::TENSORS.iter().collect();
        let (pairs, loaded) = self.pairs(&reader, M::NAME, &tensors)?;
        const { M::CHECKED }
        let mut model = zeroed_box::<M>();
        if !loaded.missing.is_empty() {
            model.init_weights(&mut crate::init::rng(0));
        }
        read(&mut reader, &pairs, flat_mut(std::slice::from_mut(&mut *model)))?;
        Ok(model)
    }

    /// The name in the file of every tensor to be read, all checked.
    fn pairs<'t>(
        &self,
        reader: &Reader<'_>,
        model: &'static str,
        tensors: &'t [TensorInfo],
    ) -> Result<(Vec<(String, &'t TensorInfo)>, Loaded)> {
        let mut of_model: BTreeMap<&str, &TensorInfo> = tensors.iter().map(|tensor| (&*tensor.name, tensor)).collect();
        let mut pairs: Vec<(String, &TensorInfo)> = Vec::new();
        let mut loaded = Loaded { words: reader.metadata().clone(), ..Loaded::default() };
        for name in reader.names() {
            let Some(renamed) = self.name(&name) else { continue };
            if let Some(tensor) = of_model.remove(&*renamed) {
                pairs.push((name, tensor));
            } else if let Some((first, _)) = pairs.iter().find(|(_, tensor)| tensor.name == renamed) {
                return Err(Error::Format {
                    path: reader.path().into(),
                    format: super::safetensors::FORMAT,
                    expected: format!("one tensor that is named `{renamed}` in the model"),
                    found: format!("`{first}` and `{name}`"),
                });
            } else if renamed != "num_batches_tracked" && !renamed.ends_with(".num_batches_tracked") {
                loaded.unexpected.push(name);
            }
        }
        // In the order of the model.
        let left = tensors.iter().filter(|tensor| of_model.contains_key(&*tensor.name));
        loaded.missing = left.map(|tensor| tensor.name.clone()).collect();
        let missing = if self.allow_missing { Vec::new() } else { loaded.missing.clone() };
        let unexpected = if self.allow_unexpected { Vec::new() } else { loaded.unexpected.clone() };
        if !missing.is_empty() || !unexpected.is_empty() {
            return Err(Error::TensorNames { path: reader.path().into(), model, missing, unexpected });
        }
        for (name, tensor) in &pairs {
            reader.check(name, tensor.shape)?;
        }
        Ok((pairs, loaded))
    }
    /// The name in the model for a name in the file.
    fn name(&self, name: &str) -> Option<String> {
        let name = match &self.rename_with {
            Some(f) => f(name)?,
            None => name.to_string(),
        };
        let prefix = self.renames.iter().find_map(|(file, model)| Some((name.strip_prefix(&**file)?, model)));
        Some(match prefix {
            Some((rest, model)) => format!("{model}{rest}"),
            None => name,
        })
    }
}

impl std::fmt::Debug for Load<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load")
            .field("renames", &self.renames)
            .field("rename_with", &self.rename_with.is_some())
            .field("allow_missing", &self.allow_missing)
            .field("allow_unexpected", &self.allow_unexpected)
            .field("allow_not_finite", &self.allow_not_finite)
            .finish()
    }
}

/// Reads every tensor to its place in the model.
fn read(reader: &mut Reader<'_>, pairs: &[(String, &TensorInfo)], model: &mut [f32]) -> Result<()> {
    pairs.iter().try_for_each(|(name, tensor)| reader.read(name, &mut model[tensor.range()]))
}
