//! Opens GGUF files of llama.cpp, versions 2 and 3: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
//!
//! A file has a count of tensors and of metadata, the metadata, the entries of the tensors, and their numbers, whose offsets are
//! multiples of an alignment. Nothing is allocated by a count: every entry takes bytes of the file before it takes memory.

mod cursor;
mod types;

use super::{Content, File, Kind, Tensor};
use crate::{Error, Result};
use cursor::Cursor;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The first bytes of a file.
pub(super) const MAGIC: &[u8] = b"GGUF";
const FORMAT: &str = "GGUF";
/// The alignment of a file that does not say it.
const ALIGNMENT: usize = 32;
/// The most dimensions of a tensor, as in ggml.
const DIMENSIONS: u32 = 4;
/// The most elements of a list of the metadata that are kept, because vocabularies are long.
const SHOWN: usize = 8;
/// The most lists inside lists, so that no file can exhaust the stack.
const DEPTH: usize = 8;

/// The expected and the found content.
type Fault = (String, String);

/// Opens a file.
pub(super) fn open(path: &Path, content: Content) -> Result<File> {
    match read(&content) {
        Ok((metadata, tensors)) => {
            Ok(File { path: path.into(), kind: Kind::Gguf, metadata, tensors, contents: vec![content] })
        }
        Err((expected, found)) => Err(Error::Format { path: path.into(), format: FORMAT, expected, found }),
    }
}

fn read(content: &[u8]) -> Result<(BTreeMap<String, String>, Vec<Tensor>), Fault> {
    let mut at = Cursor::new(content);
    at.bytes(MAGIC.len(), "the magic number")?;
    let version = at.u32("the version")?;
    if !(2..=3).contains(&version) {
        // Version 1 had counts of 32 bits, and a file of a big-endian machine has its version the other way round.
        return Err(("version 2 or 3, little-endian".into(), format!("version {version}")));
    }
    let (tensors, values) = (at.u64("the number of tensors")?, at.u64("the number of metadata values")?);
    let mut metadata = BTreeMap::new();
    let mut alignment = ALIGNMENT;
    for number in 0..values {
        let key = at.text(&format!("key {number} of {values}"))?;
        let kind = at.u32(&format!("the type of `{key}`"))?;
        let value = value(&mut at, kind, &key, 0)?;
        if key == "general.alignment" {
            let found = value.as_u64().and_then(|found| usize::try_from(found).ok());
            alignment = found.filter(|found| found.is_power_of_two()).ok_or_else(|| {
                let expected = "a power of two as `general.alignment`";
                (expected.to_owned(), value.to_string())
            })?;
        }
        if metadata.insert(key.clone(), super::text(value)).is_some() {
            return Err(("unique keys".into(), format!("`{key}` twice")));
        }
    }
    let mut entries = Vec::new();
    let mut names = BTreeSet::new();
    for number in 0..tensors {
        let name = at.text(&format!("the name of tensor {number} of {tensors}"))?;
        let entry = entry(&mut at, &name)?;
        if !names.insert(name.clone()) {
            return Err(("unique names".into(), format!("tensor `{name}` twice")));
        }
        entries.push((name, entry));
    }
    let start = at.position().next_multiple_of(alignment);
    let tensors = entries.into_iter().map(|(name, entry)| {
        let Entry { shape, dtype, size, offset } = entry;
        let from = usize::try_from(offset).ok().and_then(|offset| start.checked_add(offset));
        let range = from.and_then(|from| Some(from..from.checked_add(size)?));
        match range.filter(|range| range.end <= content.len()) {
            Some(bytes) if offset % alignment as u64 == 0 => Ok(Tensor { name, dtype, shape, content: 0, bytes }),
            Some(_) => Err((format!("an offset of tensor `{name}` that {alignment} divides"), format!("{offset}"))),
            None => Err((
                format!("{size} bytes of tensor `{name}` at {offset} after the header of {start} bytes"),
                format!("a file of {} bytes", content.len()),
            )),
        }
    });
    Ok((metadata, tensors.collect::<Result<_, _>>()?))
}

