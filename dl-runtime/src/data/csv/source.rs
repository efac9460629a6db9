//! A source of the rows of a CSV file that is larger than memory.

use super::Csv;
use super::lines::Lines;
use super::rows::Rows;
use crate::data::table::{Coder, Columns, Encoding, Moments, Selection, Statistics};
use crate::data::{Normalizer, Sample, Source};
use crate::random::Rng;
use crate::tensor::Pack;
use crate::tensor::pod::{flat_mut, zeroed_box};
use crate::{Error, IN_MEMORY, Result};
use std::borrow::Cow;
use std::marker::PhantomData;
use std::path::Path;
use std::slice::from_mut;

/// The rows of a CSV file, which are read while a network trains: see [`Csv::source`].
pub struct CsvSource<I, T> {
    selection: Selection,
    columns: Columns,
    coder: Coder<'static>,
    rows: Rows,
    /// The position of each row in the file.
    starts: Vec<u64>,
    encoding: Encoding,
    inputs: Vec<Moments>,
    targets: Vec<Moments>,
    samples: PhantomData<fn() -> (I, T)>,
}

impl<I: Sample, T: Sample> CsvSource<I, T> {
    pub(super) fn open(csv: &Csv, path: &Path) -> Result<Self> {
        csv.table.check::<I::Element>()?;
        let mut rows = Rows::open(path, csv.delimiter)?;
        let mut lines = Lines::new(Box::new(rows.whole()), csv.delimiter, path)?;
        // A table without a header begins with a row.
        let mut start = 0;
        lines.first()?;
        let columns = Columns::new(&csv.table, csv.names(&lines), &lines, I::LEN, T::LEN)?;
        let mut coder = Coder::new(Cow::Borrowed(&csv.table), &columns, &lines)?;
        let mut statistics = Statistics::new(&csv.table, &columns, &coder)?;
        let (mut starts, mut target) = (Vec::new(), zeroed_box::<T>());
        let target = flat_mut(from_mut(&mut *target));
        let mut more = csv.header == Some(false);
        if !more {
            start = lines.position();
            more = lines.next()?;
        }
        while more {
            columns.check_width(&lines, lines.fields.len())?;
            if !columns.drops(&lines, &csv.table) {
                statistics.inputs::<I::Element>(&mut coder, &lines, &columns)?;
                columns.targets(&lines, &csv.table, target)?;
                statistics.targets(target);
                starts.try_reserve(1).map_err(|error| Error::io(IN_MEMORY)(std::io::Error::other(error)))?;
                starts.push(start);
            }
            start = lines.position();
            more = lines.next()?;
        }
        if starts.is_empty() {
            return Err(Error::Empty { what: "table" });
        }
        let (encoding, inputs, targets) = statistics.finish::<I::Element>(coder, &csv.table, &lines)?;
        // The pass saw one version of the file alone.
        rows.check()?;
        rows.set_lines(lines.only_returns(), starts.len());
        let selection = Selection { encoding: Some(encoding.clone()), ..csv.table.clone() };
        let coder = Coder::new(Cow::Owned(selection.clone()), &columns, &lines)?;
        let samples = PhantomData;
        drop(lines);
        Ok(CsvSource { selection, columns, coder, rows, starts, encoding, inputs, targets, samples })
    }
    /// Returns the encoding of the input columns, for [`Csv::encoding`].
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }
    /// Returns the file.
    pub fn path(&self) -> &Path {
        self.rows.path()
    }
}

impl<I: Sample<Element = f32>, T> CsvSource<I, T> {
    /// Returns the normaliser of the inputs, with the mean and the deviation of each column after its encoding: to rounding, that of
    /// [`Normalizer::per_feature`] for all rows.
    ///
    /// # Errors
    /// Returns [`Error::Setting`] for means or deviations that are too large for an `f32`.
    pub fn normalizer(&self) -> Result<Normalizer<I>> {
        let mut inputs = self.inputs.clone();
        // The numbers that pad a sample are all 0.
        inputs.resize(I::LEN, Moments::default());
        normalizer(&inputs)
    }
}

impl<I, T: Sample<Element = f32>> CsvSource<I, T> {
    /// Returns the normaliser of the targets.
    ///
    /// # Errors
    /// Returns [`Error::Setting`] for means or deviations that are too large for an `f32`.
    pub fn target_normalizer(&self) -> Result<Normalizer<T>> {
        normalizer(&self.targets)
    }
}

fn normalizer<S: Sample<Element = f32>>(moments: &[Moments]) -> Result<Normalizer<S>> {
    let (means, deviations) = moments.iter().map(|moments| (moments.mean(), moments.deviation())).unzip();
    Normalizer::from_parts(means, deviations)
}

impl<I: Sample + Pack, T: Sample + Pack> Source for CsvSource<I, T> {
    type Input = I;
    type Target = T;

    fn len(&self) -> usize {
        self.starts.len()
    }
    fn sample(&self, index: usize, _: &mut Rng, input: &mut I, target: &mut T) -> Result<()> {
        self.rows.read(self.starts[index], index + 1, |line| {
            self.columns.check_width(line, line.fields.len())?;
            self.coder.read_known(line, &self.columns, flat_mut(from_mut(input)))?;
            self.columns.targets(line, &self.selection, flat_mut(from_mut(target)))
        })
    }
    fn batch(&self, _: &mut [I], _: &mut [T], _: &mut Rng) -> Result<()> {
        // Once for all its samples, since a question to the system takes longer than a row.
        self.rows.check()
    }
}
