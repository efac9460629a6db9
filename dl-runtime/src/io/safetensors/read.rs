//! Reads safetensors: any tensor is read as `f32`, from a file or from memory, one chunk at a time.

use super::CHUNK;
use super::element::Element;
use super::header::Header;
use crate::tensor::Dtype;
use crate::{Error, IN_MEMORY, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// A safetensors file, open or in memory, whose header has been checked.
pub struct Reader<'a> {
    source: Box<dyn Source + 'a>,
    path: PathBuf,
    header: Header,
    allow_not_finite: bool,
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).field("tensors", &self.header.tensors).finish()
    }
}

impl Reader<'static> {
    /// Opens a file and checks its header.
    ///
    /// # Errors
    /// Returns [`Error::Io`], [`Error::OtherFormat`] for a file of another format, such as a PyTorch pickle, and [`Error::Format`] for a
    /// file that is truncated, too long, or has an invalid header.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::new(Box::new(File::open(path).map_err(Error::io(path))?), path)
    }
}

impl<'a> Reader<'a> {
    /// Reads a file in memory, such as one from `include_bytes!`, and checks its header.
    ///
    /// # Errors
    /// Returns the errors of [`Reader::open`], with [`IN_MEMORY`] as the path.
    pub fn of(bytes: &'a [u8]) -> Result<Self> {
        Self::new(Box::new(Cursor::new(bytes)), Path::new(IN_MEMORY))
    }
    fn new(mut source: Box<dyn Source + 'a>, path: &Path) -> Result<Self> {
        let header = Header::read(&mut *source, path)?;
        Ok(Reader { source, path: path.to_path_buf(), header, allow_not_finite: false })
    }
    /// Allows NaN and infinities, which are errors by default.
    pub fn allow_not_finite(mut self, allow: bool) -> Self {
        self.allow_not_finite = allow;
        self
    }
    /// Returns the path of the file, or [`IN_MEMORY`].
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Returns the metadata of the file: text values by key.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.header.metadata
    }
    /// Returns the names of all tensors, in the order of the file.
    pub fn names(&self) -> Vec<String> {
        self.header.tensors.offset_keys()
    }
    /// Returns the shape of a tensor, outermost dimension first; `None` if the file has no tensor of this name.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.header.tensors.info(name).map(|tensor| &tensor.shape[..])
    }
    /// Checks that the file has a tensor of this name and shape, with elements that can be converted to `f32`.
    ///
    /// # Errors
    /// Returns [`Error::NoTensor`], [`Error::TensorShape`] or [`Error::TensorType`] with the name of the tensor.
    pub fn check(&self, name: &str, shape: &[usize]) -> Result<()> {
        self.place(name)?;
        match self.shape(name) {
            Some(found) if found != shape => Err(Error::TensorShape {
                path: self.path.clone(),
                tensor: name.into(),
                renamed: None,
                expected: shape.into(),
                found: found.into(),
            }),
            _ => Ok(()),
        }
    }
    /// Reads a tensor of F32, F16, BF16 or F64 into `to`, which must have as many elements as the tensor.
    ///
    /// # Errors
    /// Returns the errors of [`Reader::check`], [`Error::TensorNotFinite`] and [`Error::Io`]; `to` may then be partly written.
    pub fn read(&mut self, name: &str, to: &mut [f32]) -> Result<()> {
        let (_, _, len) = self.place(name)?;
        if len != to.len() {
            return self.check(name, &[to.len()]);
        }
        self.chunks(name, |at, values| to[at..at + values.len()].copy_from_slice(values))
    }
    /// Reads a tensor only to check its elements.
    ///
    /// # Errors
    /// Returns the errors of [`Reader::read`].
    pub fn verify(&mut self, name: &str) -> Result<()> {
        self.chunks(name, |_, _| ())
    }

    /// Reads a tensor that must have this type and shape into `to`, without a conversion.
    pub(crate) fn read_raw(&mut self, name: &str, dtype: Dtype, shape: &[usize], to: &mut [u8]) -> Result<()> {
        let Some(tensor) = self.header.tensors.info(name) else {
            return Err(Error::NoTensor { path: self.path.clone(), tensor: name.into() });
        };
        let found = format!("{:?}", tensor.dtype);
        let (from, expected) = (tensor.data_offsets.0, dtype.name());
        if found != expected {
            return Err(Error::TensorDtype { path: self.path.clone(), tensor: name.into(), expected, found });
        }
        if self.shape(name) != Some(shape) {
            let (path, found) = (self.path.clone(), self.shape(name).unwrap_or(&[]).to_vec());
            return Err(Error::TensorShape { path, tensor: name.into(), renamed: None, expected: shape.into(), found });
        }
        self.source.seek(SeekFrom::Start(self.header.start + from as u64)).map_err(Error::io(&self.path))?;
        self.source.read_exact(to).map_err(Error::io(&self.path))?;
        if cfg!(target_endian = "big") {
            to.chunks_exact_mut(dtype.size()).for_each(<[u8]>::reverse);
        }
        if dtype == Dtype::F32 {
            let (numbers, _) = to.as_chunks();
            let numbers: Vec<f32> = numbers.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect();
            self.check_finite(name, 0, &numbers)?;
        }
        Ok(())
    }

    /// Returns the element type of a tensor, the offset of its first element in the file, and the number of its elements.
    fn place(&self, name: &str) -> Result<(Element, u64, usize)> {
        let Some(tensor) = self.header.tensors.info(name) else {
            return Err(Error::NoTensor { path: self.path.clone(), tensor: name.into() });
        };
        let Some(element) = Element::of(tensor.dtype) else {
            let found = format!("{:?}", tensor.dtype);
            return Err(Error::TensorType { path: self.path.clone(), tensor: name.into(), renamed: None, found });
        };
        let (from, to) = tensor.data_offsets;
        Ok((element, self.header.start + from as u64, (to - from) / element.size()))
    }

    /// Calls `f` for each chunk of a tensor, with the index of its first value and its values.
    fn chunks(&mut self, name: &str, mut f: impl FnMut(usize, &[f32])) -> Result<()> {
        let (element, start, len) = self.place(name)?;
        self.source.seek(SeekFrom::Start(start)).map_err(Error::io(&self.path))?;
        let step = CHUNK / element.size();
        let (mut bytes, mut values) = (vec![0; CHUNK], vec![0.0; step]);
        for at in (0..len).step_by(step) {
            let n = step.min(len - at);
            let (bytes, values) = (&mut bytes[..n * element.size()], &mut values[..n]);
            self.source.read_exact(bytes).map_err(Error::io(&self.path))?;
            element.decode(bytes, values);
            if !self.allow_not_finite {
                self.check_finite(name, at, values)?;
            }
            f(at, values);
        }
        Ok(())
    }
    fn check_finite(&self, name: &str, at: usize, values: &[f32]) -> Result<()> {
        let Some(i) = values.iter().position(|value| !value.is_finite()) else { return Ok(()) };
        let shape = self.shape(name).unwrap_or(&[]);
        let mut index = vec![0; shape.len()];
        let mut rest = at + i;
        for (index, size) in index.iter_mut().zip(shape).rev() {
            (*index, rest) = (rest % size, rest / size);
        }
        let (path, tensor) = (self.path.clone(), name.into());
        Err(Error::TensorNotFinite { path, tensor, renamed: None, index, value: values[i] })
    }
}
