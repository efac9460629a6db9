//! Finds the columns of a table that are inputs and targets, and reads the numbers in their fields.

use super::blank::{Blank, is_blank, is_blank_text};
use super::{Field, Row, Selection};
use crate::data::Number;
use crate::error::Names;
use crate::{Error, Result};
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

/// The columns that are read.
#[derive(Clone, Debug)]
pub(in crate::data) struct Columns {
    pub names: Vec<String>,
    pub inputs: Vec<usize>,
    pub targets: Vec<usize>,
}

impl Columns {
    /// Finds the columns that a selection asks for, in a table whose columns have these names.
    pub fn new(
        selection: &Selection,
        names: Vec<String>,
        table: &impl Row,
        inputs: usize,
        targets: usize,
    ) -> Result<Self> {
        if !selection.numbered {
            check_header(&names, table)?;
        }
        let mut columns = Columns { names, inputs: Vec::new(), targets: Vec::new() };
        // A column without a name holds the line numbers that pandas and R write, or nothing after a trailing comma.
        let named: Vec<usize> = (0..columns.names.len()).filter(|column| !columns.names[*column].is_empty()).collect();
        columns.targets = match &selection.targets {
            Some(names) => columns.find(table, selection, "targets", names)?,
            None => named[named.len().saturating_sub(targets)..].to_vec(),
        };
        let are_targets: HashSet<usize> = columns.targets.iter().copied().collect();
        let known: Option<Vec<String>> =
            selection.encoding.as_ref().map(|known| known.columns().map(String::from).collect());
        columns.inputs = match known.as_ref().or(selection.inputs.as_ref()) {
            Some(names) => columns.find(table, selection, "inputs", names)?,
            None => named.into_iter().filter(|column| !are_targets.contains(column)).collect(),
        };
        if let Some(both) = columns.inputs.iter().find(|column| are_targets.contains(column)) {
            let (expected, found) = ("columns that are not targets".into(), format!("`{}`", columns.names[*both]));
            return Err(Error::Setting { setting: "inputs", of: selection.of, expected, found });
        }
        columns.check_names(table)?;
        let fewest = if selection.padded { 1 } else { inputs };
        columns.count(table, "input", &columns.inputs, fewest..=inputs)?;
        columns.count(table, "target", &columns.targets, targets..=targets)?;
        Ok(columns)
    }
    /// Leaves only the inputs and targets, in the order of the table, and returns their places in it.
    #[cfg(feature = "parquet")]
    pub fn project(&mut self) -> Vec<usize> {
        let mut places: Vec<usize> = self.inputs.iter().chain(&self.targets).copied().collect();
        places.sort_unstable();
        self.names = places.iter().map(|place| self.names[*place].clone()).collect();
        let renumber = |column: &mut usize| *column = places.partition_point(|place| *place < *column);
        self.inputs.iter_mut().chain(&mut self.targets).for_each(renumber);
        places
    }
    fn find(
        &self,
        table: &impl Row,
        selection: &Selection,
        setting: &'static str,
        names: &[String],
    ) -> Result<Vec<usize>> {
        check_once(selection.of, setting, "different columns", names)?;
        let find = |name: &String| {
            self.names.iter().position(|known| known == name).ok_or_else(|| Error::Column {
                path: table.path().into(),
                column: name.clone(),
                columns: self.names.clone(),
            })
        };
        names.iter().map(find).collect()
    }
    /// Checks that no two columns have the name of one that is read.
    fn check_names(&self, table: &impl Row) -> Result<()> {
        let used: HashSet<&String> =
            self.inputs.iter().chain(&self.targets).map(|column| &self.names[*column]).collect();
        let mut first = HashMap::new();
        for (column, name) in self.names.iter().enumerate().filter(|(_, name)| used.contains(name)) {
            if let Some(other) = first.insert(name, column) {
                let found = format!("`{name}` for columns {} and {}", other + 1, column + 1);
                return Err(table.malformed("unique column names", found));
            }
        }
        Ok(())
    }
    fn count(&self, table: &impl Row, kind: &str, columns: &[usize], expected: RangeInclusive<usize>) -> Result<()> {
        if expected.contains(&columns.len()) {
            return Ok(());
        }
        let names: Vec<String> = columns.iter().map(|column| self.names[*column].clone()).collect();
        let mut found = match &names[..] {
            [] => "none".into(),
            names => format!("{}: {}", names.len(), Names::of(names)),
        };
        let nameless = self.names.iter().filter(|name| name.is_empty()).count();
        if nameless > 0 {
            found += &format!("; {nameless} without a name left out");
        }
        if let [all] = &self.names[..]
            && let Some(byte) = [';', '\t', ',', '|'].into_iter().find(|byte| all.contains(*byte))
        {
            found += &format!("; the first line is one field, `{all}`: `.delimiter(b{byte:?})` splits it");
        }
        let number = match (*expected.start(), *expected.end()) {
            (fewest, most) if fewest == most => most.to_string(),
            (fewest, most) => format!("{fewest} to {most}"),
        };
        let ending = if number == "1" { "" } else { "s" };
        Err(table.malformed(format!("{number} {kind} column{ending}"), found))
    }
    /// Checks that a row has as many fields as there are columns.
    pub fn check_width(&self, row: &impl Row, fields: usize) -> Result<()> {
        check_fields(self.names.len(), row, fields)
    }
    /// Returns true if a row is dropped because of a blank cell.
    pub fn drops(&self, row: &impl Row, selection: &Selection) -> bool {
        let is_class = |column: &usize| {
            let names = selection.classes.iter().flatten();
            self.targets.contains(column) && names.into_iter().any(|name| *name == row.field(*column).text())
        };
        let blank = |column: &usize| is_blank(row.field(*column)) && !is_class(column);
        selection.blank == Blank::Drop && self.inputs.iter().chain(&self.targets).any(blank)
    }
    /// Reads the numbers, or the classes with these names, in the target columns of a row.
    pub fn targets<E: Number>(&self, row: &impl Row, selection: &Selection, to: &mut [E]) -> Result<()> {
        for (to, &column) in to.iter_mut().zip(&self.targets) {
            let field = row.field(column);
            let (value, expected) = match &selection.classes {
                Some(names) => {
                    let class = names.iter().position(|name| *name == field.text());
                    (class.and_then(|class| E::from_f64(class as f64)), "the name of a class")
                }
                None => (number(field), E::EXPECTED),
            };
            *to = value.ok_or_else(|| self.cell(row, column, expected, true))?;
        }
        Ok(())
    }
    /// Returns the error about a field that has not the expected content.
    pub fn cell(&self, row: &impl Row, column: usize, expected: &'static str, target: bool) -> Error {
        let (path, line, found) = (row.path().into(), row.number(), row.field(column).text());
        let column = self.names[column].clone().into();
        match &*found {
            "" => Error::BlankCell { path, line, column, target },
            found => Error::Cell { path, line, column, expected, found: found.into() },
        }
    }
}

