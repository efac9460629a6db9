//! Handling of blank cells in tables.

/// The way in which [`Csv`](super::Csv) handles blank cells in the columns that it reads.
///
/// A cell is blank if it is empty or holds one of the words that pandas and R use for missing numbers: `NaN`, `nan`, `NA`, `<NA>`, `N/A`,
/// `n/a`, `#N/A`, `NULL`, `null` or `None`. The name of a class is never blank.
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
    /// [`Csv::learn`](super::Csv::learn) returns what other tables are filled with.
    Mean,
    /// As [`Blank::Mean`], with the median.
    Median,
    /// As [`Blank::Mean`], with the value that occurs most often; of several, the smallest.
    MostFrequent,
}

/// Returns true if a cell marks a missing value.
pub(super) fn is_blank(text: &str) -> bool {
    matches!(text, "" | "NaN" | "nan" | "NA" | "<NA>" | "N/A" | "n/a" | "#N/A" | "NULL" | "null" | "None")
}