/// An entry of a tensor.
struct Entry {
    shape: Vec<usize>,
    dtype: super::Dtype,
    size: usize,
    offset: u64,
}

fn entry(at: &mut Cursor<'_>, name: &str) -> Result<Entry, Fault> {
    let dimensions = at.u32(&format!("the number of dimensions of tensor `{name}`"))?;
    if dimensions > DIMENSIONS {
        return Err((format!("at most {DIMENSIONS} dimensions of tensor `{name}`"), dimensions.to_string()));
    }
    let mut shape = Vec::new();
    for _ in 0..dimensions {
        let size = at.u64(&format!("a size of tensor `{name}`"))?;
        shape
            .push(usize::try_from(size).map_err(|_| (format!("sizes of tensor `{name}` that fit"), size.to_string()))?);
    }
    // The innermost dimension comes first.
    let row = shape.first().copied().unwrap_or(1);
    shape.reverse();
    let number = at.u32(&format!("the type of tensor `{name}`"))?;
    let dtype = types::find(number)
        .ok_or_else(|| (format!("a known element type of tensor `{name}`"), format!("number {number}")))?;
    let elements = shape.iter().try_fold(1, |n: usize, size| n.checked_mul(*size));
    let size = elements.filter(|_| row.is_multiple_of(dtype.block().0)).and_then(|elements| dtype.size(elements));
    let size = size.ok_or_else(|| {
        let expected = format!("a shape of tensor `{name}` with whole blocks of {}", dtype.name());
        (expected, format!("{shape:?}"))
    })?;
    let offset = at.u64(&format!("the offset of tensor `{name}`"))?;
    Ok(Entry { shape, dtype, size, offset })
}

/// Reads a value of the metadata. Long lists are shortened, and end with a text that says how long they are.
fn value(at: &mut Cursor<'_>, kind: u32, key: &str, depth: usize) -> Result<Value, Fault> {
    let what = format!("the value of `{key}`");
    Ok(match kind {
        0 => at.array::<1>(&what)?[0].into(),
        1 => at.array::<1>(&what)?[0].cast_signed().into(),
        2 => u16::from_le_bytes(at.array(&what)?).into(),
        3 => i16::from_le_bytes(at.array(&what)?).into(),
        4 => at.u32(&what)?.into(),
        5 => at.u32(&what)?.cast_signed().into(),
        6 => float(shortest(f32::from_bits(at.u32(&what)?))),
        7 => match at.array::<1>(&what)? {
            [0] => false.into(),
            [1] => true.into(),
            [other] => return Err((format!("0 or 1 for `{key}`"), other.to_string())),
        },
        8 => at.text(&what)?.into(),
        9 if depth < DEPTH => {
            let (kind, len) = (at.u32(&what)?, at.u64(&what)?);
            let mut list = Vec::new();
            for number in 0..len {
                let element = value(at, kind, key, depth + 1)?;
                if number < SHOWN as u64 {
                    list.push(element);
                }
            }
            if len > SHOWN as u64 {
                list.push(format!("… {len} in all").into());
            }
            list.into()
        }
        9 => return Err((format!("at most {DEPTH} lists inside lists in `{key}`"), "more".into())),
        10 => at.u64(&what)?.into(),
        11 => at.u64(&what)?.cast_signed().into(),
        12 => float(f64::from_bits(at.u64(&what)?)),
        other => return Err((format!("a known type of `{key}`"), format!("number {other}"))),
    })
}

/// JSON has no NaN and no infinities; they become text.
fn float(number: f64) -> Value {
    serde_json::Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
}

/// Returns the number with the digits that the `f32` needs: 1e-5, and not 9.999999747378752e-6.
fn shortest(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| number.into())
}
