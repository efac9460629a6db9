//! Finds the columns of a table that are inputs and targets, and reads the numbers in their fields.

use super::blank::{Blank, is_blank};
use super::{Csv, Lines};
use crate::data::Number;
use crate::error::Names;
use crate::{Error, Result};
use std::collections::{HashMap, HashSet};

/// The columns that are read.
pub(super) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) inputs: Vec<usize>,
    pub(super) targets: Vec<usize>,
}

impl Columns {
    /// Finds the columns that `csv` asks for, in a table that is at its first line.
    pub(super) fn new(csv: &Csv, lines: &Lines<'_>, inputs: usize, targets: usize) -> Result<Self> {
        let line = &lines.fields;
        let names: Vec<String> = match csv.has_header() {
            true => line.iter().map(String::from).collect(),
            false => (1..=line.len()).map(|number| number.to_string()).collect(),
        };
        if csv.header.is_none() && are_numbers(&names) {
            return Err(Error::NoHeader { path: lines.path.clone(), found: names });
        }
        let mut columns = Columns { names, inputs: Vec::new(), targets: Vec::new() };
        // A column without a name holds the line numbers that pandas and R write, or nothing after a trailing comma.
        let named: Vec<usize> = (0..line.len()).filter(|column| !columns.names[*column].is_empty()).collect();
        columns.targets = match &csv.targets {
            Some(names) => columns.find(lines, "targets", names)?,
            None => named[named.len().saturating_sub(targets)..].to_vec(),
        };
        let are_targets: HashSet<usize> = columns.targets.iter().copied().collect();
        let known: Option<Vec<String>> = csv.encoding.as_ref().map(|known| known.columns().map(String::from).collect());
        columns.inputs = match known.as_ref().or(csv.inputs.as_ref()) {
            Some(names) => columns.find(lines, "inputs", names)?,
            None => named.into_iter().filter(|column| !are_targets.contains(column)).collect(),
        };
        if let Some(both) = columns.inputs.iter().find(|column| are_targets.contains(column)) {
            let (expected, found) = ("columns that are not targets".into(), format!("`{}`", columns.names[*both]));
            return Err(Error::Setting { setting: "inputs", of: "Csv", expected, found });
        }
        columns.check_names(lines)?;
        columns.count(lines, "input", &columns.inputs, inputs)?;
        columns.count(lines, "target", &columns.targets, targets)?;
        Ok(columns)
    }
    fn find(&self, lines: &Lines<'_>, setting: &'static str, names: &[String]) -> Result<Vec<usize>> {
        check_once(setting, "different columns", names)?;
        let find = |name: &String| {
            self.names.iter().position(|known| known == name).ok_or_else(|| Error::Column {
                path: lines.path.clone(),
                column: name.clone(),
                columns: self.names.clone(),
            })
        };
        names.iter().map(find).collect()
    }
    /// Checks that no two columns have the name of one that is read.
    fn check_names(&self, lines: &Lines<'_>) -> Result<()> {
        let used: HashSet<&String> =
            self.inputs.iter().chain(&self.targets).map(|column| &self.names[*column]).collect();
        let mut first = HashMap::new();
        for (column, name) in self.names.iter().enumerate().filter(|(_, name)| used.contains(name)) {
            if let Some(other) = first.insert(name, column) {
                let found = format!("`{name}` for columns {} and {}", other + 1, column + 1);
                return Err(lines.malformed("unique column names".into(), found));
            }
        }
        Ok(())
    }
    fn count(&self, lines: &Lines<'_>, kind: &str, columns: &[usize], expected: usize) -> Result<()> {
        if columns.len() == expected {
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
        let ending = if expected == 1 { "" } else { "s" };
        Err(lines.malformed(format!("{expected} {kind} column{ending}"), found))
    }
    /// Checks that a line has as many fields as the first one.
    pub(super) fn check_width(&self, lines: &Lines<'_>) -> Result<()> {
        match (self.names.len(), lines.fields.len()) {
            (expected, found) if expected != found => Err(lines
                .malformed(format!("{expected} fields in every line"), format!("{found} in line {}", lines.number))),
            _ => Ok(()),
        }
    }
    /// Reads the numbers, or the classes with these names, in the target columns of a line; returns false if the line should be dropped.
    pub(super) fn targets<E: Number>(&self, lines: &Lines<'_>, csv: &Csv, to: &mut [E]) -> Result<bool> {
        for (to, &column) in to.iter_mut().zip(&self.targets) {
            let text = &lines.fields[column];
            let (value, expected) = match &csv.classes {
                Some(names) => {
                    let class = names.iter().position(|name| *name == *text);
                    (class.and_then(|class| E::from_f64(class as f64)), "the name of a class")
                }
                None => (E::parse(text), E::EXPECTED),
            };
            *to = match value {
                Some(value) => value,
                None if csv.blank == Blank::Drop && is_blank(text) => return Ok(false),
                None => return Err(self.cell(lines, column, expected, true)),
            };
        }
        Ok(true)
    }
    pub(super) fn cell(&self, lines: &Lines<'_>, column: usize, expected: &'static str, target: bool) -> Error {
        let (path, line, found) = (lines.path.clone(), lines.number, &lines.fields[column]);
        let column = self.names[column].clone().into();
        match found {
            "" => Error::BlankCell { path, line, column, target },
            found => Error::Cell { path, line, column, expected, found: found.into() },
        }
    }
}

/// Returns true if a first line consists of numbers only, so that it is no header.
fn are_numbers(fields: &[String]) -> bool {
    let number = |field: &&String| field.parse::<f64>().is_ok();
    fields.iter().any(|field| number(&field)) && fields.iter().all(|field| is_blank(field) || number(&field))
}

/// Checks that a setting does not contain a name twice.
pub(super) fn check_once(setting: &'static str, expected: &str, names: &[String]) -> Result<()> {
    let mut known = HashSet::new();
    names.iter().find(|name| !known.insert(*name)).map_or(Ok(()), |name| {
        Err(Error::Setting { setting, of: "Csv", expected: expected.into(), found: format!("`{name}` twice") })
    })
}
