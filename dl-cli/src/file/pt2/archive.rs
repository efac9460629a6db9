//! A zip archive as PyTorch writes it: files by name, each a part of its bytes, because none is compressed.

use dl_onnx::Bytes;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::Range;
use zip::read::{ArchiveOffset, Config};
use zip::{CompressionMethod, ZipArchive};

/// The files of an archive.
#[derive(Debug)]
pub(super) struct Archive {
    content: Bytes,
    files: BTreeMap<String, Range<usize>>,
}

impl Archive {
    /// Finds the files of an archive. Checksums are not compared, because PyTorch can be told to write none.
    ///
    /// # Errors
    /// Returns what was found instead of an archive whose files are not compressed and lie in it.
    pub(super) fn open(content: Bytes) -> Result<Self, String> {
        let wrong = |error: zip::result::ZipError| error.to_string();
        // PyTorch writes more between the list of files and its end than sizes say, so the beginning must not be guessed from the end.
        let config = Config { archive_offset: ArchiveOffset::Known(0) };
        let mut zip = ZipArchive::with_config(config, Cursor::new(&content[..])).map_err(wrong)?;
        let mut files = BTreeMap::new();
        for at in 0..zip.len() {
            let file = zip.by_index_raw(at).map_err(wrong)?;
            let name = file.name().map_err(wrong)?.into_owned();
            if file.compression() != CompressionMethod::Stored || file.encrypted() {
                return Err(format!("`{name}` compressed or encrypted"));
            }
            let start = file.data_start().and_then(|start| usize::try_from(start).ok());
            let end = start.and_then(|start| start.checked_add(usize::try_from(file.size()).ok()?));
            let (Some(start), Some(end)) = (start, end.filter(|end| *end <= content.len())) else {
                return Err(format!("{} bytes of `{name}`, which end behind the archive", file.size()));
            };
            // All lie in one folder, which has the name of the archive.
            let inside = name.split_once('/').map_or(&*name, |(_, inside)| inside);
            files.insert(inside.to_owned(), start..end);
        }
        drop(zip);
        Ok(Archive { content, files })
    }
    /// Returns the bytes of a file.
    pub(super) fn file(&self, name: &str) -> Option<Bytes> {
        self.files.get(name).map(|range| self.content.slice(range.clone()))
    }
    /// Returns the names of all files.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(|name| &**name)
    }
    /// Returns the number of bytes of the archive.
    pub(super) fn len(&self) -> usize {
        self.content.len()
    }
}
