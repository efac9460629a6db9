//! Blank cells of tables.

/// What [`Csv`](super::Csv) does with blank cells in the columns that it reads.
///
/// A cell is blank that is empty or holds a word of pandas or R for a number that is missing: `NaN`, `nan`, `NA`, `<NA>`, `N/A`,
/// `n/a`, `#N/A`, `NULL`, `null` or `None`. The name of a class is never one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Blank {
    /// An error that names the line and the column.
    #[default]
    Refuse,
    /// The lines that have one are left out.
    Drop,
    /// The cells of inputs are read as this number. Those of targets stay errors.
    Fill(f32),
}

/// Whether a cell says that there is nothing in it.
pub(super) fn is_blank(text: &str) -> bool {
    matches!(text, "" | "NaN" | "nan" | "NA" | "<NA>" | "N/A" | "n/a" | "#N/A" | "NULL" | "null" | "None")
}
