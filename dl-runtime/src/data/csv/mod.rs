//! Reads tables in CSV files, in which some columns are inputs and others are targets.

mod blank;
mod columns;
mod encoding;
mod lines;
#[cfg(test)]
mod tests;

pub use self::blank::Blank;
pub use self::encoding::{Encoding, Unknown};

use self::columns::{Columns, check_once};
use self::encoding::Coder;
use self::lines::Lines;
use super::{Dataset, Number, Sample};
use crate::tensor::pod::{flat_mut, grow};
use crate::{Error, IN_MEMORY, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The name of the format in errors.
const FORMAT: &str = "CSV";

/// The settings for reading a data set from a CSV file.
///
/// By default the first line is a header, the last columns are the targets (as many as the target type has numbers), and all other
/// columns are the inputs. A column without a name is only read if it is requested: pandas and R write line numbers into such a column.
///
/// The text must be UTF-8, with or without a byte order mark, and its lines end with `\n`, `\r\n` or `\r`. Classes are whole numbers by
/// value, so `1.0` is the class 1.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::{Csv, Dataset};
/// let text = "length,width,species\n5.1,3.5,setosa\n6.2,2.9,virginica\n";
/// let irises: Dataset<[f32; 2], u32> = Csv::new().classes(["setosa", "virginica"]).parse(text.as_bytes())?;
/// assert_eq!(irises.inputs, [[5.1, 3.5], [6.2, 2.9]]);
/// assert_eq!(irises.targets, [0, 1]);
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    header: Option<bool>,
    delimiter: u8,
    inputs: Option<Vec<String>>,
    targets: Option<Vec<String>>,
    classes: Option<Vec<String>>,
    blank: Blank,
    categories: Vec<String>,
    unknown: Unknown,
    encoding: Option<Encoding>,
}

impl Default for Csv {
    fn default() -> Self {
        Csv {
            header: None,
            delimiter: b',',
            inputs: None,
            targets: None,
            classes: None,
            blank: Blank::Refuse,
            categories: Vec::new(),
            unknown: Unknown::Refuse,
            encoding: None,
        }
    }
}

