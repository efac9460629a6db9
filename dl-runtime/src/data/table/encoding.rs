//! Encodings of input columns, learned from a table: the codes of categories, and the numbers that fill blank cells.

use super::blank::{Blank, is_blank};
use super::columns::{Columns, number};
use super::{Field, Row, Selection};
use crate::data::{Number, Sample};
use crate::tensor::pod::flat_mut;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;

/// The codes of categories, and the numbers for blank cells, that a reader of tables found ([`Csv::learn`](super::super::Csv::learn)). With
/// it, other rows are read in the same way.
///
/// It can be stored with a model by `serde`: as JSON, for example.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoding {
    pub(super) columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    pub(super) name: String,
    /// The categories 0, 1 and so on, or `None` for a column of numbers.
    pub(super) categories: Option<Vec<String>>,
    /// The number for blank cells, if they are filled.
    pub(super) fill: Option<f64>,
}

impl Encoding {
    /// Returns the codes of the categories of each column.
    pub(super) fn codes(&self) -> Vec<HashMap<String, usize>> {
        let codes = |column: &Column| {
            let names = column.categories.iter().flatten();
            names.enumerate().map(|(code, name)| (name.clone(), code)).collect()
        };
        self.columns.iter().map(codes).collect()
    }
    /// Returns the names of the input columns.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| &*column.name)
    }
    /// Returns the categories of a column, in the order of their codes; `None` if it holds numbers or does not exist.
    pub fn categories(&self, column: &str) -> Option<&[String]> {
        self.columns.iter().find(|known| known.name == column)?.categories.as_deref()
    }
}

/// The way in which categories are handled that the [`Encoding`] does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// Returns an error that names the line and the column.
    #[default]
    Refuse,
    /// Reads them as the number of known categories, which is the code after the last of them.
    Reserve,
}

/// The meaning of a field of an input column.
pub(super) enum Code<'f, E> {
    Number(E),
    /// A blank cell, to be filled by what will be learned.
    Blank,
    /// A category that was not seen before.
    New(Cow<'f, str>),
    /// Neither a number nor a known category.
    Wrong,
}

/// Reads the input columns of a table, and learns their encoding unless it is known.
pub(in crate::data) struct Coder<'c> {
    selection: Cow<'c, Selection>,
    pub(super) encoding: Encoding,
    /// For each input column with categories, their codes.
    pub(super) codes: Vec<HashMap<String, usize>>,
    /// The samples and columns that will be filled by what is learned.
    blanks: Vec<(usize, usize)>,
    /// Those of categories that are filled with a given number, which is not the code of a name.
    filled: Vec<(usize, usize)>,
}

