//! `dl convert`: a file of another library or another precision becomes a safetensors file with the names and layouts of a model.

use crate::file::{Dtype, File, Kind, Values};
use crate::{Error, Result};
use dl_runtime::io::{Converted, Rules, write_atomic};
use half::{bf16, f16};
use serde_json::{Map, Value, json};
use std::io;
use std::path::Path;

/// The counter in PyTorch's batch norm, which models do not have.
const COUNTER: &str = "num_batches_tracked";

/// The element type of the file that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum To {
    /// The type that [`include_model!`](https://docs.rs/dl-nets) takes.
    #[default]
    F32,
    /// Half the bytes, with 11 bits of precision; numbers up to 65504.
    F16,
    /// Half the bytes, with 8 bits of precision.
    BF16,
}

impl To {
    fn dtype(self) -> Dtype {
        match self {
            To::F32 => Dtype::F32,
            To::F16 => Dtype::F16,
            To::BF16 => Dtype::BF16,
        }
    }
    /// Appends the bytes of a number; false if it was finite and is not any more.
    fn encode(self, number: f32, to: &mut Vec<u8>) -> bool {
        let finite = match self {
            To::F32 => {
                to.extend(number.to_le_bytes());
                return true;
            }
            To::F16 => {
                let half = f16::from_f32(number);
                to.extend(half.to_le_bytes());
                half.is_finite()
            }
            To::BF16 => {
                let half = bf16::from_f32(number);
                to.extend(half.to_le_bytes());
                half.is_finite()
            }
        };
        finite || !number.is_finite()
    }
}

/// The tensors that were written, and those that were left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The number of tensors.
    pub tensors: usize,
    /// The number of bytes of the tensors.
    pub bytes: usize,
    /// Tensors that were left out without being asked for: PyTorch's counters of batch norms.
    pub left_out: Vec<String>,
}

/// Writes the tensors of `file` to a safetensors file at `out`, by `rules` and in the type `to`. The file is written atomically, one tensor
/// after another.
///
/// # Errors
/// Returns an error if a rule does not fit, if tensors are whole numbers or of an unknown type and not left out, if a number becomes too
/// large, or if the file cannot be written; then nothing is written.
pub fn convert(file: &File, rules: &Rules, to: To, out: &Path) -> Result<Written> {
    let tensors: Vec<(String, Vec<usize>)> =
        file.tensors.iter().map(|tensor| (tensor.name.clone(), tensor.shape.clone())).collect();
    let mut converted = rules.convert(&file.path, &tensors)?;
    let mut written = Written::default();
    converted.retain(|tensor| {
        let counter = tensor.files().any(|file| file == COUNTER || file.ends_with(&format!(".{COUNTER}")));
        if counter {
            written.left_out.extend(tensor.files().map(String::from));
        }
        !counter
    });
    check_types(file, &converted)?;
    let header = header(file, &converted, to, &mut written.bytes);
    written.tensors = converted.len();
    let mut failed = None;
    let result = write_atomic(out, |writer| {
        writer.write_all(&(header.len() as u64).to_le_bytes())?;
        writer.write_all(header.as_bytes())?;
        let mut bytes = Vec::new();
        for tensor in &converted {
            bytes.clear();
            if let Err(error) = encode(file, tensor, to, &mut bytes) {
                failed = Some(error);
                return Err(io::Error::other("a tensor cannot be converted"));
            }
            writer.write_all(&bytes)?;
        }
        Ok(())
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(result.map(|()| written)?),
    }
}

/// Returns an error that names all tensors which are no numbers that a model can have.
fn check_types(file: &File, converted: &[Converted]) -> Result<()> {
    let used = converted.iter().flat_map(Converted::files).filter_map(|name| file.tensor(name));
    let mut wrong: Vec<String> = used
        .filter(|tensor| tensor.dtype.values() != Values::Numbers)
        .map(|tensor| format!("`{}` ({})", tensor.name, tensor.dtype.name()))
        .collect();
    wrong.dedup();
    if wrong.is_empty() { Ok(()) } else { Err(Error::NotNumbers { path: file.path.clone(), tensors: wrong }) }
}

/// Returns the header, padded with spaces so that the numbers are aligned to 8 bytes. `end` gets the number of their bytes.
fn header(file: &File, converted: &[Converted], to: To, end: &mut usize) -> String {
    let mut entries = Map::new();
    let mut metadata: Map<String, Value> = Map::new();
    if !matches!(file.kind, Kind::Gguf | Kind::Onnx) {
        // A training cannot go on from other tensors.
        let kept = file.metadata.iter().filter(|(key, _)| *key != "checkpoint");
        metadata.extend(kept.map(|(key, value)| (key.clone(), Value::String(value.clone()))));
    }
    metadata.insert("format".into(), "pt".into());
    entries.insert("__metadata__".into(), metadata.into());
    let (_, size) = to.dtype().block();
    for tensor in converted {
        let from = *end;
        *end += tensor.shape().iter().product::<usize>() * size;
        let entry = json!({ "dtype": to.dtype().name(), "shape": tensor.shape(), "data_offsets": [from, *end] });
        entries.insert(tensor.name().into(), entry);
    }
    let mut header = Value::Object(entries).to_string();
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    header
}

/// Appends the bytes of a tensor.
fn encode(file: &File, converted: &Converted, to: To, bytes: &mut Vec<u8>) -> Result<()> {
    let numbers = converted.numbers(|name| read(file, name))?;
    bytes.reserve(numbers.len() * to.dtype().block().1);
    match numbers.iter().position(|number| !to.encode(*number, bytes)) {
        None => Ok(()),
        Some(at) => Err(too_large(file, converted.name(), numbers[at].into(), at, to.dtype().name())),
    }
}

/// Reads a tensor as `f32`.
fn read(file: &File, name: &str) -> Result<Vec<f32>> {
    let missing = || dl_runtime::Error::NoTensor { path: file.path.clone(), tensor: name.into() };
    let tensor = file.tensor(name).ok_or_else(missing)?;
    let mut to: Vec<f32> = Vec::with_capacity(tensor.elements());
    let mut wrong = None;
    let decoded = file.chunks(tensor, |numbers| {
        for number in numbers {
            let converted = *number as f32;
            if number.is_finite() && !converted.is_finite() {
                wrong.get_or_insert((to.len(), *number));
            }
            to.push(converted);
        }
    });
    match (decoded, wrong) {
        (None, _) => {
            let tensors = vec![format!("`{name}` ({})", tensor.dtype.name())];
            Err(Error::NotNumbers { path: file.path.clone(), tensors })
        }
        (_, Some((at, value))) => Err(too_large(file, name, value, at, "F32")),
        _ => Ok(to),
    }
}

fn too_large(file: &File, tensor: &str, value: f64, at: usize, to: &'static str) -> Error {
    Error::TooLarge { path: file.path.clone(), tensor: tensor.into(), value, at, to }
}
