//! Predictors in files: the weights as tensors, and what belongs to them as metadata.

use super::metadata::Belongings;
use super::{Path, Predictor};
use crate::io::{Load, Loaded, Save};
use crate::tensor::pod::zeroed_box;
use crate::{IN_MEMORY, Model, Result};

impl<M: Model> Predictor<M> {
    /// Writes the network and what belongs to it to a safetensors file, atomically.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.saving()?.save(&*self.net, path)
    }
    /// Returns the bytes of the file that [`Predictor::save`] writes.
    ///
    /// # Errors
    /// As [`Model::to_bytes`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.saving()?.to_bytes(&*self.net)
    }
    fn saving(&self) -> Result<Save> {
        let metadata = self.with.to_metadata()?.into_iter();
        Ok(metadata.fold(Save::new(), |save, (key, value)| save.metadata(key, value)))
    }
    /// Reads a file that [`Predictor::save`] wrote, or one of [`Model::save`], to which nothing belongs.
    ///
    /// # Errors
    /// Those of [`Model::load`], and [`Error::Metadata`](crate::Error::Metadata) with the key, what was expected and what was found: numbers
    /// or names that do not fit the model, or that are none.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::read(path, |net| Load::new().load_into(net, path))
    }
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// As [`Predictor::load`], with [`IN_MEMORY`] for the path.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::read(Path::new(IN_MEMORY), |net| Load::new().from_bytes_into(net, bytes))
    }
    fn read(path: &Path, load: impl FnOnce(&mut M) -> Result<Loaded>) -> Result<Self> {
        let () = const { M::CHECKED };
        let mut net = zeroed_box::<M>();
        let loaded = load(&mut net)?;
        Ok(Predictor { net: net.into(), with: Belongings::of_metadata::<M>(loaded.metadata, path)? })
    }
}
