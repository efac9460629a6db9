//! Reads the lines of a table and counts them.

use super::FORMAT;
use crate::io::{START, other_format};
use crate::{Error, Result};
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Terminator, Trim};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

/// The number of bytes that are examined to find out how lines end.
const AHEAD: u64 = 1 << 16;

/// A table, positioned at one of its lines.
pub(super) struct Lines<'a> {
    reader: Reader<Box<dyn Read + 'a>>,
    /// The fields of the current line.
    pub(super) fields: StringRecord,
    /// The number of the current line, counted from 1.
    pub(super) number: u64,
    pub(super) path: PathBuf,
}

impl<'a> Lines<'a> {
    /// # Errors
    /// Returns [`Error::Io`], and [`Error::OtherFormat`] for a file that is not a table.
    pub(super) fn new(mut source: Box<dyn Read + 'a>, delimiter: u8, path: &Path) -> Result<Self> {
        let mut start = Vec::new();
        source.by_ref().take(AHEAD).read_to_end(&mut start).map_err(Error::io(path))?;
        let kind = other_format(path, FORMAT, &start[..start.len().min(START)]);
        if let Some(error) = kind.filter(|_| !start.is_empty()) {
            return Err(error);
        }
        let only_returns = start.contains(&b'\r') && !start.contains(&b'\n');
        // With a line end after the last line too, all lines are counted in the same way.
        let source = Cursor::new(start).chain(source).chain(&b"\n"[..]);
        let source: Box<dyn Read + 'a> = if only_returns { Box::new(Returns(source)) } else { Box::new(source) };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            // With CRLF as the terminator, the crate does not count a line until it reads the next one; so `\r` is trimmed as a space.
            .terminator(Terminator::Any(b'\n'))
            .trim(Trim::All)
            .from_reader(source);
        Ok(Lines { reader, fields: StringRecord::new(), number: 0, path: path.into() })
    }
    /// Reads the next line that is not empty; returns false at the end.
    pub(super) fn next(&mut self) -> Result<bool> {
        loop {
            let more = self.reader.read_record(&mut self.fields);
            // The reader is already at the beginning of the next line.
            self.number = self.reader.position().line().saturating_sub(1);
            match more {
                Ok(true) if self.fields.len() == 1 && self.fields[0].is_empty() => {}
                Ok(more) => return Ok(more),
                Err(error) => return Err(self.explain(error)),
            }
        }
    }
    /// Returns an [`Error::Format`] about this table.
    pub(super) fn malformed(&self, expected: String, found: String) -> Error {
        Error::Format { path: self.path.clone(), format: FORMAT, expected, found }
    }
    fn explain(&self, error: csv::Error) -> Error {
        match error.into_kind() {
            ErrorKind::Io(source) => Error::Io { path: self.path.clone(), source },
            ErrorKind::Utf8 { err, .. } => self
                .malformed("UTF-8".into(), format!("other bytes in line {}, field {}", self.number, err.field() + 1)),
            kind => self.malformed("a table".into(), format!("{kind:?} in line {}", self.number)),
        }
    }
}

/// Converts a table whose lines end with `\r` alone, as on old Macs, because the crate counts lines by `\n`.
struct Returns<R>(R);

impl<R: Read> Read for Returns<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let len = self.0.read(to)?;
        to[..len].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        Ok(len)
    }
}