impl<'c> Coder<'c> {
    pub fn new(selection: Cow<'c, Selection>, columns: &Columns, table: &impl Row) -> Result<Self> {
        let names: Vec<&String> = columns.inputs.iter().map(|column| &columns.names[*column]).collect();
        for category in &selection.categories {
            if !names.contains(&category) {
                let columns = names.iter().map(|name| (*name).clone()).collect();
                return Err(Error::Column { path: table.path().into(), column: category.clone(), columns });
            }
        }
        let learned = |name: &String| Column {
            name: name.clone(),
            categories: selection.categories.contains(name).then(Vec::new),
            fill: None,
        };
        let encoding = match &selection.encoding {
            Some(known) => known.clone(),
            None => Encoding { columns: names.into_iter().map(learned).collect() },
        };
        let codes = encoding.codes();
        Ok(Coder { selection, encoding, codes, blanks: Vec::new(), filled: Vec::new() })
    }
    /// Reads a field of input column `k`.
    pub(super) fn code<'f, E: Number>(&self, k: usize, field: Field<'f>) -> Code<'f, E> {
        let (column, known) = (&self.encoding.columns[k], self.selection.encoding.is_some());
        let value = match self.selection.blank {
            Blank::Fill(value) if is_blank(field) => E::from_f64(value.into()),
            Blank::Mean | Blank::Median | Blank::MostFrequent if is_blank(field) => match column.fill {
                Some(fill) => E::from_f64(fill),
                None if known => None,
                None => return Code::Blank,
            },
            _ if column.categories.is_none() => number(field),
            _ => {
                let text = field.text();
                match self.codes[k].get(&*text) {
                    Some(code) => E::from_f64(*code as f64),
                    None if text.is_empty() => None,
                    None if !known => return Code::New(text),
                    None if self.selection.unknown == Unknown::Reserve => E::from_f64(self.codes[k].len() as f64),
                    None => None,
                }
            }
        };
        value.map_or(Code::Wrong, Code::Number)
    }
    /// Returns the error about a wrong field of input column `k`.
    pub(super) fn wrong<E: Number>(&self, row: &impl Row, columns: &Columns, k: usize) -> Error {
        let categories = self.encoding.columns[k].categories.is_some();
        columns.cell(row, columns.inputs[k], if categories { "a known category" } else { E::EXPECTED }, false)
    }
    /// Reads the inputs of sample `sample` from a row.
    pub fn read<E: Number>(&mut self, row: &impl Row, columns: &Columns, sample: usize, to: &mut [E]) -> Result<()> {
        for (k, (to, &place)) in to.iter_mut().zip(&columns.inputs).enumerate() {
            let field = row.field(place);
            let value = match self.code(k, field) {
                Code::Number(value) => {
                    if self.encoding.columns[k].categories.is_some() && is_blank(field) {
                        self.filled.push((sample, k));
                    }
                    Some(value)
                }
                Code::Blank => {
                    self.blanks.push((sample, k));
                    E::from_f64(0.0)
                }
                Code::New(name) => {
                    let code = self.codes[k].len();
                    self.codes[k].insert(name.into_owned(), code);
                    E::from_f64(code as f64)
                }
                Code::Wrong => None,
            };
            *to = value.ok_or_else(|| self.wrong::<E>(row, columns, k))?;
        }
        Ok(())
    }
    /// Reads inputs with an encoding that is known.
    #[cfg(feature = "csv")]
    pub fn read_known<E: Number>(&self, row: &impl Row, columns: &Columns, to: &mut [E]) -> Result<()> {
        for (k, (to, &place)) in to.iter_mut().zip(&columns.inputs).enumerate() {
            *to = match self.code(k, row.field(place)) {
                Code::Number(value) => value,
                _ => return Err(self.wrong::<E>(row, columns, k)),
            };
        }
        // What pads a sample may have been changed since.
        to[columns.inputs.len()..].fill(E::default());
        Ok(())
    }
    /// Sorts the categories that were learned, fills blank cells, and returns the encoding.
    pub fn finish<I: Sample>(mut self, table: &impl Row, inputs: &mut [I]) -> Result<Encoding> {
        if self.selection.encoding.is_some() {
            return Ok(self.encoding);
        }
        let (len, numbers) = (I::LEN, flat_mut(inputs));
        let blanks = || self.blanks.iter().chain(&self.filled);
        let mut is_blank = vec![false; if blanks().next().is_none() { 0 } else { numbers.len() }];
        blanks().for_each(|(sample, k)| is_blank[sample * len + k] = true);
        let blank = |at: usize| is_blank.get(at).is_some_and(|blank| *blank);
        for (k, column) in self.encoding.columns.iter_mut().enumerate() {
            if let Some(categories) = &mut column.categories {
                // Codes in the order of the alphabet do not depend on the order of the lines.
                let mut names: Vec<(String, usize)> = self.codes[k].drain().collect();
                names.sort_unstable();
                let mut codes = vec![0; names.len()];
                names.iter().enumerate().for_each(|(code, (_, first))| codes[*first] = code);
                for at in (k..numbers.len()).step_by(len).filter(|at| !blank(*at)) {
                    let code = codes[numbers[at].to_f64() as usize];
                    numbers[at] = exact(self.selection.of, code as f64, "code", &column.name)?;
                }
                *categories = names.into_iter().map(|(name, _)| name).collect();
            }
            let values = (k..numbers.len()).step_by(len).filter(|at| !blank(*at)).map(|at| numbers[at].to_f64());
            column.fill = match (self.selection.blank, column.categories.is_some()) {
                (Blank::Refuse | Blank::Drop | Blank::Fill(_), _) => None,
                (Blank::Mean, false) => mean(values),
                (Blank::Median, false) => median(values),
                _ => most_frequent(values),
            };
        }
        for (sample, k) in self.blanks {
            let column = &self.encoding.columns[k];
            let Some(fill) = column.fill else {
                let expected = format!("a value in column `{}`", column.name);
                return Err(table.malformed(expected, "blank cells alone"));
            };
            numbers[sample * len + k] = exact(self.selection.of, fill, "number for blank cells", &column.name)?;
        }
        Ok(self.encoding)
    }
}

/// Converts a number to the type of the samples.
pub(super) fn exact<E: Number>(of: &'static str, value: f64, what: &str, column: &str) -> Result<E> {
    E::from_f64(value).ok_or_else(|| Error::Setting {
        setting: "blank",
        of,
        expected: E::EXPECTED.into(),
        found: format!("{value}, the {what} of column `{column}`"),
    })
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// Returns the middle value, or the mean of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        len if len % 2 == 1 => Some(sorted[middle]),
        _ => Some(0.5 * (sorted[middle - 1] + sorted[middle])),
    }
}

/// Returns the value that occurs most often; of several, the smallest.
fn most_frequent(values: impl Iterator<Item = f64>) -> Option<f64> {
    let sorted = sorted(values);
    let runs = sorted.chunk_by(|a, b| a == b);
    // The last of equal maxima is the first of the reversed order.
    runs.rev().max_by_key(|run| run.len()).map(|run| run[0])
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(all(test, feature = "csv"))]
mod tests {
    use super::*;
    use crate::data::{Csv, Dataset};

    const TABLE: &str = "kind,x,y,label\nb,1,NaN,0\na,2,5,1\nb,NA,7,1\n,4,5,0\nc,9,,0\na,4,6,1\n";

