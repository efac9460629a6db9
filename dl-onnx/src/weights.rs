//! The numbers of tensors: as bytes or as fields of the message, or in another file beside the model.

use crate::tensor_proto::{DataLocation, DataType};
use crate::{Error, IN_MEMORY, Result, TensorProto};
use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

/// Reads the numbers of a model's tensors.
///
/// ```
/// use dl_onnx::{TensorProto, Weights, tensor_proto::DataType};
/// let tensor = TensorProto {
///     dims: vec![2],
///     data_type: Some(DataType::Float.into()),
///     float_data: vec![1.0, 2.5],
///     ..Default::default()
/// };
/// assert_eq!(Weights::in_memory().floats(&tensor)?, [1.0, 2.5]);
/// # Ok::<(), dl_onnx::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Weights {
    path: PathBuf,
    /// The folder in which other files may lie.
    folder: Option<PathBuf>,
}

impl Weights {
    /// Reads those of the model in the file at `path`. Weights in other files are read if they lie in its folder or below it.
    pub fn of(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let folder = path.parent().map(Path::to_path_buf);
        Weights { path, folder }
    }
    /// Reads those of a model that has no file; weights in other files are an error.
    pub fn in_memory() -> Self {
        Weights { path: IN_MEMORY.into(), folder: None }
    }

    /// Returns the number of elements that the dimensions of a tensor say.
    ///
    /// # Errors
    /// [`Error::Tensor`] for negative dimensions and a product that no memory has.
    pub fn len(&self, tensor: &TensorProto) -> Result<usize> {
        let sizes = tensor.dims.iter().map(|&size| usize::try_from(size).ok());
        let len = sizes.into_iter().try_fold(1_usize, |product, size| product.checked_mul(size?));
        len.ok_or_else(|| self.wrong(tensor, format!("the shape {:?} is impossible", tensor.dims)))
    }
    /// Returns the elements of a tensor as little-endian bytes, without a copy if they lie in the file so.
    ///
    /// # Errors
    /// [`Error::Tensor`] if there are more or fewer than its shape and type say, or if the type has no whole bytes; [`Error::External`].
    pub fn bytes<'t>(&self, tensor: &'t TensorProto) -> Result<Cow<'t, [u8]>> {
        let Some(size) = size_of(tensor.element_type()) else {
            return Err(self.wrong(tensor, format!("elements of the type {} are not read", self.type_name(tensor))));
        };
        let expected = self.len(tensor)?.checked_mul(size);
        let expected =
            expected.ok_or_else(|| self.wrong(tensor, format!("the shape {:?} is impossible", tensor.dims)))?;
        let bytes = match (tensor.data_location(), &tensor.raw_data) {
            (DataLocation::External, _) => Cow::Owned(self.external(tensor, expected)?),
            (_, Some(raw)) => Cow::Borrowed(&**raw),
            _ => Cow::Owned(fields(tensor)),
        };
        if bytes.len() != expected {
            let (dims, found) = (&tensor.dims, bytes.len());
            let reason = format!("its shape {dims:?} takes {expected} bytes, but the file has {found} for it");
            return Err(self.wrong(tensor, reason));
        }
        Ok(bytes)
    }
    /// Returns the elements of a tensor of floating-point numbers as `f32`: FLOAT, DOUBLE, FLOAT16 or BFLOAT16.
    ///
    /// # Errors
    /// As [`Weights::bytes`], and [`Error::Tensor`] for another type.
    pub fn floats(&self, tensor: &TensorProto) -> Result<Vec<f32>> {
        let bytes = self.bytes(tensor)?;
        Ok(match tensor.element_type() {
            DataType::Float => numbers(&bytes, f32::from_le_bytes),
            DataType::Double => numbers(&bytes, |b| f64::from_le_bytes(b) as f32),
            DataType::Float16 => numbers(&bytes, |b| half(u16::from_le_bytes(b))),
            DataType::Bfloat16 => numbers(&bytes, |b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16)),
            _ => {
                return Err(
                    self.wrong(tensor, format!("expected floating-point numbers, found {}", self.type_name(tensor)))
                );
            }
        })
    }
    /// Returns the elements of a tensor of whole numbers or truth values.
    ///
    /// # Errors
    /// As [`Weights::bytes`], and [`Error::Tensor`] for another type.
    pub fn ints(&self, tensor: &TensorProto) -> Result<Vec<i64>> {
        let bytes = self.bytes(tensor)?;
        Ok(match tensor.element_type() {
            DataType::Int64 | DataType::Uint64 => numbers(&bytes, i64::from_le_bytes),
            DataType::Int32 => numbers(&bytes, |b| i32::from_le_bytes(b).into()),
            DataType::Uint32 => numbers(&bytes, |b| u32::from_le_bytes(b).into()),
            DataType::Int16 => numbers(&bytes, |b| i16::from_le_bytes(b).into()),
            DataType::Uint16 => numbers(&bytes, |b| u16::from_le_bytes(b).into()),
            DataType::Int8 => numbers(&bytes, |b| i8::from_le_bytes(b).into()),
            DataType::Uint8 | DataType::Bool => numbers(&bytes, |b| u8::from_le_bytes(b).into()),
            _ => return Err(self.wrong(tensor, format!("expected whole numbers, found {}", self.type_name(tensor)))),
        })
    }

    /// Reads `expected` bytes of a tensor from the file that it names.
    fn external(&self, tensor: &TensorProto, expected: usize) -> Result<Vec<u8>> {
        let entry = |key: &str| tensor.external_data.iter().find(|entry| entry.key() == key).map(|entry| entry.value());
        let location = entry("location").unwrap_or_default();
        let fail = |reason: String| Error::External {
            path: self.path.clone(),
            tensor: tensor.name().into(),
            location: location.into(),
            reason,
        };
        let Some(folder) = &self.folder else { return Err(fail("a model in memory has no folder".into())) };
        let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if location.is_empty() || !Path::new(location).components().all(inside) {
            return Err(fail("only files in the folder of the model are read".into()));
        }
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(text) => text.parse::<u64>().map(Some).map_err(|_| fail(format!("`{key}` is not a number: {text:?}"))),
        };
        let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
        // Where a link leads out of the folder, it is not one of its files either.
        let place = |path: &Path| path.canonicalize().map_err(|error| fail(error.to_string()));
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let (folder, file) = (place(here)?, place(&here.join(location))?);
        if !file.starts_with(&folder) || !file.is_file() {
            return Err(fail("only files in the folder of the model are read".into()));
        }
        let mut file = std::fs::File::open(&file).map_err(|error| fail(error.to_string()))?;
        let size = file.metadata().map_err(|error| fail(error.to_string()))?.len();
        let rest = size.saturating_sub(offset);
        if length.is_some_and(|length| length != expected as u64) || rest < expected as u64 {
            let found = length.unwrap_or(rest).min(rest);
            return Err(fail(format!("expected {expected} bytes from byte {offset} on, found {found}")));
        }
        let mut bytes = vec![0; expected];
        let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes));
        read.map_err(|error| fail(error.to_string()))?;
        Ok(bytes)
    }
    fn type_name(&self, tensor: &TensorProto) -> String {
        let number = tensor.data_type.unwrap_or_default();
        DataType::try_from(number).map_or_else(|_| format!("number {number}"), |known| known.as_str_name().into())
    }
    fn wrong(&self, tensor: &TensorProto, reason: String) -> Error {
        Error::Tensor { path: self.path.clone(), tensor: tensor.name().into(), reason }
    }
}

