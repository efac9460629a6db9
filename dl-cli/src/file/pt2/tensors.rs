//! The tensors of a program: files of numbers, of which each tensor is a part, with strides.

use super::schema::{PayloadMeta, SymInt, TensorMeta};
use crate::file::Dtype;
use crate::file::dtype::Other;
use dl_onnx::Bytes;

/// A weight, a buffer or a constant: contiguous little-endian elements.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The name in the program.
    pub name: String,
    /// The element type.
    pub dtype: Dtype,
    /// The shape, outermost dimension first.
    pub shape: Vec<usize>,
    /// The elements.
    pub bytes: Bytes,
}

/// The property that was expected of a tensor, and the one that was found.
pub(super) struct Wrong {
    pub(super) expected: String,
    pub(super) found: String,
}

fn wrong(expected: impl Into<String>, found: impl ToString) -> Wrong {
    Wrong { expected: expected.into(), found: found.to_string() }
}

impl Stored {
    /// Reads a tensor of the bytes of its file. A tensor has at most as many elements as its file.
    pub(super) fn new(name: &str, payload: &PayloadMeta, file: &Bytes) -> Result<Self, Wrong> {
        let meta = payload.tensor_meta.as_ref().ok_or_else(|| wrong("a type and a shape", "none"))?;
        let dtype = dtype(meta.dtype).ok_or_else(|| wrong("a known element type", format!("number {}", meta.dtype)))?;
        let numbers = |sizes: &[SymInt]| -> Option<Vec<usize>> {
            sizes.iter().map(|size| usize::try_from(size.known()?).ok()).collect()
        };
        let (Some(shape), Some(strides), Some(offset)) = (
            numbers(&meta.sizes),
            numbers(&meta.strides).filter(|strides| strides.len() == meta.sizes.len()),
            meta.storage_offset.known().and_then(|offset| usize::try_from(offset).ok()),
        ) else {
            return Err(wrong("a size and a stride for each dimension, and an offset", format!("{meta:?}")));
        };
        let (_, width) = dtype.block();
        let place = Place { shape: &shape, strides: &strides, offset, width };
        let bytes = place.read(file)?;
        Ok(Stored { name: name.into(), dtype, shape, bytes })
    }
}

/// The layout of the elements of a tensor in its file.
struct Place<'a> {
    shape: &'a [usize],
    strides: &'a [usize],
    offset: usize,
    /// The bytes of an element.
    width: usize,
}

impl Place<'_> {
    fn read(&self, file: &Bytes) -> Result<Bytes, Wrong> {
        let impossible = || wrong("a tensor that fits into memory", format!("the shape {:?}", self.shape));
        let len = self.shape.iter().try_fold(1_usize, |len, size| len.checked_mul(*size)).ok_or_else(impossible)?;
        if len == 0 {
            return Ok(Bytes::new());
        }
        let size = len.checked_mul(self.width).ok_or_else(impossible)?;
        // The place behind the last element.
        let end = self
            .shape
            .iter()
            .zip(self.strides)
            .try_fold(self.offset, |end, (size, stride)| end.checked_add((size - 1).checked_mul(*stride)?));
        let end = end.and_then(|end| end.checked_add(1)?.checked_mul(self.width));
        let Some(end) = end.filter(|end| *end <= file.len() && size <= file.len()) else {
            let expected = format!("{size} bytes of the shape {:?} from element {} on", self.shape, self.offset);
            return Err(wrong(expected, format!("a file of {} bytes", file.len())));
        };
        if self.is_contiguous() {
            return Ok(file.slice(end - size..end));
        }
        let mut bytes = Vec::with_capacity(size);
        let mut at = vec![0; self.shape.len()];
        for _ in 0..len {
            let place = self.offset + at.iter().zip(self.strides).map(|(index, stride)| index * stride).sum::<usize>();
            bytes.extend_from_slice(&file[place * self.width..][..self.width]);
            for (index, size) in at.iter_mut().zip(self.shape).rev() {
                *index += 1;
                if *index < *size {
                    break;
                }
                *index = 0;
            }
        }
        Ok(bytes.into())
    }
    fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.shape.iter().zip(self.strides).rev().all(|(size, stride)| {
            let fits = *size == 1 || *stride == expected;
            expected *= size;
            fits
        })
    }
}

/// Returns the element type of a number of `ScalarType`.
pub fn dtype(number: i64) -> Option<Dtype> {
    let other = |name, size| Dtype::Other(Other { name, block: 1, size });
    Some(match number {
        1 => Dtype::U8,
        2 => Dtype::I8,
        3 => Dtype::I16,
        4 => Dtype::I32,
        5 => Dtype::I64,
        6 => Dtype::F16,
        7 => Dtype::F32,
        8 => Dtype::F64,
        9 => other("COMPLEX_HALF", 4),
        10 => other("COMPLEX_FLOAT", 8),
        11 => other("COMPLEX_DOUBLE", 16),
        12 => Dtype::Bool,
        13 => Dtype::BF16,
        28 => Dtype::U16,
        29 => other("F8_E4M3", 1),
        30 => other("F8_E5M2", 1),
        31 => other("F8_E4M3FNUZ", 1),
        32 => other("F8_E5M2FNUZ", 1),
        _ => return None,
    })
}

impl TensorMeta {
    /// Returns the element type, if it is known.
    pub fn element(&self) -> Option<Dtype> {
        dtype(self.dtype)
    }
}