    type Rows = Dataset<[f32; 3], u32>;

    fn csv(blank: Blank) -> Csv {
        Csv::new().categories(["kind"]).blank(blank)
    }

    #[test]
    fn blank_cells_are_filled_by_their_columns() {
        for (blank, x, y) in [
            (Blank::Mean, 4.0, 5.75),
            (Blank::Median, 4.0, 5.5),
            (Blank::MostFrequent, 4.0, 5.0),
            (Blank::Fill(2.0), 2.0, 2.0),
            (Blank::Fill(9.0), 9.0, 9.0),
        ] {
            let (rows, encoding): (Rows, _) = csv(blank).learn_from(TABLE.as_bytes()).unwrap();
            // `a` and `b` occur twice each, and `a` has the smaller code.
            let kind = if let Blank::Fill(number) = blank { number } else { 0.0 };
            let expected =
                [[1.0, 1.0, y], [0.0, 2.0, 5.0], [1.0, x, 7.0], [kind, 4.0, 5.0], [2.0, 9.0, y], [0.0, 4.0, 6.0]];
            assert_eq!(rows.inputs, expected, "{blank:?}");
            assert_eq!(encoding.categories("kind").unwrap(), ["a", "b", "c"]);
            assert_eq!(encoding.categories("x"), None);
            assert!(encoding.columns().eq(["kind", "x", "y"]));
        }
        let rows: Rows = csv(Blank::Drop).parse(TABLE.as_bytes()).unwrap();
        assert_eq!(rows.inputs, [[0.0, 2.0, 5.0], [0.0, 4.0, 6.0]]);
        let error = csv(Blank::Refuse).parse::<[f32; 3], u32>(TABLE.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Cell { line: 2, .. }), "{error}");
    }

    #[test]
    fn new_rows_are_coded_as_those_that_were_learned() {
        let csv = csv(Blank::Mean);
        let (_, encoding): (Rows, _) = csv.learn_from(TABLE.as_bytes()).unwrap();
        // It is stored with a model as text.
        let text = serde_json::to_string(&encoding).unwrap();
        let encoding: Encoding = serde_json::from_str(&text).unwrap();
        let new = csv.encoding(&encoding);
        let read = |csv: &Csv, table: &str| csv.parse::<[f32; 3], u32>(table.as_bytes());
        let rows = read(&new, "y,more,kind,x,label\n1,8,c,2,0\n,8,,,1\n").unwrap();
        assert_eq!(rows.inputs, [[2.0, 2.0, 1.0], [0.0, 4.0, 5.75]]);
        let error = read(&new, "kind,x,y,label\na,1,1,0\nd,1,1,0\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{}, line 3, column `kind`: expected a known category, found `d`", crate::IN_MEMORY)
        );
        let rows = read(&new.clone().unknown(Unknown::Reserve), "kind,x,y,label\nd,1,1,0\nc,1,1,0\n").unwrap();
        assert_eq!(rows.inputs, [[3.0, 1.0, 1.0], [2.0, 1.0, 1.0]]);
        // A column that had no blank cell is filled too.
        let (_, encoding): (Dataset<[f32; 1], u32>, _) =
            Csv::new().blank(Blank::Median).learn_from(b"x,label\n1,0\n2,0\n9,1\n").unwrap();
        let new = Csv::new().blank(Blank::Median).encoding(&encoding);
        assert_eq!(new.parse::<[f32; 1], u32>(b"x,label\n,0\n").unwrap().inputs, [[2.0]]);
    }

    #[test]
    fn mistakes_are_told() {
        let text = |csv: Csv, table: &str| csv.parse::<[f32; 1], u32>(table.as_bytes()).unwrap_err().to_string();
        assert!(text(Csv::new().categories(["town"]), "x,label\n1,0\n").contains("no column `town`"));
        let alone = text(Csv::new().blank(Blank::Mean), "x,label\n,0\nNaN,1\n");
        assert!(alone.contains("expected a value in column `x`, found blank cells alone"), "{alone}");
        let error = Csv::new().blank(Blank::Mean).parse::<[u32; 1], u32>(b"x,label\n1,0\n2,0\n,0\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`blank` of `Csv` is 1.5, the number for blank cells of column `x`; it must be a whole number of 0 to 4294967295"
        );
        let codes = Csv::new().categories(["x"]).parse::<[u32; 1], u32>(b"x,label\nb,0\na,1\n").unwrap();
        assert_eq!(codes.inputs, [[1], [0]]);
        // An encoding of other columns than the samples have.
        let (_, one): (Dataset<[f32; 1], u32>, _) = Csv::new().learn_from(b"x,label\n1,0\n").unwrap();
        assert!(Csv::new().encoding(&one).parse::<[f32; 2], u32>(b"x,y,label\n1,2,0\n").is_err());
        assert!(text(Csv::new().encoding(&one), "y,label\n1,0\n").contains("no column `x`"));
    }
}