impl TensorProto {
    /// Returns the type of the elements; `Undefined` also for one that this version of ONNX does not have.
    pub fn element_type(&self) -> DataType {
        DataType::try_from(self.data_type()).unwrap_or(DataType::Undefined)
    }
}

/// Returns the bytes of one element; `None` for text, and for elements smaller than a byte.
fn size_of(data_type: DataType) -> Option<usize> {
    Some(match data_type {
        DataType::Bool | DataType::Int8 | DataType::Uint8 => 1,
        DataType::Float16 | DataType::Bfloat16 | DataType::Int16 | DataType::Uint16 => 2,
        DataType::Float | DataType::Int32 | DataType::Uint32 => 4,
        DataType::Double | DataType::Int64 | DataType::Uint64 => 8,
        _ => return None,
    })
}

/// Returns the little-endian bytes of the elements in the field for the type of a tensor. Small ones lie in `int32_data`.
fn fields(tensor: &TensorProto) -> Vec<u8> {
    let low =
        |bytes: usize| tensor.int32_data.iter().flat_map(move |x| x.to_le_bytes().into_iter().take(bytes)).collect();
    match tensor.element_type() {
        DataType::Float => tensor.float_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        DataType::Double => tensor.double_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        DataType::Int64 => tensor.int64_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        DataType::Uint64 => tensor.uint64_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        DataType::Uint32 => tensor.uint64_data.iter().flat_map(|x| x.to_le_bytes().into_iter().take(4)).collect(),
        other => low(size_of(other).unwrap_or(0)),
    }
}

fn numbers<const N: usize, T>(bytes: &[u8], number: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&bytes| number(bytes)).collect()
}

/// Returns a number of half precision (IEEE 754 binary16) as `f32`, which holds each exactly.
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (u32::from(bits >> 15) << 31, (bits >> 10) & 31, u32::from(bits & 1023));
    match exponent {
        // Without the leading 1: the fraction counts 2⁻²⁴.
        0 => f32::from_bits(sign | (fraction as f32 * f32::from_bits((127 - 24) << 23)).to_bits()),
        31 => f32::from_bits(sign | 255 << 23 | fraction << 13),
        _ => f32::from_bits(sign | (u32::from(exponent) + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests;
