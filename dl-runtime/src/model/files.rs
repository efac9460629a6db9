//! Loads and saves models: the methods of [`Load`] and [`Save`] that take a model.

use crate::io::safetensors::{Reader, Writer};
use crate::io::{Load, Loaded, Save};
use crate::tensor::pod::{flat, flat_mut, zeroed_box};
use crate::{Model, Result};
use std::path::Path;

impl Load<'_> {
    /// Reads a model from a file. Missing tensors, if they are allowed, are those of `M::init(0)`; [`Load::load_into`]
    /// says which, and what else differs.
    ///
    /// # Errors
    /// As [`Load::load_into`].
    pub fn load<M: Model>(&self, path: impl AsRef<Path>) -> Result<Box<M>> {
        self.new_model(Reader::open(path)?)
    }
    /// Reads a model from the bytes of a file, such as those of `include_bytes!`; [`Load::from_bytes_into`] says what differs.
    ///
    /// # Errors
    /// As [`Load::load_into`], with [`IN_MEMORY`](crate::IN_MEMORY) for the path.
    pub fn from_bytes<M: Model>(&self, bytes: &[u8]) -> Result<Box<M>> {
        self.new_model(Reader::of(bytes)?)
    }
    /// Reads a file into an existing model, and returns the differences. After an error the model is unchanged.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::OtherFormat`], [`Error::Format`], [`Error::Rename`], [`Error::TensorNames`], [`Error::TensorsTied`],
    /// [`Error::TensorShape`], [`Error::TensorType`] and [`Error::TensorNotFinite`] name the file, and the tensor; so do
    /// [`Error::Rule`] and [`Error::RuleUnused`] about [`Load::rules`], and [`Error::Setting`] is about a wrong pattern in them;
    /// [`Error::NothingToLoad`] where no tensor of the model is in the file, whatever is allowed. Only a file that changes or
    /// fails while it is read can leave the model half loaded.
    ///
    /// [`Error::Io`]: crate::Error::Io
    /// [`Error::OtherFormat`]: crate::Error::OtherFormat
    /// [`Error::Format`]: crate::Error::Format
    /// [`Error::Rename`]: crate::Error::Rename
    /// [`Error::Rule`]: crate::Error::Rule
    /// [`Error::RuleUnused`]: crate::Error::RuleUnused
    /// [`Error::Setting`]: crate::Error::Setting
    /// [`Error::TensorNames`]: crate::Error::TensorNames
    /// [`Error::TensorsTied`]: crate::Error::TensorsTied
    /// [`Error::NothingToLoad`]: crate::Error::NothingToLoad
    /// [`Error::TensorShape`]: crate::Error::TensorShape
    /// [`Error::TensorType`]: crate::Error::TensorType
    /// [`Error::TensorNotFinite`]: crate::Error::TensorNotFinite
    pub fn load_into<M: Model>(&self, model: &mut M, path: impl AsRef<Path>) -> Result<Loaded> {
        self.read_into(model, Reader::open(path)?)
    }
    /// Reads the bytes of a file into a model that exists, and returns what differs. After an error the model is as it was.
    ///
    /// # Errors
    /// As [`Load::load_into`], with [`IN_MEMORY`](crate::IN_MEMORY) for the path.
    pub fn from_bytes_into<M: Model>(&self, model: &mut M, bytes: &[u8]) -> Result<Loaded> {
        self.read_into(model, Reader::of(bytes)?)
    }

    fn read_into<M: Model>(&self, model: &mut M, reader: Reader<'_>) -> Result<Loaded> {
        let mut matched = self.match_tensors(reader, M::NAME, M::TENSORS)?;
        matched.verify()?;
        matched.read(flat_mut(std::slice::from_mut(model)))
    }
    fn new_model<M: Model>(&self, reader: Reader<'_>) -> Result<Box<M>> {
        const { M::CHECKED }
        let matched = self.match_tensors(reader, M::NAME, M::TENSORS)?;
        let mut model = if matched.loaded.missing.is_empty() { zeroed_box::<M>() } else { M::init(0) };
        matched.read(flat_mut(std::slice::from_mut(&mut *model)))?;
        Ok(model)
    }
}

impl Save {
    /// Writes `model` to a file atomically: at any moment, the path holds the whole old file or the whole new one.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io), and the errors of [`Save::writer`].
    pub fn save<M: Model>(&self, model: &M, path: impl AsRef<Path>) -> Result<()> {
        self.writer(model)?.write(path)
    }
    /// Returns the bytes of the file, for [`Load::from_bytes`].
    ///
    /// # Errors
    /// As [`Writer::to_bytes`] and [`Save::writer`].
    pub fn to_bytes<M: Model>(&self, model: &M) -> Result<Vec<u8>> {
        self.writer(model)?.to_bytes()
    }
    /// Returns the writer of the file, to which more tensors and metadata can be added.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) about rules that cannot be turned round for this model; without rules there is no error.
    pub fn writer<'a, M: Model>(&self, model: &'a M) -> Result<Writer<'a>> {
        self.write_tensors(M::NAME, M::TENSORS, flat(std::slice::from_ref(model)))
    }
}
