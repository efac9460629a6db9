//! Reads tables in Parquet files, by the crate `parquet`, into the same samples as those of CSV files.

use super::table::{Blank, Encoding, Field, Reading, Row, Selection, Unknown, selects};
use super::{Dataset, Sample};
use crate::io::{START, other_format};
use crate::{Error, Result};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field as Value;
use parquet::record::reader::RowIter;
use parquet::schema::types::Type;
use std::fs::File;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// The name of the format in errors.
const FORMAT: &str = "Parquet";
const WHOLE: &str = "a whole Parquet file";

/// The settings for reading a data set from a Parquet file.
///
/// The last columns are the targets (as many as the target type has numbers), and all other columns are the inputs; only the columns that
/// are needed are read. Numbers, decimals and booleans (0 and 1) are numbers. Text, dates and times are text, for
/// [`Parquet::categories`] and [`Parquet::classes`]. A null and NaN are blank cells. Errors about a cell count the rows of the file from 1.
///
/// ```no_run
/// # use dl_runtime as dl;
/// use dl::data::{Blank, Dataset, Parquet};
/// let houses = Parquet::new().categories(["town"]).blank(Blank::Median).target("price");
/// let (houses, encoding): (Dataset<[f32; 3], f32>, _) = houses.learn("houses.parquet")?;
/// # Ok::<(), dl::Error>(())
/// ```
///
/// Files may be compressed with Snappy, as pandas writes them, or with gzip. For other compressions, such as Zstandard, a program adds
/// `parquet = { version = "60", default-features = false, features = ["zstd"] }` to its own dependencies.
#[derive(Clone, Debug)]
pub struct Parquet {
    table: Selection,
}

impl Default for Parquet {
    fn default() -> Self {
        // The columns of a Parquet file have names, even if these are numbers.
        Parquet { table: Selection { numbered: true, ..Selection::new("Parquet") } }
    }
}

selects!(Parquet);

impl Parquet {
    /// Creates the defaults: the targets in the last columns.
    pub fn new() -> Self {
        Self::default()
    }
    /// Reads a file.
    ///
    /// # Errors
    /// Returns [`Error::Io`]; [`Error::Cell`] for a field that is not a number or not a class, and [`Error::BlankCell`] for a blank one, with
    /// row and column; [`Error::Column`] for a column that does not exist; [`Error::Format`] for a damaged file, an unknown compression, a
    /// column of lists or structs, a wrong number of columns, or a name that two columns have; [`Error::OtherFormat`] for a file of another
    /// format; [`Error::Setting`] for a column that is both an input and a target, and for a name that was given twice.
    pub fn read<I: Sample, T: Sample>(&self, path: impl AsRef<Path>) -> Result<Dataset<I, T>> {
        Ok(self.learn(path)?.0)
    }
    /// Reads a file, and returns the encoding of its input columns too, for [`Parquet::encoding`] or that of another reader.
    ///
    /// # Errors
    /// Returns the errors of [`Parquet::read`].
    pub fn learn<I: Sample, T: Sample>(&self, path: impl AsRef<Path>) -> Result<(Dataset<I, T>, Encoding)> {
        let path = path.as_ref();
        // The crate panics for some damaged files.
        catch_unwind(AssertUnwindSafe(|| self.table(path)))
            .unwrap_or_else(|_| Err(malformed(path, WHOLE, "a damaged one")))
    }
    fn table<I: Sample, T: Sample>(&self, path: &Path) -> Result<(Dataset<I, T>, Encoding)> {
        self.table.check::<I::Element>()?;
        let reader = open(path)?;
        let damaged = |error| damaged(path, error);
        let schema = reader.metadata().file_metadata().schema();
        let names = schema.get_fields().iter().map(|field| field.name().to_string()).collect();
        let mut row = Values { path, number: 0, fields: Vec::new() };
        let mut reading = Reading::new(&self.table, names, &row)?;
        let needed: Vec<Arc<Type>> = reading.project().into_iter().map(|at| schema.get_fields()[at].clone()).collect();
        if let Some(field) = needed.iter().find(|field| !field.is_primitive()) {
            let expected = format!("numbers or text in column `{}`", field.name());
            return Err(malformed(path, expected, "lists or structs"));
        }
        let projection = Type::group_type_builder(schema.name()).with_fields(needed).build().map_err(damaged)?;
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group).map_err(damaged)?;
            for values in RowIter::from_row_group(Some(projection.clone()), &*group).map_err(damaged)? {
                row.number += 1;
                row.fields.clear();
                row.fields.extend(values.map_err(damaged)?.into_columns().into_iter().map(|(_, value)| value.into()));
                reading.add(&row, row.fields.len())?;
            }
        }
        reading.finish(&row)
    }
}

fn open(path: &Path) -> Result<SerializedFileReader<File>> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut start = Vec::new();
    (&mut file).take(START as u64).read_to_end(&mut start).map_err(Error::io(path))?;
    if !start.starts_with(b"PAR1") {
        let other = other_format(path, FORMAT, &start);
        return Err(other.unwrap_or_else(|| malformed(path, "`PAR1` at the beginning", "other bytes")));
    }
    file.rewind().map_err(Error::io(path))?;
    SerializedFileReader::new(file).map_err(|error| damaged(path, error))
}

fn damaged(path: &Path, error: ParquetError) -> Error {
    let text = error.to_string();
    // The crate has this text where it was built without a compression.
    match text.split_once("Disabled feature at compile time: ") {
        Some((_, compression)) => malformed(path, "a compression that the program was built with", compression),
        None => malformed(path, WHOLE, text),
    }
}

fn malformed(path: &Path, expected: impl Into<String>, found: impl ToString) -> Error {
    Error::Format { path: path.into(), format: FORMAT, expected: expected.into(), found: found.to_string() }
}

/// A row of the file.
struct Values<'p> {
    path: &'p Path,
    number: u64,
    fields: Vec<OwnedField>,
}

enum OwnedField {
    Text(String),
    Number(f64),
    Missing,
}

impl From<Value> for OwnedField {
    fn from(value: Value) -> Self {
        let number = match value {
            Value::Null => return OwnedField::Missing,
            Value::Str(text) => return OwnedField::Text(text),
            Value::Bool(value) => f64::from(u8::from(value)),
            Value::Byte(value) => value.into(),
            Value::Short(value) => value.into(),
            Value::Int(value) => value.into(),
            Value::Long(value) => value as f64,
            Value::UByte(value) => value.into(),
            Value::UShort(value) => value.into(),
            Value::UInt(value) => value.into(),
            Value::ULong(value) => value as f64,
            Value::Float16(value) => value.into(),
            Value::Float(value) => value.into(),
            Value::Double(value) => value,
            // Older programs do not mark text as such.
            Value::Bytes(bytes) => return OwnedField::Text(String::from_utf8_lossy(bytes.data()).into_owned()),
            // Decimals, dates and times.
            other => return OwnedField::Text(other.to_string()),
        };
        OwnedField::Number(number)
    }
}

impl Row for Values<'_> {
    const FORMAT: &'static str = FORMAT;

    fn path(&self) -> &Path {
        self.path
    }
    fn number(&self) -> u64 {
        self.number
    }
    fn field(&self, column: usize) -> Field<'_> {
        match &self.fields[column] {
            OwnedField::Text(text) => Field::Text(text),
            OwnedField::Number(number) => Field::Number(*number),
            OwnedField::Missing => Field::Missing,
        }
    }
}
