//! Saves models: tensors under PyTorch's names, and metadata about them. The methods that take a model are in `model`, because this
//! folder only knows tables of tensors.

use super::Rules;
use super::safetensors::Writer;
use crate::Result;
use crate::tensor::Tensors;

/// The settings for saving a model with additional metadata. [`Model::save`](crate::Model::save) is shorter without it.
///
/// The metadata of every file contains `format` (`pt`, because the layouts are PyTorch's), `model` (the name of the struct) and `dl` (the
/// version of this crate).
///
/// ```no_run
/// # use dl_runtime as dl;
/// # fn example<LeNet: dl::Model>(net: &LeNet) -> dl::Result<()> {
/// use dl::io::Save;
/// Save::new().metadata("trained-on", "MNIST").save(net, "lenet.safetensors")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Save {
    metadata: Vec<(String, String)>,
    rules: Rules,
}

impl Save {
    /// Creates a file without additional metadata.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a value to the metadata of the file; a second value for a key replaces the first.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.push((key.into(), value.into()));
        self
    }
    /// Writes the names and layouts of another library by the rules that load its files, so that it can load the file. Of several rules
    /// that lead to a tensor of the model, the first holds. Tensors with another layout are copied before anything is written.
    ///
    /// ```no_run
    /// # use dl_runtime as dl;
    /// # fn example<Gpt2: dl::Model>(net: &Gpt2) -> dl::Result<()> {
    /// use dl::io::{Save, transformers};
    /// Save::new().rules(transformers::gpt2()).save(net, "gpt2/model.safetensors")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = self.rules.and(rules);
        self
    }
    /// Creates the file of the model with this name, these tensors and this flat memory; more entries can be added to it.
    pub(crate) fn write_tensors<'a>(&self, model: &str, tensors: Tensors, floats: &'a [f32]) -> Result<Writer<'a>> {
        let mut writer =
            Writer::new().metadata("format", "pt").metadata("model", model).metadata("dl", env!("CARGO_PKG_VERSION"));
        for (key, value) in &self.metadata {
            writer = writer.metadata(key, value);
        }
        for tensor in self.rules.restore(tensors.iter(), floats)? {
            writer = writer.any_tensor(tensor.name, tensor.shape, tensor.numbers);
        }
        Ok(writer)
    }
}
