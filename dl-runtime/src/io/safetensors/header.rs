//! Reads the header of a safetensors file. Its length is checked against that of the file before memory is allocated for it.

use super::entries::Entries;
use super::{FORMAT, SIDE_BY_SIDE};
use crate::io::{START, other_format};
use crate::{Error, Result};
use ::safetensors::tensor::Metadata;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// The largest size of a header in bytes, as in the `safetensors` crate.
const LIMIT: u64 = 100_000_000;

/// The parsed header of a file.
pub(super) struct Header {
    /// The names, types, shapes and offsets of the tensors, which have no gaps or overlaps.
    pub(super) tensors: Metadata,
    /// The metadata of the file, `__metadata__`.
    pub(super) metadata: BTreeMap<String, String>,
    /// The offset of the first tensor in the file, in bytes.
    pub(super) start: u64,
}

/// Reads the metadata of a header alone.
pub(crate) fn metadata(json: &[u8], path: &Path) -> Result<BTreeMap<String, String>> {
    let wrong = |expected: &str, found| Error::Format {
        path: path.to_path_buf(),
        format: FORMAT,
        expected: expected.into(),
        found,
    };
    let entries: Entries = serde_json::from_slice(json).map_err(|error| wrong(SIDE_BY_SIDE, error.to_string()))?;
    Ok(entries.check().map_err(|(expected, found)| wrong(expected, found))?.metadata)
}

impl Header {
    /// Reads and checks the header of `source`.
    pub(super) fn read<R: Read + Seek + ?Sized>(source: &mut R, path: &Path) -> Result<Self> {
        let io = |source: io::Error| Error::Io { path: path.to_path_buf(), source };
        let file_len = source.seek(SeekFrom::End(0)).map_err(io)?;
        source.seek(SeekFrom::Start(0)).map_err(io)?;
        let mut begin = Vec::new();
        source.take(START as u64).read_to_end(&mut begin).map_err(io)?;
        // A file without a valid header may have another format; its first bytes alone could also be a length.
        let malformed = |expected: String, found: String| {
            let (path, format) = (path.to_path_buf(), FORMAT);
            other_format(&path, FORMAT, &begin).unwrap_or(Error::Format { path, format, expected, found })
        };
        let Some(len) = begin.first_chunk() else {
            return Err(malformed("at least 8 bytes".into(), format!("{file_len}")));
        };
        let len = u64::from_le_bytes(*len);
        let most = LIMIT.min(file_len.saturating_sub(8));
        if len > most {
            return Err(malformed(format!("a header of at most {most} bytes"), format!("one that claims {len} bytes")));
        }
        // The length is at most `LIMIT`, and no more than the file has.
        let mut json = vec![0; len as usize];
        source.seek(SeekFrom::Start(8)).map_err(io)?;
        source.read_exact(&mut json).map_err(io)?;
        let lie = |found: String| malformed(SIDE_BY_SIDE.into(), found);
        let entries: Entries = serde_json::from_slice(&json).map_err(|error| lie(error.to_string()))?;
        let Entries { tensors, metadata, .. } = entries.check().map_err(|(expected, found)| Error::Format {
            path: path.to_path_buf(),
            format: FORMAT,
            expected: expected.into(),
            found,
        })?;
        let tensors = Metadata::new(None, tensors).map_err(|error| lie(error.to_string()))?;
        let (start, data_len) = (8 + len, tensors.data_len() as u64);
        if file_len - start != data_len {
            return Err(malformed(
                format!("{data_len} bytes of tensors after the header"),
                format!("{} bytes", file_len - start),
            ));
        }
        Ok(Header { tensors, metadata, start })
    }
}
