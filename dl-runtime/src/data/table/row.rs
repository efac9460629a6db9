//! A row of a table, whatever the file that it is read from.

use crate::Error;
use std::borrow::Cow;
use std::path::Path;

/// One field of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "text has neither numbers nor missing values"))]
pub(in crate::data) enum Field<'a> {
    /// Text, which may also stand for a number or for a missing value.
    Text(&'a str),
    Number(f64),
    /// A missing value.
    Missing,
}

impl<'a> Field<'a> {
    /// Returns the field as text, such as the name of a category; it is empty for a missing value.
    pub fn text(self) -> Cow<'a, str> {
        match self {
            Field::Text(text) => Cow::Borrowed(text),
            Field::Number(number) => Cow::Owned(number.to_string()),
            Field::Missing => Cow::Borrowed(""),
        }
    }
}

/// The row at which the reader of a table stands.
pub(in crate::data) trait Row {
    /// The name of the format in errors.
    const FORMAT: &'static str;
    /// The file.
    fn path(&self) -> &Path;
    /// The number of the row in errors, counted from 1; of text, the line.
    fn number(&self) -> u64;
    fn field(&self, column: usize) -> Field<'_>;

    /// Returns an [`Error::Format`] about this table.
    fn malformed(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        let (path, expected, found) = (self.path().into(), expected.into(), found.into());
        Error::Format { path, format: Self::FORMAT, expected, found }
    }
}
