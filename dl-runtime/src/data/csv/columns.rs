//! Which columns of a table are inputs and targets, and the numbers in their fields.

use super::{Csv, Lines};
use crate::data::Number;
use crate::{Error, Result};
use std::collections::HashSet;

/// The columns that are read.
pub(super) struct Columns {
    names: Vec<String>,
    pub(super) inputs: Vec<usize>,
    pub(super) targets: Vec<usize>,
}

impl Columns {
    /// Finds the columns that `csv` asks for in a table that is at its first line.
    pub(super) fn new(csv: &Csv, lines: &Lines<'_>, inputs: usize, targets: usize) -> Result<Self> {
        let line = &lines.fields;
        let names = match csv.header {
            true => line.iter().map(String::from).collect(),
            false => (1..=line.len()).map(|number| number.to_string()).collect(),
        };
        let mut columns = Columns { names, inputs: Vec::new(), targets: Vec::new() };
        columns.targets = match &csv.targets {
            Some(names) => columns.find(lines, names)?,
            None => (line.len().saturating_sub(targets)..line.len()).collect(),
        };
        columns.inputs = match &csv.inputs {
            Some(names) => columns.find(lines, names)?,
            None => {
                let taken: HashSet<usize> = columns.targets.iter().copied().collect();
                (0..line.len()).filter(|column| !taken.contains(column)).collect()
            }
        };
        count(lines, "input", &columns.inputs, inputs)?;
        count(lines, "target", &columns.targets, targets)?;
        Ok(columns)
    }
    fn find(&self, lines: &Lines<'_>, names: &[String]) -> Result<Vec<usize>> {
        let find = |name: &String| {
            self.names.iter().position(|known| known == name).ok_or_else(|| Error::Column {
                path: lines.path.clone(),
                column: name.clone(),
                columns: self.names.clone(),
            })
        };
        names.iter().map(find).collect()
    }
    /// Checks that a line has as many fields as the first one.
    pub(super) fn check_width(&self, lines: &Lines<'_>) -> Result<()> {
        match (self.names.len(), lines.fields.len()) {
            (expected, found) if expected != found => Err(lines
                .malformed(format!("{expected} fields in every line"), format!("{found} in line {}", lines.number))),
            _ => Ok(()),
        }
    }
    /// The numbers in `columns` of a line.
    pub(super) fn numbers<E: Number>(&self, lines: &Lines<'_>, columns: &[usize], to: &mut [E]) -> Result<()> {
        for (to, &column) in to.iter_mut().zip(columns) {
            *to = E::parse(&lines.fields[column]).ok_or_else(|| self.cell(lines, column, E::EXPECTED))?;
        }
        Ok(())
    }
    /// The classes in the target columns of a line, by their names.
    pub(super) fn classes<E: Number>(&self, lines: &Lines<'_>, names: &[String], to: &mut [E]) -> Result<()> {
        for (to, &column) in to.iter_mut().zip(&self.targets) {
            let class = names.iter().position(|name| *name == lines.fields[column]);
            *to = class
                .and_then(|class| E::from_f64(class as f64))
                .ok_or_else(|| self.cell(lines, column, "the name of a class"))?;
        }
        Ok(())
    }
    fn cell(&self, lines: &Lines<'_>, column: usize, expected: &'static str) -> Error {
        Error::Cell {
            path: lines.path.clone(),
            line: lines.number,
            column: self.names[column].clone().into(),
            expected,
            found: lines.fields[column].into(),
        }
    }
}

fn count(lines: &Lines<'_>, kind: &str, columns: &[usize], expected: usize) -> Result<()> {
    if columns.len() == expected {
        return Ok(());
    }
    let ending = if expected == 1 { "" } else { "s" };
    Err(lines.malformed(format!("{expected} {kind} column{ending}"), columns.len().to_string()))
}