/// Checks that a row has as many fields as there are columns.
pub(in crate::data) fn check_fields(columns: usize, row: &impl Row, fields: usize) -> Result<()> {
    if fields == columns {
        return Ok(());
    }
    Err(row.malformed(format!("{columns} fields in every line"), format!("{fields} in line {}", row.number())))
}

/// Checks that the names of columns are not a row of numbers.
pub(in crate::data) fn check_header(names: &[String], table: &impl Row) -> Result<()> {
    if !are_numbers(names) {
        return Ok(());
    }
    Err(Error::NoHeader { path: table.path().into(), found: names.to_vec() })
}

/// Reads the number in a field.
pub(super) fn number<E: Number>(field: Field<'_>) -> Option<E> {
    match field {
        Field::Text(text) => E::parse(text),
        Field::Number(number) => E::from_f64(number),
        Field::Missing => None,
    }
}

/// Returns true if a first line consists of numbers only, so that it is no header.
fn are_numbers(fields: &[String]) -> bool {
    let number = |field: &&String| field.parse::<f64>().is_ok();
    fields.iter().any(|field| number(&field)) && fields.iter().all(|field| is_blank_text(field) || number(&field))
}

/// Checks that a setting does not contain a name twice.
pub(super) fn check_once(of: &'static str, setting: &'static str, expected: &str, names: &[String]) -> Result<()> {
    let mut known = HashSet::new();
    names.iter().find(|name| !known.insert(*name)).map_or(Ok(()), |name| {
        Err(Error::Setting { setting, of, expected: expected.into(), found: format!("`{name}` twice") })
    })
}
