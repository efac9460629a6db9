//! Saving models: tensors under PyTorch's names, and words about them.

use super::safetensors::Writer;
use crate::tensor::pod::flat;
use crate::{Passes, Result};
use std::path::Path;

/// How to save a model; [`Model::save`] with words of one's own.
///
/// Every file says `format` (`pt`: the layouts are PyTorch's), `model` (the name of the struct) and `dl` (the version).
///
/// ```no_run
/// # use dl_runtime as dl;
/// # fn example<LeNet: dl::Model>(net: &LeNet) -> dl::Result<()> {
/// use dl::io::Save;
/// Save::new().word("trained-on", "MNIST").save(net, "lenet.safetensors")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Save {
    words: Vec<(String, String)>,
}

impl Save {
    /// No further words.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds to the file's own words.
    pub fn word(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.words.push((key.into(), value.into()));
        self
    }
    /// Writes `model` to a file, atomically: at any moment there is the old file or the new one.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn save<M: Passes>(&self, model: &M, path: impl AsRef<Path>) -> Result<()> {
        self.writer(model).write(path)
    }
    /// The file as bytes, for [`Load::from_bytes`](super::Load::from_bytes).
    pub fn to_bytes<M: Passes>(&self, model: &M) -> Result<Vec<u8>> {
        self.writer(model).to_bytes()
    }
    /// What is written, to be added to.
    pub fn writer<'a, M: Passes>(&self, model: &'a M) -> Writer<'a> {
        let floats = flat(std::slice::from_ref(model));
        let mut writer =
            Writer::new().word("format", "pt").word("model", M::NAME).word("dl", env!("CARGO_PKG_VERSION"));
        for (key, value) in &self.words {
            writer = writer.word(key, value);
        }
        for tensor in M::TENSORS.iter() {
            writer = writer.tensor(&tensor.name, tensor.shape, &floats[tensor.range()]);
        }
        writer
    }
}
