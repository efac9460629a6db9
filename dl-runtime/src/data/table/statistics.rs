//! The results of one pass over a table that keeps no rows: the encoding of its inputs, and the means and deviations of all columns.

use super::blank::is_blank;
use super::columns::Columns;
use super::encoding::{Code, exact};
use super::{Blank, Coder, Encoding, Row, Selection};
use crate::data::Number;
use crate::{Error, Result};

/// The statistics of the columns of a table.
#[derive(Debug, Default)]
pub(in crate::data) struct Statistics {
    inputs: Vec<Values>,
    targets: Vec<Moments>,
}

/// The values of an input column.
#[derive(Clone, Debug, Default)]
struct Values {
    moments: Moments,
    /// The number of occurrences of each category, in the order of the codes.
    counts: Vec<u64>,
    /// The number of blank cells that will be filled.
    blanks: u64,
}

/// The mean of numbers, and the sum of their squared distances from it: Welford, "Note on a method for calculating corrected sums of squares
/// and products", Technometrics 1962; for many equal numbers, Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for
/// computing sample variances", 1979.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::data) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
    sum: f64,
}

impl Moments {
    fn add(&mut self, value: f64, times: u64) {
        if times == 0 {
            return;
        }
        let times = times as f64;
        let (distance, count) = (value - self.mean, self.count + times);
        self.squares += distance * distance * self.count * times / count;
        self.mean += distance * times / count;
        (self.count, self.sum) = (count, self.sum + value * times);
    }
    pub fn mean(&self) -> f32 {
        self.mean as f32
    }
    /// Returns the standard deviation of the population, or 1 for numbers that are all equal.
    pub fn deviation(&self) -> f32 {
        Some((self.squares / self.count).sqrt() as f32).filter(|deviation| *deviation > 0.0).unwrap_or(1.0)
    }
}

impl Statistics {
    /// Begins with a table of these columns.
    ///
    /// # Errors
    /// [`Error::Setting`] for blank cells that are filled by what only all values together tell.
    pub fn new(selection: &Selection, columns: &Columns, coder: &Coder<'_>) -> Result<Self> {
        let numbers = coder.encoding.columns.iter().any(|column| column.categories.is_none());
        if matches!(selection.blank, Blank::Median | Blank::MostFrequent) && numbers && selection.encoding.is_none() {
            return Err(Error::Setting {
                setting: "blank",
                of: selection.of,
                expected: "`Refuse`, `Drop`, `Fill` or `Mean` for columns of numbers that are not all in memory".into(),
                found: format!("{:?}", selection.blank),
            });
        }
        let values = |codes: usize| Values { counts: vec![0; codes + 1], ..Values::default() };
        let inputs = coder.codes.iter().map(|codes| values(codes.len())).collect();
        Ok(Statistics { inputs, targets: vec![Moments::default(); columns.targets.len()] })
    }
    /// Takes the inputs of a row into account.
    pub fn inputs<I: Number>(&mut self, coder: &mut Coder<'_>, row: &impl Row, columns: &Columns) -> Result<()> {
        for (k, (values, &place)) in self.inputs.iter_mut().zip(&columns.inputs).enumerate() {
            let field = row.field(place);
            match coder.code::<I>(k, field) {
                // A number that fills a blank cell is none of the codes.
                Code::Number(code) if coder.encoding.columns[k].categories.is_some() && !is_blank(field) => {
                    values.counts[code.to_f64() as usize] += 1;
                }
                Code::Number(value) => values.moments.add(value.to_f64(), 1),
                Code::Blank => values.blanks += 1,
                Code::New(name) => {
                    let code = coder.codes[k].len();
                    coder.codes[k].insert(name.into_owned(), code);
                    values.counts[code] = 1;
                    values.counts.push(0);
                }
                Code::Wrong => return Err(coder.wrong::<I>(row, columns, k)),
            }
        }
        Ok(())
    }
    /// Takes the targets of a row into account.
    pub fn targets<T: Number>(&mut self, targets: &[T]) {
        self.targets.iter_mut().zip(targets).for_each(|(moments, target)| moments.add(target.to_f64(), 1));
    }
    /// Returns the encoding, and the moments of inputs and targets after it. They are the same as those of
    /// [`Coder::finish`], which has all rows in memory.
    pub fn finish<I: Number>(
        self,
        mut coder: Coder<'_>,
        selection: &Selection,
        table: &impl Row,
    ) -> Result<(Encoding, Vec<Moments>, Vec<Moments>)> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for (k, (column, mut values)) in coder.encoding.columns.iter_mut().zip(self.inputs).enumerate() {
            if let Some(categories) = column.categories.as_mut().filter(|_| selection.encoding.is_none()) {
                // Codes in the order of the alphabet do not depend on the order of the rows.
                let mut names: Vec<(String, usize)> = coder.codes[k].drain().collect();
                names.sort_unstable();
                values.counts = names.iter().map(|(_, first)| values.counts[*first]).collect();
                *categories = names.into_iter().map(|(name, _)| name).collect();
            }
            let most = values.counts.iter().max().filter(|most| **most > 0);
            let most = most.and_then(|most| values.counts.iter().position(|count| count == most));
            let fill = match (selection.blank, column.categories.is_some()) {
                _ if selection.encoding.is_some() => column.fill,
                (Blank::Refuse | Blank::Drop | Blank::Fill(_), _) => None,
                (_, true) => most.map(|code| code as f64),
                (_, false) => (values.moments.count > 0.0).then(|| values.moments.sum / values.moments.count),
            };
            column.fill = fill;
            for (code, count) in values.counts.iter().enumerate() {
                values.moments.add(code as f64, *count);
            }
            if values.blanks > 0 {
                let Some(fill) = fill else {
                    return Err(table.malformed(format!("a value in column `{}`", column.name), "blank cells alone"));
                };
                let fill: I = exact(selection.of, fill, "number for blank cells", &column.name)?;
                values.moments.add(fill.to_f64(), values.blanks);
            }
            inputs.push(values.moments);
        }
        Ok((coder.encoding, inputs, self.targets))
    }
}
