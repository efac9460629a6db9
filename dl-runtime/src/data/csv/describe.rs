//! Describes the columns of a table, for programs that do not know the tables that they are given.

use super::{Csv, Lines};
use crate::data::table::{Field, check_fields, is_blank};
use crate::{Error, Result};
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

/// The content of a column of a table: see [`Csv::describe`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSummary {
    /// The name, or the number counted from 1 if there is no header.
    pub name: String,
    /// The number of rows of the table.
    pub rows: u64,
    /// The number of blank cells.
    pub blanks: u64,
    /// The number of cells that are finite numbers.
    pub numbers: u64,
    /// The number of cells that are whole numbers.
    pub whole: u64,
    /// The different texts in the cells that are not blank: in the order of the numbers if all are numbers, otherwise in that of the
    /// alphabet. `None` if there are more than were asked for.
    pub values: Option<Vec<String>>,
}

impl ColumnSummary {
    /// Returns true if every cell is a number or blank, and at least one is a number.
    pub fn is_numeric(&self) -> bool {
        self.numbers > 0 && self.numbers + self.blanks == self.rows
    }
}

impl Csv {
    /// Tells what the columns of a file hold, all of them in the order of the table, with up to `most` different values of each. The table
    /// is not kept in memory.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # let path = std::env::temp_dir().join(format!("described-{}.csv", std::process::id()));
    /// # std::fs::write(&path, "town,size\nRome,50\nOslo,\nRome,60.5\n").unwrap();
    /// let columns = dl::data::Csv::new().describe(&path, 10)?;
    /// assert!(!columns[0].is_numeric() && columns[1].is_numeric());
    /// assert_eq!(columns[0].values.as_deref(), Some(&["Oslo".to_string(), "Rome".into()][..]));
    /// assert_eq!((columns[1].blanks, columns[1].whole), (1, 1));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::Io`]; [`Error::NoHeader`] for a first line of numbers without [`Csv::header`]; [`Error::Format`] for lines of
    /// different lengths; [`Error::OtherFormat`] for a file that is not a table.
    pub fn describe(&self, path: impl AsRef<Path>, most: usize) -> Result<Vec<ColumnSummary>> {
        let path = path.as_ref();
        let file = File::open(path).map_err(Error::io(path))?;
        let mut lines = Lines::new(Box::new(file), self.delimiter, path)?;
        lines.first()?;
        let names = self.names(&lines);
        if !self.table.numbered {
            crate::data::table::check_header(&names, &lines)?;
        }
        let empty = |name| ColumnSummary { name, rows: 0, blanks: 0, numbers: 0, whole: 0, values: None };
        let mut columns: Vec<ColumnSummary> = names.into_iter().map(empty).collect();
        let mut values: Vec<HashSet<String>> = vec![HashSet::new(); columns.len()];
        let mut more = self.header == Some(false) || lines.next()?;
        while more {
            check_fields(columns.len(), &lines, lines.fields.len())?;
            for ((column, values), text) in columns.iter_mut().zip(&mut values).zip(&lines.fields) {
                column.rows += 1;
                if is_blank(Field::Text(text)) {
                    column.blanks += 1;
                    continue;
                }
                let number = text.parse().ok().filter(|number: &f64| number.is_finite());
                column.numbers += u64::from(number.is_some());
                column.whole += u64::from(number.is_some_and(|number| number.fract() == 0.0));
                // One more than there may be tells that there are too many.
                if values.len() <= most && !values.contains(text) {
                    values.insert(text.into());
                }
            }
            more = lines.next()?;
        }
        for (column, values) in columns.iter_mut().zip(values).filter(|(_, values)| values.len() <= most) {
            let mut values: Vec<String> = values.into_iter().collect();
            values.sort_unstable();
            if column.is_numeric() {
                values.sort_by(|a, b| a.parse().unwrap_or(f64::NAN).total_cmp(&b.parse().unwrap_or(f64::NAN)));
            }
            column.values = Some(values);
        }
        Ok(columns)
    }
}
