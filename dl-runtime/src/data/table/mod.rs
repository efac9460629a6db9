//! Tables, in which some columns are inputs and others are targets: what all readers of tables share.

mod blank;
mod columns;
mod encoding;
mod row;
#[cfg(feature = "csv")]
mod statistics;

pub use blank::Blank;
pub use encoding::{Encoding, Unknown};

#[cfg(feature = "csv")]
pub(super) use blank::is_blank;
pub(super) use columns::Columns;
#[cfg(feature = "csv")]
pub(super) use columns::{check_fields, check_header};
pub(super) use encoding::Coder;
pub(super) use row::{Field, Row};
#[cfg(feature = "csv")]
pub(super) use statistics::{Moments, Statistics};

use super::{Dataset, Number, Sample};
use crate::tensor::pod::{flat_mut, grow};
use crate::{Error, IN_MEMORY, Result};
use columns::check_once;
use std::borrow::Cow;

/// The columns that are read from a table, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub inputs: Option<Vec<String>>,
    pub targets: Option<Vec<String>>,
    pub classes: Option<Vec<String>>,
    pub blank: Blank,
    pub categories: Vec<String>,
    pub unknown: Unknown,
    pub encoding: Option<Encoding>,
    /// True if a table that does not name its columns, but has a first line of numbers, is read without an error.
    pub numbered: bool,
    /// True if there may be fewer input columns than a sample has numbers.
    pub padded: bool,
    /// The name of the reader in errors.
    pub of: &'static str,
}

impl Selection {
    pub fn new(of: &'static str) -> Self {
        Selection { of, ..Self::default() }
    }
    /// Checks the settings that do not depend on the table.
    pub fn check<E: Number>(&self) -> Result<()> {
        check_once(self.of, "classes", "different names", self.classes.as_deref().unwrap_or(&[]))?;
        match self.blank {
            Blank::Fill(value) if E::from_f64(value.into()).is_none() => Err(Error::Setting {
                setting: "blank",
                of: self.of,
                expected: E::EXPECTED.into(),
                found: value.to_string(),
            }),
            _ => Ok(()),
        }
    }
}

/// Generates the methods that set a [`Selection`], in the field `table` of a reader.
macro_rules! selects {
    ($reader:ident) => {
        impl $reader {
            /// Sets the columns of the inputs, in this order, instead of all columns that are not targets.
            #[must_use]
            pub fn inputs<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
                self.table.inputs = Some(columns.into_iter().map(Into::into).collect());
                self
            }
            /// Sets the column of the target, instead of the last one.
            #[must_use]
            pub fn target(self, column: impl Into<String>) -> Self {
                self.targets([column])
            }
            /// Sets the columns of a target with several numbers, in this order, instead of the last ones.
            #[must_use]
            pub fn targets<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
                self.table.targets = Some(columns.into_iter().map(Into::into).collect());
                self
            }
            /// Sets the names of the classes 0, 1 and so on, for a target column that holds names instead of numbers.
            #[must_use]
            pub fn classes<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
                self.table.classes = Some(names.into_iter().map(Into::into).collect());
                self
            }
            /// Sets the handling of blank cells, which are errors by default.
            #[must_use]
            pub fn blank(mut self, blank: Blank) -> Self {
                self.table.blank = blank;
                self
            }
            /// Sets the input columns that hold names of categories instead of numbers. They are read as codes: 0 for the first name in the
            /// order of the alphabet, and so on.
            #[must_use]
            pub fn categories<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
                self.table.categories = columns.into_iter().map(Into::into).collect();
                self
            }
            /// Sets the handling of categories that are not in the [`Encoding`], which are errors by default.
            #[must_use]
            pub fn unknown(mut self, unknown: Unknown) -> Self {
                self.table.unknown = unknown;
                self
            }
            /// Reads tables that have fewer input columns than a sample has numbers: the numbers after those of the columns are 0. So a
            /// program can read tables whose number of columns is known only when it runs.
            #[must_use]
            pub fn padded(mut self) -> Self {
                self.table.padded = true;
                self
            }
            /// Reads the columns of this encoding, with its codes of categories and its numbers for blank cells: those of the training data,
            /// for new rows. The columns are found by name, so that the table may have others and another order.
            #[must_use]
            pub fn encoding(mut self, encoding: &Encoding) -> Self {
                self.table.encoding = Some(encoding.clone());
                self
            }
        }
    };
}
pub(super) use selects;

/// Reads the rows of a table into memory, one after another.
pub(super) struct Reading<'s, I, T> {
    selection: &'s Selection,
    columns: Columns,
    coder: Coder<'s>,
    set: Dataset<I, T>,
}

impl<'s, I: Sample, T: Sample> Reading<'s, I, T> {
    /// Begins with a table whose columns have these names.
    pub fn new(selection: &'s Selection, names: Vec<String>, table: &impl Row) -> Result<Self> {
        let columns = Columns::new(selection, names, table, I::LEN, T::LEN)?;
        let coder = Coder::new(Cow::Borrowed(selection), &columns, table)?;
        Ok(Reading { selection, columns, coder, set: Dataset::default() })
    }
    /// Leaves only the columns that are read, in the order of the table, and returns their places in it.
    #[cfg(feature = "parquet")]
    pub fn project(&mut self) -> Vec<usize> {
        self.columns.project()
    }
    /// Reads a row.
    pub fn add(&mut self, row: &impl Row, fields: usize) -> Result<()> {
        self.columns.check_width(row, fields)?;
        if self.columns.drops(row, self.selection) {
            return Ok(());
        }
        let sample = self.set.inputs.len();
        self.coder.read(row, &self.columns, sample, one_more(&mut self.set.inputs)?)?;
        self.columns.targets(row, self.selection, one_more(&mut self.set.targets)?)
    }
    pub fn finish(mut self, table: &impl Row) -> Result<(Dataset<I, T>, Encoding)> {
        let encoding = self.coder.finish(table, &mut self.set.inputs)?;
        Ok((self.set, encoding))
    }
}

/// Appends a sample of zeros, and returns its numbers.
fn one_more<S: Sample>(samples: &mut Vec<S>) -> Result<&mut [S::Element]> {
    // A file too large for the memory ends in this error, because its samples are not much larger than its text.
    grow(samples, 1).map_err(|error| Error::io(IN_MEMORY)(std::io::Error::other(error)))?;
    let last = samples.len() - 1;
    Ok(flat_mut(&mut samples[last..]))
}
