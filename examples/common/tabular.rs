//! Tables whose columns are known only when the program runs: the networks for them, and what a file of one needs beside its weights.
//!
//! The shapes of a network are part of its type, so a program that is given any table has networks for up to [`WIDTH`] numbers. A column of
//! numbers is one of them, and a column of categories one for each category, which is 1 in the rows that have it. Numbers that a table does
//! not need are always 0: no output depends on their weights, and these never change. `batch_norm` makes up for initial weights that are
//! small because they are meant for the sum of all [`WIDTH`] numbers.

use dl::data::{Blank, Csv, Dataset, Encoding, Normalizer};
use dl::io::Save;
use dl::io::safetensors::Reader;
use dl::prelude::*;
use dl::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Numbers of a row at most.
pub const WIDTH: usize = 512;
/// Classes at most.
pub const CLASSES: usize = 64;

/// A row as numbers.
pub type Row = [f32; WIDTH];

model! {
    block body(x) {
        x -> dense(64) -> batch_norm -> relu -> dropout(0.5) -> dense(32) -> batch_norm -> relu
    }

    /// From a row to the logits of classes, of which only the first ones count.
    pub Classifier(row: [WIDTH]) -> [CLASSES] { row -> body -> dense(CLASSES) }

    /// From a row to a number with mean 0 and deviation 1.
    pub Regressor(row: [WIDTH]) -> [1] { row -> body -> dense(1) }
}

/// The kind of target that a network predicts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of the classes with these names.
    Classes(Vec<String>),
    /// A number, whose mean and deviation are in the unit of the target.
    Number(Normalizer<[f32; 1]>),
}

/// Everything beside the weights that predictions for new rows need. It is the metadata of the file with the weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Table {
    /// The column that is predicted.
    pub target: String,
    /// The kind of its target.
    pub task: Task,
    /// The names of the input columns, their categories, and what blank cells are filled with.
    pub encoding: Encoding,
    columns: Normalizer<Row>,
}

impl Table {
    const KEY: &'static str = "table";

    /// Measures the columns of a training set.
    pub fn new<T>(target: &str, task: Task, encoding: Encoding, train: &Dataset<Row, T>) -> Result<Self> {
        let features = spread(&encoding, &train.inputs)?;
        let columns = Normalizer::per_feature(&features)?;
        Ok(Table { target: target.into(), task, encoding, columns })
    }
    /// Returns a data set as the network wants it.
    pub fn apply<T: Clone>(&self, rows: &Dataset<Row, T>) -> Result<Dataset<Row, T>> {
        let mut inputs = spread(&self.encoding, &rows.inputs)?;
        self.columns.apply(&mut inputs);
        Dataset::new(inputs, rows.targets.clone())
    }
    /// Writes a network and its table to one file.
    pub fn save<M: Model>(&self, net: &M, path: &Path) -> Result<()> {
        let text = serde_json::to_string(self).map_err(|error| wrong(path, "a table that fits into JSON", error))?;
        Save::new().metadata(Self::KEY, text).save(net, path)
    }
    /// Reads the table of a file.
    pub fn read(path: &Path) -> Result<Self> {
        let file = Reader::open(path)?;
        let text = file.metadata().get(Self::KEY);
        let text = text.ok_or_else(|| wrong(path, "a network that `tabular` has saved", "another one"))?;
        serde_json::from_str(text).map_err(|error| wrong(path, "the metadata that `tabular` writes", error))
    }
}

/// Returns the settings for reading rows of any number of columns, with blank cells filled.
pub fn csv(delimiter: char) -> Result<Csv> {
    if !delimiter.is_ascii() {
        let (expected, found) = ("an ASCII character".into(), delimiter.to_string());
        return Err(Error::Setting { setting: "--delimiter", of: "tabular", expected, found });
    }
    Ok(Csv::new().delimiter(delimiter as u8).blank(Blank::Mean).padded())
}

/// Spreads codes of categories over one number for each category. An unknown category has none of them.
fn spread(encoding: &Encoding, rows: &[Row]) -> Result<Vec<Row>> {
    let categories: Vec<Option<usize>> =
        encoding.columns().map(|name| encoding.categories(name).map(<[String]>::len)).collect();
    let width: usize = categories.iter().map(|categories| categories.unwrap_or(1)).sum();
    if width > WIDTH {
        return Err(Error::Setting {
            setting: "--data",
            of: "tabular",
            expected: format!("a table of at most {WIDTH} columns, where each category counts as one"),
            found: format!("one of {width}"),
        });
    }
    let spread = |row: &Row| {
        let (mut to, mut at) = ([0.0; WIDTH], 0);
        for (value, categories) in row.iter().zip(&categories) {
            match categories {
                None => to[at] = *value,
                Some(categories) if (*value as usize) < *categories => to[at + *value as usize] = 1.0,
                Some(_) => {}
            }
            at += categories.unwrap_or(1);
        }
        to
    };
    Ok(rows.iter().map(spread).collect())
}

fn wrong(path: &Path, expected: &str, found: impl ToString) -> Error {
    Error::Format { path: path.into(), format: "safetensors", expected: expected.into(), found: found.to_string() }
}
