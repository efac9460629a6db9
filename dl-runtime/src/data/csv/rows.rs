//! Reads single lines of a file at their positions, by several threads at once.

use super::FORMAT;
use super::lines::{Returns, dialect, next_record};
use crate::data::table::{Field, Row};
use crate::{Error, Result};
use csv::{Position, Reader, StringRecord};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The fewest and the most bytes that a reader takes from the file at once.
const BUFFER: [usize; 2] = [1 << 8, 1 << 16];

/// A file whose lines are read at their positions.
#[derive(Debug)]
pub(super) struct Rows {
    file: Arc<File>,
    path: PathBuf,
    delimiter: u8,
    only_returns: bool,
    /// The bytes that a reader takes from the file at once.
    buffer: usize,
    /// The length of the file and the time of its last change, when it was opened.
    stamp: (u64, Option<SystemTime>),
    /// Readers that no thread uses at the moment.
    idle: Mutex<Vec<LineReader>>,
}

/// A reader with its own position in the file, and the line that it read last.
#[derive(Debug)]
struct LineReader {
    reader: Reader<AtLine>,
    fields: StringRecord,
}

impl Rows {
    pub fn open(path: &Path, delimiter: u8) -> Result<Self> {
        let file = File::open(path).map_err(Error::io(path))?;
        let stamp = stamp(&file).map_err(Error::io(path))?;
        let (file, path, idle) = (Arc::new(file), path.into(), Mutex::new(Vec::new()));
        Ok(Rows { file, path, delimiter, only_returns: false, buffer: BUFFER[0], stamp, idle })
    }
    /// Sets whether lines end with `\r` alone, and the number of lines.
    pub fn set_lines(&mut self, only_returns: bool, lines: usize) {
        self.only_returns = only_returns;
        // Most lines come with one read, and little after them: copying eight kilobytes takes longer than reading a short line.
        let line = self.stamp.0 as usize / lines.max(1);
        self.buffer = (2 * line).clamp(BUFFER[0], BUFFER[1]);
    }
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Returns a reader of the whole file.
    pub fn whole(&self) -> At {
        At { file: self.file.clone(), at: 0 }
    }
    /// Calls `f` with the line that begins at this position.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Format`] if there is no line, or `f` fails: all lines were read before, so the file has changed.
    pub fn read(&self, at: u64, number: usize, f: impl FnOnce(&Line<'_>) -> Result<()>) -> Result<()> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut line = idle.unwrap_or_else(|| self.reader());
        let mut position = Position::new();
        position.set_byte(at);
        let read = line.reader.seek(position).and_then(|()| next_record(&mut line.reader, &mut line.fields));
        let whole = match read {
            Ok(more) => more && f(&Line { fields: &line.fields, path: &self.path, number }).is_ok(),
            Err(error) => match error.into_kind() {
                csv::ErrorKind::Io(source) => return Err(Error::Io { path: self.path.clone(), source }),
                _ => false,
            },
        };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        if whole { Ok(()) } else { Err(self.changed(&format!("another row {number}"))) }
    }
    /// Checks that the file is still as it was when it was opened.
    pub fn check(&self) -> Result<()> {
        match stamp(&self.file).map_err(Error::io(&self.path))? == self.stamp {
            true => Ok(()),
            false => Err(self.changed("another length or time of its last change")),
        }
    }
    fn changed(&self, found: &str) -> Error {
        let expected = "the rows that were there when the file was opened".into();
        Error::Format { path: self.path.clone(), format: FORMAT, expected, found: format!("{found}: it has changed") }
    }
    fn reader(&self) -> LineReader {
        let at = AtLine { bytes: self.whole(), only_returns: self.only_returns };
        let reader = dialect(self.delimiter).buffer_capacity(self.buffer).from_reader(at);
        LineReader { reader, fields: StringRecord::new() }
    }
}

fn stamp(file: &File) -> io::Result<(u64, Option<SystemTime>)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// A line of the file.
pub(super) struct Line<'a> {
    pub fields: &'a StringRecord,
    path: &'a Path,
    number: usize,
}

impl Row for Line<'_> {
    const FORMAT: &'static str = FORMAT;

    fn path(&self) -> &Path {
        self.path
    }
    fn number(&self) -> u64 {
        self.number as u64
    }
    fn field(&self, column: usize) -> Field<'_> {
        Field::Text(&self.fields[column])
    }
}

/// Reads a file from a position on, without moving that of the file, so that several threads can do so.
#[derive(Debug)]
pub(super) struct At {
    file: Arc<File>,
    at: u64,
}

impl Read for At {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let len = read_at(&self.file, to, self.at)?;
        self.at += len as u64;
        Ok(len)
    }
}

#[cfg(unix)]
fn read_at(file: &File, to: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, to, at)
}

#[cfg(windows)]
fn read_at(file: &File, to: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, to, at)
}

/// Other systems have no such call.
#[cfg(not(any(unix, windows)))]
fn read_at(mut file: &File, to: &mut [u8], at: u64) -> io::Result<usize> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(at))?;
    file.read(to)
}

/// [`At`] as the crate wants it, with line ends that it knows.
#[derive(Debug)]
struct AtLine {
    bytes: At,
    only_returns: bool,
}

impl Read for AtLine {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.only_returns { Returns(&mut self.bytes).read(to) } else { self.bytes.read(to) }
    }
}

impl Seek for AtLine {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(at) => {
                self.bytes.at = at;
                Ok(at)
            }
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}
