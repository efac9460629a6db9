//! Reads the bytes of an IDX file, and decompresses them if the file is compressed with gzip.

use super::FORMAT;
use crate::io::{START, other_format};
use crate::{Error, Result};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The bytes of a file, and its path for errors.
pub(super) struct Source<'a> {
    bytes: Box<dyn Read + 'a>,
    path: PathBuf,
    /// The error for a file of another format, if its first bytes show which.
    other: Option<Error>,
}

/// Opens a plain or compressed file; its first bytes show which it is.
pub(super) fn open<'a>(file: Box<dyn Read + 'a>, path: &Path) -> Result<Source<'a>> {
    let mut file = BufReader::with_capacity(1 << 16, file);
    let start = file.fill_buf().map_err(Error::io(path))?;
    let packed = start.starts_with(&[0x1f, 0x8b]);
    let other = match packed || start.is_empty() {
        true => None,
        false => other_format(path, FORMAT, &start[..start.len().min(START)]),
    };
    Ok(Source { bytes: if packed { unpack(file, path)? } else { Box::new(file) }, path: path.into(), other })
}

#[cfg(feature = "gz")]
fn unpack<'a>(file: impl BufRead + 'a, _: &Path) -> Result<Box<dyn Read + 'a>> {
    Ok(Box::new(flate2::bufread::MultiGzDecoder::new(file)))
}

#[cfg(not(feature = "gz"))]
fn unpack<'a>(_: impl BufRead + 'a, path: &Path) -> Result<Box<dyn Read + 'a>> {
    let (expected, found) = ("a plain file (dl without the feature `gz`)".into(), "one compressed with gzip".into());
    Err(Error::Format { path: path.into(), format: FORMAT, expected, found })
}

impl Source<'_> {
    /// Fills `to` as far as the file goes, and returns the number of bytes read.
    pub(super) fn fill(&mut self, to: &mut [u8]) -> Result<usize> {
        let mut len = 0;
        while len < to.len() {
            match self.bytes.read(&mut to[len..]) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error(error)),
            }
        }
        Ok(len)
    }
    /// Reads the next bytes; if there are too few, the error contains `expected`.
    pub(super) fn next<const N: usize>(&mut self, expected: impl FnOnce() -> String) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        match self.fill(&mut bytes)? {
            len if len == N => Ok(bytes),
            _ => Err(self.malformed(expected(), "the end of the file".into())),
        }
    }
    /// Checks that the file ends here.
    pub(super) fn end(&mut self, expected: impl FnOnce() -> String) -> Result<()> {
        // It reads up to the end with `take`, because gzip checks its checksum only there.
        match io::copy(&mut (&mut self.bytes).take(1), &mut io::sink()) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.malformed(expected(), "more bytes".into())),
            Err(error) => Err(self.error(error)),
        }
    }
    /// Returns an [`Error::OtherFormat`] about this file if its format is known, and otherwise an [`Error::Format`].
    pub(super) fn not_idx(&mut self, expected: String, found: String) -> Error {
        self.other.take().unwrap_or_else(|| self.malformed(expected, found))
    }
    /// Returns an [`Error::Format`] about this file.
    pub(super) fn malformed(&self, expected: String, found: String) -> Error {
        Error::Format { path: self.path.clone(), format: FORMAT, expected, found }
    }
    /// Returns the error of a failed read, which comes from the file system or from gzip.
    fn error(&self, error: io::Error) -> Error {
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => {
                self.malformed("valid gzip data".into(), error.to_string())
            }
            _ => Error::Io { path: self.path.clone(), source: error },
        }
    }
}
