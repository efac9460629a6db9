//! The parts of the messages of [`Error`]: what depends on the number of names, the kind of data or the dimensions.

use super::Error;
use std::collections::BTreeMap;
use std::fmt;

/// Returns the text of an error about a data set: `sample 7 of the validation set: …`.
pub(super) fn of_data(set: &str, error: &Error) -> String {
    let text = error.to_string();
    match (error, error.sample()) {
        (Error::UnequalLengths { inputs, targets }, _) => {
            format!("the {set} needs one target per input: found {inputs} inputs and {targets} targets")
        }
        (_, Some(sample)) => {
            let name = format!("sample {sample}");
            format!("{name} of the {set}{}", text.strip_prefix(&name).unwrap_or(&text))
        }
        _ => format!("{set}: {text}"),
    }
}

/// Returns the text about the number of requested bytes, if it is known.
pub(super) fn asked(wanted: Option<usize>) -> String {
    wanted.map_or(String::new(), |wanted| format!("{wanted} bytes were asked for, "))
}

/// Returns the text about a position in a sample: a column of a row, or the indices of all dimensions.
pub(super) fn place(index: &[usize]) -> String {
    match index {
        [column] => format!("in column {column}"),
        index => format!("at {index:?}"),
    }
}

pub(super) fn article(name: &str) -> &'static str {
    if name.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" }
}

/// Returns the advice about a blank cell.
pub(super) fn blank(target: bool) -> &'static str {
    match target {
        false => "`.blank(Blank::Drop)` leaves such lines out, `.blank(Blank::Fill(0.0))` fills such cells",
        true => "`.blank(Blank::Drop)` leaves such lines out",
    }
}

/// Returns the text about the new name of a renamed tensor.
pub(super) fn to(renamed: Option<&str>) -> String {
    renamed.map_or(String::new(), |name| format!(" (renamed to `{name}`)"))
}

/// Returns the text about the names that a rename could have matched.
pub(super) fn begin(names: &[String], earlier: usize) -> String {
    match (names, earlier) {
        ([], _) => "there is none".into(),
        (names, 0) => format!("the names are {}", Names::of(names)),
        (names, 1) => format!("after the rename before it, the names are {}", Names::of(names)),
        (names, _) => format!("after the renames before it, the names are {}", Names::of(names)),
    }
}

/// Returns the text about the tensors that only the file or only the model has.
pub(super) fn mismatch(missing: &[String], unexpected: &[String], renamed: &BTreeMap<String, String>) -> String {
    let part = |words, all: Names<'_>| match all.names {
        [] => String::new(),
        [_] => format!("; {words} tensor {all}"),
        names => format!("; {words} {} tensors: {all}", names.len()),
    };
    part("it lacks", Names::of(missing)) + &part("the model lacks", Names { names: unexpected, renamed: Some(renamed) })
}

/// Returns the text about tied tensors that are missing, and about the way to save all of them.
pub(super) fn ties(tied: &BTreeMap<String, String>) -> String {
    let one = |(name, other)| format!("`{name}`, which its metadata ties to `{other}`");
    let all: Vec<String> = tied.iter().map(one).collect();
    all.join(", and ")
        + "; in Python, `save_file({k: v.clone() for k, v in model.state_dict().items()}, …)` writes both"
}

/// A list of names in backticks, shortened to the first few.
pub(crate) struct Names<'a> {
    names: &'a [String],
    /// The new names of renamed tensors.
    renamed: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Names<'a> {
    const SHOWN: usize = 8;

    pub(crate) fn of(names: &'a [String]) -> Self {
        Names { names, renamed: None }
    }
}

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.names.iter().take(Self::SHOWN).enumerate() {
            write!(f, "{}`{name}`", if i == 0 { "" } else { ", " })?;
            f.write_str(&to(self.renamed.and_then(|renamed| renamed.get(name)).map(String::as_str)))?;
        }
        match self.names.len().saturating_sub(Self::SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A shape in which some sizes are arbitrary.
pub(super) struct Shape<'a>(pub(super) &'a [Option<usize>]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, size) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            match size {
                Some(size) => write!(f, "{size}")?,
                None => f.write_str("any")?,
            }
        }
        f.write_str("]")
    }
}

/// Describes a wrong number of rows of a sequence.
pub(super) fn rows(found: usize, most: Option<usize>) -> String {
    match most {
        _ if found == 0 => "is an empty sequence; it needs at least one row".into(),
        Some(most) => format!("has {found} rows, and at most {most} are declared"),
        None => format!("has {found} rows, more than can be counted"),
    }
}
