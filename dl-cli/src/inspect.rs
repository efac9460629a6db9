//! `dl inspect`: what is in a file, as text or as JSON.

use crate::file::{File, Tensor};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// The longest value of the metadata that is shown whole, in characters.
const SHOWN: usize = 100;

/// The content of a file.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The path of the file.
    pub path: String,
    /// The name of the format.
    pub kind: &'static str,
    /// Values by key; what is not text is JSON.
    pub metadata: BTreeMap<String, String>,
    /// Every tensor, in the order of the file.
    pub tensors: Vec<Row>,
    /// The number of elements of all tensors.
    pub elements: usize,
    /// The number of bytes of all tensors.
    pub bytes: usize,
}

/// A tensor.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The name of its element type.
    #[serde(rename = "type")]
    pub dtype: &'static str,
    /// Its shape, outermost dimension first.
    pub shape: Vec<usize>,
    /// The number of its bytes.
    pub bytes: usize,
    /// The statistics of its numbers; `None` if they were not asked for, or if the numbers cannot be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Statistics>,
}

/// The numbers of a tensor. Minimum, maximum and mean are those of the finite numbers, and `None` if there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// The smallest number.
    pub min: Option<f64>,
    /// The largest number.
    pub max: Option<f64>,
    /// The mean.
    pub mean: Option<f64>,
    /// The number of those that are NaN.
    pub nan: usize,
    /// The number of those that are infinite.
    pub infinite: usize,
}

impl Report {
    /// Describes a file. Its numbers are read only if `statistics` are asked for.
    pub fn new(file: &File, statistics: bool) -> Report {
        let row = |tensor: &Tensor| Row {
            name: tensor.name.clone(),
            dtype: tensor.dtype.name(),
            shape: tensor.shape.clone(),
            bytes: tensor.size(),
            statistics: statistics.then(|| Statistics::of(file, tensor)).flatten(),
        };
        Report {
            path: file.path.display().to_string(),
            kind: file.kind.name(),
            metadata: file.metadata.clone(),
            tensors: file.tensors.iter().map(row).collect(),
            // Each is bounded by the bytes of the file, except for tensors of an unknown type.
            elements: file.tensors.iter().fold(0, |sum, tensor| sum.saturating_add(tensor.elements())),
            bytes: file.tensors.iter().fold(0, |sum, tensor| sum.saturating_add(tensor.size())),
        }
    }
}

impl Statistics {
    /// Reads the numbers of a tensor; `None` if they cannot be decoded.
    fn of(file: &File, tensor: &Tensor) -> Option<Self> {
        let mut found = Statistics::default();
        let (mut sum, mut finite) = (0.0, 0_usize);
        file.chunks(tensor, |numbers| {
            for number in numbers {
                if number.is_nan() {
                    found.nan += 1;
                } else if number.is_infinite() {
                    found.infinite += 1;
                } else {
                    found.min = Some(found.min.map_or(*number, |min| min.min(*number)));
                    found.max = Some(found.max.map_or(*number, |max| max.max(*number)));
                    sum += number;
                    finite += 1;
                }
            }
        })?;
        found.mean = (finite > 0).then(|| sum / finite as f64);
        Some(found)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.path, self.kind)?;
        let width = self.metadata.keys().map(|key| key.chars().count()).max().unwrap_or(0);
        for (key, value) in &self.metadata {
            let value = value.replace('\n', "⏎");
            let shown: String = value.chars().take(SHOWN).collect();
            let more = if shown.len() < value.len() { "…" } else { "" };
            writeln!(f, "  {key:width$}  {shown}{more}")?;
        }
        if !self.tensors.is_empty() {
            writeln!(f)?;
            let mut table =
                vec![["tensor", "type", "shape", "bytes", "min", "max", "mean", "NaN"].map(String::from).to_vec()];
            table.extend(self.tensors.iter().map(Row::cells));
            if self.tensors.iter().all(|row| row.statistics.is_none()) {
                table.iter_mut().for_each(|row| row.truncate(4));
            }
            write_table(f, &table)?;
            writeln!(f)?;
        }
        let plural = if self.tensors.len() == 1 { "" } else { "s" };
        let (elements, bytes) = (grouped(self.elements), grouped(self.bytes));
        writeln!(f, "{} tensor{plural}, {elements} elements, {bytes} bytes", self.tensors.len())
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.name.clone(), self.dtype.into(), format!("{:?}", self.shape), grouped(self.bytes)];
        if let Some(Statistics { min, max, mean, nan, infinite }) = self.statistics {
            cells.extend([min, max, mean].map(|number| number.map_or("-".into(), |number| format!("{number:.4e}"))));
            let infinite = if infinite > 0 { format!(", {infinite} infinite") } else { String::new() };
            cells.push(format!("{nan}{infinite}"));
        }
        cells
    }
}

/// Writes columns beside each other: names and words to the left, numbers to the right.
fn write_table(f: &mut fmt::Formatter<'_>, table: &[Vec<String>]) -> fmt::Result {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column| table.iter().filter_map(|row| row.get(column)).map(|cell: &String| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for row in table {
        let mut line = String::from(" ");
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let cell = if column < 3 { format!(" {cell:width$} ") } else { format!(" {cell:>width$} ") };
            line.push_str(&cell);
        }
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Writes a number with a comma after every three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
