//! The lines of a table, with their numbers.

use super::FORMAT;
use crate::{Error, Result};
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Terminator, Trim};
use std::io::{Chain, Read};
use std::path::{Path, PathBuf};

/// A table, at one of its lines.
pub(super) struct Lines<'a> {
    reader: Reader<Chain<Box<dyn Read + 'a>, &'static [u8]>>,
    /// The fields of the line.
    pub(super) fields: StringRecord,
    /// The line, counted from 1.
    pub(super) number: u64,
    pub(super) path: PathBuf,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: Box<dyn Read + 'a>, delimiter: u8, path: &Path) -> Self {
        // With an end after the last line too, all lines are counted alike.
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            // With CRLF as a terminator, the crate counts no line before it reads on; so `\r` is a space to be trimmed.
            .terminator(Terminator::Any(b'\n'))
            .trim(Trim::All)
            .from_reader(source.chain(&b"\n"[..]));
        Lines { reader, fields: StringRecord::new(), number: 0, path: path.into() }
    }
    /// Goes on to the next line that is not empty; false at the end.
    pub(super) fn next(&mut self) -> Result<bool> {
        loop {
            let more = self.reader.read_record(&mut self.fields);
            // The reader is at the beginning of the next line.
            self.number = self.reader.position().line().saturating_sub(1);
            match more {
                Ok(true) if self.fields.len() == 1 && self.fields[0].is_empty() => {}
                Ok(more) => return Ok(more),
                Err(error) => return Err(self.explain(error)),
            }
        }
    }
    /// [`Error::Format`] about this table.
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
