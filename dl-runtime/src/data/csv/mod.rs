//! Reads tables in CSV files, in which some columns are inputs and others are targets.

mod describe;
mod lines;
mod rows;
mod source;
#[cfg(test)]
mod tests;

pub use self::describe::ColumnSummary;
pub use self::source::CsvSource;

use self::lines::Lines;
use super::table::{Blank, Encoding, Reading, Selection, Unknown, selects};
use super::{Dataset, Sample};
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
    table: Selection,
}

impl Default for Csv {
    fn default() -> Self {
        Csv { header: None, delimiter: b',', table: Selection::new("Csv") }
    }
}

selects!(Csv);

impl Csv {
    /// Creates the defaults: a header, commas between fields, and the targets in the last columns.
    pub fn new() -> Self {
        Self::default()
    }
    /// Sets whether the first line names the columns. Without a header the columns are called `1`, `2` and so on. If this setting is not
    /// given, the first line must name the columns, and a first line of numbers is an error.
    pub fn header(mut self, header: bool) -> Self {
        self.header = Some(header);
        self.table.numbered = true;
        self
    }
    /// Sets the byte between fields, such as `b';'` or `b'\t'`.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
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

    /// Checks a table that is read on demand, and returns a source of its rows, for one that is larger than memory.
    ///
    /// One pass checks every row as [`Csv::read`] does, and learns the [`Encoding`] and the means and deviations of the columns. It keeps 8
    /// bytes for each row. While a network trains, the threads of [`Trainer::fit_source`](crate::train::Trainer::fit_source) read the rows
    /// that they need. The samples are those of [`Csv::read`], in the same order. If the file changes, the training ends with an error.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model<Input = [f32; 2], Output = [f32; 3]>>(net: &mut Net) -> dl::Result<()> {
    /// use dl::data::{Csv, Source};
    /// use dl::prelude::*;
    /// let rows = Csv::new().categories(["town"]).target("kind").source::<[f32; 2], u32>("houses.csv")?;
    /// let normalizer = rows.normalizer()?;
    /// let source = rows.batches(|inputs, _, _| normalizer.apply(inputs));
    /// Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).fit_source(net, &source)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Csv::read`]; [`Error::Empty`] for a table without rows; [`Error::Setting`] for [`Blank::Median`], and for
    /// [`Blank::MostFrequent`] where there are columns of numbers, since these need all values of a column at once.
    pub fn source<I: Sample, T: Sample>(&self, path: impl AsRef<Path>) -> Result<CsvSource<I, T>> {
        CsvSource::open(self, path.as_ref())
    }

    /// Returns the names of the columns of a table that is at its first line.
    fn names(&self, lines: &Lines<'_>) -> Vec<String> {
        match self.header.unwrap_or(true) {
            true => lines.fields.iter().map(String::from).collect(),
            false => (1..=lines.fields.len()).map(|number| number.to_string()).collect(),
        }
    }
    fn table<I: Sample, T: Sample>(
        &self,
        source: Box<dyn Read + '_>,
        path: &Path,
    ) -> Result<(Dataset<I, T>, Encoding)> {
        self.table.check::<I::Element>()?;
        let mut lines = Lines::new(source, self.delimiter, path)?;
        lines.first()?;
        let mut reading = Reading::new(&self.table, self.names(&lines), &lines)?;
        let mut more = self.header == Some(false) || lines.next()?;
        while more {
            reading.add(&lines, lines.fields.len())?;
            more = lines.next()?;
        }
        reading.finish(&lines)
    }
}
