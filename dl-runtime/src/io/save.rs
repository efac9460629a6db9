//! Saves models: tensors under PyTorch's names, and metadata about them. The methods that take a model are in `model`, because this
//! folder only knows tables of tensors.

use super::safetensors::Writer;
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
    /// Creates the file of the model with this name, these tensors and this flat memory; more entries can be added to it.
    pub(crate) fn write_tensors<'a>(&self, model: &str, tensors: Tensors, floats: &'a [f32]) -> Writer<'a> {
        let mut writer =
            Writer::new().metadata("format", "pt").metadata("model", model).metadata("dl", env!("CARGO_PKG_VERSION"));
        for (key, value) in &self.metadata {
            writer = writer.metadata(key, value);
        }
        for tensor in tensors.iter() {
            let data = &floats[tensor.range()];
            writer = writer.tensor(tensor.name, tensor.shape, data);
        }
        writer
    }
}