impl Csv {
    /// Creates the defaults: a header, commas between fields, and the targets in the last columns.
    pub fn new() -> Self {
        Self::default()
    }
    /// Sets whether the first line names the columns. Without a header the columns are called `1`, `2` and so on. If this setting is not
    /// given, the first line must name the columns, and a first line of numbers is an error.
    pub fn header(mut self, header: bool) -> Self {
        self.header = Some(header);
        self
    }
    /// Sets the byte between fields, such as `b';'` or `b'\t'`.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }
    /// Sets the columns of the inputs, in this order, instead of all columns that are not targets.
    pub fn inputs<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.inputs = Some(columns.into_iter().map(Into::into).collect());
        self
    }
    /// Sets the column of the target, instead of the last one.
    pub fn target(self, column: impl Into<String>) -> Self {
        self.targets([column])
    }
    /// Sets the columns of a target with several numbers, in this order, instead of the last ones.
    pub fn targets<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.targets = Some(columns.into_iter().map(Into::into).collect());
        self
    }
    /// Sets the names of the classes 0, 1 and so on, for a target column that holds names instead of numbers.
    pub fn classes<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.classes = Some(names.into_iter().map(Into::into).collect());
        self
    }
    /// Sets the handling of blank cells, which are errors by default.
    pub fn blank(mut self, blank: Blank) -> Self {
        self.blank = blank;
        self
    }
    /// Sets the input columns that hold names of categories instead of numbers. They are read as codes: 0 for the first name in the order
    /// of the alphabet, and so on.
    pub fn categories<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.categories = columns.into_iter().map(Into::into).collect();
        self
    }
    /// Sets the handling of categories that are not in the [`Encoding`], which are errors by default.
    pub fn unknown(mut self, unknown: Unknown) -> Self {
        self.unknown = unknown;
        self
    }
    /// Reads the columns of this encoding, with its codes of categories and its numbers for blank cells: those of the training data, for
    /// new rows. The columns are found by name, so that the table may have others and another order.
    pub fn encoding(mut self, encoding: &Encoding) -> Self {
        self.encoding = Some(encoding.clone());
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Returns [`Error::Io`]; [`Error::Cell`] for a field that is not a number or not a class, and [`Error::BlankCell`] for a blank one,
    /// with line and column; [`Error::Column`] for a column that does not exist; [`Error::NoHeader`] for a first line of numbers without
    /// [`Csv::header`]; [`Error::Format`] for a wrong number of columns, or a name that two columns have; [`Error::OtherFormat`] for a
    /// file that is not a table; [`Error::Setting`] for a column that is both an input and a target, and for a name that was given twice.
    pub fn read<I: Sample, T: Sample>(&self, path: impl AsRef<Path>) -> Result<Dataset<I, T>> {
        Ok(self.learn(path)?.0)
    }
    /// Reads a file, and returns the encoding of its input columns too, for [`Csv::encoding`].
    ///
    /// # Errors
    /// Returns the errors of [`Csv::read`].
    pub fn learn<I: Sample, T: Sample>(&self, path: impl AsRef<Path>) -> Result<(Dataset<I, T>, Encoding)> {
        let path = path.as_ref();
        self.table(Box::new(File::open(path).map_err(Error::io(path))?), path)
    }
    /// Reads a table in memory.
    ///
    /// # Errors
    /// Returns the errors of [`Csv::read`], with [`IN_MEMORY`] as the path.
    pub fn parse<I: Sample, T: Sample>(&self, table: &[u8]) -> Result<Dataset<I, T>> {
        Ok(self.learn_from(table)?.0)
    }
    /// Reads a table in memory, and returns the encoding of its input columns too.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::{Blank, Csv, Dataset};
    /// let csv = Csv::new().categories(["town"]).blank(Blank::Median).target("price");
    /// let table = "town,size,price\nRome,50,200\nOslo,80,250\nRome,,270\nOslo,60,220\n";
    /// let (houses, encoding): (Dataset<[f32; 2], f32>, _) = csv.learn_from(table.as_bytes())?;
    /// assert_eq!(houses.inputs, [[1.0, 50.0], [0.0, 80.0], [1.0, 60.0], [0.0, 60.0]]);
    /// // New rows have the same codes, and the same median.
    /// let new: Dataset<[f32; 2], [f32; 0]> = csv.targets([""; 0]).encoding(&encoding).parse(b"size,town\n,Rome\n")?;
    /// assert_eq!(new.inputs, [[1.0, 60.0]]);
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Csv::parse`].
    pub fn learn_from<I: Sample, T: Sample>(&self, table: &[u8]) -> Result<(Dataset<I, T>, Encoding)> {
        self.table(Box::new(table), Path::new(IN_MEMORY))
    }

    fn has_header(&self) -> bool {
        self.header.unwrap_or(true)
    }
    /// Checks the settings that do not depend on the table.
    fn check<E: Number>(&self) -> Result<()> {
        check_once("classes", "different names", self.classes.as_deref().unwrap_or(&[]))?;
        match self.blank {
            Blank::Fill(value) if E::from_f64(value.into()).is_none() => Err(Error::Setting {
                setting: "blank",
                of: "Csv",
                expected: E::EXPECTED.into(),
                found: value.to_string(),
            }),
            _ => Ok(()),
        }
    }
    fn table<I: Sample, T: Sample>(
        &self,
        source: Box<dyn Read + '_>,
        path: &Path,
    ) -> Result<(Dataset<I, T>, Encoding)> {
        self.check::<I::Element>()?;
        let mut lines = Lines::new(source, self.delimiter, path)?;
        let mut set = Dataset::default();
        if !lines.next()? {
            return Err(lines.malformed("a table".into(), "nothing".into()));
        }
        let columns = Columns::new(self, &lines, I::LEN, T::LEN)?;
        let mut coder = Coder::new(self, &columns, &lines)?;
        let mut more = !self.has_header() || lines.next()?;
        while more {
            columns.check_width(&lines)?;
            let kept = set.inputs.len();
            let whole = add(&mut set.inputs, |to| coder.read(&lines, &columns, kept, to))?
                && add(&mut set.targets, |to| columns.targets(&lines, self, to))?;
            if !whole {
                set.inputs.truncate(kept);
                set.targets.truncate(kept);
            }
            more = lines.next()?;
        }
        let encoding = coder.finish(&lines, &mut set.inputs)?;
        Ok((set, encoding))
    }
}

/// Appends a sample that `fill` writes.
fn add<S: Sample>(samples: &mut Vec<S>, fill: impl FnOnce(&mut [S::Element]) -> Result<bool>) -> Result<bool> {
    // A file too large for the memory ends in this error, because its samples are not much larger than its text.
    grow(samples, 1).map_err(|error| Error::io(IN_MEMORY)(std::io::Error::other(error)))?;
    let last = samples.len() - 1;
    fill(flat_mut(&mut samples[last..]))
}
