//! Reads a model from a file or from bytes.

use crate::limit;
use crate::{Bytes, Error, IN_MEMORY, ModelProto, Result};
use prost::Message;
use std::path::Path;

/// The largest message of protobuf, in bytes.
pub(crate) const MOST_BYTES: u64 = i32::MAX as u64;

/// Reads the model in the file at `path`. Weights in other files are not read; [`Weights`](crate::Weights) does that.
///
/// The memory is at most 64 times the size of the file, and about its size if most of it is weights.
///
/// # Errors
/// [`Error::Io`], [`Error::Format`], [`Error::TooLarge`] and [`Error::Inflated`].
pub fn read(path: impl AsRef<Path>) -> Result<ModelProto> {
    let path = path.as_ref();
    let file = std::fs::metadata(path).map_err(Error::io(path))?;
    if !file.is_file() {
        // A pipe or a device has no end that is known beforehand.
        return Err(Error::Format { path: path.into(), reason: "it is not a regular file".into() });
    }
    check_size(path, file.len())?;
    decode_at(path, std::fs::read(path).map_err(Error::io(path))?.into())
}

/// Reads a model from the bytes of a file, as [`read`]. Weights stay in `bytes` and are not copied.
///
/// # Errors
/// As [`read`], with [`IN_MEMORY`] for the path.
pub fn decode(bytes: impl Into<Bytes>) -> Result<ModelProto> {
    let bytes = bytes.into();
    check_size(Path::new(IN_MEMORY), bytes.len() as u64)?;
    decode_at(Path::new(IN_MEMORY), bytes)
}

fn check_size(path: &Path, found: u64) -> Result<()> {
    if found > MOST_BYTES { Err(Error::TooLarge { path: path.into(), found, most: MOST_BYTES }) } else { Ok(()) }
}

fn decode_at(path: &Path, bytes: Bytes) -> Result<ModelProto> {
    let fail = |reason: String| Error::Format { path: path.into(), reason };
    limit::check(path, &bytes)?;
    let model = ModelProto::decode(bytes).map_err(|error| fail(error.to_string()))?;
    // Other formats, and an empty file, can be valid protobuf by chance.
    match (&model.graph, model.ir_version) {
        (None, _) => Err(fail("it has no graph".into())),
        (_, None) => Err(fail("it has no `ir_version`".into())),
        _ => Ok(model),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GraphProto, NodeProto, encode};

    fn small() -> ModelProto {
        let node = NodeProto { op_type: Some("Relu".into()), input: vec!["x".into()], ..Default::default() };
        let graph = GraphProto { node: vec![node; 3], name: Some("small".into()), ..Default::default() };
        ModelProto { ir_version: Some(8), graph: Some(graph), ..Default::default() }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = std::env::temp_dir().join(format!("dl-onnx-{}.onnx", std::process::id()));
        std::fs::write(&file, encode(&small()).unwrap()).unwrap();
        let read = read(&file);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read.unwrap(), small());
    }

    #[test]
    fn every_beginning_is_an_error_or_a_model() {
        let bytes = encode(&small()).unwrap();
        for end in 0..bytes.len() {
            // No panic. What was cut between two fields of the model is a model.
            let _ = decode(bytes[..end].to_vec());
        }
        assert!(matches!(decode(bytes[..bytes.len() - 1].to_vec()), Err(Error::Format { .. })));
        assert!(matches!(decode(Vec::new()), Err(Error::Format { .. })));
        let error = decode(b"PK\x03\x04 is a zip".to_vec()).unwrap_err().to_string();
        assert!(error.starts_with("<memory>: not an ONNX model: "), "{error}");
        assert!(matches!(read(std::env::temp_dir()), Err(Error::Format { .. })));
        assert!(matches!(read("no such file.onnx"), Err(Error::Io { .. })));
    }

    #[test]
    fn deep_graphs_are_an_error() {
        use crate::AttributeProto;
        let mut graph = GraphProto::default();
        for _ in 0..200 {
            let attribute = AttributeProto { g: Some(Box::new(graph)), ..Default::default() };
            let node = NodeProto { attribute: vec![attribute], ..Default::default() };
            graph = GraphProto { node: vec![node], ..Default::default() };
        }
        let model = ModelProto { ir_version: Some(8), graph: Some(graph), ..Default::default() };
        assert!(matches!(decode(encode(&model).unwrap()), Err(Error::Format { .. })));
    }

    #[test]
    fn a_file_of_empty_parts_is_refused_before_it_takes_memory() {
        let graph = GraphProto { node: vec![NodeProto::default(); 10_000], ..Default::default() };
        let model = ModelProto { ir_version: Some(8), graph: Some(graph), ..Default::default() };
        assert!(matches!(decode(encode(&model).unwrap()), Err(Error::Inflated { .. })));
    }
}
