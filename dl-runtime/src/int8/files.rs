//! Saves and loads networks on int8: safetensors with elements I8, I32 and F32.

use super::QuantizedModel;
use crate::io::safetensors::{Reader, Writer};
use crate::tensor::TensorInfo;
use crate::{Error, Result};
use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::path::Path;

/// The files of networks on int8.
pub trait QuantizedFile: QuantizedModel {
    /// Writes all tensors to a safetensors file, atomically.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        writer(self).write(path)
    }
    /// Returns the bytes of the file that [`QuantizedFile::save`] writes.
    ///
    /// # Errors
    /// As [`QuantizedFile::save`].
    fn to_bytes(&self) -> Result<Vec<u8>> {
        writer(self).to_bytes()
    }
    /// Reads a safetensors file that has exactly the tensors of this model.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`] and [`Error::OtherFormat`]; [`Error::TensorNames`], [`Error::TensorShape`] and
    /// [`Error::TensorDtype`] name the file and the tensor.
    fn load(path: impl AsRef<Path>) -> Result<Box<Self>> {
        read(Reader::open(path)?)
    }
    /// Reads the bytes of a file that [`QuantizedFile::save`] wrote.
    ///
    /// # Errors
    /// As [`QuantizedFile::load`], with [`IN_MEMORY`](crate::IN_MEMORY) for the path.
    fn from_bytes(bytes: &[u8]) -> Result<Box<Self>> {
        read(Reader::of(bytes)?)
    }
}

impl<M: QuantizedModel> QuantizedFile for M {}

fn writer<M: QuantizedModel>(model: &M) -> Writer<'_> {
    let mut writer = Writer::new().metadata("model", M::NAME).metadata("dl", env!("CARGO_PKG_VERSION"));
    for tensor in M::TENSORS.iter() {
        let bytes = bytes_of(model, &tensor);
        writer = writer.raw_tensor(tensor.name, tensor.dtype, tensor.shape, bytes);
    }
    writer
}

fn read<M: QuantizedModel>(mut reader: Reader<'_>) -> Result<Box<M>> {
    let names = reader.names();
    let tensors: Vec<TensorInfo> = M::TENSORS.iter().collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    let missing: Vec<String> =
        tensors.iter().filter(|tensor| !has(&tensor.name)).map(|tensor| tensor.name.clone()).collect();
    let unexpected: Vec<String> =
        names.iter().filter(|name| !tensors.iter().any(|tensor| tensor.name == **name)).cloned().collect();
    if !missing.is_empty() || !unexpected.is_empty() {
        let path = reader.path().to_path_buf();
        return Err(Error::TensorNames { path, model: M::NAME, missing, unexpected, renamed: Default::default() });
    }
    let mut model = zeroed::<M>();
    for tensor in &tensors {
        reader.read_raw(&tensor.name, tensor.dtype, tensor.shape, bytes_of_mut(&mut *model, tensor))?;
    }
    Ok(model)
}

/// Returns a model with the bytes that `tensor` has for each of its tensors; those that it lacks are zero.
pub(super) fn filled<'a, M: QuantizedModel>(tensor: impl Fn(&TensorInfo) -> Option<&'a [u8]>) -> Result<Box<M>> {
    let mut model = zeroed::<M>();
    for info in M::TENSORS.iter() {
        if let Some(bytes) = tensor(&info) {
            bytes_of_mut(&mut *model, &info).copy_from_slice(bytes);
        }
    }
    Ok(model)
}

/// Allocates a model of zeros directly on the heap.
fn zeroed<M: QuantizedModel>() -> Box<M> {
    let layout = Layout::new::<M>();
    assert!(layout.size() > 0, "a model on int8 has the scales of its input and output");
    // SAFETY: the size is not zero, and any bytes are a value.
    unsafe {
        let memory = alloc_zeroed(layout).cast::<M>();
        if memory.is_null() {
            handle_alloc_error(layout);
        }
        Box::from_raw(memory)
    }
}

/// Returns the bytes of a tensor.
fn bytes_of<'a, M: QuantizedModel>(model: &'a M, tensor: &TensorInfo) -> &'a [u8] {
    // SAFETY: by the contract of `QuantizedModel`, the tensor lies there, and has no padding.
    unsafe {
        let from = (&raw const *model).cast::<u8>().add(tensor.offset);
        std::slice::from_raw_parts(from, tensor.len() * tensor.dtype.size())
    }
}

/// Returns the bytes of a tensor for writing.
fn bytes_of_mut<'a, M: QuantizedModel>(model: &'a mut M, tensor: &TensorInfo) -> &'a mut [u8] {
    // SAFETY: as in `bytes_of`; any bytes are a value, and the borrow is the only one.
    unsafe {
        let from = (&raw mut *model).cast::<u8>().add(tensor.offset);
        std::slice::from_raw_parts_mut(from, tensor.len() * tensor.dtype.size())
    }
}
