//! Opens safetensors files, checkpoints, and the index that names the files of a large model.

use super::dtype::Other;
use super::{Content, Dtype, File, Kind, Tensor, map};
use crate::{Error, Result};
use dl_runtime::io::safetensors::Reader;
use safetensors::{Dtype as Element, SafeTensors};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const INDEX: &str = "safetensors index";

/// Opens a safetensors file, or a checkpoint.
pub(super) fn open(path: &Path, content: Content) -> Result<File> {
    // The reader of the library knows other formats by their beginnings, and says what to do with them.
    let reader = Reader::of(&content).map_err(|error| with_path(path, error))?;
    let metadata = reader.metadata().clone();
    let broken = |found: String| Error::Format {
        path: path.into(),
        format: "safetensors",
        expected: "a header of tensors without gaps or overlaps".into(),
        found,
    };
    let (len, header) = SafeTensors::read_metadata(&content).map_err(|error| broken(error.to_string()))?;
    let start = 8 + len;
    let mut tensors = Vec::new();
    for name in reader.names() {
        let Some(info) = header.info(&name) else { return Err(broken(format!("no entry of `{name}`"))) };
        let (from, to) = info.data_offsets;
        let dtype = dtype(info.dtype);
        let bytes = start + from..start + to;
        if bytes.end > content.len() || bytes.start > bytes.end {
            return Err(broken(format!("`{name}` at bytes {from} to {to}")));
        }
        tensors.push(Tensor { name, dtype, shape: info.shape.clone(), content: 0, bytes });
    }
    drop(reader);
    let kind = if metadata.contains_key("checkpoint") { Kind::Checkpoint } else { Kind::Safetensors };
    Ok(File { path: path.into(), kind, metadata, tensors, contents: vec![content] })
}

/// Gives an error about bytes in memory the path of the file.
fn with_path(path: &Path, error: dl_runtime::Error) -> Error {
    match error {
        dl_runtime::Error::Format { format, expected, found, .. } => {
            Error::Format { path: path.into(), format, expected, found }
        }
        dl_runtime::Error::OtherFormat { expected, found, advice, .. } => {
            dl_runtime::Error::OtherFormat { path: path.into(), expected, found, advice }.into()
        }
        other => other.into(),
    }
}

/// The JSON of an index.
#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    metadata: BTreeMap<String, serde_json::Value>,
    /// The file of each tensor.
    weight_map: BTreeMap<String, String>,
}

/// Returns `true` if a file is JSON with a list of files.
pub(super) fn is_index(content: &[u8]) -> bool {
    const WORD: &[u8] = b"\"weight_map\"";
    let start = content.trim_ascii_start();
    start.first() == Some(&b'{') && content.windows(WORD.len()).any(|bytes| bytes == WORD)
}

/// Opens all files that an index names. They lie beside it.
pub(super) fn open_index(path: &Path, content: &[u8]) -> Result<File> {
    let broken = |expected: &str, found: String| Error::Format {
        path: path.into(),
        format: INDEX,
        expected: expected.into(),
        found,
    };
    let index: Index = serde_json::from_slice(content)
        .map_err(|error| broken("a list of files by tensor, `weight_map`", error.to_string()))?;
    let metadata = index.metadata.into_iter().map(|(key, value)| (key, super::text(value))).collect();
    let mut names: Vec<&String> = index.weight_map.values().collect();
    names.sort_unstable();
    names.dedup();
    let (mut tensors, mut contents) = (Vec::new(), Vec::new());
    for name in names {
        // A path could lead out of the folder.
        let plain = Path::new(name).file_name().is_some_and(|plain| plain == name.as_str());
        if !plain {
            return Err(broken("names of files in the same folder", format!("`{name}`")));
        }
        let shard: PathBuf = path.with_file_name(name);
        let mut shard = open(&shard, map(&shard)?)?;
        for tensor in shard.tensors {
            if index.weight_map.get(&tensor.name) == Some(name) {
                tensors.push(Tensor { content: contents.len(), ..tensor });
            }
        }
        contents.append(&mut shard.contents);
    }
    for (tensor, file) in &index.weight_map {
        if !tensors.iter().any(|found: &Tensor| found.name == *tensor) {
            return Err(broken(&format!("the tensor `{tensor}` in {file}"), "none".into()));
        }
    }
    Ok(File { path: path.into(), kind: Kind::SafetensorsIndex, metadata, tensors, contents })
}

fn dtype(element: Element) -> Dtype {
    match element {
        Element::F64 => Dtype::F64,
        Element::F32 => Dtype::F32,
        Element::F16 => Dtype::F16,
        Element::BF16 => Dtype::BF16,
        Element::I64 => Dtype::I64,
        Element::I32 => Dtype::I32,
        Element::I16 => Dtype::I16,
        Element::I8 => Dtype::I8,
        Element::U64 => Dtype::U64,
        Element::U32 => Dtype::U32,
        Element::U16 => Dtype::U16,
        Element::U8 => Dtype::U8,
        Element::BOOL => Dtype::Bool,
        Element::F8_E4M3 => Dtype::Other(Other { name: "F8_E4M3", block: 1, size: 1 }),
        Element::F8_E5M2 => Dtype::Other(Other { name: "F8_E5M2", block: 1, size: 1 }),
        Element::C64 => Dtype::Other(Other { name: "C64", block: 1, size: 8 }),
        // The tensor is shown; its size is that of the file.
        _ => Dtype::Other(Other { name: "another type", block: 1, size: 1 }),
    }
}
