//! Handling of blank cells in tables.

use super::Field;

/// The way in which readers of tables handle blank cells in the columns that they read.
///
/// A cell of text is blank if it is empty or holds one of the words that pandas and R use for missing numbers: `NaN`, `nan`, `NA`, `<NA>`,
/// `N/A`, `n/a`, `#N/A`, `NULL`, `null` or `None`. The name of a class is never blank.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Blank {
    /// Returns an error that names the line and the column.
    #[default]
    Refuse,
    /// Drops the lines that have a blank cell.
    Drop,
    /// Reads blank cells of inputs as this number. Blank cells of targets are still errors.
    Fill(f32),
    /// Fills blank cells of inputs with the mean of the others in their column; in a column of categories, with the most frequent one.
    /// What other tables are filled with is part of the [`Encoding`](super::Encoding).
    Mean,
    /// As [`Blank::Mean`], with the median.
    Median,
    /// As [`Blank::Mean`], with the value that occurs most often; of several, the smallest.
    MostFrequent,
}

/// Returns true if a field marks a missing value.
pub(in crate::data) fn is_blank(field: Field<'_>) -> bool {
    match field {
        Field::Text(text) => is_blank_text(text),
        Field::Number(number) => number.is_nan(),
        Field::Missing => true,
    }
}

/// Returns true if a text marks a missing value.
pub(super) fn is_blank_text(text: &str) -> bool {
    matches!(text, "" | "NaN" | "nan" | "NA" | "<NA>" | "N/A" | "n/a" | "#N/A" | "NULL" | "null" | "None")
}
