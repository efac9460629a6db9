//! Event files of TensorBoard: scalars, histograms, texts and images over the steps of a training.
//!
//! A file is a list of records, each with its length and two checksums (`tensorflow/core/lib/io/record_writer.h`). A record is one
//! message `Event` of protocol buffers (`event.proto`, `summary.proto`), of which this module writes the few fields that are needed.
//! [`Trainer::tensorboard`](crate::train::Trainer::tensorboard) writes such files while it trains.
//!
//! ```
//! # use dl_runtime as dl;
//! # let folder = std::env::temp_dir().join(format!("tensorboard{}", std::process::id()));
//! use dl::plot::Histogram;
//! use dl::tensorboard::EventFile;
//! let mut events = EventFile::create(&folder)?;
//! for step in 0..100 {
//!     events.scalar("loss", step, 1.0 / (1.0 + step as f32))?;
//! }
//! events.histogram("weights", 99, &Histogram::of(&[0.1, -0.2, 0.3], 10))?;
//! events.text("note", 99, "learning rate **0.1**")?;
//! events.flush()?;
//! # std::fs::remove_dir_all(folder).unwrap();
//! # Ok::<(), dl::Error>(())
//! ```
//!
//! `tensorboard --logdir FOLDER` shows them.

use crate::io::{CRC32C, crc};
use crate::plot::{Histogram, Image};
use crate::{Error, Result};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A file of events, which is written record by record.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    to: BufWriter<File>,
    /// The time of all events, in seconds since 1970; otherwise the time when each is written.
    time: Option<f64>,
}

impl EventFile {
    /// Creates a new file in `folder`, which is created too if it does not exist. Files that are already there stay: TensorBoard shows
    /// all files of a folder as one run.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn create(folder: impl AsRef<Path>) -> Result<Self> {
        Self::open(folder.as_ref(), None)
    }
    /// Creates a file in which all events have the same time, in seconds since 1970, so that the same events give the same bytes.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn create_at_time(folder: impl AsRef<Path>, seconds: f64) -> Result<Self> {
        Self::open(folder.as_ref(), Some(seconds))
    }
    fn open(folder: &Path, time: Option<f64>) -> Result<Self> {
        static FILES: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        // TensorBoard reads the files of a folder in the order of their names, which begin with the time.
        let (seconds, file) = (time.unwrap_or_else(now) as u64, FILES.fetch_add(1, Ordering::Relaxed));
        let name = format!("events.out.tfevents.{seconds:010}.dl.{}.{file}", std::process::id());
        let path = folder.join(name);
        let to = BufWriter::new(File::create_new(&path).map_err(Error::io(&path))?);
        let mut events = EventFile { path, to, time };
        let mut event = Message::default();
        event.double(1, events.now()).bytes(3, b"brain.Event:2");
        events.record(&event.0)?;
        Ok(events)
    }
    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Writes a number.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn scalar(&mut self, tag: &str, step: u64, value: f32) -> Result<()> {
        self.value(tag, step, |message| _ = message.float(2, value))
    }
    /// Writes a histogram.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn histogram(&mut self, tag: &str, step: u64, histogram: &Histogram) -> Result<()> {
        let mut message = Message::default();
        let numbers = [histogram.min, histogram.max, histogram.finite as f64, histogram.sum, histogram.squares];
        (1..).zip(numbers).for_each(|(field, number)| _ = message.double(field, number));
        message.doubles(6, histogram.edges()).doubles(7, histogram.counts.iter().map(|count| *count as f64));
        self.value(tag, step, |value| _ = value.bytes(5, &message.0))
    }
    /// Writes a text, which TensorBoard reads as Markdown.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn text(&mut self, tag: &str, step: u64, text: &str) -> Result<()> {
        let (mut metadata, mut plugin, mut tensor) = (Message::default(), Message::default(), Message::default());
        plugin.bytes(1, b"text");
        metadata.bytes(1, &plugin.0);
        // A tensor of the type `DT_STRING`, with one dimension of size 1.
        let (mut shape, mut dimension) = (Message::default(), Message::default());
        dimension.number(1, 1);
        shape.bytes(2, &dimension.0);
        tensor.number(1, 7).bytes(2, &shape.0).bytes(8, text.as_bytes());
        self.value(tag, step, |value| _ = value.bytes(8, &tensor.0).bytes(9, &metadata.0))
    }
    /// Writes an image.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn image(&mut self, tag: &str, step: u64, image: &Image) -> Result<()> {
        let mut message = Message::default();
        let (width, height) = image.size();
        message.number(1, height as u64).number(2, width as u64).number(3, 3).bytes(4, &image.png());
        self.value(tag, step, |value| _ = value.bytes(4, &message.0))
    }
    /// Writes everything to the disk that is not there yet, such as after an epoch. Dropping the file does so too, without errors.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn flush(&mut self) -> Result<()> {
        self.to.flush().map_err(Error::io(&self.path))
    }

    fn now(&self) -> f64 {
        self.time.unwrap_or_else(now)
    }
    /// Writes an event with a summary of one value, whose content `fill` adds to its tag.
    fn value(&mut self, tag: &str, step: u64, fill: impl FnOnce(&mut Message)) -> Result<()> {
        let (mut value, mut summary, mut event) = (Message::default(), Message::default(), Message::default());
        value.bytes(1, tag.as_bytes());
        fill(&mut value);
        summary.bytes(1, &value.0);
        event.double(1, self.now()).number(2, step).bytes(5, &summary.0);
        self.record(&event.0)
    }
    fn record(&mut self, data: &[u8]) -> Result<()> {
        let len = (data.len() as u64).to_le_bytes();
        let parts = [&len[..], &masked(&len), data, &masked(data)];
        parts.iter().try_for_each(|part| self.to.write_all(part)).map_err(Error::io(&self.path))
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

/// Returns the checksum of a record, which is masked since records may contain checksums themselves.
fn masked(data: &[u8]) -> [u8; 4] {
    crc::<CRC32C>(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// The bytes of a message of protocol buffers. As these have it, numbers that are 0 are left out.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) -> &mut Self {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
        self
    }
    fn key(&mut self, field: u64, kind: u64) -> &mut Self {
        self.varint(field << 3 | kind)
    }
    fn number(&mut self, field: u64, number: u64) -> &mut Self {
        if number == 0 { self } else { self.key(field, 0).varint(number) }
    }
    fn double(&mut self, field: u64, number: f64) -> &mut Self {
        if number.to_bits() != 0 {
            self.key(field, 1).0.extend(number.to_le_bytes());
        }
        self
    }
    /// A field of a `oneof`, which is written even if it is 0.
    fn float(&mut self, field: u64, number: f32) -> &mut Self {
        self.key(field, 5).0.extend(number.to_le_bytes());
        self
    }
    fn bytes(&mut self, field: u64, bytes: &[u8]) -> &mut Self {
        self.key(field, 2).varint(bytes.len() as u64).0.extend_from_slice(bytes);
        self
    }
    fn doubles(&mut self, field: u64, numbers: impl Iterator<Item = f64>) -> &mut Self {
        let packed: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
        if packed.is_empty() { self } else { self.bytes(field, &packed) }
    }
}
