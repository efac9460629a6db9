//! Writes safetensors: borrowed tensors are streamed to a file or to memory.

use super::{CHUNK, FORMAT};
use crate::io::write_atomic;
use crate::tensor::Dtype;
use crate::{Error, IN_MEMORY, Result};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

/// A safetensors file to be written. The same tensors and metadata always produce the same bytes.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::io::safetensors::{Reader, Writer};
/// let bytes = Writer::new().metadata("author", "me").tensor("bias", &[2], &[0.5, -1.0]).to_bytes()?;
/// let mut bias = [0.0; 2];
/// Reader::of(&bytes)?.read("bias", &mut bias)?;
/// assert_eq!(bias, [0.5, -1.0]);
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Writer<'a> {
    metadata: Map<String, Value>,
    tensors: Vec<Tensor<'a>>,
}

/// The name, the shape and the numbers of a tensor.
type Tensor<'a> = (String, Cow<'a, [usize]>, Numbers<'a>);

/// The numbers of a tensor.
#[derive(Clone, Debug)]
enum Numbers<'a> {
    Floats(Cow<'a, [f32]>),
    /// Numbers of any type, as the processor has them.
    Raw(Dtype, &'a [u8]),
}

impl Numbers<'_> {
    fn dtype(&self) -> Dtype {
        match self {
            Numbers::Floats(_) => Dtype::F32,
            Numbers::Raw(dtype, _) => *dtype,
        }
    }
    fn bytes(&self) -> usize {
        match self {
            Numbers::Floats(numbers) => size_of_val(&**numbers),
            Numbers::Raw(_, bytes) => bytes.len(),
        }
    }
    fn len(&self) -> usize {
        self.bytes() / self.dtype().size()
    }
}

impl<'a> Writer<'a> {
    /// Creates a file without tensors and metadata.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a value to the metadata of the file; a second value for a key replaces the first.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), Value::String(value.into()));
        self
    }
    /// Adds a tensor of this shape, outermost dimension first. The file contains the tensors in the order of these calls.
    pub fn tensor(self, name: impl Into<String>, shape: &'a [usize], data: &'a [f32]) -> Self {
        self.any_tensor(name.into(), shape, data)
    }
    /// Adds a tensor whose shape and numbers may be borrowed or not.
    pub(crate) fn any_tensor(
        mut self,
        name: String,
        shape: impl Into<Cow<'a, [usize]>>,
        data: impl Into<Cow<'a, [f32]>>,
    ) -> Self {
        self.tensors.push((name, shape.into(), Numbers::Floats(data.into())));
        self
    }
    /// Adds a tensor of any type, whose numbers are given by their bytes.
    pub(crate) fn raw_tensor(mut self, name: String, dtype: Dtype, shape: &'a [usize], bytes: &'a [u8]) -> Self {
        self.tensors.push((name, shape.into(), Numbers::Raw(dtype, bytes)));
        self
    }
    /// Writes the file, atomically.
    ///
    /// # Errors
    /// Returns [`Error::Io`]; [`Error::TensorShape`] for data whose length does not match its shape; [`Error::Format`] for a repeated
    /// name.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let header = self.header(path)?;
        write_atomic(path, |to| self.stream(&header, to))
    }
    /// Returns the file as bytes.
    ///
    /// # Errors
    /// Returns the errors of [`Writer::write`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let header = self.header(Path::new(IN_MEMORY))?;
        let data: usize = self.tensors.iter().map(|(_, _, data)| data.bytes()).sum();
        let mut bytes = Vec::with_capacity(8 + header.len() + data);
        self.stream(&header, &mut bytes).map_err(Error::io(IN_MEMORY))?;
        Ok(bytes)
    }

    /// Returns the header as JSON, padded with spaces so that the data is aligned to 8 bytes.
    fn header(&self, path: &Path) -> Result<String> {
        let mut entries = Map::new();
        if !self.metadata.is_empty() {
            entries.insert("__metadata__".into(), Value::Object(self.metadata.clone()));
        }
        let mut at = 0;
        for (name, shape, data) in &self.tensors {
            if shape.iter().try_fold(1, |n: usize, size| n.checked_mul(*size)) != Some(data.len()) {
                return Err(Error::TensorShape {
                    path: path.into(),
                    tensor: name.clone(),
                    renamed: None,
                    expected: shape.to_vec(),
                    found: vec![data.len()],
                });
            }
            let end = at + data.bytes();
            let entry = json!({ "dtype": data.dtype().name(), "shape": &**shape, "data_offsets": [at, end] });
            if name == "__metadata__" || entries.insert(name.clone(), entry).is_some() {
                return Err(Error::Format {
                    path: path.into(),
                    format: FORMAT,
                    expected: "unique names".into(),
                    found: format!("`{name}` again"),
                });
            }
            at = end;
        }
        let mut header = Value::Object(entries).to_string();
        header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
        Ok(header)
    }
    fn stream(&self, header: &str, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(&(header.len() as u64).to_le_bytes())?;
        to.write_all(header.as_bytes())?;
        let mut bytes = vec![0; CHUNK];
        for (_, _, data) in &self.tensors {
            match data {
                Numbers::Floats(data) => {
                    for chunk in data.chunks(CHUNK / 4) {
                        for (bytes, value) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(chunk) {
                            *bytes = value.to_le_bytes();
                        }
                        to.write_all(&bytes[..size_of_val(chunk)])?;
                    }
                }
                Numbers::Raw(dtype, data) if cfg!(target_endian = "big") => {
                    for number in data.chunks_exact(dtype.size()) {
                        let number: Vec<u8> = number.iter().rev().copied().collect();
                        to.write_all(&number)?;
                    }
                }
                Numbers::Raw(_, data) => to.write_all(data)?,
            }
        }
        Ok(())
    }
}
