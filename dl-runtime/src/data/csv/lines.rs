//! Reads the lines of a table and counts them.

use super::FORMAT;
use crate::data::table::{Field, Row};
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
    only_returns: bool,
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
        let reader = dialect(delimiter).from_reader(source);
        Ok(Lines { reader, fields: StringRecord::new(), number: 0, path: path.into(), only_returns })
    }
    /// Reads the first line.
    ///
    /// # Errors
    /// [`Error::Format`] if there is none.
    pub(super) fn first(&mut self) -> Result<()> {
        match self.next()? {
            true => Ok(()),
            false => Err(self.malformed("a table", "nothing")),
        }
    }
    /// Returns the position in the file after the current line.
    pub(super) fn position(&self) -> u64 {
        self.reader.position().byte()
    }
    /// Returns true if lines end with `\r` alone.
    pub(super) fn only_returns(&self) -> bool {
        self.only_returns
    }
    /// Reads the next line that is not empty; returns false at the end.
    pub(super) fn next(&mut self) -> Result<bool> {
        let more = next_record(&mut self.reader, &mut self.fields);
        // The reader is already at the beginning of the next line.
        self.number = self.reader.position().line().saturating_sub(1);
        more.map_err(|error| self.explain(error))
    }
    fn explain(&self, error: csv::Error) -> Error {
        match error.into_kind() {
            ErrorKind::Io(source) => Error::Io { path: self.path.clone(), source },
            ErrorKind::Utf8 { err, .. } => {
                self.malformed("UTF-8", format!("other bytes in line {}, field {}", self.number, err.field() + 1))
            }
            kind => self.malformed("a table", format!("{kind:?} in line {}", self.number)),
        }
    }
}

impl Row for Lines<'_> {
    const FORMAT: &'static str = FORMAT;

    fn path(&self) -> &Path {
        &self.path
    }
    fn number(&self) -> u64 {
        self.number
    }
    fn field(&self, column: usize) -> Field<'_> {
        Field::Text(&self.fields[column])
    }
}

/// Reads the next line that is not empty; returns false at the end.
pub(super) fn next_record<R: Read>(reader: &mut Reader<R>, fields: &mut StringRecord) -> csv::Result<bool> {
    loop {
        let more = reader.read_record(fields)?;
        if !more || fields.len() != 1 || !fields[0].is_empty() {
            return Ok(more);
        }
    }
}

/// Returns the settings of the crate for lines that end with `\n`.
pub(super) fn dialect(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    // With CRLF as the terminator, the crate does not count a line until it reads the next one; so `\r` is trimmed as a space.
    builder.has_headers(false).flexible(true).delimiter(delimiter).terminator(Terminator::Any(b'\n')).trim(Trim::All);
    builder
}

/// Converts a table whose lines end with `\r` alone, as on old Macs, because the crate counts lines by `\n`.
pub(super) struct Returns<R>(pub R);

impl<R: Read> Read for Returns<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let len = self.0.read(to)?;
        to[..len].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        Ok(len)
    }
}
