//! The element types of files: their names, their sizes, and their numbers as `f64`.

use half::{bf16, f16};

/// An element type. Some are blocks of elements that share a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the formats")]
pub enum Dtype {
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
    /// Blocks of 32 whole numbers from -128 to 127, and the factor that they share.
    Q8_0,
    /// Blocks of 32 whole numbers from -8 to 7, and the factor that they share.
    Q4_0,
    /// A type that is shown and not decoded.
    Other(Other),
}

/// An element type that is not decoded: its name, and how many bytes how many elements take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// The name in its format.
    pub name: &'static str,
    /// The elements of a block.
    pub block: usize,
    /// The bytes of a block.
    pub size: usize,
}

/// The kind of numbers that an element type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Floating-point numbers, which can be the weights of a model.
    Numbers,
    /// Whole numbers and truth values, which cannot.
    Whole,
    /// Numbers that are not decoded.
    Unknown,
}

impl Dtype {
    /// Returns the name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F64 => "F64",
            Dtype::F32 => "F32",
            Dtype::F16 => "F16",
            Dtype::BF16 => "BF16",
            Dtype::I64 => "I64",
            Dtype::I32 => "I32",
            Dtype::I16 => "I16",
            Dtype::I8 => "I8",
            Dtype::U64 => "U64",
            Dtype::U32 => "U32",
            Dtype::U16 => "U16",
            Dtype::U8 => "U8",
            Dtype::Bool => "BOOL",
            Dtype::Q8_0 => "Q8_0",
            Dtype::Q4_0 => "Q4_0",
            Dtype::Other(other) => other.name,
        }
    }
    /// Returns what the type stands for.
    pub fn values(self) -> Values {
        match self {
            Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::Q8_0 | Dtype::Q4_0 => Values::Numbers,
            Dtype::Other(_) => Values::Unknown,
            _ => Values::Whole,
        }
    }
    /// Returns the number of elements of a block, and of its bytes. Most types have blocks of one element.
    pub fn block(self) -> (usize, usize) {
        match self {
            Dtype::F64 | Dtype::I64 | Dtype::U64 => (1, 8),
            Dtype::F32 | Dtype::I32 | Dtype::U32 => (1, 4),
            Dtype::F16 | Dtype::BF16 | Dtype::I16 | Dtype::U16 => (1, 2),
            Dtype::I8 | Dtype::U8 | Dtype::Bool => (1, 1),
            Dtype::Q8_0 => (32, 34),
            Dtype::Q4_0 => (32, 18),
            Dtype::Other(other) => (other.block, other.size),
        }
    }
    /// Returns the bytes of so many elements; `None` for a part of a block, and for more than there can be.
    pub fn size(self, elements: usize) -> Option<usize> {
        let (block, size) = self.block();
        elements.is_multiple_of(block).then(|| (elements / block).checked_mul(size)).flatten()
    }
    /// Appends the numbers of whole little-endian elements or blocks; `None` if the type is not decoded.
    pub(super) fn decode(self, bytes: &[u8], to: &mut Vec<f64>) -> Option<()> {
        match self {
            Dtype::F64 => each(bytes, to, f64::from_le_bytes),
            Dtype::F32 => each(bytes, to, |b| f32::from_le_bytes(b).into()),
            Dtype::F16 => each(bytes, to, |b| f16::from_le_bytes(b).into()),
            Dtype::BF16 => each(bytes, to, |b| bf16::from_le_bytes(b).into()),
            Dtype::I64 => each(bytes, to, |b| i64::from_le_bytes(b) as f64),
            Dtype::I32 => each(bytes, to, |b| i32::from_le_bytes(b).into()),
            Dtype::I16 => each(bytes, to, |b| i16::from_le_bytes(b).into()),
            Dtype::I8 => each(bytes, to, |b| i8::from_le_bytes(b).into()),
            Dtype::U64 => each(bytes, to, |b| u64::from_le_bytes(b) as f64),
            Dtype::U32 => each(bytes, to, |b| u32::from_le_bytes(b).into()),
            Dtype::U16 => each(bytes, to, |b| u16::from_le_bytes(b).into()),
            Dtype::U8 | Dtype::Bool => each(bytes, to, |[b]| b.into()),
            Dtype::Q8_0 => blocks::<34>(bytes, to, |[_, _, whole @ ..], factor, to| {
                to.extend(whole.iter().map(|b| f64::from(factor * f32::from(b.cast_signed()))));
            }),
            Dtype::Q4_0 => blocks::<18>(bytes, to, |[_, _, pairs @ ..], factor, to| {
                let number = |four: u8| f64::from(factor * (f32::from(four) - 8.0));
                // The lower halves of the bytes are the first 16 elements.
                to.extend(pairs.iter().map(|b| number(b & 15)));
                to.extend(pairs.iter().map(|b| number(b >> 4)));
            }),
            Dtype::Other(_) => return None,
        }
        Some(())
    }
}

fn each<const N: usize>(bytes: &[u8], to: &mut Vec<f64>, f: impl Fn([u8; N]) -> f64) {
    to.extend(bytes.as_chunks::<N>().0.iter().map(|bytes| f(*bytes)));
}

/// Calls `f` for each block, whose first two bytes are the factor as F16.
fn blocks<const N: usize>(bytes: &[u8], to: &mut Vec<f64>, f: impl Fn(&[u8; N], f32, &mut Vec<f64>)) {
    for block in bytes.as_chunks::<N>().0 {
        f(block, f16::from_le_bytes([block[0], block[1]]).into(), to);
    }
}
